"""A coordinator's cohort at a glance, and the list of its participants."""

import csv
import io
import re
import zipfile
from datetime import date

import pytest
from sqlalchemy import select, update

from lms.accounts.models import RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, persons
from lms.assessments.models import Conflict
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import AttemptState
from lms.assessments.rules.marking import Verdict
from lms.assessments.services import asking
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment, Group, Sending, Upload
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.sending import Answer
from lms.cohorts.rules.uploads import UploadState
from lms.cohorts.services import enrolling
from lms.cohorts.services.enrolling import NewEnrolment
from lms.courses.rules import Naming
from lms.home.queries import overview
from lms.home.queries.people import Show, page_of
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.messaging.models import Job
from tests.assessments.taught import enrolment_of, in_context, load
from tests.cast import CANARY, DAY, HOUR, LANGUAGES, NOW
from tests.client import Visitor
from tests.home.year import MANY, analyze, attempt, count, fill, read


def view(cast, taught, *, at=NOW):
    who = load(cast.coordinator)
    cohort = db.session.scalars(select(Cohort).where(Cohort.id == taught.cohort_key)).one()
    db.session.refresh(cohort, ["version"])
    return overview.overview_of(who, cohort, language="en", at=at)


def set_state(taught, name, **values):
    with transaction():
        enrolment = enrolment_of(taught.enrolments[name])
        for key, value in values.items():
            setattr(enrolment, key, value)
        count(taught)


# Figures


def test_figures_count_people_once_and_where_they_belong(in_app, cast, taught):
    read(taught, "cedar", "m1-words", at=NOW - DAY)
    set_state(taught, "nour", state=EnrolmentState.PAUSED)
    found = view(cast, taught)
    assert (found.enrolled, found.took_part, found.paused) == (3, 3, 1)
    assert (found.expected, found.silent, found.late) == (2, 1, 1)  # a quiz was due yesterday
    assert found.on_time == 0 and found.by_language == {"ar": 1, "en": 1, "fr": 1}


def test_who_has_left_counts_nowhere_and_who_completed_still_does(in_app, cast, taught):
    set_state(taught, "cedar", state=EnrolmentState.WITHDRAWN)
    set_state(taught, "nour", state=EnrolmentState.COMPLETED)
    found = view(cast, taught)
    assert (found.enrolled, found.took_part, found.expected) == (2, 2, 1)
    assert found.by_language == {"ar": 1, "fr": 1}


def test_each_person_is_active_once_a_week_whatever_she_did(in_app, cast, taught):
    read(taught, "cedar", "m1-words", "m1-types", at=NOW - 6 * DAY)
    attempt(taught, "cedar", "t-memo", state=AttemptState.OPEN, at=NOW - 5 * DAY, saved_at=NOW - 5 * DAY)
    read(taught, "nour", "m1-words", at=NOW - 5 * DAY)
    found = view(cast, taught)
    assert (found.weeks.now, found.weeks.total) == (2, 13)
    assert list(found.chart.values) == [1, 2] and found.active_now == 2


def test_what_markers_do_makes_nobody_active(in_app, cast, taught):
    attempt(taught, "cedar", "t-memo", at=NOW - DAY, saved_at=NOW - DAY, by_id=cast.facilitator.id)
    found = view(cast, taught)
    assert list(found.chart.values) == [0, 0] and found.silent == 3


def test_before_its_first_day_a_cohort_has_no_chart(in_app, cast, taught):
    found = view(cast, taught, at=NOW - 30 * DAY)
    assert found.chart is None and found.weeks.now == 0 and found.active_now == 0


def test_after_its_end_nobody_is_active_this_week(in_app, cast, taught):
    found = view(cast, taught, at=NOW + 200 * DAY)
    assert found.weeks.now > found.weeks.total == len(found.chart.values) and found.active_now == 0


def test_a_module_is_finished_with_everything_in_it_read_and_handed_in(in_app, cast, taught):
    read(taught, "cedar", "m1-words", "m1-types", "m1-gone")
    for node_id in ("t-quiz", "t-timed", "t-later"):
        attempt(taught, "cedar", node_id, points=0, points_of=100)
    assert [module.finished for module in view(cast, taught).modules] == [0, 0]
    attempt(taught, "cedar", "t-memo", state=AttemptState.OPEN)
    assert view(cast, taught).modules[0].finished == 0
    attempt(taught, "nour", "t-memo")
    attempt(taught, "cedar", "t-memo", 2)
    assert view(cast, taught).modules[0].finished == 1


# Silence and lateness


def test_silence_begins_with_the_seventh_whole_day(in_app, cast, taught):
    read(taught, "cedar", "m1-words", at=NOW - 6 * DAY)
    read(taught, "nour", "m1-words", at=NOW - 7 * DAY)
    read(taught, "olivier", "m1-words", at=NOW - 12 * DAY)
    found = view(cast, taught)
    assert [(one.alias, one.days) for one in found.silent_people] == [("Érable", 12), ("نور", 7)]


def test_who_did_nothing_at_all_is_silent_since_there_was_something_to_do(in_app, cast, taught):
    assert {one.days for one in view(cast, taught).silent_people} == {15}  # the module opened then


@pytest.mark.parametrize(
    "change",
    [
        {"state": EnrolmentState.PAUSED},
        {"state": EnrolmentState.COMPLETED},
        {"agreed_at": None},
        {"agreed_at": NOW - 3 * DAY},
        {"since_at": NOW - 3 * DAY},
    ],
)
def test_who_pauses_is_through_has_not_come_or_has_just_begun_is_not_silent(in_app, cast, taught, change):
    set_state(taught, "cedar", **change)
    assert view(cast, taught).silent == 2


def test_saving_a_draft_breaks_the_silence(in_app, cast, taught):
    attempt(taught, "cedar", "t-memo", state=AttemptState.OPEN, at=NOW - 14 * DAY, saved_at=NOW - DAY)
    assert view(cast, taught).silent == 2


def test_while_nothing_is_open_nobody_is_silent(in_app, cast, taught):
    with transaction():
        db.session.execute(
            update(CalendarEntry).where(CalendarEntry.cohort_id == taught.cohort_key).values(opens_at=None)
        )
    assert view(cast, taught).silent == 0


def late(cast, taught, *, at=NOW):
    for name in taught.enrolments:
        read(taught, name, f"x-{at:%d}", at=at - HOUR)  # so that nobody is silent
    return view(cast, taught, at=at).late


def test_a_graded_task_past_its_date_makes_late_until_it_is_handed_in(in_app, cast, taught):
    assert late(cast, taught) == 3  # t-timed was due yesterday
    attempt(taught, "cedar", "t-timed", points=0, points_of=100)
    attempt(taught, "nour", "t-timed", state=AttemptState.OPEN)
    assert view(cast, taught).late == 2


def test_who_was_given_more_time_is_not_late(in_app, cast, taught):
    person = load(cast.cedar)
    with transaction():
        place = sittings.find_task_place(person, taught.tasks["t-timed"])
        asking.ask(place, asking.NewRequest(wanted_on=(NOW + 3 * DAY).date()), by=person, at=NOW)
    assert late(cast, taught) == 2
    assert late(cast, taught, at=NOW + 5 * DAY) == 3


def test_a_silent_person_is_not_counted_as_late_too(in_app, cast, taught):
    found = view(cast, taught)
    assert (found.silent, found.late, found.on_time) == (3, 0, 0)


# What waits


def test_the_oldest_work_is_told_in_whole_days(in_app, cast, taught):
    attempt(taught, "cedar", "t-memo", at=NOW - 6 * DAY)
    attempt(taught, "nour", "t-memo", at=NOW - DAY)
    attempt(taught, "olivier", "t-memo", at=NOW - 9 * DAY, state=AttemptState.RELEASED, verdict=Verdict.MEETS)
    found = view(cast, taught)
    assert (found.waiting.to_mark, found.oldest_days, found.is_marking_slow) == (2, 6, True)


@pytest.mark.parametrize(("days", "slow"), [(5, False), (6, True)])
def test_marking_is_slow_after_more_than_five_days(in_app, cast, taught, days, slow):
    attempt(taught, "cedar", "t-memo", at=NOW - days * DAY)
    assert view(cast, taught).is_marking_slow is slow


def invite(cast, taught, alias, *, released_at, code=True):
    with transaction():
        made = persons.make_person(
            persons.NewPerson(shown_name=alias, interface_language="en", time_zone="UTC"), by=None, at=NOW
        )
        new = NewEnrolment(person=made, alias=alias, course_language="en", is_invited=True)
        (enrolment,) = enrolling.enrol_all(db.session.get_one(Cohort, taught.cohort_key), [new], by=None, at=NOW)
        enrolment.released_at = released_at
        if code:
            codes.invite(made, by=None, at=NOW - DAY)


@pytest.mark.parametrize(
    ("released_at", "code", "told"),
    [
        (None, True, 0),
        (NOW - 10 * DAY, True, 0),
        (NOW - 11 * DAY, True, 1),
        (NOW - DAY, False, 1),
    ],
)
def test_an_invitation_is_without_an_answer_after_ten_days_or_when_it_expired(
    in_app, cast, taught, released_at, code, told
):
    invite(cast, taught, "Birch", released_at=released_at, code=code)
    assert view(cast, taught).waiting.unanswered == told


def test_lists_and_sendings_of_others_wait_and_ones_own_do_not(in_app, cast, taught):
    with transaction():
        for state in UploadState:
            db.session.add(
                Upload(
                    public_id=new_id(),
                    cohort_id=taught.cohort_key,
                    by_id=cast.coordinator.id,
                    file_hash="x",
                    received_at=NOW,
                    state=state,
                    new=1,
                    known=0,
                    faulty=0,
                    taken=0,
                )  # fmt: skip
            )
        for by_id, asked_at in ((cast.facilitator.id, NOW - HOUR), (cast.coordinator.id, NOW), (None, NOW - 2 * DAY)):
            db.session.add(
                Sending(public_id=new_id(), cohort_id=taught.cohort_key, asked_by_id=by_id, asked_at=asked_at, people=1)
            )
    found = view(cast, taught).waiting
    asked = db.session.scalars(select(Sending).where(Sending.asked_by_id == cast.facilitator.id)).one()
    assert found.lists == 1 and found.sending == asked.public_id


def test_a_message_that_was_given_up_is_told(in_app, cast, taught):
    with transaction():
        for cohort_key in (taught.cohort_key, cast.cohort_key):
            db.session.add(
                Job(
                    kind="message",
                    payload={},
                    run_at=NOW - DAY,
                    tries=10,
                    done_at=NOW - HOUR,
                    fault="Refused",
                    person_id=cast.cedar.id,
                    cohort_id=cohort_key,
                )  # fmt: skip
            )
    assert view(cast, taught).messages.given_up == 1


@pytest.mark.parametrize(("opens_in", "told"), [(-20, 1), (2, 1), (7, 1), (8, 0), (None, 0)])
def test_a_module_that_opens_within_a_week_without_lessons_is_told(in_app, cast, taught, opens_in, told):
    with transaction():
        module = select(CalendarEntry).where(
            CalendarEntry.cohort_id == taught.cohort_key, CalendarEntry.node_id == "m2"
        )
        db.session.scalars(module).one().opens_at = None if opens_in is None else NOW + opens_in * DAY
    assert len(view(cast, taught).soon_empty) == told


# The page


def page(visitor, taught, endpoint="desk.cohort", **more):
    return visitor.get(endpoint, cohort_id=taught.cohort_id, **more)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_who_needs_her_and_nobodys_name(as_coordinator, taught, lang):
    found = page(as_coordinator, taught, lang=lang)
    assert found.text.count("btn alt small") >= 3 and "Cedar" in found.words()
    assert CANARY not in found.text and "@kanaria" not in found.text


def test_each_row_has_one_button_to_what_works(app, as_coordinator, cast, taught):
    in_context(app, invite, cast, taught, "Birch", released_at=NOW - 11 * DAY)
    in_context(app, attempt, taught, "cedar", "t-memo", at=NOW - 9 * DAY)
    found = page(as_coordinator, taught)
    rows = re.search(r'<ul class="rows">(.*?)</ul>', found.text, re.S)[1].split("<li>")[1:]
    assert len(rows) >= 5 and all(row.count("<a ") == 1 for row in rows)
    for address in re.findall(r'<a class="btn alt small" href="([^"]+)"', found.text):
        as_coordinator.get(address.replace("&amp;", "&"))


def test_the_sentence_of_a_silent_person(as_coordinator, taught):
    words = page(as_coordinator, taught).words()
    assert "Cedar has been silent for 15 days" in words
    assert "Nothing read, saved or handed in since 29 March." in words


def test_a_quiet_cohort_says_that_nothing_needs_her(app, as_coordinator, taught):
    def quiet():
        for name in taught.enrolments:
            read(taught, name, "m1-words")
        with transaction():
            db.session.execute(
                update(CalendarEntry)
                .where(CalendarEntry.cohort_id == taught.cohort_key, CalendarEntry.node_id == "m2")
                .values(opens_at=None)
            )

    in_context(app, quiet)
    assert "Nothing needs you at the moment." in page(as_coordinator, taught).words()


FOUNDING = ("Nobody is on the list yet", "people are not invited yet", "No facilitator works for this cohort yet")


def test_a_new_cohort_is_told_the_next_steps_of_founding(app, as_coordinator, taught):
    """Nobody works for it beside her and nobody is listed; then three people are, and are not invited."""

    def empty():
        with transaction():
            db.session.execute(update(RoleGrant).where(RoleGrant.role == Role.FACILITATOR).values(until_at=NOW - DAY))
            db.session.get_one(Cohort, taught.cohort_key).ends_on = date(2028, 1, 31)
            for enrolment in db.session.scalars(select(Enrolment).where(Enrolment.cohort_id == taught.cohort_key)):
                db.session.delete(enrolment)

    in_context(app, empty)
    found = page(as_coordinator, taught)
    assert [one in found.words() for one in FOUNDING] == [True, False, True]
    assert "Nothing needs you at the moment." not in found.words()
    assert f"/cohort/{taught.cohort_id}/people/upload" in found.text and f"/{taught.cohort_id}/staff" in found.text


def test_people_who_are_not_invited_yet_need_her_until_somebody_asked_for_it(in_app, as_coordinator, cast, taught):
    for alias in ("Birch", "Aspen"):
        invite(cast, taught, alias, released_at=None)
    invite(cast, taught, "Elder", released_at=NOW)
    words = page(as_coordinator, taught).words()
    assert [one in words for one in FOUNDING] == [False, True, False] and "2 people are not invited yet" in words
    with transaction():
        asked = Sending(
            public_id=new_id(), cohort_id=taught.cohort_key, asked_by_id=cast.coordinator.id, asked_at=NOW, people=2
        )
        db.session.add(asked)
        db.session.flush()
        db.session.execute(update(Enrolment).where(Enrolment.alias.in_(["Birch", "Aspen"])).values(sending_id=asked.id))
    assert view(cast, taught).waiting.to_invite == 0
    assert view(cast, taught, at=NOW + 2 * DAY).waiting.to_invite == 2, "nobody answered in time"
    with transaction():
        asked.answer = Answer.CONFIRMED
    assert view(cast, taught, at=NOW + 2 * DAY).waiting.to_invite == 0, "the worker sends them"


def test_a_cohort_that_is_over_is_not_founded_any_more(in_app, as_coordinator, cast, taught):
    invite(cast, taught, "Birch", released_at=None)
    with transaction():
        cohort = db.session.get_one(Cohort, taught.cohort_key)
        cohort.starts_on, cohort.ends_on = (NOW - 28 * DAY).date(), (NOW - 14 * DAY).date()
    assert "not invited yet" not in page(as_coordinator, taught).words()


@pytest.mark.parametrize(
    ("ends_on", "told"), [(date(2027, 12, 3), "1 March to 3 December 2027"), (date(2028, 1, 31), "1 March 2027 to 31")]
)
def test_the_first_year_is_left_out_only_where_both_are_one(app, as_coordinator, taught, ends_on, told):
    def end():
        with transaction():
            cohort = db.session.get_one(Cohort, taught.cohort_key)
            cohort.starts_on, cohort.ends_on = date(2027, 3, 1), ends_on

    in_context(app, end)
    assert told in page(as_coordinator, taught).words()
    assert told in as_coordinator.get("modules.outline", course_id=taught.cohort_id).words()


def test_no_hour_and_no_device_stands_on_it(app, as_coordinator, taught):
    in_context(app, read, taught, "cedar", "m1-words", at=NOW.replace(hour=3, minute=47) - 9 * DAY)
    words = page(as_coordinator, taught).words()
    assert "05:47" not in words and "03:47" not in words and "since 4 April" in words


@pytest.mark.parametrize("endpoint", ["desk.cohort", "desk.participants"])
def test_only_its_coordinators_open_it(app, cast, taught, endpoint):
    for member in (cast.facilitator, cast.cedar, cast.stranger, cast.other_cohort):
        page(Visitor(app).signed_in(member), taught, endpoint, expect=404)
    page(Visitor(app), taught, endpoint, expect=302)


def test_a_closed_cohort_is_looked_at_without_buttons_that_change_it(app, as_coordinator, taught):
    def close():
        with transaction():
            db.session.get_one(Cohort, taught.cohort_key).closed_at = NOW

    in_context(app, close)
    found = page(as_coordinator, taught)
    assert "closed" in found.words() and "/dates" not in found.text and "/settings" not in found.text


# Participants


def listed(cast, taught, show=Show.ALL, *, at=NOW, number=1):
    cohort = db.session.get_one(Cohort, taught.cohort_key)
    db.session.refresh(cohort, ["version"])
    return page_of(load(cast.coordinator), cohort, show=show, number=number, at=at)


def test_each_line_says_how_far_she_is_and_when_she_was_seen_in_days(in_app, cast, taught):
    read(taught, "cedar", "m1-words", at=NOW - 3 * DAY)
    attempt(taught, "cedar", "t-quiz", points=0, points_of=100)
    attempt(taught, "cedar", "t-quiz", 2, points=0, points_of=100)
    attempt(taught, "cedar", "t-memo", state=AttemptState.OPEN, at=NOW - 9 * DAY, saved_at=NOW - 2 * DAY)
    found = listed(cast, taught)
    assert [row.alias for row in found.rows] == ["Cedar", "Érable", "نور"]
    cedar, olivier, _nour = found.rows
    assert (cedar.lessons, cedar.handed_in, cedar.quiet_days, cedar.is_silent) == (1, 1, 2, False)
    assert (found.open_lessons, found.open_tasks) == (2, 4)
    assert (olivier.quiet_days, olivier.is_silent) == (None, True)


@pytest.mark.parametrize(
    ("show", "names"),
    [
        (Show.ALL, ["Birch", "Cedar", "Érable", "نور"]),
        (Show.NOT_COME, ["Birch"]),
        (Show.SILENT, ["Érable"]),
        (Show.PAUSED, ["Cedar"]),
        (Show.LEFT, ["نور"]),
    ],
)
def test_the_filter_shows_whom_it_names(in_app, cast, taught, show, names):
    invite(cast, taught, "Birch", released_at=None)
    set_state(taught, "cedar", state=EnrolmentState.PAUSED)
    set_state(taught, "nour", state=EnrolmentState.DEFERRED)
    assert [row.alias for row in listed(cast, taught, show).rows] == names


def test_the_silent_of_the_list_are_those_of_the_overview(in_app, cast, taught):
    read(taught, "cedar", "m1-words", at=NOW - 7 * DAY)
    read(taught, "nour", "m1-words", at=NOW - 6 * DAY)
    silent = {one.alias for one in view(cast, taught).silent_people}
    assert {row.alias for row in listed(cast, taught, Show.SILENT).rows} == silent
    assert {row.alias for row in listed(cast, taught).rows if row.is_silent} == silent == {"Cedar", "Érable"}


def test_a_conflict_of_interest_hides_her_work_and_not_her_place(in_app, cast, taught):
    with transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=enrolment.id, declared_at=NOW))
    cedar, olivier, _nour = listed(cast, taught).rows
    assert (cedar.lessons, cedar.handed_in) == (None, None) and olivier.lessons == 0


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("show", [*Show, "nonsense"])
def test_the_list_is_drawn_in_each_language(as_coordinator, taught, lang, show):
    found = page(as_coordinator, taught, "desk.participants", lang=lang, show=show, page=99)
    assert CANARY not in found.text


def test_a_group_stands_by_its_number(app, as_coordinator, taught):
    def group():
        with transaction():
            made = Group(public_id=new_id(), cohort_id=taught.cohort_key, number=7)
            db.session.add(made)
            db.session.flush()
            enrolment_of(taught.enrolments["cedar"]).group_id = made.id

    in_context(app, group)
    assert re.search(r"Cedar.*?English.*?7.*?Silent", page(as_coordinator, taught, "desk.participants").words())


# The table to take along


def table(visitor, taught, kind, lang="en"):
    answer = visitor.client.get(f"/{lang}/cohort/{taught.cohort_id}/people/table.{kind}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="people.{kind}"'
    return answer.data


def test_the_csv_has_aliases_states_and_progress_and_no_day(app, as_coordinator, cast, taught):
    in_context(app, read, taught, "cedar", "m1-words")
    in_context(app, invite, cast, taught, "=Birch", released_at=None)
    text = table(as_coordinator, taught, "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:3] == ["Alias", "Course language", "State"]
    assert ["Cedar", "English", "Active", "", "1", "2", "0", "4"] in rows
    assert rows[1][:3] == ["'=Birch", "English", "Not come yet"]  # never a formula
    assert "2027" not in text and CANARY not in text


@pytest.mark.parametrize(("lang", "mirrored"), [("en", False), ("fr", False), ("ar", True)])
def test_the_workbook_runs_from_right_to_left_in_arabic_alone(as_coordinator, taught, lang, mirrored):
    data = table(as_coordinator, taught, "xlsx", lang=lang)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert ('rightToLeft="1"' in sheet) is mirrored


def test_the_table_is_for_coordinators(app, cast, taught):
    for member in (cast.facilitator, cast.cedar):
        Visitor(app).signed_in(member).get("desk.table", cohort_id=taught.cohort_id, kind="csv", expect=404)


# Who is ready


def name_it(taught, **rule):
    with transaction():
        cohort = db.session.get_one(Cohort, taught.cohort_key)
        cohort.naming, cohort.completion = Naming.NAMED, rule


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_cohort_with_names_has_a_list_of_who_is_ready(app, as_coordinator, taught, lang):
    in_context(app, name_it, taught, readiness_check_percent=80)
    found = page(as_coordinator, taught, "desk.readiness", lang=lang)
    assert found.text.count('<th scope="row">') == 3 and f"/{lang}/cohort/" in found.text


def test_who_has_what_the_rule_asks_for_is_ready(app, as_coordinator, taught):
    in_context(app, name_it, taught, activities_percent=20)
    in_context(app, read, taught, "cedar", "m1-words", "m1-types")
    words = page(as_coordinator, taught, "desk.readiness").words()
    assert words.count("Not ready yet") == 2 and "Ready Activities: 33% done, 20% needed" in words


def test_every_page_of_a_cohort_with_names_leads_to_that_list(app, as_coordinator, taught):
    before = page(as_coordinator, taught, "desk.participants")
    assert "/ready" not in before.text and "Aliases. “Last seen” is counted in whole days." in before.words()
    in_context(app, name_it, taught, readiness_check_percent=80)
    after = page(as_coordinator, taught, "desk.participants")
    assert f'/en/cohort/{taught.cohort_id}/ready"' in after.text
    assert "Names. “Last seen” is counted in whole days." in after.words()
    assert '<strong aria-current="page">Who is ready</strong>' in page(as_coordinator, taught, "desk.readiness").text


def test_how_many_have_not_come_yet_is_said_beside_the_list(app, as_coordinator, cast, taught):
    in_context(app, name_it, taught, activities_percent=20)
    assert "not come yet" not in page(as_coordinator, taught, "desk.readiness").words()
    in_context(app, invite, cast, taught, "Birch", released_at=None)
    found = page(as_coordinator, taught, "desk.readiness")
    assert "1 person has not come yet" in found.words() and "Birch" not in found.text
    assert f"/en/cohort/{taught.cohort_id}/people?show=not-come" in found.text


def test_a_check_that_is_not_published_is_said_once_with_what_to_do(app, as_coordinator, taught):
    in_context(app, name_it, taught, readiness_check_percent=80)
    found = page(as_coordinator, taught, "desk.readiness")
    assert "Nobody can be ready yet" in found.words() and f"/en/cohort/{taught.cohort_id}/settings" in found.text
    in_context(app, name_it, taught, activities_percent=20)
    assert "Nobody can be ready yet" not in page(as_coordinator, taught, "desk.readiness").words()


def ready_table(visitor, taught, kind, lang="en"):
    answer = visitor.client.get(f"/{lang}/cohort/{taught.cohort_id}/ready/table.{kind}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="ready.{kind}"'
    return answer.data


def test_the_list_of_who_is_ready_can_be_taken_along(app, as_coordinator, cast, taught):
    in_context(app, name_it, taught, activities_percent=20, readiness_check_percent=80, simulation=True)
    in_context(app, read, taught, "cedar", "m1-words", "m1-types")
    in_context(app, invite, cast, taught, "=Birch", released_at=None)
    text = ready_table(as_coordinator, taught, "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == [
        "Name", "Course language", "State", "Activities done, in per cent",
        "The simulation, or the paper that stands for it", "Readiness check, in per cent",
    ]  # fmt: skip
    assert ["Cedar", "English", "Not ready yet", "33", "0", "0"] in rows
    assert ["'=Birch", "English", "Not come yet", "", "", ""] in rows and len(rows) == 5
    assert CANARY not in text
    in_context(app, name_it, taught, activities_percent=20)
    assert b"Cedar,English,Ready,33\r\n" in ready_table(as_coordinator, taught, "csv")


def test_it_says_nothing_about_whom_the_reader_has_a_conflict_with(app, as_coordinator, cast, taught):
    def conflict():
        with transaction():
            enrolment = enrolment_of(taught.enrolments["cedar"])
            db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=enrolment.id, declared_at=NOW))

    in_context(app, name_it, taught, activities_percent=20)
    in_context(app, read, taught, "cedar", "m1-words", "m1-types")
    in_context(app, conflict)
    assert b"Cedar,English,,\r\n" in ready_table(as_coordinator, taught, "csv")


@pytest.mark.parametrize(("lang", "mirrored"), [("en", False), ("fr", False), ("ar", True)])
def test_its_workbook_runs_as_its_language(app, as_coordinator, taught, lang, mirrored):
    in_context(app, name_it, taught, readiness_check_percent=80)
    with zipfile.ZipFile(io.BytesIO(ready_table(as_coordinator, taught, "xlsx", lang=lang))) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert ('rightToLeft="1"' in sheet) is mirrored


def test_only_coordinators_of_a_cohort_with_names_have_that_table(app, as_coordinator, cast, taught):
    assert as_coordinator.client.get(f"/en/cohort/{taught.cohort_id}/ready/table.csv").status_code == 404
    in_context(app, name_it, taught, readiness_check_percent=80)
    for member in (cast.facilitator, cast.cedar):
        Visitor(app).signed_in(member).get("desk.ready_table", cohort_id=taught.cohort_id, kind="csv", expect=404)


def test_a_cohort_of_aliases_has_no_such_list(as_coordinator, taught):
    page(as_coordinator, taught, "desk.readiness", expect=404)
    assert "/ready" not in page(as_coordinator, taught).text


# Few statements, with three people and with ten thousand


def test_pages_ask_as_little_of_ten_thousand_as_of_three(app, as_coordinator, as_facilitator, taught, statements):
    in_context(app, name_it, taught, activities_percent=20)
    budgets = (
        (as_coordinator, "", 10),
        (as_coordinator, "/people", 6),
        (as_coordinator, "/people?show=silent", 6),
        (as_coordinator, "/people?page=400", 6),
        (as_coordinator, "/session/1?page=400", 4),
        (as_coordinator, "/ready?page=400", 7),
        (as_facilitator, f"/en/people/help?page=200&cohort={taught.cohort_id}", 7),
        (as_facilitator, "/en/people/help", 11),
    )
    for many in (0, MANY):
        with app.app_context(), transaction():
            fill(taught, many)
            analyze()
        for visitor, path, most in budgets:
            address = path if path.startswith("/en") else f"/en/cohort/{taught.cohort_id}{path}"
            visitor.get(address)
            with statements() as seen:
                visitor.get(address)
            assert len(seen) <= most, f"{path} of {many}: {len(seen)}"
            assert not any(re.search(r"legal_name|person\.contact\b", one) for one in seen), path
    with statements() as seen:
        lines = table(as_coordinator, taught, "csv").count(b"\r\n")
    assert len(seen) <= 4 and lines == MANY + 4
    with statements() as seen:
        lines = ready_table(as_coordinator, taught, "csv").count(b"\r\n")
    assert len(seen) <= 6 and lines == MANY + 4
