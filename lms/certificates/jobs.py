"""Work of the worker: deciding what the rule decides, and making documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from lms.assessments.queries.completion import records_of
from lms.assessments.rules.events import MarksReleased, QuizPassed
from lms.cohorts.models import Cohort
from lms.cohorts.rules.completion import is_complete, judge
from lms.kernel.db import transaction
from lms.messaging import services as messaging

from .queries import deciding as cases
from .queries import holding
from .services import deciding, issuing, making

DECIDE = "certificates.decide"
MAKE = issuing.MAKE
MOST_AT_ONCE = 200
GATHERED = timedelta(seconds=20)
"""One look serves all who pass a quiz meanwhile."""


def decide_soon(event: MarksReleased) -> None:
    """Listener: results were released, so that somebody may be through."""
    messaging.hasten(DECIDE, at=event.at)


def decide_shortly(event: QuizPassed) -> None:
    """Listener: somebody may be through by a quiz, in an hour in which many are."""
    messaging.hasten(DECIDE, at=event.at + GATHERED)


def decide(payload: Mapping[str, Any], at: datetime) -> None:
    """Complete everybody whose requirements are all met, a batch at a time. Doing it again changes nothing."""
    for cohort in cases.open_cohorts():
        last = 0
        while places := cases.waiting_in(cohort, after=last, most=MOST_AT_ONCE):
            _decide(cohort, places, at)
            last = places[-1]


def _decide(cohort: Cohort, places: Sequence[int], at: datetime) -> None:
    """Look without a lock first: most have something before them still."""
    records, rule = records_of(cohort, places), cohort.rule()
    met = [place for place in places if place in records and is_complete(judge(rule, records[place]))]
    if met:
        with transaction():
            deciding.complete_by_rule(cohort, met, at=at)


def make(payload: Mapping[str, Any], at: datetime) -> None:
    """Sign, draw and keep the documents of one certificate, once, however often it is asked for.

    Raises CannotOpen when the holder's key is gone.
    """
    certificate = holding.find_to_make(int(payload["certificate"]))
    if certificate is None:
        return
    drawn = making.draw(certificate)
    with transaction():
        making.keep(certificate.id, certificate.completion.person, drawn, at=at)
