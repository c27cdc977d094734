"""What may be refused around a cohort."""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l


class NotOpenYet(Refusal):
    """The calendar has not come to it."""

    message = _l("This opens on %(opens_at)s. Nothing is missed until then.")


class NoDateYet(Refusal):
    """The calendar does not say when."""

    message = _l("This is not open yet, and its date is not set. You will see the date in the course outline.")


class TakesPartNoMore(Refusal):
    """Her enrolment was ended or put off while the page was open."""

    message = _l("You no longer take part in this course. What you read before is still noted.")


class AliasTaken(Refusal):
    """Two people of one cohort would bear one alias."""

    message = _l("This alias is in use in the cohort. Choose another.")
