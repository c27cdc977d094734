"""Percentiles, planned moments, and loops against servers that stand still."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.acts import Act, Course, Visitor, expect
from benchmarks.client import Browser, Connection
from benchmarks.loops import Crew, closed_loop, open_loop, percentile, planned, prepare
from tests.benchmarks.lines import tiny_server, whole

NOWHERE = Course(pages={}, marks={})


async def _look(visitor: Visitor, course: Course) -> None:
    expect(await visitor.browser.get("/"), 200, "right", of="a page")


def _crew(port: int, people: int, **more: object) -> Crew:
    act = Act(name="a page", role="reader", do=_look, **more)  # type: ignore[arg-type]  # options as they come
    return Crew(act, NOWHERE, [Visitor(browser=Browser(Connection(port))) for _ in range(people)])


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [
        ([5.0], 50, 5.0),
        ([5.0], 99, 5.0),
        ([1.0, 2.0, 3.0, 4.0], 50, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 75, 3.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([float(n) for n in range(1, 101)], 99, 99.0),
        ([float(n) for n in range(1, 102)], 99, 100.0),
    ],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(values: list[float], percent: float, found: float) -> None:
    assert percentile(values, percent) == found


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_so_many_per_cent_do_not_exceed_a_percentile_and_fewer_stay_below_it(values: list[float], percent: int) -> None:
    found = percentile(values, percent)
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


def test_moments_are_planned_at_even_distances() -> None:
    assert planned(4, 1.5) == [0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert planned(0.5, 1) == []


def test_in_an_open_loop_everybody_who_came_while_the_server_stood_still_waited() -> None:
    """One person, so that all acts queue: those who came during the second that the first took are charged for it."""
    first = True

    async def answers(request: bytes) -> bytes:
        nonlocal first
        if first:
            first = False
            await asyncio.sleep(0.4)
        return whole("right")

    async def run() -> list[float]:
        async with tiny_server(answers) as port:
            taken = await open_loop(_crew(port, 1), port=port, rate=20, seconds=0.5)
            assert not taken.faults
            return taken.times

    times = asyncio.run(run())
    assert len(times) == 10
    for place, seconds in enumerate(times[:8]):
        assert seconds >= 0.4 - place / 20 - 0.01, "the wait since the planned moment was left out"
    assert percentile(times, 50) > 0.15


def test_an_open_loop_keeps_its_rate_whatever_the_answers_take() -> None:
    begun: list[float] = []

    async def answers(request: bytes) -> bytes:
        begun.append(time.perf_counter())
        await asyncio.sleep(1)
        return whole("right")

    async def run() -> None:
        async with tiny_server(answers) as port:
            taken = await open_loop(_crew(port, 20), port=port, rate=50, seconds=0.2)
            assert len(taken.times) == 10

    asyncio.run(run())
    assert begun[-1] - begun[0] < 1, "the tenth waited for the first"


def test_in_a_closed_loop_nobody_asks_before_she_has_her_answer() -> None:
    here = most = 0

    async def answers(request: bytes) -> bytes:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0.01)
        here -= 1
        return whole("right")

    async def run() -> None:
        async with tiny_server(answers) as port:
            taken = await closed_loop(_crew(port, 5), port=port, users=3, seconds=0.5)
            told = taken.told(users=3)
            assert most == 3
            assert told["acts"] == told["requests"] == len(taken.times) > 3
            assert told["p50_ms"] >= 10
            assert told["bytes"] == len("right")
            assert told["per_second"] == pytest.approx(len(taken.times) / taken.seconds)

    asyncio.run(run())


def test_who_meets_a_wrong_page_is_counted_as_an_error_and_not_as_fast() -> None:
    count = 0

    async def answers(request: bytes) -> bytes:
        nonlocal count
        count += 1
        return whole("right" if count <= 4 else "wrong")

    async def run() -> None:
        async with tiny_server(answers) as port:
            taken = await closed_loop(_crew(port, 2), port=port, users=1, seconds=5)
            told = taken.told()
            assert (told["acts"], told["errors"]) == (4, 2)
            assert all("without 'right'" in fault for fault in taken.faults)

    asyncio.run(run())


def test_what_went_wrong_before_a_loop_is_told() -> None:
    async def answers(request: bytes) -> bytes:
        return whole("wrong")

    async def run() -> None:
        async with tiny_server(answers) as port:
            crew = _crew(port, 3, prepare=_look)
            assert len(await prepare(crew, list(crew.free), port)) == 3

    asyncio.run(run())
