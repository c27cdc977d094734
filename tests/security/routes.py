"""Every address of the product, filled with the ids of what there is; and answers without what is new in each."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import product
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import BuildError, Rule
from werkzeug.test import TestResponse

from lms.accounts.models import Passkey, Person, Session
from lms.accounts.services.sessions import name_of
from lms.assessments.models import Attempt, TimeRequest
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, FactRow, Sending, Upload
from lms.courses.models import Item
from lms.kernel.db import db
from lms.safety.models import ApartRule, Report

NOBODYS = UUID(int=7)
"""An id that nothing has."""

THINGS = {
    "cohort_id": Cohort,
    "course_id": Cohort,
    "enrolment_id": Enrolment,
    "fact_id": FactRow,
    "item_id": Item,
    "lesson_id": CalendarEntry,
    "passkey": Passkey,
    "person_id": Person,
    "report": Report,
    "request_id": TimeRequest,
    "rule_id": ApartRule,
    "sending_id": Sending,
    "submission_id": Attempt,
    "task_id": CalendarEntry,
    "upload_id": Upload,
}
"""What each part of an address names."""

PLAIN: dict[str, Sequence[Any]] = {
    "address": ["nothing/here"],
    "code": ["0" * 26],
    "kind": ["csv", "xlsx"],
    "language": ["en"],
    "number": [1],
    "token": ["nothing"],
}
"""Parts that name no thing of anybody. A code and a token are secrets themselves."""

SOME_NODES = ("m1-words", "m1-quiz", "m1-memo", "m1-i1", "m1-i6")
"""A lesson, a quiz and an assignment stand for all, and so do two questions."""

NOT_ASKED = ("safety.leave",)
"""It signs out; tests/security/test_b1_leave_now.py asks it."""

DRAWN_ANEW = "/account/sign-in/app"
"""A page with a secret that chance makes: of no use where two answers are compared."""

NEW_IN_EACH = (
    r'(?<=name="csrf_token" value=")[^"]+',
    r'(?<=nonce=")[^"]+',
    r"(?<='nonce-)[^']+",
    r'(?<=data-options=")[^"]+',
    r'(?<=name="op" value=")[^"]+',
    r'(?<=name="op\d" value=")[^"]+',
    r"(?<=visitor=)[^;]+",
    r'(?<=data-now=")[^"]+',
)
"""What chance makes anew in each answer."""


def rules_of(app: Flask, method: str) -> list[Rule]:
    """Every route that is asked in this way, by its endpoint."""
    rules = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted(
        (rule for rule in rules if rule.endpoint not in NOT_ASKED), key=lambda rule: (rule.endpoint, rule.rule)
    )


def things_in(rule: Rule) -> set[str]:
    """The parts of an address that name a thing."""
    return set(rule.arguments) - {"lang", *PLAIN}


def ids_of(app: Flask, *people: int) -> dict[str, list[Any]]:
    """What there is, for each part of an address. people: whose places, work and sessions; by number."""
    with app.app_context():
        found = {name: _ids(model, people) for name, model in THINGS.items()}
        found["name"] = [name_of(one) for one in db.session.scalars(_only(select(Session.id), Session, people))]
    return found | {name: list(values) for name, values in PLAIN.items()}


def _ids(model: Any, people: Sequence[int]) -> list[UUID]:
    query = _only(select(model.public_id).order_by(model.id), model, people)
    if model in (CalendarEntry, Item):
        query = query.where(model.node_id.in_(SOME_NODES))
    return list(db.session.scalars(query))


def _only(query: Any, model: Any, people: Sequence[int]) -> Any:
    """Of these people, where it belongs to one."""
    if not people:
        return query
    if model is Person:
        return query.where(Person.id.in_(people))
    if model in (Attempt, TimeRequest, FactRow):
        hers = select(Enrolment.id).where(Enrolment.person_id.in_(people))
        return query.where(model.enrolment_id.in_(hers))
    return query.where(model.person_id.in_(people)) if model in (Enrolment, Session, Passkey) else query


def addresses(app: Flask, rule: Rule, ids: dict[str, list[Any]], lang: str = "en") -> Iterator[str]:
    """Each address that a route has, with every combination of what its parts can name."""
    names = sorted(set(rule.arguments) - {"lang"})
    for values in product(*(ids[name] for name in names)):
        path = address(app, rule, dict(zip(names, values, strict=True)), lang)
        if path is not None:
            yield path


def address(app: Flask, rule: Rule, values: dict[str, Any], lang: str = "en") -> str | None:
    """One address; None where this route has none for these values."""
    method = "GET" if "GET" in (rule.methods or ()) else "POST"
    given = {name: value for name, value in {**values, "lang": lang}.items() if name in rule.arguments}
    try:
        return app.url_map.bind("localhost").build(rule.endpoint, given, method=method)
    except BuildError:
        return None


def every_address(app: Flask, ids: dict[str, list[Any]]) -> list[tuple[str, str]]:
    """Every page and file that can be asked for, with its endpoint, in English."""
    return [(rule.endpoint, path) for rule in rules_of(app, "GET") for path in addresses(app, rule, ids)]


def in_language(path: str, lang: str) -> str:
    """The same page in another language."""
    return re.sub(r"^/en(?=/)", f"/{lang}", path)


def text_of(answer: TestResponse) -> str:
    """All that an answer says: headers, and the body with what is packed in it."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    return f"{head}\n\n{_body(answer.data)}"


def _body(raw: bytes) -> str:
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(raw)) as packed:
            raw = b"\n".join(packed.read(name) for name in packed.namelist())
    return raw.decode("utf-8", "replace")


def settled(answer: TestResponse, *typed: object) -> tuple[int, str]:
    """Status and text of an answer, without what chance makes and without what was asked for."""
    text = text_of(answer)
    for pattern in NEW_IN_EACH:
        text = re.sub(pattern, "new", text)
    for one in typed:
        text = text.replace(str(one), "asked")
    return answer.status_code, text
