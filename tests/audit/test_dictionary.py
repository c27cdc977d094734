from types import SimpleNamespace

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table

from lms.audit.dictionary import RETENTION_TEXTS, Level, Personal, Retention, check_dictionary
from lms.kernel.db import Base
from lms.kernel.errors import Misconfigured
from lms.kernel.sealed import SealedColumn

KEPT = Personal(level=Level.WORK, purpose="a test", retention=Retention.ENROLMENT)


def model(**declared):
    table = Table("t", MetaData(), Column("name", String), Column("secret", SealedColumn), Column("raw", LargeBinary))
    return SimpleNamespace(__name__="Thing", __table__=table, holds_personal_data=declared)


def test_every_model_is_in_order():
    check_dictionary(mapper.class_ for mapper in Base.registry.mappers)


def test_a_sealed_column_must_be_declared():
    with pytest.raises(Misconfigured, match=r"Thing\.secret is sealed but not in"):
        check_dictionary([model(name=KEPT)])


@pytest.mark.parametrize("declared", [{"nickname": KEPT, "secret": KEPT}, {"secret": "words"}])
def test_a_declaration_names_columns_and_says_what_for(declared):
    with pytest.raises(Misconfigured, match="is not a declared column"):
        check_dictionary([model(**declared)])


def test_each_retention_rule_has_its_sentence():
    assert set(RETENTION_TEXTS) == set(Retention)


def test_every_table_that_goes_with_a_person_says_what_it_keeps_of_her():
    models = {mapper.class_.__table__: mapper.class_ for mapper in Base.registry.mappers}
    hers = {models[table] for table in tables_that_go_with("accounts_person", models)}
    assert [model.__name__ for model in hers if not model.holds_personal_data] == []
    assert {"Enrolment", "Certificate", "Document", "TimeRequest", "Feed"} <= {model.__name__ for model in hers}


def tables_that_go_with(name, tables):
    """The table of this name and all whose rows are deleted with its rows, however far down."""
    found = {table for table in tables if table.name == name}
    while True:
        more = {
            table
            for table in set(tables) - found
            if any(key.ondelete == "CASCADE" and key.column.table in found for key in table.foreign_keys)
        }
        if not more:
            return found
        found |= more


def test_every_column_says_what_it_is_for():
    declared = [entry for mapper in Base.registry.mappers for entry in mapper.class_.holds_personal_data.values()]
    assert len(declared) > 100 and all(len(entry.purpose.split()) > 1 for entry in declared)
