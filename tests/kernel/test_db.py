import gc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, text
from sqlalchemy.orm import mapped_column

from lms.accounts.models import Person, SignInAttempt
from lms.kernel.db import Model, UtcDateTime, db, transaction, turn_to
from tests.cast import NOW


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2027, 1, 1), None)


def test_times_come_back_aware(in_app, cast):
    person = db.session.get_one(Person, cast.cedar.id)
    assert person.created_at == NOW and person.created_at.tzinfo is UTC


def test_a_model_without_a_word_on_personal_data_cannot_exist():
    with pytest.raises(TypeError, match="Undeclared must declare holds_personal_data"):
        type(
            "Undeclared",
            (Model,),
            {"__tablename__": "tests_undeclared", "id": mapped_column(Integer, primary_key=True)},
        )
    db.metadata.remove(db.metadata.tables["tests_undeclared"])
    gc.collect()  # half a mapper would be met by the next application of this process


def _attempt() -> SignInAttempt:
    return SignInAttempt(account_key=b"a", source_key=b"s", at=NOW)


def test_an_act_is_done_whole_or_not_at_all(in_app):
    with pytest.raises(RuntimeError), transaction():
        db.session.add(_attempt())
        db.session.flush()
        raise RuntimeError
    assert db.session.query(SignInAttempt).count() == 0
    with transaction():
        db.session.add(_attempt())
    assert db.session.query(SignInAttempt).count() == 1


def test_an_act_begins_with_nothing_changed_and_not_inside_another(in_app):
    db.session.add(_attempt())
    with pytest.raises(RuntimeError, match="nothing changed"), transaction():
        pass
    db.session.rollback()
    with pytest.raises(RuntimeError, match="not inside another"), transaction(), transaction():
        pass


def test_after_a_refusal_the_page_can_still_be_drawn(in_app, cast):
    person = db.session.get_one(Person, cast.cedar.id)
    with pytest.raises(RuntimeError), transaction():
        raise RuntimeError
    assert person.shown_name == "Cedar"


def test_sqlite_keeps_what_it_acknowledged(world, app):
    if db._app_engines[app][None].dialect.name != "sqlite":
        pytest.skip("SQLite only")
    with app.app_context():
        found = {
            name: db.session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "keystore.journal_mode")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "keystore.journal_mode": "wal",
    }


@given(number=st.integers(), total=st.integers(0, 10**6), rows=st.integers(1, 100))
def test_a_page_that_is_asked_for_is_shown_if_there_is_one_and_the_nearest_otherwise(number, total, rows):
    page, pages = turn_to(number, total=total, rows=rows)
    assert rows * (pages - 1) < max(total, 1) <= rows * pages
    assert 1 <= page <= pages and (page == number or not 1 <= number <= pages)
    assert page == 1 or number >= page
