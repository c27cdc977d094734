"""Every address of the product, filled in with what there is, and what lies in the database: for tests that ask all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from flask import Flask
from sqlalchemy import literal_column, select

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.courses.models import Item
from lms.kernel.db import Base, db, transaction
from tests.assessments.taught import take
from tests.cast import DAY, NOW
from tests.client import Visitor

NOBODYS = UUID(int=1)
LEAVING = "safety.leave"
"""The one change by GET that is wanted (docs/security/threat-model.md K1)."""

OF_SITE = {"stranger": Role.ADMIN, "paused": Role.SAFETY, "withdrawn": Role.EDITOR, "other_cohort": Role.AUDITOR}
WHO = ("nobody", "participant", "facilitator", "coordinator", "admin", "safety", "editor", "auditor")


@dataclass(frozen=True)
class Everybody:
    """Somebody of each role in front of a browser, and what addresses name."""

    app: Flask
    people: Mapping[str, Visitor]
    given: Mapping[str, object]

    def addresses(self, method: str = "GET") -> list[tuple[str, str]]:
        """Every endpoint that takes this method, each with an address that names what there is."""
        return [(rule.endpoint, address) for rule, address in filled(self.app, self.given) if method in rule.methods]


def filled(app: Flask, given: Mapping[str, object], lang: str = "en") -> Iterator[tuple[object, str]]:
    """Every rule of the url map with an address of it. given: by the name of an argument; else what nobody has."""
    known = {
        "lang": lang,
        "number": 1,
        "kind": "csv",
        "language": "en",
        "code": "0" * 26,
        "token": "x" * 43,
        "address": "today",
        **given,
    }
    adapter = app.url_map.bind("localhost")
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods))):
        values = {name: known.get(name, NOBODYS) for name in rule.arguments - set(rule.defaults or ())}
        method = "POST" if "POST" in rule.methods else "GET"
        yield rule, adapter.build(rule.endpoint, values, method=method)


def everybody(app: Flask, cast, taught) -> Everybody:
    """The cast with roles of the site besides, and somebody's work that was handed in."""
    with app.app_context():
        with transaction():
            for name, role in OF_SITE.items():
                person = db.session.get_one(Person, getattr(cast, name).id)
                persons.grant_role(person, role, cohort_id=None, by=None, at=NOW - DAY)
        quiz = take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["a"]})
        assert quiz
        item = db.session.scalars(select(Item.public_id).order_by(Item.id.desc()).limit(1)).one()
        memo = take(cast.nour, taught.tasks["t-memo"], i_essay={"text": "Monitors stand on both sides."})
    named = {"participant": cast.cedar, "facilitator": cast.facilitator, "coordinator": cast.coordinator}
    named |= {role.value: getattr(cast, name) for name, role in OF_SITE.items()}
    given = {
        "cohort_id": taught.cohort_id,
        "course_id": taught.cohort_id,
        "enrolment_id": taught.enrolments["cedar"],
        "task_id": taught.tasks["t-quiz"],
        "lesson_id": taught.tasks["m1-words"],
        "person_id": cast.cedar.public_id,
        "submission_id": memo,
        "item_id": item,
    }
    people = {"nobody": Visitor(app)} | {who: Visitor(app).signed_in(member) for who, member in named.items()}
    return Everybody(app, people, given)


def contents(app: Flask) -> dict[str, list[str]]:
    """Every row of every table, sealed values as they lie there."""
    with app.app_context():
        return {
            table.key: sorted(map(repr, db.session.execute(select(literal_column("*")).select_from(table)).all()))
            for table in Base.metadata.sorted_tables
        }


def changed(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """The tables that hold something else now."""
    return [name for name in before if before[name] != after[name]]


def goes_to(location: str, *, seen_at: str = "http://localhost/en/sign-in") -> str:
    """The site that a browser goes to: it drops tabs and line ends, trims blanks, reads a backslash as a slash."""
    told = location.translate({ord(sign): None for sign in "\t\r\n"}).strip("".join(map(chr, range(33))))
    told = told.replace("\\", "/")
    if told.startswith("//"):
        told = "http://" + told.lstrip("/")
    parts = urlsplit(urljoin(seen_at, told))
    return f"{parts.scheme}://{parts.hostname}"
