"""What may be wrong with dates, and what days are, in the reader's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.lists import format_list
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from lms.courses.rules import Told
from lms.kernel.i18n import Counted, choose
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import lazy_counted as _ln
from lms.web.formats import ngettext, write_clock, write_day, write_number

from ..notices import isolated
from ..rules.feasts import Feast, FeastSpan
from ..rules.planning import LEAST_TIME, LONGEST, Part, Plan, Warning, WarningKind

FEASTS: Mapping[Feast, str] = {
    Feast.NEW_YEAR: _l("New Year"),
    Feast.ORTHODOX_CHRISTMAS: _l("Orthodox Christmas"),
    Feast.NOWRUZ: _l("Nowruz"),
    Feast.EASTER: _l("Easter"),
    Feast.ORTHODOX_EASTER: _l("Orthodox Easter"),
    Feast.ETHIOPIAN_NEW_YEAR: _l("Ethiopian New Year"),
    Feast.CHRISTMAS: _l("Christmas"),
    Feast.ISLAMIC_NEW_YEAR: _l("Islamic New Year"),
    Feast.ASHURA: _l("Ashura"),
    Feast.MAWLID: _l("Mawlid"),
    Feast.RAMADAN: _l("Ramadan"),
    Feast.EID_AL_FITR: _l("Eid al-Fitr"),
    Feast.EID_AL_ADHA: _l("Eid al-Adha"),
}

_CLOCKS_SKIP = _l(
    "“%(title)s”: clocks in %(zone)s skip %(time)s on %(day)s. Choose %(next_time)s on %(next_day)s or later."
)
_CLOCKS_TWICE = _l("“%(title)s”: clocks in %(zone)s show %(time)s twice on %(day)s. Choose the first or the second.")
_SHIFTED = _l("“%(title)s”: there is no %(time)s on %(day)s. It now stands at %(next_time)s on %(next_day)s.")

SENTENCES: Mapping[tuple[WarningKind, Part | None], str | Counted] = {
    (WarningKind.ENDS_BEFORE_START, None): _l(
        "The course ends before it starts. Enter a last day after %(starts_on)s."
    ),
    (WarningKind.TOO_LONG, None): _ln(
        "The course lasts more than %(days)s day. Look at the year of the first and last day.",
        "The course lasts more than %(days)s days. Look at the year of the first and last day.",
        "days",
    ),
    (WarningKind.TOO_LONG, Part.OPENS): _ln(
        "“%(title)s” opens on %(day)s, more than %(days)s day from the first day. Look at the year.",
        "“%(title)s” opens on %(day)s, more than %(days)s days from the first day. Look at the year.",
        "days",
    ),
    (WarningKind.TOO_LONG, Part.DUE): _ln(
        "“%(title)s” is due on %(day)s, more than %(days)s day from the first day. Look at the year.",
        "“%(title)s” is due on %(day)s, more than %(days)s days from the first day. Look at the year.",
        "days",
    ),
    (WarningKind.NO_SUCH_TIME, Part.OPENS): _CLOCKS_SKIP,
    (WarningKind.NO_SUCH_TIME, Part.DUE): _CLOCKS_SKIP,
    (WarningKind.TWICE, Part.OPENS): _CLOCKS_TWICE,
    (WarningKind.TWICE, Part.DUE): _CLOCKS_TWICE,
    (WarningKind.DUE_BEFORE_OPEN, Part.DUE): _l(
        "“%(title)s” is due before “%(module)s” opens. Choose a later deadline."
    ),
    (WarningKind.SHIFTED, Part.OPENS): _SHIFTED,
    (WarningKind.SHIFTED, Part.DUE): _SHIFTED,
    (WarningKind.OUT_OF_ORDER, Part.OPENS): _l(
        "“%(title)s” opens before “%(module)s”. Check that this order is meant."
    ),
    (WarningKind.DUE_SOON, Part.DUE): _ln(
        "“%(title)s” is due less than %(days)s day after “%(module)s” opens. Give more time if you can.",
        "“%(title)s” is due less than %(days)s days after “%(module)s” opens. Give more time if you can.",
        "days",
    ),
    (WarningKind.OUTSIDE, Part.OPENS): _l(
        "“%(title)s” opens outside the course dates, on %(day)s. Move it, or change the first or last day."
    ),
    (WarningKind.OUTSIDE, Part.DUE): _l(
        "“%(title)s” is due outside the course dates, on %(day)s. Move it, or change the first or last day."
    ),
    (WarningKind.FRIDAY, Part.OPENS): _l(
        "“%(title)s” opens on a Friday. It is a day of prayer and rest in many settings."
    ),
    (WarningKind.FRIDAY, Part.DUE): _l(
        "“%(title)s” is due on a Friday. It is a day of prayer and rest in many settings."
    ),
    (WarningKind.SATURDAY, Part.OPENS): _l("“%(title)s” opens on a Saturday. It is a day off in most settings."),
    (WarningKind.SATURDAY, Part.DUE): _l("“%(title)s” is due on a Saturday. It is a day off in most settings."),
    (WarningKind.SUNDAY, Part.OPENS): _l("“%(title)s” opens on a Sunday. It is a day off in many settings."),
    (WarningKind.SUNDAY, Part.DUE): _l("“%(title)s” is due on a Sunday. It is a day off in many settings."),
    (WarningKind.FEAST, Part.OPENS): _l(
        "“%(title)s” opens on a feast: %(feasts)s. Choose another day if your participants keep it."
    ),
    (WarningKind.FEAST, Part.DUE): _l(
        "“%(title)s” is due on a feast: %(feasts)s. Choose another day if your participants keep it."
    ),
}
"""What each warning says, about an opening, a deadline, or the whole plan."""


def tell_warning(warning: Warning, plan: Plan, titles: Mapping[str, Told]) -> Markup:
    """A warning in the reader's words. titles: of the nodes, by id."""
    if warning.kind is WarningKind.RAMADAN:
        return Markup.escape(_tell_ramadan(warning))
    told = choose(SENTENCES[warning.kind, warning.part], {"days": _bound(warning).days})
    sentence = Markup.escape(told) % _values(warning, plan, titles)
    if any(feast.is_moon_dated for feast in warning.feasts):
        return Markup(" ").join([sentence, moon_decides()])
    return sentence


def moon_decides() -> str:
    """What stands beside every feast that the moon dates."""
    return _("The moon decides: the feast can come a day earlier or later, and differs by country.")


def _bound(warning: Warning) -> timedelta:
    """The span from which on it is said."""
    return LEAST_TIME if warning.kind is WarningKind.DUE_SOON else LONGEST


def _values(warning: Warning, plan: Plan, titles: Mapping[str, Told]) -> dict[str, str]:
    return {
        "title": isolated(None if warning.node_id is None else titles[warning.node_id]),
        "module": isolated(None if warning.other_id is None else titles[warning.other_id]),
        "zone": plan.zone,
        "days": write_number(_bound(warning).days),
        "starts_on": write_day(plan.starts_on),
        "day": write_day(warning.day),
        "time": write_clock(warning.clock) if warning.clock is not None else "",
        "next_day": write_day(warning.instead.day) if warning.instead is not None else "",
        "next_time": write_clock(warning.instead.clock) if warning.instead is not None else "",
        "feasts": _listed([str(FEASTS[feast.feast]) for feast in warning.feasts]),
    }


def _listed(names: Sequence[str]) -> str:
    return format_list(list(names), locale=get_locale() or "en")


def _tell_ramadan(warning: Warning) -> str:
    assert warning.until is not None
    return ngettext(
        "%(num)s date falls in Ramadan, about %(first_on)s to %(last_on)s. Plan lighter work and later hours.",
        "%(num)s dates fall in Ramadan, about %(first_on)s to %(last_on)s. Plan lighter work and later hours.",
        warning.dates,
        num=write_number(warning.dates),
        first_on=write_day(warning.day),
        last_on=write_day(warning.until),
    )


@dataclass(frozen=True, kw_only=True)
class FeastLine:
    """One feast of the card beside the dates."""

    name: str
    days: str


def tell_feast(span: FeastSpan) -> FeastLine:
    """When a feast is, as exactly as anybody can say."""
    return FeastLine(name=str(FEASTS[span.feast]), days=_days(span.first_on, span.last_on, is_about=span.is_moon_dated))


def _days(first_on: date, last_on: date, *, is_about: bool) -> str:
    if first_on == last_on:
        return _("About %(day)s", day=write_day(first_on)) if is_about else write_day(first_on)
    first, last = write_day(first_on, year=first_on.year != last_on.year), write_day(last_on)
    if is_about:
        return _("About %(first_on)s to %(last_on)s", first_on=first, last_on=last)
    return _("%(first_on)s to %(last_on)s", first_on=first, last_on=last)
