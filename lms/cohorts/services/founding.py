"""Making a cohort with its calendar, its settings, its staff and its groups; ending it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from lms.accounts import hashes
from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.audit import services as audit
from lms.courses import queries as courses
from lms.courses.models import Version
from lms.courses.rules import Naming
from lms.kernel import events
from lms.kernel.db import db, lock_name
from lms.kernel.ids import new_id

from ..errors import MadeAlready, NamesNotMeant, NamingSettled, SavedMeanwhile
from ..models import CalendarEntry, Cohort
from ..queries import desk, seats, staff
from ..rules.completion import CompletionRule
from ..rules.opening import check_not_closed
from ..rules.planning import Moments
from ..rules.versions import check_newer

COHORT_MADE = audit.act("cohorts.cohort.made", "year")
SETTINGS_SAVED = audit.act("cohorts.cohort.settings_saved", "places", "changes")
DATES_SAVED = audit.act("cohorts.calendar.saved", "dates", "changes")
VERSION_CHANGED = audit.act("cohorts.cohort.version_changed", "version")
COHORT_CLOSED = audit.act("cohorts.cohort.closed", "is_closed")
PLACES = 24


@dataclass(frozen=True, kw_only=True)
class NewCohort:
    """What a cohort begins with.

    opens: node id of a module to the moment it opens; others have no date yet. dues: node id of a task to the moment
    until which it is handed in; others are never late. What is None follows the programme.
    """

    title: Mapping[str, str]
    year: int
    zone: str
    starts_on: date
    ends_on: date
    opens: Mapping[str, datetime]
    dues: Mapping[str, datetime] = field(default_factory=dict)
    places: int = PLACES
    languages: Sequence[str] | None = None
    naming: Naming | None = None
    completion: CompletionRule | None = None
    hours: int | None = None


def make_cohort(
    version: Version, new: NewCohort, *, by: Person | None, at: datetime, public_id: UUID | None = None
) -> Cohort:
    """Make a cohort of a published version, with a calendar entry for each of its modules, lessons and tasks.

    public_id: one that no cohort bears; drawn where not given. Raises NamesNotMeant.
    """
    naming = new.naming or version.naming
    _check_names_are_meant(naming, version)
    cohort = Cohort(
        public_id=public_id or new_id(),
        version_id=version.id,
        version=version,
        title=dict(new.title),
        year=new.year,
        zone=new.zone,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        places=new.places,
        languages=list(new.languages or (*version.required_languages, *version.allowed_languages)),
        naming=naming,
        completion=version.completion if new.completion is None else new.completion.as_data(),
        hours=new.hours,
    )
    db.session.add(cohort)
    db.session.flush()  # the calendar needs its number
    db.session.add_all(_entry(node_id, cohort, new) for node_id in _nodes(version))
    audit.record(COHORT_MADE, by=by.id if by else None, on=cohort.id, at=at, year=(None, new.year))
    return cohort


def found_cohort(version: Version, new: NewCohort, *, operation: UUID, by: Person, at: datetime) -> Cohort:
    """Make a cohort whose first coordinator is whoever made it.

    operation: made with the page, so that a button that is pressed twice makes one cohort. Raises MadeAlready when the
    page made another one before.
    """
    public_id = id_of_act("cohort", operation, by)
    lock_name(public_id.bytes)
    known = desk.cohort_by_id(public_id)
    if known is not None:
        if (known.version_id, known.year, known.zone) != (version.id, new.year, new.zone):
            raise MadeAlready
        return known
    cohort = make_cohort(version, new, by=by, at=at, public_id=public_id)
    persons.grant_role(by, Role.COORDINATOR, cohort_id=cohort.id, by=by, at=at)
    return cohort


def id_of_act(what: str, operation: UUID, by: Person) -> UUID:
    """The public id of what a page makes: nobody outside can tell or choose it, and the same page makes the same."""
    return UUID(bytes=hashes.keyed_hash(what, f"{by.id}:{operation}")[:16])


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a coordinator changes of a cohort. known: how often it had been saved when her page was made."""

    title: Mapping[str, str]
    places: int
    languages: Sequence[str]
    naming: Naming
    completion: CompletionRule
    hours: int | None
    grace_days: int
    known: int


def save_settings(cohort_id: int, new: Settings, *, by: Person, at: datetime) -> Cohort:
    """Keep the settings. What stands already, as after a double click, is kept as it is.

    Raises SavedMeanwhile, CohortClosed, NamesNotMeant, NamingSettled.
    """
    cohort = open_for_update(cohort_id)
    if settings_of(cohort, known=new.known) == new:
        return cohort
    _check_known(cohort, new.known)
    if new.naming is not cohort.naming:
        _check_names_are_meant(new.naming, cohort.version)
        if desk.has_settled(cohort):
            raise NamingSettled
    before = cohort.places
    cohort.title, cohort.places, cohort.languages = dict(new.title), new.places, list(new.languages)
    cohort.naming, cohort.completion = new.naming, new.completion.as_data()
    cohort.hours, cohort.grace_days = new.hours, new.grace_days
    cohort.changes += 1
    changes = (new.known, cohort.changes)
    audit.record(SETTINGS_SAVED, by=by.id, on=cohort.id, at=at, places=(before, new.places), changes=changes)
    return cohort


def _check_names_are_meant(naming: Naming, version: Version) -> None:
    """One coordinator alone must not let people be shown by their names. Raises NamesNotMeant."""
    if naming is Naming.NAMED and version.naming is not Naming.NAMED:
        raise NamesNotMeant


def settings_of(cohort: Cohort, *, known: int) -> Settings:
    """What stands now, for somebody whose page knew so many changes."""
    return Settings(
        title=dict(cohort.title),
        places=cohort.places,
        languages=list(cohort.languages),
        naming=cohort.naming,
        completion=cohort.rule(),
        hours=cohort.hours,
        grace_days=cohort.grace_days,
        known=known,
    )


@dataclass(frozen=True, kw_only=True)
class DatesMoved:
    """The calendar of a cohort was changed. weeks_moved: the weeks of the course begin on other days now."""

    cohort: Cohort
    weeks_moved: bool


@dataclass(frozen=True, kw_only=True)
class VersionFollowed:
    """A cohort follows a newer version of its programme from now on."""

    cohort: Cohort


@dataclass(frozen=True, kw_only=True)
class Dates:
    """The calendar. moments: when each node opens and is due; nodes that are not named keep what they have."""

    starts_on: date
    ends_on: date
    moments: Mapping[str, Moments]
    known: int


def save_dates(cohort_id: int, new: Dates, *, by: Person, at: datetime) -> Cohort:
    """Keep the calendar. Whoever was given more time keeps it; what stands already is kept as it is.

    Raises SavedMeanwhile, CohortClosed.
    """
    cohort = open_for_update(cohort_id)
    entries = [entry for entry in seats.calendar_of(cohort) if entry.node_id in new.moments]
    moved = [entry for entry in entries if (entry.opens_at, entry.due_at) != new.moments[entry.node_id]]
    if not moved and (cohort.starts_on, cohort.ends_on) == (new.starts_on, new.ends_on):
        return cohort
    _check_known(cohort, new.known)
    weeks_moved = (new.starts_on - cohort.starts_on).days % 7 != 0
    cohort.starts_on, cohort.ends_on = new.starts_on, new.ends_on
    for entry in moved:
        entry.opens_at, entry.due_at = new.moments[entry.node_id]
    cohort.changes += 1
    changes = (new.known, cohort.changes)
    audit.record(DATES_SAVED, by=by.id, on=cohort.id, at=at, dates=(None, len(moved)), changes=changes)
    events.publish(DatesMoved(cohort=cohort, weeks_moved=weeks_moved))
    return cohort


def change_version(cohort_id: int, version: Version, *, known: int, by: Person, at: datetime) -> Cohort:
    """Let a cohort follow a newer version of its programme: what is new gets an entry without a date.

    Entries of what is no longer taught stay, so that nothing that was done loses its place; what is open is finished on
    the version on which it was opened. Following what is followed already changes nothing.
    Raises SavedMeanwhile, CohortClosed, NotANewerVersion.
    """
    cohort = open_for_update(cohort_id)
    if cohort.version_id == version.id:
        return cohort
    _check_known(cohort, known)
    assert version.programme_id == cohort.version.programme_id
    check_newer(number=version.number, followed=cohort.version.number)
    before, cohort.version_id, cohort.version = cohort.version_id, version.id, version
    cohort.title = {**version.title, **cohort.title}  # a language that became required has a title at once
    known_nodes = {entry.node_id for entry in seats.calendar_of(cohort)}
    db.session.add_all(
        CalendarEntry(public_id=new_id(), cohort_id=cohort.id, node_id=node_id)
        for node_id in _nodes(version)
        if node_id not in known_nodes
    )
    cohort.changes += 1
    audit.record(VERSION_CHANGED, by=by.id, on=cohort.id, at=at, version=(before, version.id))
    events.publish(VersionFollowed(cohort=cohort))
    return cohort


def close_cohort(cohort_id: int, *, by: Person, at: datetime) -> bool:
    """End a cohort: nothing of it is changed from here on, results and certificates stay. False if it was closed.

    The roles of its facilitators end with it, since nothing is left that they would need to see; coordinators keep
    theirs. Who looked after which group stays on record.
    """
    cohort = desk.cohort_for_update(cohort_id, to_close=True)
    if cohort.closed_at is not None:
        return False
    cohort.closed_at = at
    for grant in staff.grants_for_update(cohort, at=at):
        if grant.role is Role.FACILITATOR:
            persons.end_role(grant, by=by, at=at)
    audit.record(COHORT_CLOSED, by=by.id, on=cohort.id, at=at, is_closed=(False, True))
    return True


def open_for_update(cohort_id: int) -> Cohort:
    """The cohort, locked. Raises CohortClosed."""
    cohort = desk.cohort_for_update(cohort_id)
    check_not_closed(cohort.closed_at)
    return cohort


def _check_known(cohort: Cohort, known: int) -> None:
    if cohort.changes != known:
        raise SavedMeanwhile


def _nodes(version: Version) -> Iterator[str]:
    """All that a calendar speaks of."""
    for module in courses.modules_of(version):
        yield module.node_id
        yield from (lesson.node_id for lesson in module.lessons)
    yield from (task.node_id for task in courses.tasks_of(version.id))


def _entry(node_id: str, cohort: Cohort, new: NewCohort) -> CalendarEntry:
    return CalendarEntry(
        public_id=new_id(),
        cohort_id=cohort.id,
        node_id=node_id,
        opens_at=new.opens.get(node_id),
        due_at=new.dues.get(node_id),
    )
