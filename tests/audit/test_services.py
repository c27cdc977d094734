import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from lms.audit import services as audit
from lms.audit.models import Entry
from lms.kernel.db import db
from tests.cast import NOW

MOVED = audit.act("tests.thing.moved", "place")


def test_a_deed_is_recorded_with_its_declared_fields(in_app):
    audit.record(MOVED, by=None, on=7, at=NOW, place=("here", "there"))
    db.session.flush()
    entry = db.session.query(Entry).filter_by(act="tests.thing.moved").one()
    assert (entry.by_id, entry.on_id, entry.changes) == (None, 7, {"place": ["here", "there"]})


@pytest.mark.parametrize("changes", [{}, {"name": ("a", "b")}, {"place": ("a", "b"), "name": ("a", "b")}])
def test_recording_anything_else_is_a_bug(in_app, changes):
    with pytest.raises(ValueError, match=r"tests\.thing\.moved records \['place'\]"):
        audit.record(MOVED, by=None, on=7, at=NOW, **changes)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET act = 'other'", "DELETE FROM audit_entry"])
def test_a_recorded_deed_is_final_in_the_embedded_database(world, in_app, statement):
    if db.session.connection().dialect.name != "sqlite":
        pytest.skip("SQLite only: PostgreSQL says it by what the role may do")
    audit.record(MOVED, by=None, on=7, at=NOW, place=("here", "there"))
    db.session.flush()
    with pytest.raises(IntegrityError, match="a recorded deed is not"), db.session.begin_nested():
        db.session.execute(text(statement))
