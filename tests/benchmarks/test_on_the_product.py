"""Acts, counts and look-ups on a small data set of the product itself, without a network."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from benchmarks import acts, profiles
from benchmarks.acts import ACTS, BY_NAME, Act
from benchmarks.inside import Inside, fields_of
from benchmarks.load import Loaded, load
from benchmarks.server import database


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Four people, three of whom can sign in."""
    return load(tmp_path_factory.mktemp("benchmark"), people=4, pool=3)


@pytest.fixture
def inside(loaded: Loaded, tmp_path: Path) -> Any:
    """A copy that a test may write in."""
    with database("sqlite", tmp_path) as where, where.copy(loaded) as copied:
        yield Inside(copied)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_each_act_can_be_done_and_asks_the_database(act: Act, inside: Inside) -> None:
    assert 0 < inside.statements(act) < 40


def test_what_was_acknowledged_stands_and_what_was_not_is_missed(inside: Inside) -> None:
    login = inside.loaded.pool[0]
    (token,) = inside.sessions([login])
    visitor = inside.visitor(login, token)

    async def answer_all() -> None:
        await acts.open_quiz(visitor, inside.course)
        await acts.start(visitor, inside.course)
        while visitor.paper is not None and visitor.paper.onwards != "check":
            await acts.save_and_next(visitor, inside.course)
        await acts.save_and_check(visitor, inside.course)

    asyncio.run(answer_all())
    kept = [
        {"login": login.login, "attempt": one.attempt, "number": one.number, "fields": one.fields}
        for one in visitor.kept.values()
    ]
    assert len(kept) == 16
    assert inside.missing({login.login: token}, kept) == []
    first, second = kept[0], kept[1]
    other = [first | {"fields": []}, second | {"attempt": "another"}, *kept[2:]]
    assert len(inside.missing({login.login: token}, other)) == 2


def test_a_first_visit_is_counted_with_what_it_links_to(inside: Inside) -> None:
    visits = {one.page: one for one in inside.first_visit()}
    assert set(visits) == {"sign-in", "course"}
    assert all(one.requests > 1 and one.bytes > 3_000 for one in visits.values())


def test_fields_are_told_apart_by_part() -> None:
    assert fields_of(3, [("q3", "a"), ("q3", "b")]) == {"": ["a", "b"]}
    assert fields_of(3, [("q3-x", "1"), ("q3-y", "2")]) == {"-x": ["1"], "-y": ["2"]}


def test_a_profile_says_where_the_time_of_a_page_went(inside: Inside) -> None:
    row = profiles.measure(inside, BY_NAME["lesson"])
    places = {place for place in profiles.PLACES.values() if place}
    told = {name: value for name, value in row.items() if name in places | {"Python and others"}}
    assert {"templates", "SQLAlchemy", "Flask", "database", "ours"} <= told.keys()
    assert sum(float(str(share)) for share in told.values()) == pytest.approx(100)
    assert int(str(row["calls"])) > 1_000
