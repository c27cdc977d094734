"""Giving people their places, and letting them settle in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.accounts import hashes, vault
from lms.accounts import queries as accounts
from lms.accounts.errors import TooManyAttempts
from lms.accounts.models import Person
from lms.accounts.services import limiting
from lms.audit import services as audit
from lms.courses.rules import Naming
from lms.kernel import events
from lms.kernel.chance import Draw
from lms.kernel.db import db
from lms.kernel.ids import new_id

from ..errors import AliasTaken, SettledAlready, TooManyNames
from ..models import Cohort, Enrolment
from ..neutral import neutral_aliases
from ..queries import desk, seats, uploads
from ..rules.aliases import check_own_alias, check_shown_name, proposals
from ..rules.enrolment import EnrolmentState, check_takes_part
from ..rules.opening import check_not_closed
from ..rules.wallclock import day_of
from ..sealing import BACKGROUND

PERSON_ENROLLED = audit.act("cohorts.enrolment.made", "state")
PERSON_SETTLED = audit.act("cohorts.enrolment.settled", "course_language")
NAMES_TRIED = "name tried for a place"
MOST_TRIES = 5
"""Names of her own that are looked at for one place in the usual window: each refusal tells a little of her name."""

PROPOSED = 3
"""How many names are drawn for her to choose from."""


@dataclass(frozen=True, kw_only=True)
class NewEnrolment:
    """A place to be given. alias: one that nobody else bears in the cohort.

    is_invited: she has still to come, choose her name and agree; else she takes part at once. background: what a list
    told of her setting, as text to be sealed; her key must be loaded for it.
    """

    person: Person
    alias: str
    course_language: str
    is_invited: bool = False
    background: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlacesGiven:
    """People were given places in a cohort."""

    cohort: Cohort
    places: Sequence[Enrolment]


def enrol_all(cohort: Cohort, new: Sequence[NewEnrolment], *, by: Person | None, at: datetime) -> list[Enrolment]:
    """Give many people their places at once, in the order given. Raises AliasTaken."""
    aliases = [one.alias for one in new]
    if len(set(aliases)) < len(aliases) or seats.aliases_taken(cohort, aliases):
        raise AliasTaken
    enrolments = [_enrolment(cohort, one, at=at) for one in new]
    db.session.add_all(enrolments)
    db.session.flush()  # the audit entries need their numbers
    state = (None, EnrolmentState.ACTIVE.value)
    for enrolment in enrolments:
        audit.record(PERSON_ENROLLED, by=by.id if by else None, on=enrolment.id, at=at, state=state)
    events.publish(PlacesGiven(cohort=cohort, places=enrolments))
    return enrolments


def enrol(
    person: Person, cohort: Cohort, *, alias: str, course_language: str, by: Person | None, at: datetime
) -> Enrolment:
    """Give a person her place in a cohort, under an alias that nobody else bears there. Raises AliasTaken."""
    new = NewEnrolment(person=person, alias=alias, course_language=course_language)
    return enrol_all(cohort, [new], by=by, at=at)[0]


@dataclass(frozen=True, kw_only=True)
class Settling:
    """What she chooses when she comes. is_own: she typed the name, and did not take one that was drawn for her."""

    name: str
    is_own: bool
    course_language: str


def proposed_names(enrolment: Enrolment, cohort: Cohort, *, most: int = PROPOSED) -> list[str]:
    """Names that are drawn for her, the same ones at each look while nobody takes them; none where people go by names.

    None of them leads to her legal name, and none stands on the sheet that she was handed.
    """
    if cohort.naming is Naming.NAMED:
        return []
    draw = Draw(int.from_bytes(hashes.blind_index("alias", enrolment.public_id.hex)[:4]))
    taken = uploads.aliases_in(cohort)
    legal_name = _legal_name(enrolment)
    language = enrolment.course_language
    return proposals(neutral_aliases(), taken, language, draw, legal_name=legal_name, most=most)


def check_tries(place: UUID, *, at: datetime) -> None:
    """Refuse, without writing, a name that `count_try` would refuse. Raises TooManyNames."""
    try:
        limiting.check_use(NAMES_TRIED, place.hex, most=MOST_TRIES, at=at)
    except TooManyAttempts as refusal:
        raise TooManyNames(**refusal.values) from None


def count_try(place: UUID, *, at: datetime) -> None:
    """Count a name of her own before it is compared with anything, in a transaction of its own. Raises TooManyNames."""
    try:
        limiting.count_use(NAMES_TRIED, place.hex, most=MOST_TRIES, at=at)
    except TooManyAttempts as refusal:
        raise TooManyNames(**refusal.values) from None


def settle(enrolment_id: int, chosen: Settling, *, by: Person, at: datetime) -> Enrolment:
    """Let her take her place under the name and in the language that she chose; she has agreed to the course's rules.

    The site calls her by it too, unless she also works for it. Raises SettledAlready, TakesPartNoMore, CohortClosed,
    AliasTaken, AliasUnfit, AliasTellsName, NameTaken, NameUnfit.
    """
    cohort = desk.cohort_of_for_update(enrolment_id)  # two people who choose one name wait for each other
    enrolment = seats.place_for_update(enrolment_id)
    check_takes_part(enrolment.state)
    check_not_closed(cohort.closed_at)
    if enrolment.agreed_at is not None:
        raise SettledAlready
    alias = _checked_name(enrolment, cohort, chosen)
    before = enrolment.course_language
    enrolment.alias, enrolment.course_language, enrolment.agreed_at = alias, chosen.course_language, at
    enrolment.quiet_from = day_of(at, cohort.zone)
    if not accounts.holds_any_role(by.id, at=at):
        by.shown_name = alias
    audit.record(PERSON_SETTLED, by=by.id, on=enrolment.id, at=at, course_language=(before, chosen.course_language))
    return enrolment


def _checked_name(enrolment: Enrolment, cohort: Cohort, chosen: Settling) -> str:
    """The name as it is kept. Raises what `rules.aliases` raises, and AliasTaken for a drawn one that is gone."""
    taken = [alias for alias in uploads.aliases_in(cohort) if alias != enrolment.alias]
    if cohort.naming is Naming.NAMED:
        return check_shown_name(chosen.name, taken=taken, languages=cohort.languages)
    if chosen.is_own:
        legal_name = _legal_name(enrolment)
        return check_own_alias(chosen.name, legal_name=legal_name, taken=taken, languages=cohort.languages)
    if chosen.name not in proposed_names(enrolment, cohort, most=len(neutral_aliases())):
        raise AliasTaken
    return chosen.name


def _legal_name(enrolment: Enrolment) -> str | None:
    """Hers, only to compare it with a name by which it could be guessed; it goes no further."""
    person = accounts.find_recipient(enrolment.person_id)
    return vault.open_legal_name(person) if person is not None else None


def _enrolment(cohort: Cohort, new: NewEnrolment, *, at: datetime) -> Enrolment:
    background = vault.seal_for(new.person, new.background, place=BACKGROUND) if new.background else None
    return Enrolment(
        public_id=new_id(),
        cohort_id=cohort.id,
        person_id=new.person.id,
        alias=new.alias,
        course_language=new.course_language,
        state=EnrolmentState.ACTIVE,
        since_at=at,
        agreed_at=None if new.is_invited else at,
        quiet_from=None if new.is_invited else day_of(at, cohort.zone),
        background=background,
    )
