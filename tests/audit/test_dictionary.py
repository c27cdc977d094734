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
