"""Giving handed-in work to a marker."""

from datetime import datetime

from lms.cohorts.models import Cohort

from ..models import Attempt
from ..queries import markers
from ..rules import marking


def allot(attempt: Attempt, cohort: Cohort, *, at: datetime) -> None:
    """Give an attempt to whoever reads its language and has least waiting; to nobody where all are in conflict."""
    attempt.marker_id = marking.allot(attempt.language, markers.markers_of(cohort, attempt, at=at))
