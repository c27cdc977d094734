"""Asking for more time, and deciding about it. Nobody has to give a reason; up to a week nobody has to be asked."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.cohorts.models import Enrolment
from lms.cohorts.rules.enrolment import check_takes_part
from lms.cohorts.rules.opening import check_goes_on, check_not_closed, check_open
from lms.cohorts.rules.telling import News, Subject
from lms.cohorts.rules.wallclock import day_of
from lms.cohorts.services import telling
from lms.kernel.db import db
from lms.kernel.ids import new_id
from lms.kernel.sealed import Sealed
from lms.modules.queries import enrolment_for_update

from ..errors import AlreadyAsked, NothingToExtend
from ..models import AllowanceRow, TimeRequest
from ..queries import requests
from ..queries.requests import AskedTime, Due
from ..queries.sitting import TaskPlace
from ..rules.asking import (
    Answer,
    RequestState,
    check_decidable,
    check_granted,
    check_wanted,
    due_moment,
    is_given_at_once,
)
from ..sealing import open_request_reason, seal_reason, seal_request_reason
from .allowing import add_allowance

TIME_ASKED = audit.act("assessments.time.asked", "state")
TIME_DECIDED = audit.act("assessments.time.decided", "state")
TIME_WITHDRAWN = audit.act("assessments.time.withdrawn", "state")


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """What she asks for: a last day by the cohort's clock, and why, if she likes to say."""

    wanted_on: date
    reason: str = ""


class Outcome(StrEnum):
    """What became of it."""

    GIVEN = "given"
    ASKED = "asked"


def ask(place: TaskPlace, new: NewRequest, *, by: Person, at: datetime) -> Outcome:
    """Ask for more time for a task. Up to a week beyond the calendar it is given at once, else a coordinator decides.

    The same again adds nothing. Raises NotOpenYet, NoDateYet, CourseClosed, TakesPartNoMore, NothingToExtend,
    AlreadyAsked, BadRequestForTime.
    """
    assert place.enrolment is not None and place.enrolment.person_id == by.id
    check_open(place.opening, at=at)
    enrolment, closed_at = enrolment_for_update(place.enrolment.id)
    check_goes_on(closed_at)
    check_takes_part(enrolment.state)
    due = requests.due_of(enrolment, place.entry.node_id)
    if due.first_at is None or due.at is None:
        raise NothingToExtend
    last = requests.latest_for_update(enrolment, place.entry.node_id)
    if last is not None and last.wanted_on == new.wanted_on and _stands(last, due, place.cohort.zone):
        return Outcome.ASKED if last.state is RequestState.OPEN else Outcome.GIVEN
    if last is not None and last.state is RequestState.OPEN:
        raise AlreadyAsked
    zone = place.cohort.zone
    check_wanted(new.wanted_on, due_on=day_of(due.at, zone), today=day_of(at, zone))
    is_given = is_given_at_once(new.wanted_on, first_due_on=day_of(due.first_at, zone))
    request = _note(enrolment, place.entry.node_id, new, is_given=is_given, by=by, at=at)
    if is_given:
        row = _allowance(request, due_moment(new.wanted_on, like=due.at, zone=zone), by=by, at=at)
        row.reason = _reason(by, new.reason.strip())
        add_allowance(row, enrolment, place.cohort, by=by, at=at)
    return Outcome.GIVEN if is_given else Outcome.ASKED


def _stands(last: TimeRequest, due: Due, zone: str) -> bool:
    """Whether what she asked for last still waits, or was given and holds."""
    if last.state is RequestState.GRANTED:
        return due.at is not None and day_of(due.at, zone) >= last.wanted_on
    return last.state is RequestState.OPEN


def take_back(place: TaskPlace, *, by: Person, at: datetime) -> None:
    """Take a request back that nobody has decided; without one nothing changes.

    Raises CourseClosed, TakesPartNoMore.
    """
    assert place.enrolment is not None and place.enrolment.person_id == by.id
    enrolment, closed_at = enrolment_for_update(place.enrolment.id)
    check_goes_on(closed_at)
    check_takes_part(enrolment.state)
    request = requests.latest_for_update(enrolment, place.entry.node_id)
    if request is None or request.state is not RequestState.OPEN:
        return
    _close(request, RequestState.WITHDRAWN, by=by, at=at)
    states = (RequestState.OPEN.value, request.state.value)
    audit.record(TIME_WITHDRAWN, by=by.id, on=enrolment.id, at=at, state=states)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a coordinator decides. granted_on: her new last day; None refuses. answer: what she is told with it."""

    granted_on: date | None
    answer: Answer | None


def decide(asked: AskedTime, decision: Decision, *, by: Person, at: datetime) -> TimeRequest:
    """Grant a request, as a whole or for fewer days, or refuse it; she is written to. Of two who decide, one does.

    What she was given meanwhile is not taken away. Raises DecidedMeanwhile, LongerThanAsked, BadRequestForTime,
    NothingToExtend, CohortClosed.
    """
    enrolment, closed_at = enrolment_for_update(asked.enrolment.id)
    check_not_closed(closed_at)
    request = requests.request_for_update(asked.request.id)
    state = RequestState.REFUSED if decision.granted_on is None else RequestState.GRANTED
    check_decidable(request.state, state)
    if decision.granted_on is not None:
        _grant(asked, enrolment, decision.granted_on, by=by, at=at)
    _close(request, state, by=by, at=at)
    request.answer = decision.answer
    audit.record(TIME_DECIDED, by=by.id, on=enrolment.id, at=at, state=(RequestState.OPEN.value, state.value))
    telling.tell_of_act([enrolment], Subject(news=News.MORE_TIME, node_id=request.node_id), at=at)
    return request


def _grant(asked: AskedTime, enrolment: Enrolment, granted_on: date, *, by: Person, at: datetime) -> None:
    node_id, zone = asked.request.node_id, asked.cohort.zone
    check_granted(granted_on, wanted_on=asked.request.wanted_on, today=day_of(at, zone))
    due = requests.due_of(enrolment, node_id)
    if due.at is None:
        raise NothingToExtend
    if granted_on > day_of(due.at, zone):
        row = _allowance(asked.request, due_moment(granted_on, like=due.at, zone=zone), by=by, at=at)
        row.reason = _reason(asked.owner, open_request_reason(asked.owner, asked.request.reason))
        add_allowance(row, enrolment, asked.cohort, by=by, at=at)


def _allowance(request: TimeRequest, due_at: datetime, *, by: Person, at: datetime) -> AllowanceRow:
    return AllowanceRow(
        enrolment_id=request.enrolment_id,
        node_id=request.node_id,
        extra_attempts=0,
        extra_minutes=0,
        due_at=due_at,
        by_id=by.id,
        given_at=at,
    )


def _reason(owner: Person, reason: str) -> Sealed | None:
    """Her own words are the reason of what she is given, if she wrote any."""
    return seal_reason(owner, reason) if reason else None


def _note(
    enrolment: Enrolment, node_id: str, new: NewRequest, *, is_given: bool, by: Person, at: datetime
) -> TimeRequest:
    """Keep that she asked; what is given at once is decided with it, by herself."""
    state = RequestState.GRANTED if is_given else RequestState.OPEN
    request = TimeRequest(
        public_id=new_id(),
        enrolment_id=enrolment.id,
        node_id=node_id,
        wanted_on=new.wanted_on,
        reason=seal_request_reason(by, new.reason.strip()),
        asked_at=at,
        state=state,
        decided_at=at if is_given else None,
        by_id=by.id if is_given else None,
    )
    db.session.add(request)
    audit.record(TIME_ASKED, by=by.id, on=enrolment.id, at=at, state=(None, state.value))
    return request


def _close(request: TimeRequest, state: RequestState, *, by: Person, at: datetime) -> None:
    request.state, request.decided_at, request.by_id = state, at, by.id
