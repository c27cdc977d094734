"""Every table that leaves the product is opened by LibreOffice: no formula in it, and Arabic as it was typed.

The tables are found on the map of addresses, so that a new one cannot be forgotten. Rule: docs/security/threat-model.md
F7.
"""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from werkzeug.routing import BuildError, Rule

from lms.accounts.models import Person
from lms.accounts.services import persons
from lms.cohorts.models import Cohort, Group, UploadRow
from lms.cohorts.services import enrolling, founding
from lms.cohorts.services.enrolling import NewEnrolment
from lms.courses.rules import Naming, PublishedModule, PublishedRubric, PublishedVersion
from lms.courses.services import publish_version
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.sheets.formulas import marked
from tests.cast import CRITERIA, NOW, _items, _lesson, _tasks
from tests.client import Visitor
from tests.cohorts.lists import as_csv, bring, row
from tests.courses.versions import another
from tests.judges.office import CSV_IN, formulas, is_right_to_left, sheets_of
from tests.kernel.test_sheets import FORMULAS

LMS = Path(__file__).parents[2] / "lms"
KINDS = ("csv", "xlsx")
WRITERS = ("write_csv", "write_xlsx", "send_table")
ARABIC = ("زيتونة", "وقفُ إطلاقِ النّار", "(مدار) 12–14 : Madar")
# A cell of one line, as an alias or a title is.
PAYLOADS = [payload for payload in FORMULAS if not payload.startswith(("\t", "\r", "\n"))]
TYPED = [*PAYLOADS, *ARABIC, *(f"{payload} {ARABIC[0]}" for payload in PAYLOADS[:2])]


def tables_of(app: Flask) -> list[tuple[str, str]]:
    """Every address that answers with a table, as its endpoint and the kind of file."""
    return sorted(
        (rule.endpoint, kind)
        for rule in app.url_map.iter_rules()
        for kind in KINDS
        if kind in rule.rule and _can_be(app, rule, kind)
    )


def _can_be(app: Flask, rule: Rule, kind: str) -> bool:
    """Whether this kind of file has an address; most addresses with a kind offer both."""
    if "kind" not in rule.arguments:
        return rule.rule.endswith(f".{kind}")
    values = dict.fromkeys(rule.arguments, "00000000-0000-0000-0000-000000000000") | {"lang": "en", "kind": kind}
    try:
        app.url_map.bind("localhost").build(rule.endpoint, values)
    except BuildError:
        return False
    return True


def writers() -> dict[str, set[str]]:
    """Which modules write tables, and through which functions of their own."""
    found: dict[str, set[str]] = {}
    for path in LMS.rglob("*.py"):
        if LMS / "kernel" in path.parents or path == LMS / "web" / "tables.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            is_write = isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS
            if is_write:
                module = ".".join(path.relative_to(LMS.parent).with_suffix("").parts)
                found.setdefault(module, set()).add(node.func.id)
    return found


def test_whatever_writes_a_table_has_an_address_that_these_tests_find(app):
    endpoints = {endpoint for endpoint, _ in tables_of(app)}
    modules = {app.view_functions[endpoint].__module__ for endpoint in endpoints}
    assert set(writers()) == modules
    assert {"desk.table", "desk.ready_table", "uploads.template", "uploads.faults"} <= endpoints


@pytest.fixture
def coordinator(app, cast) -> Visitor:
    return Visitor(app).signed_in(cast.coordinator)


@pytest.fixture
def typed(app, cast):
    """A cohort in which everything that a person may type is a payload or Arabic; its list of people likewise."""
    with app.app_context():
        with transaction():
            cohort = db.session.get_one(Cohort, cast.cohort_key)
            cohort.naming, cohort.places = Naming.NAMED, 60
            cohort.completion = {"activities_percent": 80, "simulation": True}
            cohort.title = dict.fromkeys(("en", "fr", "ar"), PAYLOADS[0])
            facilitator = db.session.get_one(Person, cast.facilitator.id)
            facilitator.shown_name = PAYLOADS[1]
            group = Group(public_id=new_id(), cohort_id=cohort.id, facilitator_id=facilitator.id, number=1)
            db.session.add(group)
            db.session.flush()
            version, _ = publish_version(payload_programme(), by=None, at=NOW)
            founding.change_version(cohort.id, version, known=cohort.changes, by=facilitator, at=NOW)
            for number, alias in enumerate(TYPED):
                enrol(cohort, alias, group.id if number % 2 else None)
        free = ("legal_name", "setting_code", "organisation", "remark")
        rows = [row(number, **dict.fromkeys(free, text)) for number, text in enumerate(TYPED)]
        wrong = [row(number, time_zone=text, course_language=text) for number, text in enumerate(TYPED, len(TYPED))]
        upload = bring(cast, as_csv(*rows, *wrong))
        assert db.session.scalars(select(UploadRow).where(UploadRow.upload_id == upload.id)).first() is not None
        return {"cohort_id": cast.cohort_id, "upload_id": upload.public_id}


def payload_programme() -> PublishedVersion:
    """The cast's programme; titles in a course pack are typed too."""
    told = dict.fromkeys(("en", "fr", "ar"), PAYLOADS[0])
    module = PublishedModule(
        node_id="m1",
        title=told,
        summary=told,
        objectives=[told],
        lessons=[_lesson("m1-words")],
        tasks=[replace(task, title=told) for task in _tasks() if task.title is not None],
        items=_items(),
        rubrics=[PublishedRubric(node_id="m1-r1", body={"criteria": CRITERIA})],
    )
    return another(programme="women-and-ceasefires", title=told, required_languages=list(told), modules=[module])


def enrol(cohort: Cohort, alias: str, group_id: int | None) -> None:
    hers = persons.NewPerson(shown_name=alias, interface_language="ar", time_zone="Asia/Aden")
    person = persons.make_person(hers, by=None, at=NOW)
    new = NewEnrolment(person=person, alias=alias, course_language="ar")
    (enrolment,) = enrolling.enrol_all(cohort, [new], by=None, at=NOW)
    enrolment.group_id = group_id


def download(visitor: Visitor, endpoint: str, kind: str, lang: str, known: dict[str, object], folder: Path) -> Path:
    """Take a table along by its own address."""
    rule = next(visitor.app.url_map.iter_rules(endpoint))
    values = {name: value for name, value in {**known, "lang": lang, "kind": kind}.items() if name in rule.arguments}
    answer = visitor.client.get(visitor.app.url_map.bind("localhost").build(endpoint, values))
    assert answer.status_code == 200, f"{endpoint}: {answer.status_code}"
    folder.mkdir(exist_ok=True)
    path = folder / f"{endpoint.replace('.', '-')}.{kind}"
    path.write_bytes(answer.data)
    return path


def texts_of(workbook: Path) -> set[str]:
    """Every text that stands in some cell."""
    opened = CalamineWorkbook.from_path(str(workbook))
    rows = [line for name in opened.sheet_names for line in opened.get_sheet_by_name(name).to_python()]
    return {cell for line in rows for cell in line if isinstance(cell, str)}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_no_table_has_a_formula_and_arabic_is_right(app, convert, coordinator, typed, tmp_path, lang):
    seen = set()
    for wanted in KINDS:
        tables = [(endpoint, kind) for endpoint, kind in tables_of(app) if kind == wanted]
        files = [download(coordinator, endpoint, kind, lang, typed, tmp_path / kind) for endpoint, kind in tables]
        workbooks = convert(files, "xlsx", *([f"--infilter={CSV_IN}"] if wanted == "csv" else []))
        as_written = {marked(text) for text in TYPED} if wanted == "csv" else set(TYPED)
        for table, workbook in zip(tables, workbooks, strict=True):
            assert formulas(workbook) == [], table
            is_mirrored = wanted == "xlsx" and lang == "ar"
            assert {is_right_to_left(sheet) for sheet in sheets_of(workbook)} == {is_mirrored}, table
            texts = texts_of(workbook)
            if texts & as_written:
                assert as_written <= texts, table
                seen.add(table)
    people = {(endpoint, kind) for endpoint in ("desk.table", "desk.ready_table") for kind in KINDS}
    assert people | {("results.table", "xlsx")} <= seen
