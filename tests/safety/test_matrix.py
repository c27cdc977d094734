"""The matrix of who sees what: whole, and the same for the page, for opening and for the threat model's rows."""

import pytest

from lms.accounts.rules.roles import Role
from lms.safety import matrix as module
from lms.safety.matrix import ANONYMOUS, Cell, Column, Condition, Sight, matrix, opened_by
from lms.safety.rules import Field

SEALED = (Column.NAME, Column.CONTACT, Column.PLAN)
NEVER_VALUES = (ANONYMOUS, Role.PARTICIPANT, Role.APPLICANT, Role.EDITOR, Role.TRANSLATOR, Role.ADMIN, Role.AUDITOR)


def test_every_viewer_and_every_column_is_there():
    assert set(matrix()) == {ANONYMOUS, *Role}
    assert all(set(row) == set(Column) for row in matrix().values())


@pytest.mark.parametrize("viewer", sorted(matrix()))
@pytest.mark.parametrize("column", SEALED)
def test_a_sealed_value_is_never_seen_without_a_reason_where_names_are_not_shown(viewer, column):
    assert matrix()[viewer][column].given() in (Sight.NOTHING, Sight.WITH_REASON, Sight.OWN)


@pytest.mark.parametrize("viewer", NEVER_VALUES)
@pytest.mark.parametrize("column", [one for one in Column if one not in (Column.PRESENCE, Column.ALIAS)])
def test_whoever_does_not_look_after_people_sees_nothing_of_others(viewer, column):
    assert matrix()[viewer][column].given() in (Sight.NOTHING, Sight.OWN)


@pytest.mark.parametrize(
    ("roles", "holding", "fields"),
    [
        ([Role.COORDINATOR], (), list(Field)[:3]),
        ([Role.SAFETY], (), list(Field)[:3]),
        ([Role.FACILITATOR], (), []),
        ([Role.LOGISTICS], (), [Field.CONTACT]),
        ([Role.LOGISTICS], (Condition.NAMED,), [Field.LEGAL_NAME, Field.CONTACT]),
        ([Role.ADMIN, Role.EDITOR], (Condition.NAMED,), []),
        ([], (), []),
    ],
)
def test_what_may_be_opened_for_a_reason(roles, holding, fields):
    assert opened_by(roles, *holding) == fields


@pytest.mark.parametrize(
    ("condition", "holding", "seen"),
    [
        (Condition.ALWAYS, (), Sight.VALUE),
        (Condition.NAMED, (), Sight.NOTHING),
        (Condition.NAMED, (Condition.NAMED,), Sight.VALUE),
        (Condition.NAMED, (Condition.NOMINEE,), Sight.NOTHING),
    ],
)
def test_a_condition_that_does_not_hold_shows_nothing(condition, holding, seen):
    assert Cell(sight=Sight.VALUE, condition=condition).given(*holding) is seen


@pytest.fixture
def another_file(tmp_path, monkeypatch):
    """The file with something changed in it."""

    def with_(change):
        path = tmp_path / "matrix.toml"
        path.write_text(change(module.FILE.read_text()))
        monkeypatch.setattr(module, "FILE", path)
        matrix.cache_clear()
        return matrix

    yield with_
    monkeypatch.undo()
    matrix.cache_clear()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[marker]", "[markers]"),
        ('plan = "-"\n', ""),
        ('plan = "-"', 'plan = "sometimes"'),
        ('plan = "-"', 'plan = "R if asked nicely"'),
    ],
)
def test_a_file_with_gaps_or_other_words_is_refused(another_file, before, after):
    with pytest.raises(ValueError, match=r".+"):
        another_file(lambda text: text.replace(before, after, 1))()
