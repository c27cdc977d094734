"""Keeping where participants stand beside their places, so that lists of a cohort stay flat (docs/decisions/0023).

An act that changes it locks her place first, before anything else of hers: two devices of one person wait for each
other, and nobody waits for somebody who waits for her.
"""

from collections.abc import Sequence

from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import desk
from lms.cohorts.rules.wallclock import day_of
from lms.cohorts.services import tallying
from lms.cohorts.services.enrolling import PlacesGiven
from lms.cohorts.services.founding import DatesMoved, VersionFollowed
from lms.kernel.db import db
from lms.modules.services import LessonRead

from ..queries import ledger as queries
from ..rules import ledger as rules


def renew(place: Enrolment) -> None:
    """After she handed in, took back or was given time. place: locked. Five statements.

    Nothing is taken from the page: what was read before her place was locked may be of before somebody moved the dates.
    """
    db.session.flush()  # the database is asked what she has done
    version = queries.version_of(place.cohort_id)
    done = queries.done_by(place.cohort_id, place).get(place.id, set())
    place.finished = rules.finished(queries.nodes_by_module(version), done)
    given = queries.given_to(place.cohort_id, place).get(place.id)
    place.late_from = rules.late_from(queries.own_ends(queries.graded_entries(place.cohort_id, version), given), done)


def renew_all(cohort: Cohort) -> Sequence[Enrolment]:
    """The same for every place of a cohort, after its calendar or its version changed. The places, locked.

    cohort: locked. Whoever acts holds her place until her act is stored: all of it is seen here, or she sees this.
    """
    db.session.flush()
    places = queries.places_for_update(cohort.id)
    done, given = queries.done_by(cohort.id), queries.given_to(cohort.id)
    version = queries.version_of(cohort.id)
    modules, entries = queries.nodes_by_module(version), queries.graded_entries(cohort.id, version)
    for place in places:
        hers = done.get(place.id, set())
        place.finished = rules.finished(modules, hers)
        place.late_from = rules.late_from(queries.own_ends(entries, given.get(place.id)), hers)
    return places


def count_anew(cohort: Cohort) -> None:
    """Everything that is kept of a cohort, from what its people did: after work was stored in bulk. cohort: locked."""
    places = renew_all(cohort)
    activity = queries.activity_of(cohort)
    for place in places:
        place.active_on = activity.last_on.get(place.id)
        signs = (place.active_on, *(day_of(one, cohort.zone) for one in (place.agreed_at, place.since_at) if one))
        place.quiet_from = max(filter(None, signs)) if place.agreed_at is not None else None
    cohort.is_counted = True
    db.session.flush()
    tallying.count_anew(cohort, active=activity.by_week)


def count_all() -> None:
    """Everything that is kept of every cohort."""
    for number in queries.numbers_of_cohorts():
        count_anew(desk.cohort_for_update(number))


def on_places_given(event: PlacesGiven) -> None:
    """What is due is due for them too: two statements for all."""
    entries = queries.graded_entries(event.cohort.id, queries.version_of(event.cohort.id))
    late_from = rules.late_from(queries.own_ends(entries), set())
    for place in event.places:
        place.late_from = late_from


def on_lesson_read(event: LessonRead) -> None:
    """She may have done all of a module now: two statements."""
    db.session.flush()
    place = event.place
    done = queries.done_by(place.cohort_id, place).get(place.id, set())
    place.finished = rules.finished(queries.nodes_by_module(queries.version_of(place.cohort_id)), done)


def on_dates_moved(event: DatesMoved) -> None:
    """Dates are others now; weeks too, where the first day is another."""
    if event.weeks_moved:
        count_anew(event.cohort)
    else:
        renew_all(event.cohort)


def on_version_followed(event: VersionFollowed) -> None:
    """What there is to do is something else now."""
    renew_all(event.cohort)
