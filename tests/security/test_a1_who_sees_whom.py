"""A1: people go by an alias, and each viewer sees of others what one matrix gives her and nothing else (T-MATRIX).

Everything of three people is written in words that are theirs alone. Every viewer of the matrix asks for every page,
file and JSON answer, in each language; no word may come that her row does not give. Messages are read too.
"""

from email import message_from_bytes
from email.policy import default

import pytest

from lms.accounts import jobs
from lms.accounts.rules.roles import Role
from lms.kernel.db import db
from lms.messaging.errors import PutOff
from lms.messaging.models import Job
from lms.messaging.queries import MESSAGE
from lms.safety.matrix import COLUMN_OF, Column, Sight, matrix, opened_by
from tests.cast import CANARY, LANGUAGES, NOW
from tests.security.routes import THINGS, every_address, ids_of, in_language, rules_of, text_of, things_in
from tests.security.scene import APART, OPENED, REPORT, SUBJECTS, WISH

SHOWN = (Sight.VALUE, Sight.DAY, Sight.WEEK)
GROUPED = (Role.FACILITATOR,)
"""Viewers to whom other groups are closed."""

BESIDE = {(Role.COORDINATOR, WISH), (Role.SAFETY, APART)}
"""Coordinators decide whether somebody is given more time; the focal point keeps people apart."""

OPENING = (Role.COORDINATOR, Role.SAFETY)
"""Who has the page on which values are opened: the matrix gives logistics the contact, and no page of hers shows it."""

OTHERS = ("other_cohort", "stranger")
"""People who have nothing to do with this cohort."""

NOBODY_HAS = {
    "desk.readiness": "people of this cohort go by aliases: tests/home/test_desk.py",
    "desk.ready_table": "the same",
    "settling.place": "tests/cohorts/test_settling.py::test_somebody_elses_place_is_not_there",
    "settling.save": "the same",
    "invitations.sending": "tests/cohorts/test_invitations.py",
    "uploads.faults": "a list without faults has none",
    "certificates.pdf": "the worker has not drawn it yet: tests/certificates/test_own_views.py",
}
"""Pages that open for nobody of this scene, and where it is shown to whom they open."""


def may_see(viewer, column):
    """Whether a viewer gets this of people whom she looks after, without giving a reason."""
    sight = matrix()[viewer][column].given()
    return sight in SHOWN or (column is Column.ALIAS and sight is Sight.ALIAS)


def forbidden_to(scene, viewer):
    """Every word that this viewer may not see, with whose it is and in which column it stands."""
    rows = []
    for name in SUBJECTS:
        is_closed = viewer in OTHERS or (viewer in GROUPED and name == "nour")
        for column, words in scene.words[name].items():
            if is_closed or not may_see(viewer, column):
                rows += [(name, column, word) for word in words]
    for what, words in scene.beside.items():
        if (viewer, what) not in BESIDE:
            rows += [("beside", what, word) for word in words]
    return [*rows, ("anybody", Column.NAME, CANARY), ("anybody", Column.CONTACT, "@kanaria.example")]


def found_in(text, forbidden):
    """What of these words stands in an answer."""
    return sorted({(name, str(column)) for name, column, word in forbidden if word in text})


def leaks(visitor, forbidden, asked):
    """Every answer with a forbidden word in it; pages that open are asked for in each language, and as JSON."""
    found, opened = [], []
    for endpoint, path in asked:
        answer = visitor.client.get(path)
        texts = [text_of(answer)]
        if answer.status_code == 200:
            opened.append((endpoint, texts[0]))
            texts += [text_of(visitor.client.get(in_language(path, lang))) for lang in LANGUAGES[1:]]
            texts.append(text_of(visitor.client.get(path, headers={"Accept": "application/json"})))
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        found += [(endpoint, path, leak) for text in texts for leak in found_in(text, forbidden)]
    return found, opened


def test_every_part_of_an_address_is_known_to_these_tests(app):
    named = {part for method in ("GET", "POST") for rule in rules_of(app, method) for part in things_in(rule)}
    assert named == {*THINGS, "name"}


@pytest.mark.parametrize("viewer", [*matrix(), *OTHERS])
def test_nobody_is_shown_what_the_matrix_does_not_give_her(app, scene, looking_as, viewer):
    found, _ = leaks(looking_as(viewer), forbidden_to(scene, viewer), every_address(app, ids_of(app, *scene.numbers)))
    assert found == []


def test_what_the_matrix_gives_is_found_by_the_same_search(app, scene, looking_as):
    """Else the search would be blind: a coordinator meets alias, setting, answers, marks; a facilitator of hers."""
    expected = {
        Role.COORDINATOR: {Column.ALIAS, Column.SETTING, Column.ANSWERS, Column.MARKS},
        Role.FACILITATOR: {Column.ALIAS, Column.ANSWERS, Column.MARKS},
    }
    asked = every_address(app, ids_of(app, *scene.numbers))
    for viewer, columns in expected.items():
        _, opened = leaks(looking_as(viewer), [], asked)
        texts = "\n".join(text for _, text in opened)
        seen = {column for column, words in scene.words["cedar"].items() if any(word in texts for word in words)}
        assert columns <= seen, viewer


def test_each_of_them_reads_what_is_hers(app, scene, looking_as):
    """The plan, the reason for which her record was opened, her work: the search finds these words where they stand."""
    _, opened = leaks(looking_as("cedar"), [], every_address(app, ids_of(app, *scene.numbers)))
    texts = "\n".join(text for _, text in opened)
    hers = [*scene.words["cedar"][Column.PLAN], scene.words["cedar"][Column.ANSWERS][0], *scene.beside[OPENED]]
    assert [word for word in hers if word not in texts] == []


def test_every_page_opens_for_somebody_of_the_scene(app, scene, looking_as):
    """A page that opens for nobody here was not looked at by any of these tests."""
    asked = every_address(app, ids_of(app, *scene.numbers))
    open_to = {endpoint for viewer in (*Role, "cedar", "olivier") for endpoint in opened_for(looking_as(viewer), asked)}
    with_things = {rule.endpoint for rule in rules_of(app, "GET") if things_in(rule)}
    assert with_things - open_to - {*NOBODY_HAS} == set()


def opened_for(visitor, asked):
    return {endpoint for endpoint, path in asked if visitor.client.get(path).status_code in (200, 302)}


@pytest.mark.parametrize("viewer", list(Role))
def test_a_sealed_value_opens_with_a_reason_to_those_whom_the_matrix_names(app, scene, looking_as, viewer):
    visitor = looking_as(viewer)
    where = {"cohort_id": scene.cast.cohort_id, "enrolment_id": scene.enrolments["cedar"]}
    allowed = opened_by([viewer]) if viewer in OPENING else []
    for field, column in COLUMN_OF.items():
        data = {"field": field.value, "reason": "She asked me to write to her office."}
        path = app.url_map.bind("localhost").build("sealed.open_value", {**where, "lang": "en"})
        answer = visitor.client.post(path, data={"csrf_token": visitor.token(), **data})
        words = scene.words["cedar"][column]
        assert all(word in answer.text for word in words) is (field in allowed), (viewer, field)
        assert any(word in answer.text for word in words) is (field in allowed), (viewer, field)


@pytest.mark.parametrize("viewer", [role for role in Role if role is not Role.SAFETY])
def test_reports_and_who_is_kept_apart_open_to_the_focal_point_alone(app, scene, looking_as, viewer):
    (report,) = ids_of(app)["report"]
    looking_as(viewer).post("reports.open_text", report=report, expect=404)
    looking_as(viewer).get("apart.apart", cohort_id=scene.cast.cohort_id, expect=404)


def test_the_focal_point_reads_reports_and_why_people_are_kept_apart(app, scene, looking_as):
    (report,) = ids_of(app)["report"]
    keeper = looking_as(Role.SAFETY)
    assert scene.beside[REPORT][0] in keeper.post("reports.open_text", report=report, expect=200).text
    assert scene.beside[APART][0] in keeper.get("apart.apart", cohort_id=scene.cast.cohort_id).text


def test_no_message_says_anything_of_anybody(app, scene):
    """What was done in the scene was told to people; each message goes to one address and holds none of the words."""
    with app.app_context():
        folder = app.extensions["settings"].data_dir / "mail"
        for file in folder.glob("*"):
            file.unlink()
        rows = [job.payload for job in db.session.query(Job).filter_by(kind=MESSAGE)]
        for payload in rows:
            try:
                jobs.deliver(payload, NOW)
            except PutOff as later:
                jobs.deliver(payload, later.until)
        sent = [message_from_bytes(file.read_bytes(), policy=default) for file in folder.glob("*.eml")]
    assert len(sent) == len(rows) > 2
    words = [word for name in SUBJECTS for word in scene.all_of(name)] + [w for ws in scene.beside.values() for w in ws]
    for message in sent:
        (to,) = message["To"].addresses
        told = "\n".join(f"{name}: {value}" for name, value in message.items() if name != "To") + message.get_content()
        assert [word for word in (*words, CANARY, "kanaria") if word in told] == [], to.addr_spec
