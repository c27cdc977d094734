"""What a page may cost, by page: statements and bytes (decisions 20 and 21 of the design, docs/performance.md).

Counted as `make bench-pages` counts, on a demo year of its own and on one with a thousand participants more.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import pytest
from sqlalchemy import select

from benchmarks.pages import FIRST_COORDINATOR, Measured, Table, build, largest, measure, signed_in
from lms.accounts.models import Person
from lms.kernel.db import db

MANY = 1_000
LESSON_BYTES, PAGE_BYTES, FIRST_VISIT_BYTES = 7_000, 8_000, 14_000
ONCE = 1
"""One round of a page is enough to count; it is not timed here."""


@dataclass(frozen=True)
class Budget:
    """The most that a page may ask of the database, and weigh: compressed, alone and with the style sheet."""

    statements: int
    html_bytes: int = PAGE_BYTES
    first_bytes: int = FIRST_VISIT_BYTES

    def breaches(self, found: Measured) -> list[str]:
        """In what a page is over it."""
        of = {"statements": self.statements, "html_bytes": self.html_bytes, "first_bytes": self.first_bytes}
        return [
            f"{found.page}: {name} {value} > {most}"
            for name, most in of.items()
            if (value := getattr(found, name)) > most
        ]


OF_PARTICIPANTS = {
    "participant.home": Budget(6),
    "participant.course": Budget(5),
    "participant.lesson": Budget(4, LESSON_BYTES),
    "participant.quiz": Budget(4),
    "participant.assignment": Budget(4),
    "participant.results": Budget(8),
}
OF_FACILITATORS = {"/grading": Budget(4), "{marks}": Budget(6), "{mark}": Budget(5), "/grading/release": Budget(5)}
OF_COORDINATORS = {
    "/cohort/{cohort}": Budget(9),
    "/cohort/{cohort}/people": Budget(5),
    "/cohort/{cohort}/completion": Budget(5),
    "/cohort/{cohort}/messages": Budget(5),
    "/cohort/{cohort}/dates": Budget(4),
    "/cohort/{cohort}/invitations": Budget(7),
}


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    return build(tmp_path_factory.mktemp("year"), 0)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    return build(tmp_path_factory.mktemp("crowded"), MANY)


def of_staff(app, cohort):
    """The pages of staff with their budgets, each with somebody who may open it."""
    facilitator, coordinator = signed_in(app, "facilitator1"), signed_in(app, f"coordinator{FIRST_COORDINATOR}")
    marks = f"/marks/{cohort}"
    mark = Table(facilitator, "en", ONCE).first_link("/grading", r"/grading/[0-9a-f-]{36}")
    pages = [(facilitator, path.format(marks=marks, mark=mark), most) for path, most in OF_FACILITATORS.items()]
    return pages + [(coordinator, path.format(cohort=cohort), most) for path, most in OF_COORDINATORS.items()]


def over(pages):
    """Every breach of these pages."""
    return [
        breach for client, path, most in pages for breach in most.breaches(measure(client, path, f"/en{path}", ONCE))
    ]


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_what_a_participant_opens_keeps_its_budget(year, lang):
    app, made = year
    client = signed_in(app, f"{lang}1")
    found = [
        (most, measure(client, name, f"/{lang}{made.pages[name]}", ONCE)) for name, most in OF_PARTICIPANTS.items()
    ]
    assert [breach for most, one in found for breach in most.breaches(one)] == []


def test_what_staff_open_keeps_its_budget_with_24_people_and_with_a_thousand(year, crowded):
    small, large = year[0], crowded[0]
    assert over(of_staff(small, year[1].pages["facilitator.gradebook"].rpartition("/")[2])) == []
    assert over(of_staff(large, largest(large))) == []


@contextmanager
def planted(functions, function):
    """Something that a change could bring in unseen, for a while."""
    functions.setdefault(None, []).append(function)
    yield
    functions[None].remove(function)


def test_a_statement_for_each_row_is_found(year):
    def ask_for_each():
        for number in range(3):
            db.session.scalar(select(Person.id).where(Person.id == number))

    app, made = year
    page = signed_in(app, "en1"), made.pages["participant.lesson"], OF_PARTICIPANTS["participant.lesson"]
    before = measure(page[0], page[1], f"/en{page[1]}", ONCE).statements
    with planted(app.before_request_funcs, ask_for_each):
        assert over([page]) == [f"{page[1]}: statements {before + 3} > {page[2].statements}"]
    assert over([page]) == []


def test_thirty_kilobytes_of_markup_are_found(year):
    markup = "".join(f"<i>{sha256(str(number).encode()).hexdigest()}</i>" for number in range(440)).encode()

    def swell(response):
        response.set_data(response.get_data() + markup)
        return response

    app, made = year
    assert 30_000 < len(markup) < 33_000
    page = signed_in(app, "en1"), made.pages["participant.home"], OF_PARTICIPANTS["participant.home"]
    with planted(app.after_request_funcs, swell):
        found = over([page])
    assert [breach.split(": ")[1].split()[0] for breach in found] == ["html_bytes", "first_bytes"]
    assert over([page]) == []
