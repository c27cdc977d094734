import pytest

from lms.certificates.errors import TooManyChecks
from lms.certificates.services import checking
from lms.kernel.db import transaction
from tests.cast import NOW


def test_of_two_last_checks_at_one_moment_one_is_refused_when_it_is_counted(in_app):
    """Both were let through by the look that writes nothing."""
    checking.check_limit("203.0.113.7", at=NOW, most=1)
    with transaction():
        checking.count("203.0.113.7", at=NOW, most=1)
    with pytest.raises(TooManyChecks), transaction():
        checking.count("203.0.113.7", at=NOW, most=1)
    with pytest.raises(TooManyChecks):
        checking.check_limit("203.0.113.7", at=NOW, most=1)
