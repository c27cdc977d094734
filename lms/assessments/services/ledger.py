"""Keeping where participants stand beside their places, so that lists of a cohort stay flat (docs/decisions/0023).

An act that changes it locks her place first, before anything else of hers: two devices of one person wait for each
other, and nobody waits for somebody who waits for her.
"""

import time

from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import desk
from lms.cohorts.rules.wallclock import day_of
from lms.cohorts.services import tallying
from lms.cohorts.services.enrolling import PlacesGiven
from lms.cohorts.services.founding import DatesMoved, VersionFollowed
from lms.kernel.db import db, transaction
from lms.modules.services import LessonRead

from ..queries import ledger as queries
from ..rules import ledger as rules

OTHERS_TURN_SECONDS = 0.1
"""The longest that SQLite sleeps before it asks again for a lock."""


def renew(place: Enrolment, cohort: Cohort) -> None:
    """After she handed in, took back or was given time. place: locked. cohort: with its version. Four statements."""
    db.session.flush()  # the database is asked what she has done
    done = queries.done_by(cohort, place).get(place.id, set())
    place.finished = rules.finished(queries.nodes_by_module(cohort.version), done)
    ends = queries.own_ends(queries.graded_entries(cohort), queries.given_to(cohort, place).get(place.id))
    place.late_from = rules.late_from(ends, done)


def renew_all(cohort: Cohort) -> None:
    """The same for every place of a cohort, after its calendar or its version changed."""
    db.session.flush()
    done, given = queries.done_by(cohort), queries.given_to(cohort)
    modules, entries = queries.nodes_by_module(cohort.version), queries.graded_entries(cohort)
    for place in queries.places_of(cohort):
        hers = done.get(place.id, set())
        place.finished = rules.finished(modules, hers)
        place.late_from = rules.late_from(queries.own_ends(entries, given.get(place.id)), hers)


def count_anew(cohort: Cohort) -> None:
    """Everything that is kept of a cohort, from what its people did: after work was stored in bulk."""
    renew_all(cohort)
    activity = queries.activity_of(cohort)
    for place in queries.places_of(cohort):
        place.active_on = activity.last_on.get(place.id)
        signs = (place.active_on, *(day_of(one, cohort.zone) for one in (place.agreed_at, place.since_at) if one))
        place.quiet_from = max(filter(None, signs)) if place.agreed_at is not None else None
    db.session.flush()
    tallying.count_anew(cohort, active=activity.by_week)


def count_all() -> None:
    """Everything that is kept of every cohort."""
    for number in queries.cohorts():
        count_anew(desk.cohort_for_update(number))


def count_uncounted() -> None:
    """Count every cohort that has places and no counts, each in a transaction of its own: after a migration.

    Others write in between: under SQLite they only look now and then whether they may (docs/reliability.md, R16).
    """
    for number in queries.cohorts(uncounted=True):
        with transaction():
            count_anew(desk.cohort_for_update(number))
        time.sleep(OTHERS_TURN_SECONDS)


def on_places_given(event: PlacesGiven) -> None:
    """What is due is due for them too: one statement for all."""
    cohort = queries.with_version(event.cohort)
    late_from = rules.late_from(queries.own_ends(queries.graded_entries(cohort)), set())
    for place in event.places:
        place.late_from = late_from


def on_lesson_read(event: LessonRead) -> None:
    """She may have done all of a module now: one statement."""
    db.session.flush()
    done = queries.done_by(event.cohort, event.place).get(event.place.id, set())
    event.place.finished = rules.finished(queries.nodes_by_module(event.cohort.version), done)


def on_dates_moved(event: DatesMoved) -> None:
    """Dates are others now; weeks too, where the first day is another."""
    if event.weeks_moved:
        count_anew(event.cohort)
    else:
        renew_all(event.cohort)


def on_version_followed(event: VersionFollowed) -> None:
    """What there is to do is something else now."""
    renew_all(event.cohort)
