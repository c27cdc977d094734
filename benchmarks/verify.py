"""Whether the check page can be told apart by its time, and what guessing finds. `python -m benchmarks.verify`.

Each answer is asked for many times, in turns, so that a busy machine disturbs all alike. What has to be equal is a code
whose holder switched checking off and a code that was never given; the U test says how likely their times are to come
from one source. Then codes by chance are tried, from one source and from many. Rule: docs/security/threat-model.md K6.
"""

import argparse
import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from benchmarks.certificates import graduates, issue
from benchmarks.pages import build, statements
from benchmarks.server import KINDS, database
from lms.accounts.models import Person
from lms.certificates.models import Certificate, Completion
from lms.certificates.rules.choices import Shown
from lms.certificates.rules.codes import new_code
from lms.certificates.rules.facts import Qr
from lms.certificates.services import issuing
from lms.certificates.services.making import open_certificate
from lms.kernel import clock
from lms.kernel.db import db, transaction

ROUNDS, CODES = 200, 10_000
MOST_DIFFERENCE_MS = 10.0
LEAST_LIKELY = 0.05
ANSWERS = ("valid", "valid, with name", "withdrawn", "replaced", "checking off")


def codes_of(app: Flask) -> dict[str, str]:
    """A code for each answer."""
    people = graduates(app, len(ANSWERS))
    certificates = dict(zip(ANSWERS, issue(app, people, ("en",), Qr.DISCREET, 0), strict=True))
    issue(app, [people[ANSWERS.index("replaced")]], ("fr",), Qr.DISCREET, 1)
    with app.app_context():
        for name, shown in (("valid, with name", Shown.NAME), ("checking off", Shown.OFF)):
            with transaction():
                db.session.get_one(Certificate, certificates[name]).shown = shown
        with transaction():
            issuing.withdraw(
                certificates["withdrawn"], "Measured.", holder_of(certificates["withdrawn"]), by=None, at=clock.now()
            )
        return {name: code_of(number) for name, number in certificates.items()}


def holder_of(number: int) -> Person:
    """Whose certificate it is, with her key."""
    return db.session.scalars(
        select(Person)
        .join(Completion, Completion.person_id == Person.id)
        .join(Certificate, Certificate.completion_id == Completion.id)
        .where(Certificate.id == number)
        .options(joinedload(Person.key))
        .execution_options(populate_existing=True)
    ).one()


def code_of(number: int) -> str:
    """The code of a certificate."""
    certificate = db.session.get_one(Certificate, number)
    completion = db.session.get_one(Completion, certificate.completion_id)
    return open_certificate(certificate, completion, holder_of(number)).code


def likelihood(first: Sequence[float], second: Sequence[float]) -> float:
    """How likely two rows of times are to come from one source: the U test, two-sided, by the normal curve."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = sum(rank for rank, (_, row) in enumerate(ranked, 1) if row == 0)
    n, m = len(first), len(second)
    u, mean, spread = ranks - n * (n + 1) / 2, n * m / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(u - mean) / spread / math.sqrt(2))


def ask(client: FlaskClient, code: str, source: int) -> tuple[float, bytes]:
    """The time in milliseconds and the page of one check, each from a source of its own."""
    environ = {"REMOTE_ADDR": f"198.18.{source // 250 % 250}.{source % 250 + 1}"}
    begun = time.perf_counter()
    answer = client.get(f"/en/verify/{code}", environ_base=environ)
    taken = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, answer.status_code
    return taken, answer.data


def guess(app: Flask, number: int, of_source: Callable[[int], str]) -> tuple[int, int]:
    """How many codes by chance were a certificate, and how many were not even looked at."""
    client, hits, refused = app.test_client(), 0, 0
    for one in range(number):
        answer = client.get(f"/en/verify/{new_code()}", environ_base={"REMOTE_ADDR": of_source(one)})
        refused += answer.status_code == 429
        hits += answer.status_code == 200 and b"Not found" not in answer.data
    return hits, refused


def main() -> None:
    """Print both tables; ends with 1 where a limit is not kept."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--codes", type=int, default=CODES)
    options.add_argument("--database", choices=KINDS, default=KINDS[0])
    asked = options.parse_args()
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as name, database(asked.database, Path(name)) as where:
        app, _ = build(where.folder / "verify", 20, where.empty("verify"))
        codes = codes_of(app)
        of_time = compare(app, codes, asked.rounds)
        found = guessing(app, asked.codes)
    raise SystemExit(0 if of_time and found else "not kept")


def compare(app: Flask, codes: dict[str, str], rounds: int) -> bool:
    """The first table; whether "checking off" is like "not found"."""
    client = app.test_client()
    client.set_cookie("seen", "1")
    times: dict[str, list[float]] = {name: [] for name in (*codes, "not found", "not found again")}
    size, counted, source = {}, {}, 0
    for turn in range(rounds + 5):
        for name, row in times.items():
            source += 1
            code = codes.get(name) or new_code()
            with statements() as seen:
                taken, page = ask(client, code, source)
            size[name], counted[name] = len(page.replace(code.encode(), b"")), len(seen)
            if turn >= 5:
                row.append(taken)
    never = times["not found"]
    print(
        f"{'answer':<20}{'median ms':>10}{'p95 ms':>9}{'difference':>11}{'U test p':>10}{'statements':>11}{'bytes':>8}"
    )
    for name, row in times.items():
        apart = statistics.median(row) - statistics.median(never)
        chance = f"{likelihood(row, never):.2f}" if name in ("checking off", "not found again") else ""
        p95 = sorted(row)[int(len(row) * 0.95)]
        print(
            f"{name:<20}{statistics.median(row):>10.2f}{p95:>9.2f}{apart:>11.2f}{chance:>10}{counted[name]:>11}"
            f"{size[name]:>8}"
        )
    off = times["checking off"]
    is_near = max(abs(statistics.median(row) - statistics.median(never)) for row in times.values()) < MOST_DIFFERENCE_MS
    is_alike = likelihood(off, never) > LEAST_LIKELY and size["checking off"] == size["not found"]
    return is_near and is_alike and len(set(counted.values())) == 1


def guessing(app: Flask, number: int) -> bool:
    """The second table; whether nothing was found and one source was stopped."""
    most = app.extensions["settings"].limits.checks_per_source
    print(f"\n{'codes by chance':<34}{'tried':>8}{'found':>8}{'refused':>9}")
    one = guess(app, number, lambda _: "203.0.113.9")
    print(f"{f'one source, {most} in 15 minutes':<34}{number:>8}{one[0]:>8}{one[1]:>9}")
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, limits=replace(settings.limits, checks_per_source=10**9))
    many = guess(app, number, lambda place: f"2001:db8:{place:x}::1")
    print(f"{'a source of its own for each':<34}{number:>8}{many[0]:>8}{many[1]:>9}")
    return one == (0, number - most) and many == (0, 0)


if __name__ == "__main__":
    main()
