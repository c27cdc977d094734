"""The people of the soak: they read, answer, hand in, sign out and in again, mark, and look at how everybody stands.

`python -m benchmarks.soak.people` is the process that plays them. Each thinks between two acts. Once a second it says
what has been acknowledged so far, so that a backup can be judged by what was told before it began; at the end it says
everything that was acknowledged, so that the database can be.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from benchmarks import acts
from benchmarks.acts import BY_NAME, LANGUAGE, Course, Kept, Step, Visitor, expect, hidden
from benchmarks.client import Connection
from benchmarks.loops import FAULTS, MOST_FAULTS_TOLD, Command, Player, Taken, Watch, allow_many_files, percentile
from benchmarks.reliability.storm import CountingLine
from lms.kernel.ids import new_id

SAVES = ("save and next", "autosave")
LESSONS, AUTOSAVES = 3, 2
SIGNS_OUT = 0.25
"""So many of the rounds end with signing out and in again."""

STAFF_THINKING = 3
"""A facilitator reads longer before she does something."""

FEWEST_LESSONS = 5
MOST_TOLD = 160
"""Characters of a fault; those that begin alike are told once."""

LINKED_LESSON = re.compile(r'href="(/en/l/[0-9a-f-]{36})"')
LINKED_WORK = re.compile(r'href="(/en/grading/([0-9a-f-]{36}))"')
LEVEL = re.compile(r'name="(level-[^"]+)"')
QUEUE_IS_OPEN = 'aria-current="page">Marking</a>'
SIGN_OUT = f"/{LANGUAGE}/sign-out"


@dataclass
class Minute:
    """What happened in one minute. saves: seconds of each, with the page that it leads to."""

    requests: int = 0
    saves: list[float] = field(default_factory=list)
    faults: int = 0

    def told(self) -> dict[str, Any]:
        """As JSON."""
        p95 = percentile(self.saves, 95) * 1000 if self.saves else None
        return {"requests": self.requests, "saves": len(self.saves), "p95_ms": p95, "faults": self.faults}


@dataclass
class Person:
    """Somebody with a mind of her own. lessons: addresses that she saw in the outline."""

    visitor: Visitor
    draw: random.Random
    lessons: Sequence[str] = ()


@dataclass
class Soak:
    """Everybody comes within so many seconds, and works until the end."""

    course: Course
    port: int
    within: float
    seconds: float
    thinking: float
    statuses: Counter[int] = field(default_factory=Counter)
    minutes: list[Minute] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    begun_attempts: set[str] = field(default_factory=set)
    handed_in: set[str] = field(default_factory=set)
    answered: set[tuple[str, int]] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    unsure: set[tuple[str, int]] = field(default_factory=set)
    """Of what was sent and not acknowledged: whatever stands there is right."""

    async def run(self, people: Sequence[Visitor], facilitator: Visitor, coordinator: Visitor) -> dict[str, Any]:
        """All of it; says every second how far it is."""
        persons = [Person(her, random.Random(place)) for place, her in enumerate(people)]
        taken, self._begun = Taken(), time.perf_counter()
        telling = asyncio.create_task(self._tell())
        with Watch(taken):
            await asyncio.gather(
                *(self._take_part(place / len(persons), her) for place, her in enumerate(persons)),
                self._mark(Person(facilitator, random.Random(len(persons)))),
                self._look_on(Person(coordinator, random.Random(len(persons) + 1))),
            )
        telling.cancel()
        return {
            **self.now(),
            "done": True,
            "kept": self._kept(people),
            "handed_in": sorted(self.handed_in),
            "marked": sorted(self.marked),
            "faults": list(dict.fromkeys(fault[:MOST_TOLD] for fault in self.faults))[:MOST_FAULTS_TOLD],
            "errors": len(self.faults),
            "p95_ms": percentile(self.saves, 95) * 1000 if self.saves else None,
            "saves": len(self.saves),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "seconds": taken.seconds,
            "own_cpu": taken.own_cpu,
        }

    def now(self) -> dict[str, Any]:
        """What was acknowledged, and each minute so far."""
        acknowledged = {
            "attempts": len(self.begun_attempts),
            "answers": len(self.answered),
            "hand-ins": len(self.handed_in),
        }
        return {"acknowledged": acknowledged, "minutes": [one.told() for one in self.minutes]}

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(1)
            sys.stdout.write(json.dumps(self.now()) + "\n")
            sys.stdout.flush()

    def _kept(self, people: Sequence[Visitor]) -> list[dict[str, Any]]:
        return [
            {"login": her.login, "attempt": one.attempt, "number": one.number, "fields": one.fields}
            for her in people
            for one in her.kept.values()
            if (one.attempt, one.number) not in self.unsure
        ]

    # What each of them does

    async def _take_part(self, share: float, her: Person) -> None:
        await asyncio.sleep(share * self.within)
        visitor, line = her.visitor, self._line(her)
        while not self._is_over():
            if "sid" not in visitor.browser.cookies:
                visitor.token = ""
                await self._do("sign-in", visitor, acts.open_sign_in, acts.sign_in, BY_NAME["Today"].do)
            else:
                await self._round(her)
            await self._think(her)
        line.close()

    async def _round(self, her: Person) -> None:
        """Read, write a little, take the quiz; now and then sign out. A fault ends it, and she begins anew."""
        for name, step in self._steps(her):
            await self._think(her)
            if self._is_over():
                return
            if not await self._do(name, her.visitor, step):
                self._forget_screen(her.visitor)
                return

    def _steps(self, her: Person) -> Iterator[tuple[str, Step]]:
        visitor = her.visitor
        yield "Today", BY_NAME["Today"].do
        yield "outline", _reading_outline(her)
        for address in her.draw.sample(her.lessons, LESSONS):
            yield "lesson", _reading_lesson(address)
        yield "assignment", _open_draft
        for _ in range(AUTOSAVES):
            yield "autosave", self._autosave
        yield "quiz start", self._begin
        while visitor.check is None:
            assert visitor.paper is not None
            yield "save and next", acts.save_and_check if visitor.paper.onwards == "check" else acts.save_and_next
        yield "hand-in", self._hand_in
        if her.draw.random() < SIGNS_OUT:
            yield "sign-out", _sign_out

    async def _begin(self, her: Visitor, course: Course) -> None:
        """Begin the quiz, or go on with it after a fault."""
        quiz = course.address("quiz")
        front = await her.browser.get(quiz)
        expect(front, 200, course.marks["quiz"], of="quiz")
        if f'action="{quiz}/start"' in front.text:
            her.token = hidden(front.text, "csrf_token")
            await acts.start(her, course)
        else:
            page = await her.browser.get(f"{quiz}/q/1")
            expect(page, 200, of="quiz")
            her.paper = acts.read_paper(page.text)
        assert her.paper is not None
        self.begun_attempts.add(her.paper.attempt)

    async def _hand_in(self, her: Visitor, course: Course) -> None:
        assert her.paper is not None
        attempt = her.paper.attempt
        await acts.hand_in(her, course)
        self.handed_in.add(attempt)

    async def _autosave(self, her: Visitor, course: Course) -> None:
        draft = her.draft
        assert draft is not None
        text = f"{draft.sequence}. {acts.WORDS * 16}"
        await acts.autosave(her, course)
        her.kept[draft.attempt, 1] = Kept(attempt=draft.attempt, number=1, fields=[("q1", text)])
        self.begun_attempts.add(draft.attempt)
        self.answered.add((draft.attempt, 1))

    async def _mark(self, her: Person) -> None:
        """The facilitator: one text of what waits, the gradebook."""
        line = self._line(her)
        while not self._is_over():
            for name, step in (("mark", self._mark_one), ("gradebook", BY_NAME["gradebook"].do)):
                await self._think(her, STAFF_THINKING)
                if not self._is_over():
                    await self._do(name, her.visitor, step)
        line.close()

    async def _mark_one(self, her: Visitor, course: Course) -> None:
        """Finish the first text of the queue; nothing where none waits.

        The queue's mark in other benchmarks is a task to choose by: it goes when the last text of it is marked.
        """
        queue = await her.browser.get(course.address("queue"))
        expect(queue, 200, QUEUE_IS_OPEN, of="queue")
        waiting = LINKED_WORK.search(queue.text)
        if waiting is None:
            return
        page = await her.browser.get(waiting[1])
        expect(page, 200, f'{waiting[1]}/save"', of="mark")
        fields = {name: hidden(page.text, name) for name in ("csrf_token", "version", "handed")}
        fields |= dict.fromkeys(LEVEL.findall(page.text), "3")
        fields |= {"op": str(new_id()), "do": "next", "feedback": "A clear line; say next who watches it."}
        saved = await her.browser.post(f"{waiting[1]}/save", fields)
        if saved.status not in (302, 303):
            raise acts.WrongPage(f"mark: {saved.status}: {acts.plain(saved)}")
        expect(await her.browser.get(saved.target), 200, of="mark")
        self.marked.add(str(UUID(waiting[2])))

    async def _look_on(self, her: Person) -> None:
        """The coordinator: how everybody stands."""
        line = self._line(her)
        while not self._is_over():
            for name in ("dashboard", "participants"):
                await self._think(her, STAFF_THINKING)
                if not self._is_over():
                    await self._do(name, her.visitor, BY_NAME[name].do)
        line.close()

    # How it is done and counted

    def _line(self, her: Person) -> Connection:
        line = Connection(self.port)
        her.visitor.browser.line = CountingLine(line, self.statuses)
        return line

    def _is_over(self) -> bool:
        return time.perf_counter() - self._begun >= self.seconds

    async def _think(self, her: Person, times: float = 1) -> None:
        left = self._begun + self.seconds - time.perf_counter()
        await asyncio.sleep(max(min(her.draw.uniform(0.5, 1.5) * times * self.thinking, left), 0))

    async def _do(self, name: str, her: Visitor, *steps: Step) -> bool:
        """Do an act and count it; whether it went right."""
        her.browser.seconds, her.browser.requests, her.browser.received = 0.0, 0, 0
        minute = self._minute()
        sending = _sent_by(name, her)
        try:
            for step in steps:
                await step(her, self.course)
        except FAULTS as fault:
            self.faults.append(f"{name}: {type(fault).__name__}: {fault}")
            minute.faults += 1
            self.unsure |= sending
            return False
        finally:
            minute.requests += her.browser.requests
        self.answered |= sending
        if name in SAVES:
            minute.saves.append(her.browser.seconds)
            self.saves.append(her.browser.seconds)
        return True

    def _minute(self) -> Minute:
        number = int((time.perf_counter() - self._begun) / 60)
        while len(self.minutes) <= number:
            self.minutes.append(Minute())
        return self.minutes[number]

    def _forget_screen(self, her: Visitor) -> None:
        her.paper = her.check = her.draft = None


def _sent_by(name: str, her: Visitor) -> set[tuple[str, int]]:
    """Attempt and number of the questions that an act is about to save."""
    if name == "save and next" and her.paper is not None:
        return {(her.paper.attempt, one.number) for one in her.paper.asked}
    if name == "autosave" and her.draft is not None and her.draft.attempt:
        return {(her.draft.attempt, 1)}
    return set()


async def _open_draft(her: Visitor, course: Course) -> None:
    """As it is now: a page from before she signed out is out of date."""
    her.draft = None
    await acts.prepare_draft(her, course)


def _reading_outline(her: Person) -> Step:
    async def do(visitor: Visitor, course: Course) -> None:
        page = await visitor.browser.get(course.address("outline"))
        expect(page, 200, course.marks["outline"], of="outline")
        her.lessons = sorted(set(LINKED_LESSON.findall(page.text)))
        if len(her.lessons) < FEWEST_LESSONS:
            raise acts.WrongPage(f"outline: {len(her.lessons)} lessons")

    return do


def _reading_lesson(address: str) -> Step:
    async def do(visitor: Visitor, course: Course) -> None:
        """It names its own address, to be read in another language."""
        page = await visitor.browser.get(address)
        expect(page, 200, f'href="{address.replace("/en/", "/fr/")}', of="lesson")

    return do


async def _sign_out(her: Visitor, course: Course) -> None:
    """By the button at the foot of each page."""
    page = await her.browser.get(course.address("today"))
    expect(page, 200, f'action="{SIGN_OUT}"', of="sign-out")
    answer = await her.browser.post(SIGN_OUT, {"csrf_token": hidden(page.text, "csrf_token")})
    if answer.status != 302 or "sid" in her.browser.cookies:
        raise acts.WrongPage(f"sign-out: {answer.status}: {acts.plain(answer)}")


class SoakPlayer(Player):
    """Plays the soak besides."""

    def commands(self) -> dict[str, Command]:
        """What can be asked for, by name."""
        return {**super().commands(), "soak": self.soak}

    async def soak(self, within: float, seconds: float, thinking: float) -> dict[str, Any]:
        """All strangers, one facilitator, one coordinator."""
        soak = Soak(self.course, self.port, within=within, seconds=seconds, thinking=thinking)
        staff = (self.people[role][0] for role in ("facilitator", "coordinator"))
        return await soak.run(self.people["stranger"], *staff)


if __name__ == "__main__":
    allow_many_files()
    asyncio.run(SoakPlayer().play())
