"""The storm against a server of a few lines: waiting counts, what was not acknowledged is sent again; its verdict."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.acts import Course, Visitor
from benchmarks.client import Browser
from benchmarks.reliability.r17_load import Found, Load, judge
from benchmarks.reliability.storm import LATER, PAGE, SAVE, SIGN_IN, START, Storm
from benchmarks.soak.steady import Sample, Sampler
from tests.benchmarks.lines import Written, tiny_server
from tests.benchmarks.test_acts import _questions

COURSE = Course(pages={"today": "/today", "quiz": "/t/7"}, marks={"today": "The course", "quiz": "Sixteen questions"})
START_FORM = '<form action="/en/t/7/start">Sixteen questions'
LONGEST = 3_600.0
"""Seconds; no test waits for their end."""

TOKEN = '<input type="hidden" name="csrf_token" value="t">'


def _said(body: str, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n{body}".encode()


def _site(on_save: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """What a site says, as far as the storm asks; on_save: to a save."""
    told = {
        b"GET /en/sign-in ": _said(f'<input name="password">{TOKEN}'),
        b"POST /en/sign-in ": _said("", "302 FOUND", "Location: /en/today\r\nSet-Cookie: sid=s; Path=/\r\n"),
        b"GET /en/today ": _said("The course"),
        b"GET /en/t/7 ": _said(START_FORM + TOKEN),
        b"POST /en/t/7/start ": _said("", "302 FOUND", "Location: /en/t/7/q/1\r\n"),
        b"GET /en/t/7/q/1 ": _said(_questions(1, "check")),
    }

    def answer(request: bytes) -> bytes:
        begin = request.partition(b"HTTP/1.1")[0]
        return told[begin] if begin in told else on_save(request)

    return answer


def _storm(site: Callable[[bytes], bytes], *, saves: int, wait: float = 0.0) -> dict[str, Any]:
    """One person, until so many saves have come, however long that takes. wait: before each answer to a save."""
    came = 0

    async def run() -> dict[str, Any]:
        async def answers(request: bytes) -> bytes:
            nonlocal came
            if b"/save " in request:
                await asyncio.sleep(wait)
                came += 1
                storm.seconds = LONGEST if came < saves else 0.0
            return site(request)

        async with tiny_server(answers) as port:
            storm = Storm(COURSE, port, within=0.0, every=0.1, seconds=LONGEST)
            return await storm.run([Visitor(browser=Browser(Written()), login="pool1", password="four words")])

    return asyncio.run(run())


def test_everybody_signs_in_and_what_she_saves_is_told() -> None:
    told = _storm(_site(lambda request: _said("{}")), saves=4)
    acts = told["acts"]
    assert (acts[SIGN_IN]["acts"], acts[START]["acts"], told["inside"]) == (1, 1, 1)
    assert acts[SAVE]["acts"] == acts[LATER]["acts"] == 4
    assert acts[PAGE]["acts"] == 2, "a page has two questions"
    assert sum(one["errors"] for one in acts.values()) == told["broken"] == 0
    assert {(one["login"], one["number"]) for one in told["kept"]} == {("pool1", 1), ("pool1", 2)}


def test_what_was_not_acknowledged_is_sent_again_as_the_same_act() -> None:
    seen: list[bytes] = []

    def on_save(request: bytes) -> bytes:
        seen.append(request.partition(b"\r\n\r\n")[2])
        return _said("later", "503 SERVICE UNAVAILABLE") if len(seen) == 1 else _said("{}")

    told = _storm(_site(on_save), saves=3)
    assert seen[0] == seen[1] != seen[2]
    assert (told["broken"], told["acts"][SAVE]["errors"]) == (1, 1)


def test_what_was_never_acknowledged_is_not_said_to_be_kept() -> None:
    told = _storm(_site(lambda request: _said("later", "503 SERVICE UNAVAILABLE")), saves=2)
    assert told["kept"] == [] and told["broken"] == 2


def test_a_save_that_had_to_wait_for_the_one_before_is_charged_for_it() -> None:
    told = _storm(_site(lambda request: _said("{}")), saves=6, wait=0.2)
    assert told["acts"][SAVE]["p95_ms"] > 600, "each waits a tenth of a second longer than the one before"


def test_each_save_has_an_id_of_its_own_on_the_page() -> None:
    seen: list[str] = []

    def on_save(request: bytes) -> bytes:
        found = re.search(rb"op\d=([^&]+)", request)
        assert found is not None
        seen.append(found[1].decode())
        return _said("{}")

    _storm(_site(on_save), saves=2)
    assert seen == ["o1", "o2"]


LOAD = Load(people=24, within=60, every=5, seconds=120)


def _found(*, others: float = 0.0, missing: tuple[str, ...] = (), grows: float = 0.0, **changed: Any) -> Found:
    act = {"p95_ms": 100.0, "acts": 500, "errors": 0, "faults": []}
    memory = Sampler(lambda: 0.0, 2)
    memory.samples = [Sample(at, 200e6 + grows * at) for at in map(float, range(0, 180, 2))]
    told = {
        "acts": dict.fromkeys((SIGN_IN, START, SAVE, PAGE, LATER), act) | changed.pop("acts", {}),
        "broken": 0, "requests": 2000, "inside": 24, "kept": [{}], "seconds": 180.0, "own_cpu": 9.0,
    }  # fmt: skip
    return Found(told=told | changed, missing=list(missing), memory=memory, others_percent=others)


SLOW = {"p95_ms": 301.0, "acts": 500, "errors": 0, "faults": []}
REFUSED = {"p95_ms": 100.0, "acts": 500, "errors": 1, "faults": ["WrongPage: sign-in: 503"]}


def test_a_storm_holds_within_its_figures() -> None:
    assert judge(LOAD, _found())[1] is True
    assert judge(LOAD, _found(others=90))[1] is True, "others only excuse"


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ({"acts": {SAVE: SLOW}}, "save"),
        ({"acts": {SIGN_IN: SLOW | {"p95_ms": 2001.0}}}, "sign-in"),
        ({"acts": {SIGN_IN: REFUSED}}, "answers"),
        ({"inside": 23}, "sign-in"),
        ({"broken": 1}, "answers"),
    ],
    ids=str,
)
def test_what_falls_short_fails_on_a_quiet_machine_and_is_not_judged_on_another(
    broken: dict[str, Any], what: str
) -> None:
    figures, holds = judge(LOAD, _found(**broken))
    assert holds is False and f"does not hold: {what}" in figures
    figures, holds = judge(LOAD, _found(others=50.0, **broken))
    assert holds is None and figures.endswith("not judged, the machine was not quiet")


def test_memory_is_told_of_a_few_minutes_and_judged_of_ten() -> None:
    growing = _found(grows=200e3)
    figures, holds = judge(LOAD, growing)
    assert holds is True and re.search(r"memory 208 MiB, \+1\d\.\d %", figures)
    growing.memory.samples.extend(Sample(at, 200e6 + 200e3 * at) for at in map(float, range(180, 660, 2)))
    figures, holds = judge(replace(LOAD, seconds=600), growing)
    assert holds is False and "does not hold: memory" in figures


def test_what_is_missing_fails_on_every_machine() -> None:
    assert judge(LOAD, _found(others=90.0, missing=("pool1, question 1: nothing stands",)))[1] is False
    assert judge(LOAD, _found(others=90.0, kept=[]))[1] is False


def test_of_a_few_seconds_only_what_was_acknowledged_is_judged() -> None:
    short = replace(LOAD, is_timed=False)
    assert judge(short, _found(grows=200e3, acts={SAVE: SLOW}))[1] is True
    assert judge(short, _found(missing=("pool1, question 1: nothing stands",)))[1] is False
