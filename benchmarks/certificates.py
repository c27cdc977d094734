"""What a certificate costs: signing, drawing and sealing, as a table. `python -m benchmarks.certificates`.

People of a demo of its own are through and have issued a certificate each; then the worker's own function makes the
documents, one certificate after the other. CPU is what one process used, PDF and database included.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.pages import build
from benchmarks.server import KINDS, database
from lms.accounts.models import Person
from lms.certificates import jobs
from lms.certificates.models import Certificate, Completion, Document
from lms.certificates.queries import deciding as cases
from lms.certificates.rules.choices import Choices, NamePrinted
from lms.certificates.rules.facts import Qr
from lms.certificates.services import deciding, issuing
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel import clock
from lms.kernel.db import db, transaction

MANY = 200
ONE_MS, ALL_SECONDS = 300, 30
SORTS = {
    "one language, discreet": (("en",), Qr.DISCREET),
    "one language, full": (("ar",), Qr.FULL),
    "three languages": (("en", "fr", "ar"), Qr.DISCREET),
}


def graduates(app: Flask, number: int) -> Sequence[int]:
    """Let so many people of the newest cohort have completed it; their numbers."""
    with app.app_context():
        cohort = db.session.scalars(select(Cohort).order_by(Cohort.id.desc()).limit(1)).one()
        wanted = Enrolment.cohort_id == cohort.id, Enrolment.state == EnrolmentState.ACTIVE
        places = db.session.scalars(select(Enrolment).where(*wanted).order_by(Enrolment.id).limit(number)).all()
        by = db.session.scalars(
            select(Person).where(Person.shown_name == "Rania M.").options(selectinload(Person.roles))
        ).one()
        for place in places:
            case = cases.find_case(by, cohort.public_id, place.public_id)
            assert case is not None
            wish = deciding.Decision(move=Move.COMPLETE, seen=EnrolmentState.ACTIVE, reason="Measured.")
            with transaction():
                deciding.decide(case, wish, by=by, at=clock.now())
        return [place.person_id for place in places]


def issue(app: Flask, people: Sequence[int], languages: tuple[str, ...], qr: Qr, known: int) -> list[int]:
    """A certificate for each; their numbers."""
    wanted = Choices(named=NamePrinted.LEGAL, languages=languages, qr=qr)
    found = []
    with app.app_context():
        for number in people:
            holder = db.session.scalars(select(Person).where(Person.id == number).options(joinedload(Person.key))).one()
            completion = db.session.scalars(select(Completion.id).where(Completion.person_id == number)).one()
            with transaction():
                made = issuing.issue(completion, wanted, known=known, by=holder, at=clock.now())
            found.append(made.id)
    return found


def make(app: Flask, certificates: Sequence[int]) -> list[float]:
    """Make the documents of each; how many seconds of CPU each took."""
    times = []
    for number in certificates:
        with app.app_context():
            begun = time.process_time()
            jobs.make({"certificate": number}, clock.now())
            times.append(time.process_time() - begun)
    return times


def main() -> None:
    """Print the table; ends with 1 where a limit is not kept."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--certificates", type=int, default=MANY)
    options.add_argument("--database", choices=KINDS, default=KINDS[0])
    asked = options.parse_args()
    os.umask(0o077)
    number = asked.certificates
    kept = True
    print(f"{'certificates':<26}{'first ms':>10}{'median ms':>10}{'worst ms':>10}{'all CPU s':>10}{'KB each':>9}")
    with tempfile.TemporaryDirectory() as name, database(asked.database, Path(name)) as where:
        app, _ = build(where.folder / "certificates", number * 2, where.empty("certificates"))
        people = graduates(app, number)
        for known, (name, (languages, qr)) in enumerate(SORTS.items()):
            times = make(app, issue(app, people, languages, qr, known))
            with app.app_context():
                counted = select(func.sum(Document.size_bytes)).join(Certificate).where(Certificate.state == "valid")
                size = (db.session.scalar(counted) or 0) / len(people) / 1000
            print(
                f"{f'{len(people)}, {name}':<26}{times[0] * 1000:>10.0f}{statistics.median(times) * 1000:>10.1f}"
                f"{max(times[1:]) * 1000:>10.1f}{sum(times):>10.1f}{size:>9.1f}",
                flush=True,
            )
            kept = kept and statistics.median(times) * 1000 < ONE_MS and sum(times) < ALL_SECONDS * len(languages)
    raise SystemExit(0 if kept else f"more than {ONE_MS} ms for one or {ALL_SECONDS} s for all in one language")


if __name__ == "__main__":
    main()
