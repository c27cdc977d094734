"""Who does what when: people one after another (closed loop), at a fixed rate (open loop), and all at once (the rush).

`python -m benchmarks.loops` is the process that plays the people: it reads commands, one JSON object a line, and writes
one for each. It knows nothing of the server but its port. Driver is its other end.

Closed loop: so many users, each with a connection of its own, who ask again as soon as they have their answer; the time
of an act is what its requests took. Open loop: acts begin at planned moments, whatever became of those before, and an
act's time runs from its planned moment: a server that stands still for a second is charged for everybody who came in
that second.
"""

import asyncio
import json
import math
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from . import acts
from .acts import BY_NAME, Act, Course, Visitor, WrongPage
from .client import Browser, Connection

MOST_FAULTS_TOLD = 5
AT_ONCE = 8
"""How many prepare at one time."""

FAULTS = (WrongPage, OSError, TimeoutError, AssertionError, ValueError, KeyError)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many per cent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


def planned(rate: float, seconds: float) -> list[float]:
    """When acts begin, in seconds from the start, at so many a second."""
    return [number / rate for number in range(int(rate * seconds))]


@dataclass
class Taken:
    """What the acts of one loop took. times: seconds of each act that went right."""

    times: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    received: int = 0
    seconds: float = 0.0
    own_cpu: float = 0.0

    def note(self, visitor: Visitor, time_of_act: float) -> None:
        """One act that went right."""
        self.times.append(time_of_act)
        self.requests += visitor.browser.requests
        self.received += visitor.browser.received

    def told(self, **more: object) -> dict[str, object]:
        """As JSON: times in milliseconds, bytes of one act, our own CPU for one request."""
        found: dict[str, object] = {
            "acts": len(self.times),
            "requests": self.requests,
            "seconds": self.seconds,
            "own_cpu": self.own_cpu,
            "errors": len(self.faults),
            "faults": self.faults[:MOST_FAULTS_TOLD],
            **more,
        }
        if self.times:
            found |= {f"p{percent}_ms": percentile(self.times, percent) * 1000 for percent in (50, 95, 99)}
            found |= {
                "per_second": len(self.times) / self.seconds,
                "bytes": round(self.received / len(self.times)),
                "client_cpu_ms": self.own_cpu * 1000 / max(self.requests, 1),
            }
        return found


class Watch:
    """Time and our own CPU while something runs."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken

    def __enter__(self) -> Self:
        self._begun, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *fault: object) -> None:
        self.taken.seconds = time.perf_counter() - self._begun
        self.taken.own_cpu = time.process_time() - self._cpu


class Crew:
    """The visitors who can do an act. Nobody does two things at once: she is taken out and put back."""

    def __init__(self, act: Act, course: Course, visitors: Sequence[Visitor]) -> None:
        self.act, self.course = act, course
        self.free = deque(visitor for visitor in visitors if act.is_ready(visitor))
        self.taken = Taken()

    def take(self) -> Visitor | None:
        """Whoever waited longest, with her counts at nothing."""
        if not self.free:
            return None
        visitor = self.free.popleft()
        visitor.browser.seconds, visitor.browser.requests, visitor.browser.received = 0.0, 0, 0
        return visitor

    async def do(self, visitor: Visitor, *, since: float | None = None) -> None:
        """Do the act once. since: the planned moment; without one the time is what its requests took.

        Who met a fault is not asked again.
        """
        try:
            await self.act.do(visitor, self.course)
        except FAULTS as fault:
            self.taken.faults.append(f"{type(fault).__name__}: {fault}")
            return
        self.taken.note(visitor, visitor.browser.seconds if since is None else time.perf_counter() - since)
        if self.act.is_ready(visitor):
            self.free.append(visitor)


async def closed_loop(crew: Crew, *, port: int, users: int, seconds: float) -> Taken:
    """So many users for so long, or until nobody is left who can do it."""
    until = time.perf_counter() + seconds

    async def use() -> None:
        line = Connection(port)
        while time.perf_counter() < until and (visitor := crew.take()) is not None:
            visitor.browser.line = line
            await crew.do(visitor)
        line.close()

    with Watch(crew.taken):
        await asyncio.gather(*(use() for _ in range(users)))
    return crew.taken


async def open_loop(crew: Crew, *, port: int, rate: float, seconds: float) -> Taken:
    """Acts at planned moments for so long, or until nobody is left who can do it.

    Whoever should begin while all others are busy waits for the first to come back; that waiting counts.
    """
    lines: list[Connection] = []
    running: set[asyncio.Task[None]] = set()

    async def one(visitor: Visitor, since: float) -> None:
        line = lines.pop() if lines else Connection(port)
        visitor.browser.line = line
        await crew.do(visitor, since=since)
        lines.append(line)

    with Watch(crew.taken):
        begun = time.perf_counter()
        for moment in planned(rate, seconds):
            await asyncio.sleep(max(begun + moment - time.perf_counter(), 0))
            while (visitor := crew.take()) is None and running:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if visitor is None:
                break
            task = asyncio.create_task(one(visitor, begun + moment))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
    for line in lines:
        line.close()
    return crew.taken


async def prepare(crew: Crew, visitors: Sequence[Visitor], port: int) -> list[str]:
    """What the act needs first, a few at a time. What went wrong."""
    waiting, faults = deque(visitors), []

    async def use() -> None:
        line = Connection(port)
        while waiting:
            visitor = waiting.popleft()
            visitor.browser.line = line
            try:
                await crew.act.prepare(visitor, crew.course)
            except FAULTS as fault:
                faults.append(f"{crew.act.name}, before: {type(fault).__name__}: {fault}")
        line.close()

    await asyncio.gather(*(use() for _ in range(AT_ONCE)))
    return faults


async def do_steps(taken: Taken, her: Visitor, course: Course, steps: Sequence[acts.Step]) -> bool:
    """Do an act of several steps, her counts beginning at nothing; whether it went right. A fault is noted."""
    her.browser.seconds, her.browser.requests, her.browser.received = 0.0, 0, 0
    try:
        for step in steps:
            await step(her, course)
    except FAULTS as fault:
        taken.faults.append(f"{type(fault).__name__}: {fault}")
        return False
    return True


@dataclass
class Rush:
    """Everybody begins the quiz within a short time, thinks, saves, reads the next page, to the last."""

    course: Course
    port: int
    within: float
    thinking: float
    taken: dict[str, Taken] = field(default_factory=lambda: {"quiz start": Taken(), "save and next": Taken()})

    async def run(self, visitors: Sequence[Visitor]) -> dict[str, object]:
        """All of it."""
        total = Taken()
        with Watch(total):
            await asyncio.gather(*(self._one(place / len(visitors), her) for place, her in enumerate(visitors)))
        kept = [
            {"login": her.login, "attempt": one.attempt, "number": one.number, "fields": one.fields}
            for her in visitors
            for one in her.kept.values()
        ]
        requests = sum(one.requests for one in self.taken.values())
        for taken in self.taken.values():
            taken.seconds, taken.own_cpu = total.seconds, total.own_cpu * taken.requests / max(requests, 1)
        told = {name: taken.told() for name, taken in self.taken.items()}
        return {"acts": told, "kept": kept, "seconds": total.seconds, "own_cpu": total.own_cpu}

    async def _one(self, share: float, her: Visitor) -> None:
        """One of them. A fault ends her quiz."""
        await asyncio.sleep(share * self.within)
        line = Connection(self.port)
        her.browser.line = line
        if await self._do("quiz start", her, acts.open_quiz, acts.start):
            while her.check is None:
                await asyncio.sleep(self.thinking)
                assert her.paper is not None
                is_last = her.paper.onwards == "check"
                if not await self._do("save and next", her, acts.save_and_check if is_last else acts.save_and_next):
                    break
        line.close()

    async def _do(self, name: str, her: Visitor, *steps: acts.Step) -> bool:
        """Do an act and note its time; whether it went right."""
        if await do_steps(self.taken[name], her, self.course, steps):
            self.taken[name].note(her, her.browser.seconds)
            return True
        return False


Command = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


class Player:
    """Keeps the people between commands."""

    def __init__(self) -> None:
        self.port, self.course = 0, Course(pages={}, marks={})
        self.people: dict[str, list[Visitor]] = {}

    def people_are(self, port: int, pages: Mapping[str, str], marks: Mapping[str, str], people: Any) -> dict[str, Any]:
        """Who there is, by role: what she signs in with, and the token of a session. Each has an address of her own."""
        self.port, self.course = port, Course(pages=pages, marks=marks)
        self.people = {
            role: [self._visitor(one, place) for place, one in enumerate(all_)] for role, all_ in people.items()
        }
        return {}

    def _visitor(self, one: Mapping[str, str], place: int) -> Visitor:
        browser = Browser(
            line=Connection(self.port), address=f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}"
        )
        if one.get("token"):
            browser.cookies["sid"] = one["token"]
        return Visitor(browser=browser, login=one.get("login", ""), password=one.get("password", ""))

    def _crew(self, act: str, share: Sequence[int] | None) -> Crew:
        found = BY_NAME[act]
        return Crew(found, self.course, self._share(found, share))

    def _share(self, act: Act, share: Sequence[int] | None) -> Sequence[Visitor]:
        everybody = self.people[act.role]
        return everybody if share is None else everybody[share[0] : share[1]]

    async def prepare(self, act: str, share: Sequence[int] | None = None) -> dict[str, Any]:
        """What an act needs first, for a share of its people."""
        crew = self._crew(act, None)
        return {"faults": await prepare(crew, self._share(crew.act, share), self.port)}

    async def closed(self, act: str, users: int, seconds: float, share: Sequence[int] | None = None) -> dict[str, Any]:
        """A closed loop. users: told as they were; not more than there are people."""
        crew = self._crew(act, share)
        users = max(min(users, len(crew.free)), 1)
        return (await closed_loop(crew, port=self.port, users=users, seconds=seconds)).told(users=users)

    async def open(self, act: str, rate: float, seconds: float, share: Sequence[int] | None = None) -> dict[str, Any]:
        """An open loop."""
        return (await open_loop(self._crew(act, share), port=self.port, rate=rate, seconds=seconds)).told(rate=rate)

    async def rush(self, people: int, within: float, thinking: float) -> dict[str, Any]:
        """The rush of the first so many."""
        rush = Rush(self.course, self.port, within, thinking)
        return await rush.run(self.people["participant"][:people])

    def commands(self) -> dict[str, Command]:
        """What can be asked for, by name."""
        return {"prepare": self.prepare, "closed": self.closed, "open": self.open, "rush": self.rush}

    async def play(self) -> None:
        """Until no command is left."""
        reader = asyncio.StreamReader(limit=1 << 30)
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        commands = self.commands()
        while line := await reader.readline():
            command = json.loads(line)
            name = command.pop("do")
            done = self.people_are(**command) if name == "people" else await commands[name](**command)
            sys.stdout.write(json.dumps(done) + "\n")
            sys.stdout.flush()


class Driver:
    """The process that plays the people, from outside. module: what it runs."""

    def __init__(self, module: str = "benchmarks.loops") -> None:
        self._module = module

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        return self

    def __exit__(self, *fault: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        if fault[0] is not None:
            self._process.terminate()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)

    def ask(self, do: str, **command: Any) -> dict[str, Any]:
        """Have something done; what it took. Raises RuntimeError when the process ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **command}) + "\n")
        self._process.stdin.flush()
        return self.read()

    def read(self) -> dict[str, Any]:
        """The next line that it says. Raises RuntimeError when the process ended."""
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that plays the people ended")
        found: dict[str, Any] = json.loads(answer)
        return found


def allow_many_files() -> None:
    """Each connection is a file to the system: as many as it lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    allow_many_files()
    asyncio.run(Player().play())
