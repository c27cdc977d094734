"""R13: many hand in and save at the very moment at which the clock closes their attempts."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import update

from lms.assessments import jobs
from lms.assessments.models import Attempt, StepRow
from lms.assessments.rules.attempts import AttemptState, StepKind
from lms.kernel import clock
from lms.kernel.db import db, transaction

from .client import Answer, Save, Taker
from .r01_killed import takers_of
from .r10_orders import _another
from .report import Line
from .site import Site, Sites
from .stored import attempt_of, operation_of, steps_of

NAME = "R13 the deadline race"
CRITERION = "0 attempts in two states, nothing lost, each decision follows from its received_at"
CLOSERS = 2
AROUND = 0.05
ENDS = (StepKind.HAND_IN, StepKind.TIME_UP)


@dataclass
class Racer:
    """One participant with what she sent around the deadline."""

    taker: Taker
    saves: list[tuple[Save, Answer]] = field(default_factory=list)
    hand_in: Answer | None = None


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """24 people a round; each saves twice and hands in, between 50 ms before and 50 ms after; two closing jobs too.

    The server needs a while for so many requests, so all are sent a little earlier when too few arrived in time.
    """
    people, rounds, draw = (12, 2, random.Random(13)) if quick else (24, 10, random.Random(13))
    ends: Counter[str] = Counter()
    faults: list[str] = []
    answers = aside = 0
    lead, ahead = 0.1, timedelta(seconds=2.5 if quick else 6)
    with sites.site(kind) as site:
        site.start()
        takers = takers_of(site, people)
        for turn in range(rounds):
            racers = [Racer(_fresh(site, taker)) for taker in takers]
            closes_at = clock_now(site) + ahead
            _set_deadline(site, racers, closes_at, is_time=bool(turn % 2))
            for racer in racers:  # everybody has one answer in time
                racer.saves.append(_save(racer.taker, draw))
            _race(site, racers, closes_at - timedelta(seconds=lead), [draw.random() for _ in range(3 * people)])
            in_time = 0
            with site.inside():
                for racer in racers:
                    attempt = attempt_of(racer.taker.attempt)
                    steps = steps_of(attempt)
                    faults += judge(attempt, steps, racer, closes_at)
                    end = next((s.kind for s in steps if s.kind in ENDS), None)
                    ends[end.value if end else "none"] += 1
                    in_time += end is StepKind.HAND_IN
                    answers += sum(s.kind is StepKind.ANSWER for s in steps)
                    aside += sum(s.kind is StepKind.ANSWER and s.state is not AttemptState.OPEN for s in steps)
            lead = max(lead + (0.1 if in_time < people / 2 else -0.05), 0.0)
    told = ", ".join(f"{count} {what}" for what, count in sorted(ends.items()))
    figures = (
        f"{rounds} rounds x {people} people: {told}; {answers} answers kept, {aside} of them beside;"
        f" {len(faults)} decisions unexplained{': ' + '; '.join(sorted(set(faults))[:3]) if faults else ''}"
    )
    is_race = quick or min(ends[end.value] for end in ENDS) > 0
    holds = not faults and ends["none"] == 0 and is_race
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def clock_now(site: Site) -> datetime:
    """The time of the site."""
    with site.inside():
        return clock.now()


def _fresh(site: Site, taker: Taker) -> Taker:
    return Taker(
        taker.client,
        taker.task,
        _another(site, taker.attempt, is_over=False),
        taker.choices,
        dict.fromkeys(taker.choices, 1),
    )


def _set_deadline(site: Site, racers: list[Racer], closes_at: datetime, *, is_time: bool) -> None:
    """A timed attempt that closes then: its hour and the longest credited outage are over, or its day is."""
    own = {"closes_at": closes_at, "allowed_minutes": 60, "grace_days": 0}
    if is_time:
        own |= {"opened_at": closes_at - timedelta(minutes=75), "due_at": closes_at + timedelta(days=1)}
    else:
        own |= {"opened_at": closes_at - timedelta(minutes=10), "due_at": closes_at}
    with site.inside(), transaction():
        ids = [racer.taker.attempt for racer in racers]
        db.session.execute(update(Attempt).where(Attempt.public_id.in_(ids)).values(**own))


def _save(taker: Taker, draw: random.Random) -> tuple[Save, Answer]:
    save = taker.think(draw)
    return save, taker.send(save)


def _race(site: Site, racers: list[Racer], closes_at: datetime, chances: list[float]) -> None:
    moment = time.monotonic() + (closes_at.timestamp() - time.time())
    spread = [moment + (2 * chance - 1) * AROUND for chance in chances]
    threads = [threading.Thread(target=_close, args=(site, moment)) for _ in range(CLOSERS)]
    for place, racer in enumerate(racers):
        mine = spread[3 * place : 3 * place + 3]
        threads.append(threading.Thread(target=_hand_in, args=(racer, mine[0])))
        threads += [threading.Thread(target=_save_at, args=(racer, at, place + n)) for n, at in enumerate(mine[1:])]
    assert time.monotonic() < moment - AROUND, "the machine is too slow for this round"
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _wait_for(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0))


def _hand_in(racer: Racer, at: float) -> None:
    _wait_for(at)
    racer.hand_in = racer.taker.client.post(f"/en/t/{racer.taker.task}/check/hand-in", [("op", str(uuid4()))])


def _save_at(racer: Racer, at: float, seed: int) -> None:
    _wait_for(at)
    racer.saves.append(_save(racer.taker, random.Random(seed + at)))


def _close(site: Site, moment: float) -> None:
    """The job of the worker, again and again from a little before until everything is closed."""
    _wait_for(moment - AROUND)
    while time.monotonic() < moment + 1.5:
        with site.app.app_context():
            jobs.close({}, clock.now())
            db.session.remove()
        time.sleep(0.01)


def judge(attempt: Attempt, steps: list[StepRow], racer: Racer, closes_at: datetime) -> list[str]:
    """What cannot be explained: by the rule that the attempt is open before `closes_at` and closed from then on."""
    ends = [step for step in steps if step.kind in ENDS]
    if len(ends) != 1 or attempt.state is not AttemptState.HANDED_IN:
        return [f"{len(ends)} ends, state {attempt.state}"]
    return [
        *_of_end(ends[0], closes_at),
        *_of_answers(steps, ends[0], closes_at),
        *_of_told(attempt, steps, racer, _in_time(steps, ends[0], closes_at)),
    ]


def _of_end(end: StepRow, closes_at: datetime) -> Iterator[str]:
    """She handed it in before the deadline, or the clock from then on."""
    if (end.kind is StepKind.HAND_IN) != (end.received_at < closes_at):
        yield f"{end.kind} received {end.received_at - closes_at} from the deadline"


def _of_answers(steps: list[StepRow], end: StepRow, closes_at: datetime) -> Iterator[str]:
    """What came before the end stands in the attempt, what came after it beside."""
    for step in steps:
        is_open = step.state is AttemptState.OPEN
        if step.kind is StepKind.ANSWER and is_open != (step.number < end.number):
            yield "an answer on the wrong side of the end"
        if step.kind is StepKind.ANSWER and is_open and step.received_at >= closes_at:
            yield "an answer was taken in after the deadline"


def _in_time(steps: list[StepRow], end: StepRow, closes_at: datetime) -> set[UUID]:
    """The acts that count: those before the end, and what came in time while the clock was closing the attempt."""
    by_clock = end.kind is StepKind.TIME_UP
    return {
        step.operation_id for step in steps if step.number < end.number or (by_clock and step.received_at < closes_at)
    }


def _of_told(attempt: Attempt, steps: list[StepRow], racer: Racer, in_time: set[UUID]) -> Iterator[str]:
    """Everything that was sent is there, and everybody was told something true."""
    stored = {step.operation_id for step in steps}
    for save, answer in racer.saves:
        operation = operation_of(attempt, save)
        # Two of her saves at one moment: the second is told of the first (409), and both stand in the attempt.
        if answer.status == 503 and operation not in stored:  # told as not saved: her page keeps it
            continue
        if operation not in stored:
            yield f"a save was answered {answer.status} and LOST"
        elif answer.status not in (200, 409) or (answer.status == 200 and operation not in in_time):
            yield f"a save was answered {answer.status} and does not count"
    if racer.hand_in is None or racer.hand_in.status not in (302, 303, 503):
        yield f"a hand-in was answered {racer.hand_in and racer.hand_in.status}"
