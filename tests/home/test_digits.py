"""Whoever chose Arabic digits reads one kind of them, in sentences with a fixed number too."""

import re

import pytest
from jinja2 import nodes

from lms.accounts.models import Person
from lms.accounts.rules.preferences import Digits
from lms.kernel.db import db, transaction
from tests.assessments.taught import in_context

LATIN_NUMBER = re.compile(r"(?<![A-Za-z\d.:/-])[0-9]+(?![A-Za-z\d.:/-])")
"""A number on its own: no part of a name, an address or an example of what may be typed."""


@pytest.fixture
def reader(app, as_participant, cast):
    """Cedar, who chose Arabic digits."""

    def choose():
        with transaction():
            db.session.get_one(Person, cast.cedar.id).digits = Digits.ARABIC

    in_context(app, choose)
    return as_participant


@pytest.mark.parametrize(
    ("endpoint", "task"),
    [
        ("home.today", None),
        ("tasks.task", "t-memo"),
        ("tasks.task", "t-timed"),
        ("asking.more_time", "t-memo"),
        ("home.privacy", None),
    ],
)
def test_no_page_mixes_two_kinds_of_digits(reader, taught, endpoint, task):
    more = {"task_id": taught.tasks[task]} if task else {}
    words = reader.get(endpoint, lang="ar", **more).words()
    assert re.search("[٠-٩]", words)
    assert LATIN_NUMBER.findall(words) == []


def test_the_same_page_keeps_the_digits_of_whoever_chose_none(as_participant, taught):
    words = as_participant.get("home.today", lang="ar").words()
    assert "7" in LATIN_NUMBER.findall(words) and not re.search("[٠-٩]", words)


def test_no_template_writes_a_fixed_value_by_a_filter(app):
    """Jinja would work it out when the template is compiled, for everybody as for the first reader."""
    environment, found = app.jinja_env, []
    for name in environment.list_templates(filter_func=lambda name: name.endswith(".html")):
        tree = environment.parse(environment.loader.get_source(environment, name)[0])
        found += [f"{name}:{one.lineno}" for one in tree.find_all(nodes.Filter) if isinstance(one.node, nodes.Const)]
    assert found == []
