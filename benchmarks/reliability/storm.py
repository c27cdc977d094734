"""The people of R17: everybody signs in within a minute, opens the quiz, and saves an answer every few seconds.

`python -m benchmarks.reliability.storm` is the process that plays them, as `benchmarks.loops` plays those of the
benchmark. Saves have planned moments, whatever became of the one before: their time runs from the moment at which she
wanted to save, so that a server that stands still is charged for everybody who waited. What was not acknowledged is
sent again, under the same id, at her next moment, as the page does it.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks import acts
from benchmarks.acts import LANGUAGE, Asked, Course, Kept, Paper, Visitor, expect, read_paper
from benchmarks.client import JSON, Answer, Connection, Fields
from benchmarks.loops import Command, Player, Taken, Watch, allow_many_files, do_steps

SIGN_IN, START, SAVE, PAGE, LATER = "sign-in", "quiz start", "save", "next page", "later saves"
WAIT_SECONDS = 10
"""What the page of a refused sign-in asks for."""

BROKEN = 500


@dataclass
class CountingLine:
    """Carries requests over a connection and counts the answers by their status."""

    line: Connection
    statuses: Counter[int]

    async def ask(self, request: bytes) -> Answer:
        """Send a request; its answer."""
        answer = await self.line.ask(request)
        self.statuses[answer.status] += 1
        return answer


@dataclass(frozen=True, kw_only=True)
class Save:
    """One answer on its way: sent again it is the same act."""

    question: Asked
    token: str
    attempt: str
    answer: Fields

    async def send(self, her: Visitor, course: Course) -> None:
        """Send it as the page itself does after each change, and note it when the site says that it is saved."""
        number = self.question.number
        known = [("csrf_token", self.token), ("attempt", self.attempt)]
        known += [(f"op{number}", self.question.operation), (f"seq{number}", self.question.sequence), *self.answer]
        path = f"{course.address('quiz')}/q/{number}/save"
        expect(await her.browser.post(path, known, accept=JSON), 200, of=SAVE)
        her.kept[self.attempt, number] = Kept(attempt=self.attempt, number=number, fields=self.answer)


@dataclass
class Storm:
    """Everybody comes within so many seconds and saves every so often until the end, so many seconds later."""

    course: Course
    port: int
    within: float
    every: float
    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    taken: dict[str, Taken] = field(default_factory=lambda: {name: Taken() for name in (SIGN_IN, START, SAVE, PAGE)})
    later: Taken = field(default_factory=Taken)
    """The saves after everybody had come."""

    unsure: list[tuple[str, int]] = field(default_factory=list)
    """Attempt and question of what was sent at the end and not acknowledged: whatever stands there is right."""

    async def run(self, visitors: list[Visitor]) -> dict[str, Any]:
        """All of it."""
        total, self.begun = Taken(), time.perf_counter()
        with Watch(total):
            await asyncio.gather(*(self._one(place / len(visitors), her) for place, her in enumerate(visitors)))
        for taken in (*self.taken.values(), self.later):
            taken.seconds = total.seconds
        kept = [
            {"login": her.login, "attempt": one.attempt, "number": one.number, "fields": one.fields}
            for her in visitors
            for one in her.kept.values()
            if (one.attempt, one.number) not in self.unsure
        ]
        return {
            "acts": {name: taken.told() for name, taken in self.taken.items()} | {LATER: self.later.told()},
            "broken": sum(count for status, count in self.statuses.items() if status >= BROKEN),
            "requests": self.statuses.total(),
            "inside": sum(her.paper is not None for her in visitors),
            "kept": kept,
            "seconds": total.seconds,
            "own_cpu": total.own_cpu,
        }

    @property
    def end(self) -> float:
        """When the last save is begun."""
        return self.begun + self.within + self.seconds

    async def _one(self, share: float, her: Visitor) -> None:
        """One of them."""
        await asyncio.sleep(share * self.within)
        line = Connection(self.port)
        her.browser.line = CountingLine(line, self.statuses)
        if await self._sign_in(her) and await self._do(START, her, acts.open_quiz, acts.start):
            await self._save_on(her)
        line.close()

    async def _sign_in(self, her: Visitor) -> bool:
        """From opening the form until Today can be read; who is asked to wait comes again, and the waiting counts."""
        since = time.perf_counter()
        while time.perf_counter() < self.end:
            if await self._do(SIGN_IN, her, acts.open_sign_in, acts.sign_in, _read_today, since=since):
                return True
            await asyncio.sleep(WAIT_SECONDS)
            her.token = ""
        return False

    async def _save_on(self, her: Visitor) -> None:
        """An answer at each of her moments; when a page is answered she turns it."""
        moment, turn = time.perf_counter() + self.every, 0
        waiting: list[Save] = []
        is_saved = True
        while moment < self.end:
            await asyncio.sleep(max(moment - time.perf_counter(), 0))
            if not waiting:
                turn += 1
                waiting = _saves(her.paper, turn)
            is_saved = await self._do(SAVE, her, waiting[0].send, since=moment)
            if is_saved:
                waiting.pop(0)
            if not waiting:
                await self._do(PAGE, her, _turn_page)
            moment += self.every
        if not is_saved:
            self.unsure.append((waiting[0].attempt, waiting[0].question.number))

    async def _do(self, name: str, her: Visitor, *steps: acts.Step, since: float | None = None) -> bool:
        """Do an act and note its time; whether it went right. since: from when it counts; else its requests alone."""
        if not await do_steps(self.taken[name], her, self.course, steps):
            return False
        now = time.perf_counter()
        time_of_act = her.browser.seconds if since is None else now - since
        self.taken[name].note(her, time_of_act)
        if name == SAVE and since is not None and since > self.begun + self.within:
            self.later.note(her, time_of_act)
        return True


def _saves(paper: Paper | None, turn: int) -> list[Save]:
    """One save for each question of the page at hand, with another answer at each turn."""
    assert paper is not None
    return [
        Save(question=one, token=paper.token, attempt=paper.attempt, answer=one.answer(turn)) for one in paper.asked
    ]


async def _read_today(her: Visitor, course: Course) -> None:
    page = await her.browser.get(course.address("today"))
    expect(page, 200, course.marks["today"], of="Today")


async def _turn_page(her: Visitor, course: Course) -> None:
    """The next page of questions; after the last one the first."""
    assert her.paper is not None
    number = "1" if her.paper.onwards == "check" else her.paper.onwards
    page = await her.browser.get(f"/{LANGUAGE}{course.pages['quiz']}/q/{number}")
    expect(page, 200, of=PAGE)
    her.paper = read_paper(page.text)


class StormPlayer(Player):
    """Plays the storm besides."""

    def commands(self) -> dict[str, Command]:
        """What can be asked for, by name."""
        return {**super().commands(), "storm": self.storm}

    async def storm(self, share: list[int], within: float, every: float, seconds: float) -> dict[str, Any]:
        """The storm of a share of the strangers."""
        storm = Storm(self.course, self.port, within=within, every=every, seconds=seconds)
        return await storm.run(self.people["stranger"][share[0] : share[1]])


if __name__ == "__main__":
    allow_many_files()
    asyncio.run(StormPlayer().play())
