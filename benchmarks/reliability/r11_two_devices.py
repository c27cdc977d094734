"""R11, the half below the browser: one woman answers one question in two sessions."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from .client import Answer, Save, Taker
from .r01_killed import takers_of
from .report import Line
from .site import Site, Sites
from .stored import answers_of, attempt_of

NAME = "R11 two devices (HTTP)"
CRITERION = "no silent overwrite: the second is told, both answers are kept"
TOLD = "Both versions are kept"
SETTLE = "You answered this on another device at the same time"


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """Rounds one after the other, by script and by plain form; then rounds in which both send at one moment."""
    rounds, draw = (10, 10) if quick else (50, 100), random.Random(11)
    told: Counter[str] = Counter()
    races: Counter[str] = Counter()
    sent = 0
    with sites.site(kind) as site:
        site.start()
        first, second = _devices(site)
        number = min(first.choices)
        for turn in range(rounds[0]):
            _look(first, second, number=number)
            saved = first.send(first.think(draw, number))
            late = _different(second, first, draw, number)
            answer = second.send(late, accept="application/json" if turn % 2 else "text/html")
            is_told = saved.status == 200 and answer.status == 409 and TOLD in answer.text
            told["told" if is_told else f"not told ({saved.status}, {answer.status})"] += 1
            sent += 2
        for _ in range(rounds[1]):
            _look(first, second, number=number)
            saves = first.think(draw, number), _different(second, first, draw, number)
            answers = at_once([partial(first.send, saves[0]), partial(second.send, saves[1])])
            races[_judge(first, number, answers)] += 1
            sent += 2
        with site.inside():
            stored = len(answers_of(attempt_of(first.attempt)))
    figures = (
        f"{rounds[0]} rounds in turn: {_tell(told)}; {rounds[1]} rounds at one moment: {_tell(races)};"
        f" {sent} different answers sent, {stored} kept"
    )
    holds = set(told) == {"told"} and "silent" not in races and stored == sent
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def at_once(acts: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Do all of this at one moment."""
    barrier = threading.Barrier(len(acts))
    answers: dict[int, Answer] = {}

    def do(place: int) -> None:
        barrier.wait()
        answers[place] = acts[place]()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(acts))]


def _devices(site: Site) -> tuple[Taker, Taker]:
    (first,) = takers_of(site, 1)
    second = Taker(site.client().sign_in(*site.account("pool1")), first.task, first.attempt, dict(first.choices))
    second.sequences = dict(first.sequences)
    return first, second


def _look(*devices: Taker, number: int) -> None:
    """Both open the page of the question."""
    for device in devices:
        page = device.client.get(f"/en/t/{device.task}/q/{number}")
        device.sequences[number] = int(page.field(f"seq{number}"))


def _different(taker: Taker, other: Taker, draw: random.Random, number: int) -> Save:
    """An answer that is neither hers before nor the one of the other device."""
    theirs = other.last[number]
    before = taker.sequences[number]
    while True:
        taker.sequences[number] = before
        save = taker.think(draw, number)
        if (save.answer, save.flagged) != (theirs.answer, theirs.flagged):
            return save


def _judge(taker: Taker, number: int, answers: list[Answer]) -> str:
    """What became of two answers at one moment: one told at once, or both saved and the next page says so."""
    statuses = sorted(answer.status for answer in answers)
    if statuses == [200, 409]:
        return "one told at once"
    page = taker.client.get(f"/en/t/{taker.task}/q/{number}")
    return "both told by the next page" if statuses == [200, 200] and SETTLE in page.text else "silent"


def _tell(found: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
