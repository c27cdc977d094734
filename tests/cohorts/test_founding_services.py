"""Making a cohort, changing its frame and ending it, as coordinators do at the same time."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person, RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.audit.models import Entry
from lms.cohorts.errors import (
    CohortClosed,
    MadeAlready,
    NamesNotMeant,
    NamingSettled,
    NotANewerVersion,
    SavedMeanwhile,
)
from lms.cohorts.models import Cohort
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries.desk import Desk
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.rules.completion import CompletionRule
from lms.cohorts.services import enrolling, founding
from lms.courses.models import Version
from lms.courses.rules import Naming
from lms.courses.services import publish_version
from lms.kernel.db import db
from lms.kernel.policy import allows
from tests.cast import DAY, NOW
from tests.courses.versions import M1, M2, VERSION, lesson

NEW = founding.NewCohort(
    title={"en": "Next"},
    year=2028,
    zone="Europe/Oslo",
    starts_on=date(2028, 4, 1),
    ends_on=date(2028, 6, 1),
    opens={"m1": NOW + 400 * DAY},
    dues={"m1-quiz": NOW + 410 * DAY},
    places=30,
    naming=Naming.ALIAS,
)


@pytest.fixture
def coordinator(in_app, cast):
    return db.session.get_one(Person, cast.coordinator.id)


@pytest.fixture
def version(in_app, cast):
    return db.session.get_one(Version, cast.version_key)


@pytest.fixture
def cohort(in_app, cast):
    return db.session.get_one(Cohort, cast.cohort_key)


def found(version, by, new=NEW, operation=None):
    return founding.found_cohort(version, new, operation=operation or uuid4(), by=by, at=NOW)


def acts():
    db.session.flush()
    return list(db.session.scalars(select(Entry.act).order_by(Entry.id)))


def load(member):
    return db.session.get_one(Person, member.id)


def coordinates(person, cohort):
    query = select(Person).where(Person.id == person.id).options(selectinload(Person.roles))
    who = db.session.scalars(query.execution_options(populate_existing=True)).one()
    return allows(CohortPermission.CHANGE, who, Desk(cohort=cohort))


def test_whoever_makes_a_cohort_runs_it(version, coordinator):
    cohort = found(version, coordinator)
    db.session.flush()
    assert coordinates(coordinator, cohort)
    grants = db.session.scalars(select(RoleGrant).where(RoleGrant.cohort_id == cohort.id)).all()
    assert [(grant.person_id, grant.role) for grant in grants] == [(coordinator.id, Role.COORDINATOR)]
    assert (cohort.year, cohort.places, cohort.naming, cohort.changes) == (2028, 30, Naming.ALIAS, 0)
    assert cohort.rule() == CompletionRule(activities_percent=80) and cohort.languages == ["en", "fr", "ar"]
    dates = {entry.node_id: (entry.opens_at, entry.due_at) for entry in calendar_of(cohort)}
    assert dates["m1"] == (NOW + 400 * DAY, None) and dates["m1-quiz"] == (None, NOW + 410 * DAY)


def test_a_button_that_is_pressed_twice_makes_one_cohort(version, coordinator):
    operation = uuid4()
    first = found(version, coordinator, operation=operation)
    before = acts()
    assert found(version, coordinator, operation=operation) is first
    assert acts() == before
    assert found(version, coordinator, operation=uuid4()) is not first


def test_a_page_that_made_a_cohort_makes_no_other_one(version, coordinator):
    operation = uuid4()
    found(version, coordinator, operation=operation)
    for other in (replace(NEW, year=2029), replace(NEW, zone="Africa/Juba")):
        with pytest.raises(MadeAlready):
            found(version, coordinator, other, operation)


def test_the_id_of_a_cohort_is_not_the_one_that_the_page_sent_and_each_coordinators_own(version, coordinator, cast):
    operation = uuid4()
    colleague = db.session.get_one(Person, cast.facilitator.id)
    ids = {found(version, by, operation=operation).public_id for by in (coordinator, colleague)}
    assert len(ids) == 2 and operation not in ids


def settings(cohort, **more):
    return replace(founding.settings_of(cohort, known=cohort.changes), **more)


def save(cohort, new, by):
    return founding.save_settings(cohort.id, new, by=by, at=NOW)


def test_settings_are_kept_and_counted(cohort, coordinator):
    new = settings(
        cohort,
        title={"en": "Other", "fr": "Autre", "ar": "آخر"},
        places=12,
        languages=["fr"],
        completion=CompletionRule(live_sessions=3, simulation=True),
        hours=40,
        grace_days=0,
    )
    saved = save(cohort, new, coordinator)
    assert founding.settings_of(saved, known=0) == new
    assert saved.changes == 1 and saved.completion == {"live_sessions": 3, "simulation": True}
    assert acts()[-1] == founding.SETTINGS_SAVED.name


def test_names_are_shown_only_where_the_programme_says_so(version, cohort, coordinator):
    with pytest.raises(NamesNotMeant):
        found(version, coordinator, replace(NEW, naming=Naming.NAMED))
    with pytest.raises(NamesNotMeant):
        save(cohort, settings(cohort, naming=Naming.NAMED), coordinator)
    with_names = newer(M1, naming=Naming.NAMED)
    assert found(with_names, coordinator, replace(NEW, naming=None)).naming is Naming.NAMED
    assert found(with_names, coordinator, replace(NEW, naming=Naming.ALIAS)).naming is Naming.ALIAS


def test_once_somebody_has_come_what_others_see_of_her_stays(cast, coordinator):
    cohort = found(newer(M1, naming=Naming.NAMED), coordinator)
    save(cohort, settings(cohort, naming=Naming.NAMED), coordinator)
    person = db.session.get_one(Person, cast.stranger.id)
    enrolling.enrol(person, cohort, alias="Ana", course_language="en", by=coordinator, at=NOW)
    with pytest.raises(NamingSettled):
        save(cohort, settings(cohort, naming=Naming.ALIAS), coordinator)


def test_of_two_coordinators_the_second_is_told(cohort, coordinator):
    hers, his = settings(cohort, places=20), settings(cohort, hours=30)
    save(cohort, hers, coordinator)
    with pytest.raises(SavedMeanwhile):
        save(cohort, his, coordinator)
    saved = save(cohort, replace(his, known=1), coordinator)
    assert (saved.places, saved.hours, saved.changes) == (his.places, 30, 2)


def test_saving_what_stands_already_is_one_act_whoever_did_it(cohort, coordinator):
    new = settings(cohort, places=20)
    save(cohort, new, coordinator)
    before = acts()
    assert save(cohort, new, coordinator).changes == 1 and acts() == before


def dates(cohort, **more):
    moments = {entry.node_id: (entry.opens_at, entry.due_at) for entry in calendar_of(cohort)}
    new = founding.Dates(starts_on=cohort.starts_on, ends_on=cohort.ends_on, moments=moments, known=cohort.changes)
    return replace(new, **more)


def save_dates(cohort, new, by):
    return founding.save_dates(cohort.id, new, by=by, at=NOW)


def test_dates_are_kept_and_what_is_not_named_keeps_its_own(cohort, coordinator):
    new = dates(cohort, moments={"m2": (NOW + 9 * DAY, None), "m1-quiz": (None, None)}, ends_on=date(2027, 7, 31))
    saved = save_dates(cohort, new, coordinator)
    found = {entry.node_id: (entry.opens_at, entry.due_at) for entry in calendar_of(saved)}
    assert found["m2"] == (NOW + 9 * DAY, None) and found["m1-quiz"] == (None, None)
    assert found["m1"] == (NOW - 5 * DAY, None) and found["m1-timed"] == (None, NOW + DAY)
    assert saved.ends_on == date(2027, 7, 31) and saved.changes == 1
    db.session.flush()
    entry = db.session.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()
    assert entry.act == founding.DATES_SAVED.name and entry.changes["dates"] == [None, 2]


def test_of_two_who_save_dates_the_second_is_told_unless_both_wanted_the_same(cohort, coordinator):
    new = dates(cohort, moments={"m2": (NOW + 9 * DAY, None)})
    save_dates(cohort, new, coordinator)
    assert save_dates(cohort, new, coordinator).changes == 1
    with pytest.raises(SavedMeanwhile):
        save_dates(cohort, replace(new, moments={"m2": (NOW + 10 * DAY, None)}), coordinator)


def test_settings_and_dates_count_together(cohort, coordinator):
    new = dates(cohort, starts_on=cohort.starts_on - timedelta(days=7))
    save(cohort, settings(cohort, places=20), coordinator)
    with pytest.raises(SavedMeanwhile):
        save_dates(cohort, new, coordinator)


def newer(*modules, **more):
    new = replace(VERSION, programme="women-and-ceasefires", digest=uuid4().hex * 2, modules=modules, **more)
    return publish_version(new, by=None, at=NOW)[0]


def follow(cohort, version, by, known=0):
    return founding.change_version(cohort.id, version, known=known, by=by, at=NOW)


def test_a_cohort_follows_a_newer_version_and_keeps_what_it_has(cohort, coordinator):
    before = {entry.node_id: (entry.public_id, entry.opens_at, entry.due_at) for entry in calendar_of(cohort)}
    after = newer(replace(M1, lessons=[*M1.lessons, lesson("m1-new")]), M2)
    changed = follow(cohort, after, coordinator)
    db.session.flush()
    entries = {entry.node_id: (entry.public_id, entry.opens_at, entry.due_at) for entry in calendar_of(changed)}
    assert before.items() <= entries.items()
    assert entries.keys() - before.keys() == {"m1-new", "m1-check", "m2-quiz"}
    assert entries["m1-new"][1:] == (None, None)
    assert (changed.version_id, changed.changes) == (after.id, 1)


def test_following_twice_is_one_act(cohort, coordinator):
    after = newer(M1)
    follow(cohort, after, coordinator)
    before = acts()
    assert follow(cohort, after, coordinator).changes == 1 and acts() == before


def test_a_cohort_does_not_go_back_and_nobody_follows_unseen(cohort, coordinator):
    second, third = newer(M1), newer(M1, M2)
    follow(cohort, third, coordinator)
    with pytest.raises(NotANewerVersion):
        follow(cohort, second, coordinator, known=1)
    with pytest.raises(SavedMeanwhile):
        follow(cohort, newer(M2), coordinator, known=0)


def test_a_language_that_becomes_required_gives_the_cohort_a_title(cohort, coordinator):
    cohort.title = {"en": "Ours", "fr": "Le nôtre"}
    languages = ["es", "en", "fr"]
    after = newer(M1, required_languages=languages, title=dict.fromkeys(languages, "Programme"))
    changed = follow(cohort, after, coordinator)
    assert changed.title == {"es": "Programme", "en": "Ours", "fr": "Le nôtre"}
    assert Desk(cohort=changed).title("ar").text == "Programme"


def test_closing_ends_the_work_of_facilitators_and_not_that_of_coordinators(cohort, coordinator, cast):
    other = db.session.scalars(select(Cohort).where(Cohort.public_id == cast.other_cohort_id)).one()
    elsewhere = persons.grant_role(load(cast.facilitator), Role.FACILITATOR, cohort_id=other.id, by=None, at=NOW - DAY)
    ended = persons.grant_role(load(cast.stranger), Role.FACILITATOR, cohort_id=cohort.id, by=None, at=NOW - 9 * DAY)
    persons.end_role(ended, by=None, at=NOW - 8 * DAY)
    db.session.flush()
    founding.close_cohort(cohort.id, by=coordinator, at=NOW)
    founding.close_cohort(cohort.id, by=coordinator, at=NOW + DAY)
    db.session.flush()
    grants = db.session.scalars(select(RoleGrant).where(RoleGrant.cohort_id == cohort.id)).all()
    assert {(one.person_id, one.role, one.until_at) for one in grants} == {
        (cast.facilitator.id, Role.FACILITATOR, NOW),
        (cast.stranger.id, Role.FACILITATOR, NOW - 8 * DAY),
        (coordinator.id, Role.COORDINATOR, None),
    }
    assert elsewhere.until_at is None
    entries = db.session.scalars(select(Entry).where(Entry.act == "accounts.role.ended").order_by(Entry.id)).all()
    (entry,) = [one for one in entries if one.at == NOW]
    assert (entry.by_id, entry.on_id, entry.changes) == (
        coordinator.id,
        cast.facilitator.id,
        {"role": ["facilitator", None]},
    )


def test_a_closed_cohort_is_changed_by_nothing_and_closed_once(cohort, coordinator):
    new_settings, new_dates = settings(cohort, places=20), dates(cohort, starts_on=date(2027, 3, 1))
    assert coordinates(coordinator, cohort)
    assert founding.close_cohort(cohort.id, by=coordinator, at=NOW)
    before = acts()
    assert not founding.close_cohort(cohort.id, by=coordinator, at=NOW + DAY)
    assert cohort.closed_at == NOW and acts() == before and not coordinates(coordinator, cohort)
    for refused in (
        lambda: save(cohort, new_settings, coordinator),
        lambda: save_dates(cohort, new_dates, coordinator),
        lambda: follow(cohort, newer(M1), coordinator),
    ):
        with pytest.raises(CohortClosed):
            refused()
