"""The sums and the watch of R16 find what they are for."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks.reliability.filled import SMALL, filled
from benchmarks.reliability.locks import Watch
from benchmarks.reliability.r16_migrations import CANNOT, LOSES
from benchmarks.reliability.site import SQLITE, Site, Sites
from benchmarks.reliability.sums import changed, gone, sums


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    sites = Sites(people=1)
    with filled(sites, SQLITE, SMALL) as (made, _loaded):
        yield made
    sites.close()


def change(site: Site, statement: str, *values: object) -> list[tuple[str]]:
    with closing(sqlite3.connect(site.file)) as database, database:
        return database.execute(statement, values).fetchall()


def test_the_same_data_have_the_same_sums(site: Site) -> None:
    assert changed(sums(site), sums(site)) == []


def test_one_value_in_one_row_is_found_and_two_that_changed_places(site: Site) -> None:
    before = sums(site)
    change(site, "UPDATE accounts_person SET theme = 'other' WHERE id = 7")
    assert changed(before, sums(site)) == ["accounts_person.theme"]

    before = sums(site)
    (one,), (other,) = change(site, "SELECT shown_name FROM accounts_person WHERE id IN (10, 11) ORDER BY id")
    change(
        site,
        "UPDATE accounts_person SET shown_name = CASE id WHEN 10 THEN ? ELSE ? END WHERE id IN (10, 11)",
        other,
        one,
    )
    assert one != other and changed(before, sums(site)) == ["accounts_person.shown_name"]


def test_a_column_that_came_back_empty_is_lost_and_one_that_came_back_the_same_is_not(site: Site) -> None:
    before = sums(site)
    below = {name: table for name, table in before.items() if name not in ("cohorts_tally", "cohorts_fact")}
    change(site, "DELETE FROM cohorts_tally")
    lost = gone(before, below, sums(site))
    assert lost and all(name.startswith("cohorts_tally.") for name in lost)


def test_the_watch_sees_how_long_nobody_could_write(site: Site) -> None:
    with Watch(site) as watch, closing(sqlite3.connect(site.file, isolation_level=None, timeout=5)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)
        other.execute("ROLLBACK")
        time.sleep(0.1)
    assert watch.longest > 0.3


def test_a_declaration_says_what_is_lost_and_what_to_do() -> None:
    assert LOSES.search("Going down loses what only these\ntables hold: make a copy first, and restore it.")
    assert not LOSES.search("Going down therefore loses nothing that going up does not find again.")
    assert CANNOT.search("Code of 0002 cannot make a cohort beside it.") and not CANNOT.search("Code of 0003 can work")
