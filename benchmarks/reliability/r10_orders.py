"""R10: five acts of two devices arrive in every order, some of them twice, at once or three days late."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from lms.assessments.models import Attempt
from lms.assessments.rules.attempts import AttemptState, heads
from lms.assessments.sealing import read_steps
from lms.kernel import clock
from lms.kernel.db import db, transaction

from .client import Save, Taker
from .r01_killed import takers_of
from .report import Line
from .site import Site, Sites
from .stored import answers_of, chosen_of

NAME = "R10 repeated, reordered, late"
CRITERION = "one and the same final state for every order, in each situation"
AGO = {
    "in time": timedelta(minutes=10),
    "three days late": timedelta(days=3),
    "written after the deadline": timedelta(days=1),
}
"""How long ago the first act was written. The deadline was two days ago, but for what is in time."""

SITUATIONS = tuple(AGO)
PEOPLE = 6


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """All 120 orders in three situations; quick: 12 of them."""
    draw = random.Random(10)
    orders = list(itertools.permutations(range(5)))
    orders = draw.sample(orders, 12) if quick else orders
    work = [(situation, order, draw.random()) for situation in SITUATIONS for order in orders]
    with sites.site(kind) as site:
        site.start()
        takers = takers_of(site, PEOPLE)
        acts = _acts(takers[0])
        ends: dict[str, Counter[object]] = {situation: Counter() for situation in SITUATIONS}
        sent: list[int] = []
        threads = [
            threading.Thread(target=_play, args=(site, taker, acts, work[place::PEOPLE], ends, sent))
            for place, taker in enumerate(takers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    played = sum(sum(found.values()) for found in ends.values())
    found = "; ".join(f"{situation}: {len(of)} final state" + "s" * (len(of) != 1) for situation, of in ends.items())
    figures = f"{len(orders)} orders x {len(SITUATIONS)} situations, {len(sent)} requests; {found}"
    holds = played == len(work) and all(len(of) == 1 for of in ends.values())
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def _acts(taker: Taker) -> list[tuple[Save, timedelta]]:
    """Five acts with the time that each was written after the first: one device knew three answers, another two."""
    number = min(taker.choices)
    values = taker.choices[number]
    plan = [(1, 0, False, 0), (2, 1, False, 2), (3, 2, False, 4), (2, 3, False, 3), (3, 1, True, 6)]
    return [
        (
            Save(
                number=number,
                sequence=sequence,
                operation=uuid4(),
                answer=((f"q{number}", values[value]),),
                flagged=flag,
            ),
            timedelta(minutes=minutes),
        )
        for sequence, value, flag, minutes in plan
    ]


def _play(
    site: Site,
    taker: Taker,
    acts: Sequence[tuple[Save, timedelta]],
    work: Sequence[tuple[str, tuple[int, ...], float]],
    ends: dict[str, Counter[object]],
    sent: list[int],
) -> None:
    for situation, order, seed in work:
        taker.attempt = _another(site, taker.attempt, is_over=situation != SITUATIONS[0])
        draw = random.Random(seed)
        line = list(order)
        for act in draw.sample(range(5), draw.randint(1, 4)):
            line.insert(draw.randint(line.index(act) + 1, len(line)), act)
        written = time.time() - AGO[situation].total_seconds()
        for act in line:
            save, after = acts[act]
            held = time.time() - written - after.total_seconds()
            answer = taker.send(save, held=round(held * 1000))
            while answer.status == 503:  # told as not saved: sent again, as the page does
                time.sleep(0.2)
                answer = taker.send(save, held=round((time.time() - written - after.total_seconds()) * 1000))
            assert answer.status in (200, 409), f"{situation}: {answer.status} {answer.text[:200]}"
            sent.append(answer.status)
        if situation == SITUATIONS[0]:
            taker.client.post(f"/en/t/{taker.task}/check/hand-in", [("op", str(uuid4()))])
        ends[situation][_end(site, taker.attempt)] += 1


def _another(site: Site, attempt_id: UUID, *, is_over: bool) -> UUID:
    """A further attempt with the same questions: open, or one whose deadline was two days ago."""
    new = uuid4()
    with site.app.app_context(), transaction():
        like = db.session.scalars(select(Attempt).where(Attempt.public_id == attempt_id)).one()
        last = db.session.scalar(
            select(func.max(Attempt.number)).where(
                Attempt.enrolment_id == like.enrolment_id, Attempt.node_id == like.node_id
            )
        )
        at = clock.now()
        over = at - timedelta(days=2) if is_over else at + timedelta(days=2)
        place = ("enrolment_id", "cohort_id", "version_id", "node_id")
        same = (*place, "kind", "language", "seed", "drawn", "allowed_minutes")
        db.session.add(
            Attempt(
                public_id=new,
                number=(last or 0) + 1,
                state=AttemptState.OPEN,
                opened_at=at - timedelta(days=9),
                due_at=over,
                grace_days=0,
                closes_at=over,
                **{name: getattr(like, name) for name in same},
            )
        )
    return new


def _end(site: Site, attempt_id: UUID) -> object:
    """All that became of it, as far as anybody can see."""
    with site.app.app_context():
        attempt = db.session.scalars(select(Attempt).where(Attempt.public_id == attempt_id)).one()
        rows = answers_of(attempt)
        standing = heads(read_steps(None, rows))  # type: ignore[arg-type]
        head = next(iter(standing.values()))
        kept = tuple(sorted((row.sequence, chosen_of(row), row.flagged) for row in rows))
        return attempt.state, attempt.points, head.sequence, str(head.data), head.flagged, kept
