"""A2: what is not yours is answered exactly as what there is not: every route with an id checks its object, with 404.

Each address about Cedar and her cohort is asked, read and written, by others, beside the same address with an id that
nothing has. Status, headers and body must be the same, but for the id itself and what chance makes in each answer.
"""

from urllib.parse import quote

import pytest

from lms.kernel.ids import new_id
from tests.security.routes import NOBODYS, address, ids_of, rules_of, settled, things_in

OF_THE_COURSE = {"lesson_id", "task_id", "course_id", "item_id"}
"""What everybody of one cohort has in common."""

OTHERS = ("peer", "other_cohort", "stranger", "anonymous")
STAFF_OF_ANOTHER = ("facilitator", "coordinator")
"""They work for this cohort, and not for the one that is asked for."""


def viewer_of(name):
    return "participant" if name == "peer" else name


def is_asked(rule, viewer):
    """Whether a route is about something that is not this viewer's as well."""
    things = things_in(rule)
    return bool(things - OF_THE_COURSE if viewer == "peer" else things)


def send(visitor, method, path, token):
    """Look at an address, or send it a form as a page would."""
    if method == "GET":
        return visitor.client.get(path)
    data = {"csrf_token": token, "op": str(NOBODYS), "reason": "A reason of some length.", "q1": "a"}
    return visitor.client.post(path, data=data)


def answers(app, visitor, method, rule, ids, token):
    """What is answered to the real ids, and to ids of nothing of the same length."""
    parts = sorted(set(rule.arguments) - {"lang"})
    there = {name: ids[name][0] for name in parts if ids[name]}
    if len(there) < len(parts):
        return None
    nothing = {**there, **{name: new_id() for name in things_in(rule)}}
    found = []
    for values in (there, nothing):
        path = address(app, rule, values)
        typed = [form for value in values.values() for form in (value, quote(str(value)))]
        found.append(settled(send(visitor, method, path, token), *(one for one in typed if len(str(one)) > 30)))
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("viewer", OTHERS)
def test_others_are_answered_as_if_nothing_were_there(app, scene, looking_as, viewer, method):
    looking_as("cedar").get("home.today")
    ids, visitor = ids_of(app, scene.cast.cedar.id), looking_as(viewer_of(viewer))
    token, differ, asked = visitor.token(), [], 0
    visitor.client.get("/en/")
    for rule in rules_of(app, method):
        both = answers(app, visitor, method, rule, ids, token) if is_asked(rule, viewer) else None
        if both is None:
            continue
        asked += 1
        if both[0] != both[1] or (viewer != "anonymous" and both[0][0] != 404):
            differ.append((rule.endpoint, both[0][0], both[1][0]))
    assert differ == [] and asked >= 12


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("viewer", STAFF_OF_ANOTHER)
def test_staff_of_one_cohort_find_nothing_of_another(app, cast, looking_as, viewer, method):
    """The cast's own staff ask for the cohort of last year and for the person who takes part there."""
    ids, visitor = ids_of(app, cast.other_cohort.id), looking_as(f"cast {viewer}")
    elsewhere = {"cohort_id": [cast.other_cohort_id], "course_id": [cast.other_cohort_id]}
    nodes = list(cast.other_nodes.values())
    ids |= elsewhere | {"lesson_id": nodes, "task_id": nodes}
    token, differ, asked = visitor.token(), [], 0
    visitor.client.get("/en/")
    for rule in rules_of(app, method):
        if not things_in(rule) & {"cohort_id", "course_id", "lesson_id", "task_id", "person_id"}:
            continue
        both = answers(app, visitor, method, rule, ids, token)
        if both is None:
            continue
        asked += 1
        if both[0] != both[1] or both[0][0] != 404:
            differ.append((rule.endpoint, both[0][0], both[1][0]))
    assert differ == [] and asked > 20


def test_the_owner_and_her_staff_are_answered_otherwise(app, scene, looking_as):
    """Else the comparison would find two refusals alike everywhere, and show nothing."""
    ids = ids_of(app, scene.cast.cedar.id)
    pages = {rule.endpoint: rule for rule in rules_of(app, "GET")}
    expected = {
        "cedar": ["tasks.result", "modules.outline"],
        "coordinator": ["people.person", "results.participant", "sealed.sealed", "marking.submission"],
        "safety": ["reports.one", "apart.apart"],
        "admin": ["admin.person"],
    }
    for viewer, endpoints in expected.items():
        visitor = looking_as(viewer)
        visitor.client.get("/en/")
        for endpoint in endpoints:
            values = ids | {"task_id": [scene.desk.memo]}
            there, nothing = answers(app, visitor, "GET", pages[endpoint], values, "")
            assert there != nothing and there[0] == 200 and nothing[0] == 404, endpoint


def test_no_two_cohorts_share_an_id(app, cast):
    """Ids in addresses are of one cohort: that two of them read the same lesson cannot be told."""
    here, there = set(cast.nodes.values()), set(cast.other_nodes.values())
    assert set(cast.nodes) & set(cast.other_nodes) and not here & there
