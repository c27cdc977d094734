"""Who of a cohort is silent, for messages that ask whether all is well."""

from datetime import datetime

from sqlalchemy import ColumnElement, false

from lms.cohorts.models import Cohort
from lms.cohorts.queries.seats import calendar_of

from .activity import first_opened, is_quiet_before, quiet_before


def who_is_silent(cohort: Cohort, at: datetime) -> ColumnElement[bool]:
    """The same people as on the coordinator's page, as a condition over Enrolment: one statement to know since when."""
    entries = {entry.node_id: entry for entry in calendar_of(cohort)}
    day = quiet_before(cohort, first_opened(cohort, entries, at), at)
    return false() if day is None else is_quiet_before(day)
