"""J4: support without impersonation: no route, no field and no header makes anybody somebody else, not even to look.

A session begins only where a person shows what is hers. The page that previews what others see of her shows nobody's
page.
"""

import ast
import re
from pathlib import Path

import pytest

from lms.accounts.models import Session
from lms.accounts.rules.roles import Role
from lms.kernel.db import db
from tests.cast import LANGUAGES
from tests.security.routes import DRAWN_ANEW, PLAIN, address, addresses, ids_of, rules_of, settled, things_in

LMS = Path(__file__).parents[2] / "lms"
STAFF = (Role.ADMIN, Role.AUDITOR, Role.COORDINATOR, Role.FACILITATOR, Role.SAFETY)
WISHES = (
    "as",
    "user",
    "user_id",
    "person",
    "person_id",
    "sudo",
    "impersonate",
    "act_as",
    "view_as",
    "on_behalf_of",
    "sid",
)
HEADERS = ("X-User", "X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Impersonate", "X-Act-As", "Authorization")
BEGINNINGS = {"lms/accounts/coming_in.py": "open_session"}
"""Where a session is begun, and by which function."""

SIGNING_IN = {
    "lms/accounts/views/accounts.py": {"sign_in_post", "sign_in_by_passkey", "enrol_by_passkey", "_use_code"},
    "lms/accounts/views/factors.py": {"set_passphrase"},
    "lms/accounts/views/second.py": {"_go_on"},
}
"""Where that function is used: after a passphrase, a passkey, a second step or the code of an invitation; and for who
is signed in and chose another passphrase, which ends her sessions."""


def callers(name):
    """Which functions of the source call one of this name, by file."""
    found = {}
    for path in LMS.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and function.name != name and calls(function, name):
                found.setdefault(path.relative_to(LMS.parent).as_posix(), set()).add(function.name)
    return found


def calls(function, name):
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(getattr(one, "attr", getattr(one, "id", None)) == name for one in called)


def test_a_session_begins_only_where_somebody_signs_in():
    assert callers("start_session") == {path: {function} for path, function in BEGINNINGS.items()}
    assert callers("open_session") == SIGNING_IN


def test_no_address_and_no_file_speaks_of_being_somebody_else(app):
    words = re.compile(r"imperson|view[-_]as|login[-_]as|act[-_]as|sudo|masquerad|on[-_]behalf", re.IGNORECASE)
    assert [rule.rule for rule in app.url_map.iter_rules() if words.search(f"{rule.rule} {rule.endpoint}")] == []
    assert [path.name for path in LMS.rglob("*.py") if words.search(path.read_text())] == []


def sessions(app):
    with app.app_context():
        return sorted(db.session.query(Session.id, Session.person_id).all())


@pytest.mark.parametrize("viewer", STAFF)
def test_no_query_and_no_header_shows_staff_another_persons_page(app, scene, looking_as, viewer):
    """Each page of theirs is the same with every such wish as without one."""
    visitor, hers, pages = looking_as(viewer), str(scene.cast.cedar.public_id), 0
    visitor.client.get("/en/")
    before = sessions(app)
    for rule in rules_of(app, "GET"):
        path = None if things_in(rule) or rule.endpoint == "sight.who_sees" else next(addresses(app, rule, PLAIN), None)
        if path is None or path.endswith(DRAWN_ANEW) or visitor.client.get(path).status_code != 200:
            continue
        wishes = ({}, {"query_string": dict.fromkeys(WISHES, hers)}, {"headers": dict.fromkeys(HEADERS, hers)})
        plain, *wished = [without_links(settled(visitor.client.get(path, **wish), hers)) for wish in wishes]
        assert wished == [plain, plain], path
        pages += 1
    assert pages > 15 and sessions(app) == before


def without_links(said):
    """A page but for what its own links carry on."""
    return said[0], re.sub(r'(?:href|value)="[^"]*"|Content-Length: \d+|Location: .*', "", said[1])


@pytest.mark.parametrize("viewer", STAFF)
def test_no_form_of_staff_makes_them_another_or_acts_in_her_name(app, scene, looking_as, viewer):
    visitor, hers = looking_as(viewer), str(scene.cast.cedar.public_id)
    token, before = visitor.token(), sessions(app)
    mine = visitor.client.get_cookie("sid").value
    ids, sent = ids_of(app, *scene.numbers), 0
    for rule in rules_of(app, "POST"):
        if rule.endpoint in ("accounts.sign_out", "devices.lock", "devices.travel", "devices.end_others"):
            continue
        path = address(app, rule, {name: ids[name][0] for name in set(rule.arguments) - {"lang"} if ids[name]})
        if path is not None:
            sent += 1
            data = {"csrf_token": token, **dict.fromkeys(WISHES, hers)}
            visitor.client.post(path, data=data, headers=dict.fromkeys(HEADERS, hers))
    assert sent > 60 and visitor.client.get_cookie("sid").value == mine and sessions(app) == before
    name = next(one.shown_name for role, one in scene.viewers.items() if role is viewer)
    assert f"<bdi>{name}</bdi>" in visitor.get("accounts.account").text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("seen_by", ["participant", "facilitator", "coordinator", "safety", "partner", "admin"])
def test_her_own_preview_is_made_of_what_is_hers_and_opens_no_page_of_theirs(app, scene, looking_as, lang, seen_by):
    cedar = looking_as("cedar")
    page = cedar.get("sight.who_sees", **{"as": seen_by}, lang=lang)
    others = [word for name in ("olivier", "nour") for word in scene.all_of(name)]
    assert [word for word in others if word in page.text] == []
    for closed in ("/en/admin", "/en/reports", "/en/grading", "/en/cohorts"):
        assert cedar.client.get(closed, query_string={"as": seen_by}).status_code == 404
    assert page.text.count("<form") == cedar.get("sight.who_sees", lang=lang).text.count("<form")
