"""Telling participants something: a notice on their Today page, and a neutral message that there is one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id
from lms.messaging import services as messaging

from ..errors import NobodyMeant
from ..models import Enrolment, Notice, TellingRow
from ..queries import desk, messages
from ..rules.opening import check_not_closed
from ..rules.telling import CALENDAR, Audience, News, Subject, Telling, mark_of_sending

TOLD = audit.act("cohorts.notice.told", "people")
SOMETHING_NEW, DATE_NEAR, STILL_WAITING = "something_new", "date_near", "still_waiting"


@dataclass(frozen=True, kw_only=True)
class ToTell:
    """What one person is to be told. calendar: the dates that she knows afterwards; None where they stay as they are.

    Without tellings she only learns the calendar, and gets no message.
    """

    enrolment: Enrolment
    tellings: Sequence[Telling] = ()
    calendar: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What a coordinator sends. operation: made with her page, so that the same form twice is one sending."""

    subject: Subject
    audience: Audience
    operation: UUID


def send(cohort_id: int, sending: Sending, *, by: Person, at: datetime) -> int:
    """Tell some people of a cohort something; how many they are. Raises NobodyMeant, CohortClosed."""
    cohort = desk.cohort_for_update(cohort_id)
    check_not_closed(cohort.closed_at)
    mark = mark_of_sending(sending.operation)
    if messages.has_told(cohort, mark):
        return 0
    telling = Telling(subject=sending.subject, mark=mark)
    meant = messages.recipients(cohort, sending.audience, at=at)
    to = [ToTell(enrolment=one.enrolment, tellings=[telling]) for one in meant]
    if not to:
        raise NobodyMeant
    return tell(cohort_id, to, by=by, at=at)


def tell(cohort_id: int, to: Sequence[ToTell], *, by: Person | None, at: datetime) -> int:
    """Tell people of one cohort something, each thing once; how many of them got a message, one each.

    Whoever calls, nobody is told before `_may_be_told`. Written last first, so that the list of messages, which begins
    with the newest, has them in the order given.
    """
    to = [one for one in to if _may_be_told(one.enrolment)]
    known = messages.tellings_for_update([one.enrolment.id for one in to])
    new = {
        one.enrolment.id: [telling for telling in one.tellings if (one.enrolment.id, telling.mark) not in known]
        for one in to
    }
    _replace([(enrolment_id, telling.subject) for enrolment_id, tellings in new.items() for telling in tellings])
    for one in reversed(to):
        for telling in new[one.enrolment.id]:
            db.session.add(TellingRow(enrolment_id=one.enrolment.id, mark=telling.mark, at=at))
            _post(one.enrolment, telling.subject, by=by, at=at)
        if one.calendar is not None:
            _learn(one.enrolment, one.calendar, known.get((one.enrolment.id, CALENDAR)), at=at)
        if new[one.enrolment.id]:
            _write(one.enrolment, new[one.enrolment.id][0].subject, at=at)
    told = sum(bool(tellings) for tellings in new.values())
    if told:
        audit.record(TOLD, by=by.id if by else None, on=cohort_id, at=at, people=(None, told))
    return told


def tell_of_act(to: Sequence[Enrolment], subject: Subject, *, at: datetime) -> None:
    """Tell people what an act did to something of theirs: a notice each, and a message.

    That it is told once, who did it and when is the act's own affair: it is audited, and twice is once.
    """
    to = [enrolment for enrolment in to if _may_be_told(enrolment)]
    _replace([(enrolment.id, subject) for enrolment in to])
    for enrolment in reversed(to):
        _post(enrolment, subject, by=None, at=at)
        _write(enrolment, subject, at=at)


def take_back(enrolment: Enrolment, subject: Subject) -> None:
    """Take a notice off her page that is true no more."""
    _replace([(enrolment.id, subject)])


def put_away(notice: Notice) -> None:
    """Take a notice off her page. Not an audited act: it is hers, and nobody is told that she read it."""
    db.session.execute(delete(Notice).where(Notice.id == notice.id))


def _may_be_told(enrolment: Enrolment) -> bool:
    """She has come, or two people have decided that she is told of her place."""
    return enrolment.agreed_at is not None or enrolment.released_at is not None


def _replace(said: Iterable[tuple[int, Subject]]) -> None:
    """A notice takes the place of one that says the same."""
    by_subject: dict[Subject, list[int]] = defaultdict(list)
    for enrolment_id, subject in said:
        by_subject[subject].append(enrolment_id)
    for subject, enrolments in by_subject.items():
        node_id = subject.node_id
        same_node = Notice.node_id.is_(None) if node_id is None else Notice.node_id == node_id
        same = Notice.enrolment_id.in_(enrolments), Notice.template == subject.news.value, same_node
        in_order = select(Notice.id).where(*same).order_by(Notice.id).with_for_update()  # two may tell at one time
        db.session.execute(delete(Notice).where(Notice.id.in_(in_order)))


def _post(enrolment: Enrolment, subject: Subject, *, by: Person | None, at: datetime) -> None:
    db.session.add(
        Notice(
            public_id=new_id(),
            enrolment_id=enrolment.id,
            template=subject.news.value,
            node_id=subject.node_id,
            by_id=by.id if by else None,
            at=at,
        )
    )


def _learn(enrolment: Enrolment, calendar: str, row: TellingRow | None, *, at: datetime) -> None:
    if row is None:
        db.session.add(TellingRow(enrolment_id=enrolment.id, mark=CALENDAR, said=calendar, at=at))
    else:
        row.said, row.at = calendar, at


def _write(enrolment: Enrolment, first: Subject, *, at: datetime) -> None:
    """One message for all that is new; it says nothing of it. first: of the news, for her coordinators."""
    template = DATE_NEAR if first.news is News.DATE_NEAR else SOMETHING_NEW
    if enrolment.agreed_at is None:
        template = STILL_WAITING
    messaging.write_to(enrolment.person_id, template, at=at, cohort_id=enrolment.cohort_id, about=first.news.value)
