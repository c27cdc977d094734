"""How a refusal is said: its sentence fits the number that it counts, in each language."""

import pytest
from flask import g
from flask_babel import force_locale

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy_counted
from lms.web.http import explain


class TooLate(Refusal):
    """A sentence that the catalogues have had for long."""

    message = lazy_counted("%(num)s day", "%(num)s days", "num")


@pytest.fixture
def told(app):
    """A refusal as a reader of a language and of digits is told it."""

    def tell(refusal, lang="en", digits="latn"):
        with app.test_request_context(f"/{lang}/"), force_locale(lang):
            g.time_zone, g.digits, g.language = "UTC", digits, lang
            return explain(refusal)

    return tell


@pytest.mark.parametrize(("number", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days")])
def test_a_refusal_counts_in_english(told, number, said):
    assert told(TooLate(num=number)) == said


def test_a_refusal_counts_in_the_six_forms_of_arabic(told):
    said = {told(TooLate(num=number), lang="ar").replace(str(number), "") for number in (1, 2, 3, 11, 100)}
    assert len(said) == 5, said


def test_a_refusal_counts_in_the_reader_s_digits(told):
    assert "١١" in told(TooLate(num=11), lang="ar", digits="arab")


def test_a_refusal_is_told_without_a_reader_too():
    assert str(TooLate(num=1)) == "1 day" and str(TooLate(num=3)) == "3 days"
