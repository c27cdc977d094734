"""The sentences that participants are told: whole, from this list, and nothing that a coordinator typed.

The mail that goes with a notice says only that there is something new (lms.accounts.messages); this is read after
signing in, on the Today page, in her language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from markupsafe import Markup

from lms.courses.rules import Told
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import speaking
from lms.web.formats import write_day, write_moment, write_moment_in, write_number

from .rules.telling import News, Subject

SENTENCES: Mapping[News, str] = {
    News.BEGINS: _l("The course begins on %(day)s. Until then you can look around. Nothing is due yet."),
    News.MODULE: _l("Module %(number)s opens on %(moment)s."),
    News.DATE_NEAR: _l(
        "A date is near: hand in %(title)s by %(moment)s. If you need more time, ask for it on the task’s own page. You"
        " do not have to give a reason."
    ),
    News.RETURNED: _l("Your work was read. A new version is asked for. You see under Results what to change."),
    News.MARKED: _l("Your work was marked. You will see the mark when all marks are released."),
    News.RELEASED: _l("Marks were released. You find yours under Results."),
    News.CALENDAR: _l("Some dates of the course have changed. You find the new ones in the course outline."),
    News.SILENT: _l(
        "We have not seen you here for a while. Is all well? You can reach your coordinator by the channel that you"
        " agreed on. You do not have to explain anything."
    ),
    News.CERTIFICATE: _l("Your certificate can be made now. You choose what it shows."),
    News.WITHDRAWN: _l("Your certificate was withdrawn. You find the reason under Results."),
    News.MORE_TIME: _l(
        "Your request for more time for %(title)s was answered. You find the answer on the task’s own page."
    ),
}
IS_OPEN = _l("Module %(number)s is open. Read it at your own pace.")

LABELS: Mapping[str, str] = {
    News.BEGINS: _l("The course begins"),
    News.MODULE: _l("A module opens"),
    News.DATE_NEAR: _l("A date is near"),
    News.RETURNED: _l("Work was returned"),
    News.MARKED: _l("Work was marked"),
    News.RELEASED: _l("Marks were released"),
    News.CALENDAR: _l("Dates have changed"),
    News.SILENT: _l("We have not seen you"),
    News.CERTIFICATE: _l("A certificate can be made"),
    News.WITHDRAWN: _l("A certificate was withdrawn"),
    News.MORE_TIME: _l("More time"),
    "invitation": _l("Invitation"),
}
"""For coordinators: what a message is about, in neutral words."""

MESSAGE = _l("Message")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What stands in a sentence. moment: of opening, or the last one for handing in; None where no date is set.

    begins_on: the first day by the clocks of the cohort, whose zone is home. number: of the module. title: of the task.
    zone: whose clock; None for the reader's.
    """

    begins_on: date
    home: str
    moment: datetime | None = None
    number: int = 0
    title: Told | None = None
    zone: str | None = None


def is_news(subject: Subject, facts: Facts, *, at: datetime) -> bool:
    """Whether it still says something: a date that has passed is no news."""
    if subject.news is News.DATE_NEAR:
        return facts.moment is not None and at < facts.moment
    if subject.news is News.BEGINS:
        return at.astimezone(ZoneInfo(facts.home)).date() <= facts.begins_on
    return subject.news is not News.MODULE or facts.moment is not None


def write(subject: Subject, facts: Facts, *, at: datetime) -> Markup:
    """The sentence in the reader's language."""
    is_open = subject.news is News.MODULE and facts.moment is not None and facts.moment <= at
    sentence = IS_OPEN if is_open else SENTENCES[subject.news]
    moment = "" if facts.moment is None else _moment(facts.moment, facts.zone)
    return Markup.escape(sentence) % {
        "day": write_day(facts.begins_on),
        "moment": moment,
        "number": write_number(facts.number),
        "title": isolated(facts.title),
    }


def write_in(language: str, subject: Subject, facts: Facts, *, at: datetime) -> Markup:
    """The same in another language than the page's."""
    with speaking(language):
        return write(subject, facts, at=at)


def label_of(subject: Subject, facts: Facts) -> str:
    """What a coordinator chooses from a list."""
    if subject.news is News.MODULE:
        return _("Module %(number)s opens", number=write_number(facts.number))
    if subject.news is News.DATE_NEAR:
        return _("A date is near: %(title)s", title="" if facts.title is None else facts.title.text)
    return str(LABELS[subject.news])


def label_of_message(about: str) -> str:
    """What a message in the outbox is about; where it was not said, its template speaks."""
    return str(LABELS.get(about, MESSAGE))


def _moment(moment: datetime, zone: str | None) -> str:
    return write_moment(moment) if zone is None else write_moment_in(moment, zone)


def isolated(title: Told | None) -> Markup:
    """A title that keeps its own direction in a sentence of another language."""
    return Markup("") if title is None else Markup('<bdi lang="{}">{}</bdi>').format(title.language, title.text)
