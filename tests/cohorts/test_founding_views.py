"""Pages that make a cohort, change its frame and end it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from flask import render_template
from sqlalchemy import select

from lms.accounts.models import Person, RoleGrant
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.accounts.session import me
from lms.cohorts.models import Cohort, Enrolment, Group
from lms.cohorts.queries import desk as desks
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.services import founding
from lms.courses.models import Version
from lms.courses.rules import Naming
from lms.courses.services import publish_version
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_passkey
from tests.cast import CANARY, DAY, NOW, by_language
from tests.client import Visitor
from tests.courses.versions import M1, VERSION, lesson, module
from tests.pages import faults

LANGUAGES = ("en", "fr", "ar")
OF_COHORT = {
    "cohorts.settings": "cohorts.save_settings",
    "dates.dates": "dates.save",
    "staff.staff": "staff.invite",
    "cohorts.version": "cohorts.follow_version",
    "cohorts.close": "cohorts.close_now",
}
POSTS = (*OF_COHORT.values(), "staff.code", "staff.add", "staff.end", "staff.groups")


@pytest.fixture
def as_coordinator(app, cast):
    """Coordinator of one cohort."""
    return Visitor(app).signed_in(cast.coordinator)


@pytest.fixture
def as_founder(app, cast):
    """The same, and of the whole site."""
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.coordinator.id)
        persons.grant_role(person, Role.COORDINATOR, cohort_id=None, by=None, at=NOW)
    return Visitor(app).signed_in(cast.coordinator)


def read(app, question):
    """What the database says now."""
    with app.app_context():
        return question()


def the_cohort(app, cast):
    return read(app, lambda: db.session.get_one(Cohort, cast.cohort_key))


def calendar(app, cohort_id):
    def ask():
        cohort = db.session.scalars(select(Cohort).where(Cohort.public_id == UUID(str(cohort_id)))).one()
        return {entry.node_id: (entry.opens_at, entry.due_at) for entry in calendar_of(cohort)}

    return read(app, ask)


def act(app, cast, service, *arguments, **more):
    """Something that somebody else does meanwhile."""
    with app.app_context(), transaction():
        by = db.session.get_one(Person, cast.facilitator.id)
        return service(*arguments, by=by, at=NOW, **more)


def publish(app, *modules, **more):
    """A newer version of the programme that the cast's cohort follows."""
    languages = {"required_languages": list(LANGUAGES), "title": by_language("Women and ceasefires")}
    changed = {**languages, "programme": "women-and-ceasefires", "digest": uuid4().hex * 2, "modules": modules, **more}
    with app.app_context(), transaction():
        version, _ = publish_version(replace(VERSION, **changed), by=None, at=NOW + DAY)
        return version.public_id


def of(cast):
    return {"cohort_id": cast.cohort_id}


# ---- who may open them ----


@pytest.mark.parametrize("name", ["cedar", "facilitator", "stranger", "other_cohort"])
def test_nobody_else_sees_the_frame_of_a_cohort(app, cast, name):
    visitor = Visitor(app).signed_in(getattr(cast, name))
    for endpoint in OF_COHORT:
        visitor.get(endpoint, expect=404, **of(cast))
    for endpoint in POSTS:
        visitor.post(endpoint, expect=404, **of(cast))
    visitor.get("cohorts.cohorts", expect=404)
    assert "/cohorts" not in visitor.get("home.today").text


def test_a_coordinator_runs_her_own_cohort_only(as_coordinator, cast):
    for endpoint in OF_COHORT:
        as_coordinator.get(endpoint, expect=404, cohort_id=cast.other_cohort_id)
        as_coordinator.get(endpoint, expect=404, cohort_id=uuid4())
    for endpoint in POSTS:
        as_coordinator.post(endpoint, expect=404, cohort_id=cast.other_cohort_id)


def test_a_stranger_is_sent_to_sign_in(visitor, cast):
    for endpoint in OF_COHORT:
        assert "/sign-in" in visitor.get(endpoint, expect=302, **of(cast)).location


def test_only_coordinators_of_the_site_make_cohorts(as_coordinator):
    page = as_coordinator.get("cohorts.cohorts")
    assert "New cohort" not in page.words()
    as_coordinator.get("cohorts.new", expect=404)
    as_coordinator.post("cohorts.save_new", expect=404)


def test_coordinators_have_five_links_and_find_the_questions_from_their_cohorts(as_coordinator):
    page = as_coordinator.get("cohorts.cohorts")
    nav = re.search(r'<nav class="nav".*?</nav>', page.text, re.S)[0]
    links = re.findall(r'<a href="([^"]+)"( aria-current="page")?', nav)
    assert [address for address, _ in links] == ["/en/today", "/en/c/", "/en/cohorts", "/en/grading", "/en/results"]
    assert [address for address, is_here in links if is_here] == ["/en/cohorts"]
    assert 'href="/en/bank"' in page.text


# ---- the list ----


def found(app, cast, **more):
    """A further cohort of the coordinator."""
    new = founding.NewCohort(
        title=by_language("Another"), year=2029, zone="Europe/Oslo", starts_on=date(2029, 3, 1),
        ends_on=date(2029, 6, 1), opens={}, **more,
    )  # fmt: skip

    def make():
        with transaction():
            by = db.session.get_one(Person, cast.coordinator.id)
            version = db.session.get_one(Version, cast.version_key)
            return founding.found_cohort(version, new, operation=uuid4(), by=by, at=NOW).public_id

    return read(app, make)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_shows_the_newest_first(app, as_coordinator, cast, lang):
    found(app, cast)
    words = as_coordinator.get("cohorts.cohorts", lang=lang).words()
    title = {"en": "Another", "fr": "Another (fr)", "ar": "Another (ar)"}[lang]
    assert words.index(title) < words.index("Women and ceasefires") and CANARY not in words
    if lang == "en":
        assert "0 of 24 places taken" in words and "4 of 24 places taken" in words
        assert "1 March 2029 – 1 June 2029" in words


def test_a_long_list_has_further_pages(app, as_coordinator, cast):
    for _ in range(26):
        found(app, cast)
    first = as_coordinator.get("cohorts.cohorts")
    assert first.words().count("Another · 2029") == 25 and "Older cohorts" in first.words()
    second = as_coordinator.get("cohorts.cohorts", page=2)
    assert second.words().count("Another · 2029") == 1 and "Women and ceasefires · 2027" in second.words()
    assert "Newer cohorts" in second.words() and "Older cohorts" not in second.words()
    as_coordinator.get("cohorts.cohorts", page=10**30)


def test_founders_see_what_a_cohort_can_be_made_of(app, as_founder):
    publish(app, M1)
    words = as_founder.get("cohorts.cohorts").words()
    assert "Version 2 · 14 April 2027" in words and "Version 1 · 13 April 2027" in words
    assert "1 module " in words and "3 modules" in words


# ---- a new one ----


def typed(page, **sent):
    return {**page.fields, "opens_on": "2028-03-09", "zone": "Europe/Oslo", "year": "2028", **sent}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_new_cohort_has_the_newest_version_and_its_naming(app, as_founder, lang):
    version = publish(app, M1, naming="named")
    page = as_founder.get("cohorts.new", lang=lang)
    assert page.fields["version"] == str(version)
    assert (page.fields["year"], page.fields["opens_at"], page.fields["weeks"]) == ("2027", "09:00", "1")


def test_whoever_turns_to_another_programme_gets_its_naming_and_may_choose_otherwise(app, as_founder, cast):
    with_aliases = read(app, lambda: db.session.get_one(Version, cast.version_key).public_id)
    with_names = publish(app, M1, naming="named")

    def naming_of(version, **sent):
        page = as_founder.get("cohorts.new", version=with_names)
        answer = as_founder.post("cohorts.save_new", data=typed(page, version=str(version), **sent))
        cohort_id = UUID(answer.location.split("/")[3])
        return read(app, lambda: db.session.query(Cohort.naming).filter_by(public_id=cohort_id).scalar())

    assert (naming_of(with_aliases), naming_of(with_names)) == (Naming.ALIAS, Naming.NAMED)
    assert naming_of(with_names, naming="alias") == Naming.ALIAS


def test_the_version_of_the_address_is_chosen(app, as_founder, cast):
    publish(app, M1)
    older = read(app, lambda: db.session.get_one(Version, cast.version_key).public_id)
    assert as_founder.get("cohorts.new", version=older).fields["version"] == str(older)
    as_founder.get("cohorts.new", version="nonsense")


def test_a_cohort_is_made_with_suggested_dates_and_run_by_whoever_made_it(app, as_founder, cast):
    page = as_founder.get("cohorts.new")
    answer = as_founder.post("cohorts.save_new", data=typed(page, places="30", weeks="2"))
    assert answer.location.endswith("/dates?done=founded")
    cohort_id = answer.location.split("/")[3]
    dates = calendar(app, cohort_id)
    assert dates["m1"][0] == datetime(2028, 3, 9, 8, tzinfo=UTC)
    assert dates["m2"][0] == datetime(2028, 3, 23, 8, tzinfo=UTC)
    assert dates["m3"][0] == datetime(2028, 4, 6, 7, tzinfo=UTC)  # clocks went forward
    assert dates["m1-quiz"] == (None, datetime(2028, 3, 22, 17, tzinfo=UTC)) and dates["m1-practice"] == (None, None)
    made = as_founder.get(answer.location)
    assert "Look at each of them" in made.words() and "Clocks skip" not in made.words()
    assert made.fields["starts_on"] == "2028-03-02" and made.fields["ends_on"] == "2028-05-04"


def test_a_double_click_makes_one_cohort(app, as_founder):
    sent = typed(as_founder.get("cohorts.new"))
    first, second = (as_founder.post("cohorts.save_new", data=sent).location for _ in range(2))
    assert first == second
    assert read(app, lambda: len(db.session.scalars(select(Cohort).where(Cohort.year == 2028)).all())) == 1
    other = as_founder.post("cohorts.save_new", data={**sent, "year": "2029"}, expect=409)
    assert "Nothing was made twice" in other.words() and other.fields["year"] == "2029"
    assert other.fields["op"] != sent["op"]
    again = as_founder.post("cohorts.save_new", data={**other.fields, "opens_on": "2029-03-08"})
    assert again.location != first


def test_what_cannot_be_made_comes_back_as_typed(as_founder):
    page = as_founder.get("cohorts.new")
    wrong = as_founder.post("cohorts.save_new", data=typed(page, opens_on="9 March", places="٠"), expect=422)
    assert wrong.fields["opens_on"] == "9 March" and wrong.fields["places"] == "٠"
    assert wrong.fields["op"] == page.fields["op"]
    assert "Enter a day, such as 2027-04-14." in wrong.words() and 'href="#opens_on"' in wrong.text
    as_founder.post("cohorts.save_new", data=typed(page, zone="Mars/Olympus"), expect=422)
    as_founder.post("cohorts.save_new", data=typed(page, version=str(uuid4())), expect=422)
    as_founder.post("cohorts.save_new", data=typed(page, op="x"), expect=400)


def test_a_course_that_would_last_too_long_is_told_before_it_is_made(app, as_founder):
    publish(app, *(module(f"m{number}") for number in range(1, 31)))
    page = as_founder.get("cohorts.new")
    told = as_founder.post("cohorts.save_new", data=typed(page, weeks="4"), expect=422)
    assert "The course lasts more than 370 days." in told.words() and told.fields["weeks"] == "4"


def test_times_that_clocks_skip_are_moved_and_told(app, as_founder):
    page = as_founder.get("cohorts.new")
    sent = typed(page, year="2027", opens_on="2027-03-28", opens_at="02:30")
    answer = as_founder.post("cohorts.save_new", data=sent)
    assert answer.location.endswith("founded-shifted")
    assert "Clocks skip some times" in as_founder.get(answer.location).words()
    assert calendar(app, answer.location.split("/")[3])["m1"][0] == datetime(2027, 3, 28, 1, tzinfo=UTC)


def test_times_that_come_twice_are_the_first_and_can_be_the_second(app, as_founder):
    page = as_founder.get("cohorts.new")
    sent = typed(page, year="2026", opens_on="2026-10-25", opens_at="02:30")
    address = as_founder.post("cohorts.save_new", data=sent).location
    cohort_id = address.split("/")[3]
    assert calendar(app, cohort_id)["m1"][0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    dates = as_founder.get(address)
    assert dates.fields["opens-m1-which"] == "first"
    sent = {**dates.fields, "opens-m1-which": "second", "do": "save"}
    as_founder.post("dates.save", data=sent, cohort_id=cohort_id)
    assert calendar(app, cohort_id)["m1"][0] == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_without_a_programme_the_page_says_what_is_missing(app):
    with app.test_request_context("/en/cohorts/new"):
        page = render_template("cohorts/new.html", form=None, refusal=None)
    assert "No programme is published yet" in page and faults(page) == []


# ---- settings ----


@pytest.mark.parametrize("lang", LANGUAGES)
def test_settings_show_what_stands_and_what_the_programme_asks_for(as_coordinator, cast, lang):
    page = as_coordinator.get("cohorts.settings", lang=lang, **of(cast))
    assert page.fields["title_ar"] == "Women and ceasefires (ar)" and page.fields["places"] == "24"
    assert page.fields["activities_percent"] == "80" and page.fields["quiz_pass_percent"] == ""
    assert "simulation" not in page.fields and page.fields["known"] == "0"
    if lang == "en":
        assert "The programme asks for 80%." in page.words() and "At least 80% of the activities" in page.words()


def test_settings_are_saved(app, as_coordinator, cast):
    sent = {
        **as_coordinator.get("cohorts.settings", **of(cast)).fields,
        "title_fr": "Le nôtre", "places": "12", "languages": ["fr", "en"], "naming": "alias", "hours": "٤٠",
        "activities_percent": "", "live_sessions": "6", "simulation": "y",
    }  # fmt: skip
    answer = as_coordinator.post("cohorts.save_settings", data=sent, **of(cast))
    page = as_coordinator.get(answer.location)
    assert "Saved on the server" in page.words() and "6 live sessions" in page.words()
    cohort = the_cohort(app, cast)
    assert cohort.title["fr"] == "Le nôtre" and cohort.languages == ["en", "fr"] and cohort.hours == 40
    assert cohort.completion == {"live_sessions": 6, "simulation": True} and cohort.changes == 1
    # The button was pressed twice.
    assert as_coordinator.post("cohorts.save_settings", data=sent, **of(cast)).location == answer.location
    assert the_cohort(app, cast).changes == 1


def test_a_rule_without_parts_is_told_as_such(as_coordinator, cast):
    page = as_coordinator.get("cohorts.settings", **of(cast))
    sent = {**page.fields, "languages": ["en"], "activities_percent": ""}
    address = as_coordinator.post("cohorts.save_settings", data=sent, **of(cast)).location
    assert "nobody completes by the rule" in as_coordinator.get(address).words()


def test_settings_that_cannot_be_come_back_as_typed(app, as_coordinator, cast):
    sent = {**as_coordinator.get("cohorts.settings", **of(cast)).fields, "title_en": " ", "places": "many"}
    page = as_coordinator.post("cohorts.save_settings", data={**sent, "languages": ["es"]}, expect=422, **of(cast))
    assert page.fields["places"] == "many" and 'href="#title_en"' in page.text and 'href="#languages"' in page.text
    assert page.text.count("<title>Error:") == 1 and the_cohort(app, cast).changes == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_two_coordinators_the_second_sees_both_and_decides(app, as_coordinator, cast, lang):
    page = as_coordinator.get("cohorts.settings", lang=lang, **of(cast))
    hers = founding.settings_of(the_cohort(app, cast), known=0)
    act(app, cast, founding.save_settings, cast.cohort_key, replace(hers, places=33, languages=["ar"], hours=7))
    mine = {**page.fields, "languages": ["en", "fr", "ar"], "places": "20", "title_en": "Mine"}
    answer = as_coordinator.post("cohorts.save_settings", data=mine, expect=409, lang=lang, **of(cast))
    assert answer.fields["places"] == "20" and answer.fields["title_en"] == "Mine" and answer.fields["known"] == "1"
    standing = re.search(r'<dl class="facts s">.*?</dl>', answer.text, re.S)[0]
    assert standing.count('class="differs"') == 4 and "<bdi>33</bdi>" in standing
    again = {**answer.fields, "languages": ["en", "fr", "ar"]}
    as_coordinator.post("cohorts.save_settings", data=again, lang=lang, **of(cast))
    cohort = the_cohort(app, cast)
    assert (cohort.places, cohort.title["en"], cohort.changes) == (20, "Mine", 2)


def test_a_page_whose_count_was_damaged_overwrites_nothing(app, as_coordinator, cast):
    for known in ("", "x", "9" * 30, "-1"):
        sent = {**as_coordinator.get("cohorts.settings", **of(cast)).fields, "languages": ["en"], "known": known}
        as_coordinator.post("cohorts.save_settings", data=sent, expect=409, **of(cast))
    assert the_cohort(app, cast).changes == 0


# ---- dates ----


def dates_page(visitor, cast, **more):
    return visitor.get("dates.dates", **of(cast), **more)


def send_dates(visitor, cast, sent, do="save", **more):
    return visitor.post("dates.save", data={**sent, "do": do}, **of(cast), **more)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_calendar_is_shown_by_the_cohorts_own_clocks(as_coordinator, cast, lang):
    page = dates_page(as_coordinator, cast, lang=lang)
    assert page.fields["starts_on"] == "2027-04-01" and page.fields["ends_on"] == "2027-06-30"
    assert (page.fields["opens-m1-day"], page.fields["opens-m1-time"]) == ("2027-04-08", "14:00")
    assert (page.fields["due-m1-memo-day"], page.fields["due-m1-memo-time"]) == ("2027-04-15", "14:00")
    assert page.fields["opens-m3-day"] == "" and "due-m1-practice-day" not in page.fields
    assert "Europe/Oslo" in page.words() and "UTC+2" in page.words()
    if lang == "en":
        assert "All times are by the clocks in Europe/Oslo: UTC+2." in page.words()
        assert "Eid al-Adha" in page.words() and "About 16 May to 19 May 2027" in page.words()


def test_a_change_of_clocks_within_the_course_is_said(as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "ends_on": "2027-12-01"}
    page = send_dates(as_coordinator, cast, sent, "check", expect=200)
    assert "UTC+2 on the first day, UTC+1 on the last" in page.words()


def test_checking_says_what_to_look_at_and_saves_nothing(app, as_coordinator, cast):
    before = calendar(app, cast.cohort_id)
    sent = dates_page(as_coordinator, cast).fields
    sent |= {"opens-m2-day": "2027-05-01", "opens-m3-day": "2027-04-30", "opens-m3-time": "09:00"}
    page = send_dates(as_coordinator, cast, sent, "check", expect=200)
    words = page.words()
    assert "Nothing is saved yet" in words
    assert "“Title of m2” opens on a Saturday. It is a day off in most settings." in words
    assert "“Title of m2” opens on a feast: Orthodox Easter." in words
    assert "“Title of m3” opens on a Friday. It is a day of prayer and rest in many settings." in words
    assert "“Title of m3” opens before “Title of m2”. Check that this order is meant." in words
    assert 'href="#opens-m2-day"' in page.text and page.fields["opens-m3-day"] == "2027-04-30"
    assert calendar(app, cast.cohort_id) == before and the_cohort(app, cast).changes == 0


@pytest.mark.parametrize("wanted", [None, "", "other"])
def test_only_the_button_that_says_so_saves(app, as_coordinator, cast, wanted):
    sent = {**dates_page(as_coordinator, cast).fields, "ends_on": "2027-07-01"}
    data = sent if wanted is None else {**sent, "do": wanted}
    as_coordinator.post("dates.save", data=data, expect=200, **of(cast))
    assert the_cohort(app, cast).changes == 0


def test_dates_are_saved_with_what_is_to_be_looked_at(app, as_coordinator, cast):
    sent = dates_page(as_coordinator, cast).fields
    sent |= {"opens-m2-day": "2027-05-01", "opens-m2-time": "9:30", "due-m1-quiz-day": "", "due-m1-quiz-time": ""}
    answer = send_dates(as_coordinator, cast, sent)
    page = as_coordinator.get(answer.location)
    assert "Saved on the server" in page.words() and "opens on a Saturday" in page.words()
    dates = calendar(app, cast.cohort_id)
    assert dates["m2"] == (datetime(2027, 5, 1, 7, 30, tzinfo=UTC), None) and dates["m1-quiz"] == (None, None)
    assert dates["m1-timed"] == (None, NOW + DAY)
    assert send_dates(as_coordinator, cast, sent).location == answer.location
    assert the_cohort(app, cast).changes == 1


FATAL = [
    ({"ends_on": "2027-03-31"}, "ends_on", "The course ends before it starts. Enter a last day after 1 April 2027."),
    ({"ends_on": "2029-06-30"}, "ends_on", "The course lasts more than 370 days."),
    ({"opens-m2-day": "2072-05-06"}, "opens-m2-day", "“Title of m2” opens on 6 May 2072, more than 370 days"),
    (
        {"due-m1-memo-day": "2037-05-06"},
        "due-m1-memo-day",
        "“Title of m1-memo” is due on 6 May 2037, more than 370 days",
    ),
    ({"due-m1-quiz-day": "2027-04-01"}, "due-m1-quiz-day", "“Title of m1-quiz” is due before “Title of m1” opens."),
    (
        {"starts_on": "2027-03-01", "opens-m1-day": "2027-03-28", "opens-m1-time": "02:30"},
        "opens-m1-day",
        "“Title of m1”: clocks in Europe/Oslo skip 02:30 on 28 March 2027. Choose 03:00 on 28 March 2027 or later.",
    ),
    (
        {"ends_on": "2027-11-30", "opens-m2-day": "2027-10-31", "opens-m2-time": "02:30"},
        "opens-m2-day",
        "“Title of m2”: clocks in Europe/Oslo show 02:30 twice on 31 October 2027. Choose the first or the second.",
    ),
]


@pytest.mark.parametrize("wanted", ["save", "check"])
@pytest.mark.parametrize(("changed", "field", "sentence"), FATAL)
def test_dates_that_cannot_work_are_told_at_their_field(app, as_coordinator, cast, changed, field, sentence, wanted):
    sent = {**dates_page(as_coordinator, cast).fields, **changed}
    page = send_dates(as_coordinator, cast, sent, wanted, expect=422)
    assert re.search(rf'<div class="errors".*?<a href="#{field}">.*?</div>', page.text, re.S)
    assert sentence in page.words() and page.text.count("<title>Error:") == 1
    assert changed.items() <= page.fields.items() and the_cohort(app, cast).changes == 0


def test_of_two_times_with_one_name_a_person_chooses(app, as_coordinator, cast):
    changed = {"ends_on": "2027-11-30", "opens-m2-day": "2027-10-31", "opens-m2-time": "02:30"}
    sent = {**dates_page(as_coordinator, cast).fields, **changed}
    assert "opens-m2-which" not in sent
    page = send_dates(as_coordinator, cast, sent, "check", expect=422)
    assert page.text.count('name="opens-m2-which"') == 2
    send_dates(as_coordinator, cast, {**sent, "opens-m2-which": "second"})
    assert calendar(app, cast.cohort_id)["m2"][0] == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert dates_page(as_coordinator, cast).fields["opens-m2-which"] == "second"


def test_a_slip_in_the_year_does_not_fill_the_page_with_feasts(as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "ends_on": "2099-06-30"}
    page = send_dates(as_coordinator, cast, sent, "check", expect=422)
    assert page.words().count("Nowruz") == 1


def test_days_whose_moon_nobody_knows_yet_are_told(as_coordinator, cast):
    sent = dates_page(as_coordinator, cast).fields
    moved = {name: value.replace("2027", "2079") for name, value in sent.items()}
    page = send_dates(as_coordinator, cast, moved, "check", expect=200)
    assert "Moon-dated feasts are not known for all of these days." in page.words()


def test_what_cannot_be_read_comes_back_as_typed(app, as_coordinator, cast):
    changed = {"opens-m1-day": "soon", "opens-m2-time": "", "due-m1-quiz-day": ""}
    page = send_dates(as_coordinator, cast, {**dates_page(as_coordinator, cast).fields, **changed}, expect=422)
    assert changed.items() <= page.fields.items()
    assert "Title of m1: day: Enter a day, such as 2027-04-14." in page.words()
    assert "Title of m2: time: Enter the time too." in page.words()
    assert "Title of m1-quiz: day: Enter the day too." in page.words()


def test_all_dates_move_together_and_wait_to_be_saved(app, as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "by_days": "-7"}
    page = send_dates(as_coordinator, cast, sent, "move", expect=200)
    assert page.fields["starts_on"] == "2027-03-25" and page.fields["opens-m1-day"] == "2027-04-01"
    assert page.fields["due-m1-quiz-day"] == "2027-04-07" and page.fields["opens-m3-day"] == ""
    assert "All dates are moved. Nothing is saved yet." in page.words() and the_cohort(app, cast).changes == 0
    send_dates(as_coordinator, cast, page.fields)
    assert calendar(app, cast.cohort_id)["m1"][0] == NOW - 12 * DAY


def test_moving_needs_a_number(as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "opens-m2-day": "2027-05-05"}
    page = send_dates(as_coordinator, cast, sent, "move", expect=422)
    assert "Enter by how many days." in page.words() and page.fields["opens-m2-day"] == "2027-05-05"


def test_dates_are_suggested_again_from_the_first_opening(app, as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "opens-m1-day": "2027-05-06", "opens-m1-time": "10:00"}
    page = send_dates(as_coordinator, cast, {**sent, "weeks": "2"}, "suggest", expect=200)
    opens = [(page.fields[f"opens-m{n}-day"], page.fields[f"opens-m{n}-time"]) for n in (1, 2, 3)]
    assert opens == [("2027-05-06", "10:00"), ("2027-05-20", "10:00"), ("2027-06-03", "10:00")]
    assert (page.fields["due-m1-quiz-day"], page.fields["due-m1-quiz-time"]) == ("2027-05-19", "18:00")
    assert page.fields["starts_on"] == "2027-04-29" and page.fields["weeks"] == "2"
    assert "These dates are suggested. Nothing is saved yet." in page.words() and the_cohort(app, cast).changes == 0


def test_a_suggestion_tells_what_it_had_to_shift(as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "opens-m1-day": "2027-03-21", "opens-m1-time": "02:30"}
    page = send_dates(as_coordinator, cast, sent, "suggest", expect=200)
    told = "“Title of m2”: there is no 02:30 on 28 March 2027. It now stands at 03:00 on 28 March 2027."
    assert told in page.words() and page.fields["opens-m2-time"] == "03:00"


def test_a_suggestion_needs_the_first_opening(as_coordinator, cast):
    sent = {**dates_page(as_coordinator, cast).fields, "opens-m1-day": "", "opens-m1-time": ""}
    page = send_dates(as_coordinator, cast, sent, "suggest", expect=422)
    assert "Enter when the first module opens." in page.words() and 'href="#opens-m1-day"' in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_two_who_save_dates_the_second_sees_both(app, as_coordinator, cast, lang):
    page = dates_page(as_coordinator, cast, lang=lang)
    moments = {**calendar(app, cast.cohort_id), "m2": (NOW + 9 * DAY, None), "m1-quiz": (None, None)}
    theirs = founding.Dates(starts_on=date(2027, 4, 1), ends_on=date(2027, 7, 15), moments=moments, known=0)
    act(app, cast, founding.save_dates, cast.cohort_key, theirs)
    mine = {**page.fields, "opens-m2-day": "2027-05-06", "opens-m2-time": "08:00"}
    answer = send_dates(as_coordinator, cast, mine, expect=409, lang=lang)
    assert answer.fields["opens-m2-day"] == "2027-05-06" and answer.fields["known"] == "1"
    if lang == "en":
        assert "Stands now: Thursday 22 April 2027, 14:00" in answer.words()
        assert "Stands now: no date" in answer.words() and "Stands now: 1 April 2027 to 15 July 2027" in answer.words()
        assert answer.words().count("Stands now") == 3
    send_dates(as_coordinator, cast, answer.fields, lang=lang)
    assert calendar(app, cast.cohort_id)["m2"][0] == datetime(2027, 5, 6, 6, tzinfo=UTC)


# ---- staff ----


@pytest.mark.parametrize("lang", LANGUAGES)
def test_staff_are_listed_by_the_name_that_others_see(as_coordinator, cast, lang):
    page = as_coordinator.get("staff.staff", lang=lang, **of(cast))
    assert "Facilitator" in page.words() and CANARY not in page.text and "kanaria.example" not in page.text
    assert page.fields["language"] == lang and page.fields["zone"] == "Europe/Oslo"


def invite(visitor, cast, expect=200, **sent):
    page = visitor.get("staff.staff", **of(cast))
    wanted = {"shown_name": "Hoda M.", "role": "coordinator", "email": "", "language": "ar"}
    return visitor.post("staff.invite", data={**page.fields, **wanted, **sent}, expect=expect, **of(cast))


CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")


def test_an_invitation_is_shown_once_and_opens_an_account(app, as_coordinator, cast, visitor):
    answer = invite(as_coordinator, cast)
    code = CODE.search(answer.words())[0]
    assert "Hoda M." in answer.words() and "/ar/enrol" in answer.text and "27 April 2027" in answer.words()
    assert "Content-Encoding" not in answer.headers and "no-store" in answer.headers["Cache-Control"]
    page = as_coordinator.get("staff.staff", **of(cast))
    assert "invited until 27 April" in page.words() and not CODE.search(page.words())
    found = visitor.post("accounts.enrol_code", data={"code": code}, expect=200)
    wanted = {"login": "hoda", "passphrase": "some long words of hers", "again": "some long words of hers"}
    answer = visitor.post("accounts.enrol_accept", data={**found.fields, **wanted})
    assert answer.location == "/ar/account/sign-in?needed=1", "her work opens with a second factor"
    visitor.get("cohorts.settings", **of(cast), expect=404)
    add_passkey(visitor)
    visitor.get("cohorts.settings", **of(cast))


def test_a_double_click_invites_one_person(app, as_coordinator, cast):
    sent = {**as_coordinator.get("staff.staff", **of(cast)).fields, "shown_name": "Hoda M.", "email": ""}
    first, second = (as_coordinator.post("staff.invite", data=sent, expect=200, **of(cast)) for _ in range(2))
    assert CODE.search(first.words())[0] == CODE.search(second.words())[0]
    other = as_coordinator.post("staff.invite", data={**sent, "shown_name": "Awa"}, expect=409, **of(cast))
    assert other.fields["shown_name"] == "Awa" and other.fields["op"] != sent["op"]
    as_coordinator.post("staff.invite", data={**sent, "op": "x"}, expect=400, **of(cast))


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"shown_name": " "}, "shown_name"), ({"email": "nobody"}, "email"), ({"role": "safety"}, "role"),
     ({"zone": "Mars"}, "zone"), ({"shown_name": "x" * 61}, "shown_name")],
)  # fmt: skip
def test_an_invitation_that_cannot_be_comes_back_as_typed(app, as_coordinator, cast, sent, field):
    before = read(app, lambda: len(db.session.scalars(select(Person.id)).all()))
    page = invite(as_coordinator, cast, expect=422, **sent)
    assert f'href="#{field}"' in page.text and page.fields["shown_name"] == sent.get("shown_name", "Hoda M.")
    assert read(app, lambda: len(db.session.scalars(select(Person.id)).all())) == before


def test_a_new_code_is_made_for_who_has_not_come_only(as_coordinator, cast):
    first = CODE.search(invite(as_coordinator, cast).words())[0]
    page = as_coordinator.get("staff.staff", **of(cast))
    form = re.search(r'action="[^"]+/staff/code">.*?name="person" value="([^"]+)"', page.text, re.S)
    again = as_coordinator.post("staff.code", data={"person": form[1]}, expect=200, **of(cast))
    assert CODE.search(again.words())[0] != first
    refused = {"person": str(cast.facilitator.public_id)}
    assert "No code was made" in as_coordinator.post("staff.code", data=refused, expect=409, **of(cast)).words()
    as_coordinator.post("staff.code", data={"person": "x"}, expect=404, **of(cast))


def give(app, person_id, role, cohort_id):
    with app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort).where(Cohort.public_id == cohort_id)).one()
        person = db.session.get_one(Person, person_id)
        persons.grant_role(person, role, cohort_id=cohort.id, by=None, at=NOW - DAY)


def test_who_works_for_another_cohort_of_hers_is_added(app, as_coordinator, cast):
    assert "Somebody of another cohort" not in as_coordinator.get("staff.staff", **of(cast)).words()
    give(app, cast.coordinator.id, Role.COORDINATOR, cast.other_cohort_id)
    give(app, cast.stranger.id, Role.FACILITATOR, cast.other_cohort_id)
    page = as_coordinator.get("staff.staff", **of(cast))
    assert f'<option value="facilitator:{cast.stranger.public_id}">Stranger, Facilitator</option>' in page.text
    wrong = {"person": f"coordinator:{cast.stranger.public_id}"}
    page = as_coordinator.post("staff.add", data=wrong, expect=422, **of(cast))
    assert "Choose somebody of the list" in page.words()
    sent = {"person": f"facilitator:{cast.stranger.public_id}"}
    answer = as_coordinator.post("staff.add", data=sent, **of(cast))
    assert "Added." in as_coordinator.get(answer.location).words()
    as_stranger = Visitor(app).signed_in(cast.stranger)
    as_stranger.get("modules.outline", course_id=cast.cohort_id)


def end(visitor, cast, name, role, expect=302):
    sent = {"person": str(getattr(cast, name).public_id), "role": role}
    return visitor.post("staff.end", data=sent, expect=expect, **of(cast))


def test_a_role_ends_at_once(app, as_coordinator, cast):
    as_facilitator = Visitor(app).signed_in(cast.facilitator)
    as_facilitator.get("modules.outline", course_id=cast.cohort_id)
    answer = end(as_coordinator, cast, "facilitator", "facilitator")
    assert "The role has ended." in as_coordinator.get(answer.location).words()
    as_facilitator.get("modules.outline", course_id=cast.cohort_id, expect=404)
    assert end(as_coordinator, cast, "facilitator", "facilitator").location == answer.location
    end(as_coordinator, cast, "facilitator", "admin", expect=404)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_role_is_not_ended_by_one_press_alone(app, as_coordinator, cast, lang):
    page = as_coordinator.get("staff.staff", lang=lang, **of(cast))
    buttons = re.findall(r"<details\b(?:(?!</details>).)*/staff/end.*?</details>", page.text, re.S)
    assert page.text.count("/staff/end") == len(buttons) == 2
    assert not re.search(r"<details[^>]*\bopen\b", page.text)
    if lang == "en":
        asked = "End this role? If it is given again, she can confirm invitations only a week after."
        assert [asked in " ".join(button.split()) for button in buttons].count(True) == 1, "coordinators confirm"


def test_the_last_coordinator_cannot_go_and_another_one_can(app, as_coordinator, cast):
    page = end(as_coordinator, cast, "coordinator", "coordinator", expect=409)
    assert "A cohort needs a coordinator" in page.words()
    give(app, cast.stranger.id, Role.COORDINATOR, cast.cohort_id)
    answer = end(as_coordinator, cast, "coordinator", "coordinator")
    assert answer.location.endswith("/cohorts?done=ended")
    as_coordinator.get("staff.staff", expect=404, **of(cast))


def test_groups_are_made_of_the_chosen_facilitators(app, as_coordinator, cast):
    give(app, cast.stranger.id, Role.FACILITATOR, cast.cohort_id)
    sent = {"facilitators": [str(cast.facilitator.public_id), str(cast.stranger.public_id)]}
    answer = as_coordinator.post("staff.groups", data=sent, **of(cast))
    page = as_coordinator.get(answer.location.partition("#")[0])
    assert re.findall(r"Group (\d)<br>.*?<bdi>(\w+)</bdi>.*?(\d) people", page.text, re.S) == [
        ("1", "Facilitator", "2"),
        ("2", "Stranger", "2"),
    ]
    as_coordinator.post("staff.groups", data={"facilitators": [sent["facilitators"][1]]}, **of(cast))
    groups = read(app, lambda: db.session.scalars(select(Group)).all())
    assert [group.facilitator_id for group in groups] == [cast.stranger.id]


@pytest.mark.parametrize("chosen", [[], ["x"]])
def test_groups_need_a_facilitator_of_this_cohort(as_coordinator, cast, chosen):
    page = as_coordinator.post("staff.groups", data={"facilitators": chosen}, expect=422, **of(cast))
    assert 'href="#facilitators"' in page.text


# ---- version ----


def test_the_newest_version_has_nothing_to_follow(as_coordinator, cast):
    assert "which is the newest one" in as_coordinator.get("cohorts.version", **of(cast)).words()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_newer_version_is_shown_before_it_is_followed(app, as_coordinator, as_participant, cast, lang):
    as_participant.post("modules.mark_read", lesson_id=cast.nodes["m1-words"])
    version = publish(app, module("m1", lesson("m1-types", *LANGUAGES), lesson("m1-new", *LANGUAGES)))
    page = as_coordinator.get("cohorts.version", lang=lang, **of(cast))
    assert (page.fields["version"], page.fields["known"]) == (str(version), "0")
    if lang == "en":
        words = page.words()
        assert "Version 2 was published on 14 April 2027." in words
        assert "m1-words in en begun by 1 person" in words and "6 questions" in words
        assert words.index("What goes") < words.index("m2-map in en") < words.index("What is new")
        assert "(until now: Title of m1)" in words


def test_a_cohort_follows_what_was_shown(app, as_coordinator, cast):
    publish(app, module("m1", lesson("m1-new", *LANGUAGES)))
    sent = as_coordinator.get("cohorts.version", **of(cast)).fields
    publish(app, module("m1"))
    answer = as_coordinator.post("cohorts.follow_version", data=sent, **of(cast))
    page = as_coordinator.get(answer.location)
    assert "The cohort follows version 2. What is new in it has no date yet." in page.words()
    assert as_coordinator.post("cohorts.follow_version", data=sent, **of(cast)).location == answer.location
    assert the_cohort(app, cast).changes == 1


def test_following_is_refused_when_somebody_saved_meanwhile(app, as_coordinator, cast):
    publish(app, module("m1"))
    sent = as_coordinator.get("cohorts.version", **of(cast)).fields
    hers = founding.settings_of(the_cohort(app, cast), known=0)
    act(app, cast, founding.save_settings, cast.cohort_key, replace(hers, places=33))
    page = as_coordinator.post("cohorts.follow_version", data=sent, expect=409, **of(cast))
    assert "Somebody else saved" in page.words() and page.fields["known"] == "1"
    assert the_cohort(app, cast).version_id == cast.version_key
    as_coordinator.post("cohorts.follow_version", data=page.fields, **of(cast))


def test_a_cohort_does_not_go_back_to_an_older_version(app, as_coordinator, cast):
    older = read(app, lambda: db.session.get_one(Version, cast.version_key).public_id)
    publish(app, module("m1"))
    as_coordinator.post(
        "cohorts.follow_version", data=as_coordinator.get("cohorts.version", **of(cast)).fields, **of(cast)
    )
    sent = {"version": str(older), "known": "1"}
    page = as_coordinator.post("cohorts.follow_version", data=sent, expect=409, **of(cast))
    assert "follows version 2 already" in page.words()


def test_a_version_of_another_programme_is_not_there(app, as_coordinator, cast):
    foreign = publish(app, module("m1"), programme="another")
    for version in (str(foreign), str(uuid4()), "x", ""):
        sent = {"version": version, "known": "0"}
        as_coordinator.post("cohorts.follow_version", data=sent, expect=404, **of(cast))


# ---- the end ----


@pytest.mark.parametrize("lang", LANGUAGES)
def test_closing_says_what_it_means_and_what_is_under_way(as_coordinator, cast, lang):
    page = as_coordinator.get("cohorts.close", lang=lang, **of(cast))
    assert re.findall(r"<dd>\s*(\d+)\s*</dd>", page.text) == ["4", "1", "0"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_with_people_under_way_closing_asks_for_a_tick(app, as_coordinator, cast, lang):
    page = as_coordinator.post("cohorts.close_now", expect=422, lang=lang, **of(cast))
    assert page.fields.get("sure") != "y" and 'href="#sure"' in page.text
    if lang == "en":
        assert "4 people are not decided yet. They get no certificate." in page.words()
        assert "Decide about these people first, or tick the box. The cohort is still open." in page.words()
    assert the_cohort(app, cast).closed_at is None


def test_with_nobody_under_way_a_cohort_is_closed_without_a_tick(app, as_coordinator, cast):
    with app.app_context(), transaction():
        for place in db.session.query(Enrolment).filter_by(cohort_id=cast.cohort_key):
            place.state = EnrolmentState.WITHDRAWN
    assert 'name="sure"' not in as_coordinator.get("cohorts.close", **of(cast)).text
    as_coordinator.post("cohorts.close_now", **of(cast))
    assert the_cohort(app, cast).closed_at is not None


def test_closing_says_beforehand_that_facilitators_see_nothing_any_more(app, as_coordinator, cast):
    told = "1 facilitator works for this cohort. Her role ends with it: she sees neither its people nor their work"
    assert told in as_coordinator.get("cohorts.close", **of(cast)).words()
    with app.app_context(), transaction():
        db.session.query(RoleGrant).filter_by(role=Role.FACILITATOR).delete()
    assert "facilitator" not in as_coordinator.get("cohorts.close", **of(cast)).words()


def test_facilitators_read_nothing_of_a_closed_cohort_and_coordinators_do(app, as_coordinator, cast):
    facilitator = Visitor(app).signed_in(cast.facilitator)
    pages = ("results.cohort", of(cast)), ("modules.outline", {"course_id": cast.cohort_id})
    for endpoint, address in pages:
        facilitator.get(endpoint, **address)
    as_coordinator.post("cohorts.close_now", data={"sure": "y"}, **of(cast))
    for endpoint, address in pages:
        facilitator.get(endpoint, expect=404, **address)
        as_coordinator.get(endpoint, **address)
    facilitator.get("home.today")


def test_a_closed_cohort_is_read_and_not_changed(app, as_coordinator, as_participant, cast):
    for _ in range(2):
        answer = as_coordinator.post("cohorts.close_now", data={"sure": "y"}, **of(cast))
        assert answer.location.endswith("/cohorts?done=closed")
    page = as_coordinator.get(answer.location)
    assert "The cohort is closed." in page.words() and "Closed" in page.words()
    assert f"/cohort/{cast.cohort_id}/settings" not in page.text
    for endpoint in OF_COHORT:
        as_coordinator.get(endpoint, expect=404, **of(cast))
    for endpoint in set(POSTS) - {"cohorts.close_now"}:
        as_coordinator.post(endpoint, expect=404, **of(cast))
    as_coordinator.get("results.cohort", **of(cast))
    as_participant.get("modules.outline", course_id=cast.cohort_id)


def past_the_guard(app, visitor, cast, endpoint, sent):
    """What a view answers whose permission was asked before somebody closed the cohort."""
    cookie = f"sid={visitor.client.get_cookie('sid').value}"
    address = visitor._address(endpoint, "en", of(cast))
    with app.test_request_context(address, method="POST", data=sent, headers={"Cookie": cookie}):
        desk = desks.find_desk(me(), cast.cohort_id)
        page, status = app.view_functions[endpoint].__wrapped__(desk)
    assert status == 409
    return page


def test_somebody_closes_the_cohort_while_a_page_is_sent(app, as_coordinator, cast):
    settings = {**as_coordinator.get("cohorts.settings", **of(cast)).fields, "languages": ["en"], "places": "77"}
    dates = {**dates_page(as_coordinator, cast).fields, "ends_on": "2027-07-01", "do": "save"}
    act(app, cast, founding.close_cohort, cast.cohort_key)
    for endpoint, sent, typed in (("cohorts.save_settings", settings, "77"), ("dates.save", dates, "2027-07-01")):
        page = past_the_guard(app, as_coordinator, cast, endpoint, sent)
        assert "This cohort was closed on Tuesday 13 April 2027" in page and f'value="{typed}"' in page
    person = {"person": str(cast.facilitator.public_id), "role": "facilitator"}
    for endpoint, sent in (("staff.end", person), ("staff.code", person)):
        assert "It can be read, but not changed." in past_the_guard(app, as_coordinator, cast, endpoint, sent)


# ---- budgets ----


def test_pages_stay_within_their_statements(app, as_founder, cast, statements):
    found(app, cast)
    publish(app, module("m1", lesson("m1-new", *LANGUAGES)))
    sent = {"facilitators": [str(cast.facilitator.public_id)]}
    as_founder.post("staff.groups", data=sent, **of(cast))
    for endpoint, more in [("cohorts.cohorts", {}), ("cohorts.new", {})] + [(one, of(cast)) for one in OF_COHORT]:
        as_founder.get(endpoint, **more)
        with statements() as seen:
            as_founder.get(endpoint, **more)
        assert len(seen) <= 6, f"{endpoint}: {len(seen)} statements"
