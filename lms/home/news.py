"""What stands on the Today page under "New for you": her notices, in her language and by her clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for
from markupsafe import Markup

from lms.accounts.models import Person
from lms.assessments.queries.allowances import Allowances, allowances_by
from lms.cohorts import notices
from lms.cohorts.models import Enrolment
from lms.cohorts.notices import Facts
from lms.cohorts.queries import messages
from lms.cohorts.queries.messages import OwnNotice
from lms.cohorts.rules.telling import News
from lms.web.languages import page_language

IN_OUTLINE = frozenset({News.BEGINS, News.MODULE, News.CALENDAR})
IN_RESULTS = frozenset({News.RETURNED, News.MARKED, News.RELEASED, News.CERTIFICATE, News.WITHDRAWN})
OF_A_TASK = frozenset({News.DATE_NEAR, News.MORE_TIME})


@dataclass(frozen=True, kw_only=True)
class Item:
    """One notice. href: where it leads; None where there is nothing to open. at: since when it stands there."""

    id: UUID
    text: Markup
    href: str | None
    at: datetime


def news_of(who: Person, *, at: datetime) -> Sequence[Item]:
    """Her notices, newest first, without those whose date has passed: two statements, one where no date is near."""
    told = messages.notices_of(who)
    given = _given([one.enrolment.id for one in told if one.subject.news is News.DATE_NEAR])
    return [
        Item(
            id=one.notice.public_id,
            text=notices.write(one.subject, facts, at=at),
            href=_href(one),
            at=one.notice.at,
        )
        for one in told
        if notices.is_news(one.subject, facts := _facts(one, given), at=at)
    ]


def _given(enrolments: Sequence[int]) -> Mapping[int, Allowances]:
    return allowances_by(Enrolment.id.in_(enrolments)) if enrolments else {}


def _facts(one: OwnNotice, given: Mapping[int, Allowances]) -> Facts:
    return Facts(
        begins_on=one.cohort.starts_on,
        home=one.cohort.zone,
        moment=_moment(one, given),
        number=0 if one.module is None else one.module.position,
        title=messages.title_of(one.task, one.cohort, page_language()),
    )


def _moment(one: OwnNotice, given: Mapping[int, Allowances]) -> datetime | None:
    """When the module opens, or her own last moment for the task."""
    if one.entry is None:
        return None
    if one.subject.news is not News.DATE_NEAR:
        return one.entry.opens_at
    return given[one.enrolment.id].last_moment(one.entry.node_id, one.entry.due_at)


def _href(one: OwnNotice) -> str | None:
    news = one.subject.news
    if news in OF_A_TASK and one.entry is not None:
        return url_for("tasks.task", task_id=one.entry.public_id)
    if news in IN_OUTLINE:
        return url_for("modules.outline", course_id=one.cohort.public_id)
    return url_for("results.own") if news in IN_RESULTS else None
