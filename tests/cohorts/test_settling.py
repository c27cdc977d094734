"""From the code to Today: what somebody chooses when she takes her place."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.accounts.models import Invitation, Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, credentials, persons
from lms.audit.models import Entry
from lms.cohorts.errors import (
    AliasTaken,
    AliasTellsName,
    AliasUnfit,
    CohortClosed,
    NameTaken,
    NameUnfit,
    SettledAlready,
    TakesPartNoMore,
    TooManyNames,
)
from lms.cohorts.models import Cohort, Enrolment, Origin
from lms.cohorts.neutral import neutral_aliases
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import seats
from lms.cohorts.rules.aliases import (
    Bearer,
    aliases_for,
    check_shown_name,
    fold_alias,
    proposals,
    tells_name,
)
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.services import enrolling
from lms.cohorts.services.enrolling import NewEnrolment, Settling
from lms.courses.rules import Naming
from lms.kernel.chance import Draw
from lms.kernel.db import db, transaction
from lms.kernel.policy import allows
from tests.cast import CANARY, DAY, NOW
from tests.client import Visitor
from tests.cohorts.lists import row
from tests.cohorts.test_invitations import person_of, send

LANGUAGES = ("en", "fr", "ar")
NEUTRAL = neutral_aliases()
LONG = "seven words that nobody would ever guess"
PLACE, SAVE = "places.place", "places.save"
FIRST = "/en/account/sign-in?first=1"
"""Where she goes from her new place: what lets her come back when her phone is gone."""


def await_her(cast, member, *, released_at=NOW):
    """A place for somebody who signs in already."""
    with transaction():
        new = NewEnrolment(person=person_of(member), alias="Waiting", course_language="en", is_invited=True)
        (place,) = enrolling.enrol_all(db.session.get_one(Cohort, cast.cohort_key), [new], by=None, at=NOW)
        place.released_at = released_at
    return place


# What is drawn


def drawn(seed=7, *, taken=(), language="en", legal_name=None, most=3):
    return proposals(NEUTRAL, taken, language, Draw(seed), legal_name=legal_name, most=most)


def test_three_names_are_drawn_and_the_same_three_again():
    assert len(set(drawn())) == 3 and drawn() == drawn() != drawn(seed=8)
    assert len(drawn(most=200)) == 200


@given(st.integers(0, 2**32), st.sampled_from(LANGUAGES), st.data())
def test_a_name_that_somebody_took_moves_no_other(seed, language, data):
    before = drawn(seed, language=language, most=8)
    taken = data.draw(st.lists(st.sampled_from(before), unique=True, max_size=7))
    assert drawn(seed, language=language, taken=taken, most=8)[: 8 - len(taken)] == [
        n for n in before if n not in taken
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_taken_in_one_language_it_is_taken_in_all(language):
    taken = [one.names["fr"] for one in NEUTRAL[:150]]
    free = {one.names[language] for one in NEUTRAL[150:]}
    assert set(drawn(taken=taken, language=language, most=50)) == free


def test_when_all_are_taken_numbers_follow():
    taken = [one.names["en"] for one in NEUTRAL]
    assert all(name.endswith(" 2") for name in drawn(taken=taken))
    assert all(name.endswith(" 3") for name in drawn(taken=[*taken, *(f"{name} 2" for name in taken)]))


@pytest.mark.parametrize("name", ["Olivia Cedar-Stone", "Basalt Quartz", "Ruby Amber", "سدر زيتون", "Érable Chêne"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_leads_to_her_name_is_drawn(name, language):
    for seed in range(20):
        assert not any(tells_name(alias, name) for alias in drawn(seed, language=language, legal_name=name))


def test_a_name_that_nearly_everything_tells_has_fewer_to_choose_from():
    every = " ".join(one.names["en"] for one in NEUTRAL)
    assert drawn(legal_name=every) == []


@given(
    st.lists(
        st.builds(
            Bearer,
            language=st.sampled_from([*LANGUAGES, "es"]),
            legal_name=st.one_of(st.none(), st.sampled_from(["Olivia Cedar", "Basalt Quartz", "Amber Oak", "سدر"])),
        ),
        max_size=40,
    ),
    st.integers(0, 2**31),
)
def test_of_many_each_is_given_another_thing_that_hides_her(bearers, seed):
    given_out = list(aliases_for(bearers, NEUTRAL, ["Cedar", "زيتون"], Draw(seed)))
    assert len(given_out) == len(bearers)
    things = [next(one.id for one in NEUTRAL if alias in one.names.values()) for alias in given_out]
    assert len(set(things)) == len(things) and "cedar" not in things
    for alias, bearer in zip(given_out, bearers, strict=True):
        assert bearer.legal_name is None or not tells_name(alias, bearer.legal_name)


def test_a_crowd_is_given_numbers_when_the_list_is_used_up():
    crowd = [Bearer(language="ar", legal_name="Kanaria Testperson")] * 450
    given_out = list(aliases_for(crowd, NEUTRAL, [], Draw(1)))
    assert len({fold_alias(alias) for alias in given_out}) == 450
    assert sum(alias.endswith(" 2") for alias in given_out) == 200


# A name in a course with names


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Kanaria Test", "Kanaria Test"),
        ("  Kanaria   Test ", "Kanaria Test"),
        ("K. A. O’Naria-Test", "K. A. O'Naria-Test"),
        ("Dr. Kanaria", "Dr. Kanaria"),
        ("J.K. Naria", "J.K. Naria"),
        ("قناريا بنت اختبار", "قناريا بنت اختبار"),
        ("Ka", "Ka"),
        ("Nguyễn Thị Kanaria", "Nguyễn Thị Kanaria"),
        ("K" * 60, "K" * 60),
    ],
)
def test_a_name_may_be_written_in_many_ways(typed, kept):
    assert check_shown_name(typed, taken=["Cedar"], languages=LANGUAGES) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "K",
        "K" * 61,
        "Kanaria 2",
        "<b>K</b>",
        "K@x",
        "--",
        "K--a",
        "K..a",
        "-Ka",
        "Ka-",
        "😀 Ka",
        "K\u202ea",
        "Аna Petrov",
        "Ana Pеtrov",
        "Ана",
        "Sʟate",
    ],
)
def test_what_is_no_name_is_refused(typed):
    with pytest.raises(NameUnfit):
        check_shown_name(typed, taken=[], languages=LANGUAGES)


@pytest.mark.parametrize("typed", ["Cedar", "CEDAR", "cédar", "Cedar.", "C.edar", "Ce dar", "Cedɑr"])
def test_a_name_is_borne_once(typed):
    with pytest.raises(NameTaken):
        check_shown_name(typed, taken=["Cedar"], languages=LANGUAGES)


# Taking the place


@pytest.fixture
def arrived(in_app, cast):
    """Somebody whose invitation went out and who opened her account; her place."""
    return arrive(cast)


def arrive(cast, **cells):
    send(cast, row(1, course_language="en", **cells))
    return opened()


def opened():
    enrolment = db.session.query(Enrolment).join(Origin, Origin.enrolment_id == Enrolment.id).one()
    invitation = db.session.query(Invitation).filter_by(person_id=enrolment.person_id).one_or_none()
    if invitation is not None:
        with transaction():
            codes.use_invitation(codes.code_of(invitation), credentials.make_credentials("river", LONG), at=NOW)
    return enrolment


def cohort_of(enrolment):
    return db.session.get_one(Cohort, enrolment.cohort_id)


def settle(enrolment, name, *, is_own=True, course_language="en", at=NOW):
    with transaction():
        by = db.session.get_one(Person, enrolment.person_id)
        chosen = Settling(name=name, is_own=is_own, course_language=course_language)
        return enrolling.settle(enrolment.id, chosen, by=by, at=at)


def proposed(enrolment):
    return enrolling.proposed_names(enrolment, cohort_of(enrolment))


def test_what_is_drawn_for_her_is_free_and_not_on_her_sheet(arrived, cast):
    names = proposed(arrived)
    assert len(names) == 3 and names == proposed(arrived)
    assert arrived.alias not in names and "Cedar" not in names


def test_she_takes_a_name_that_was_drawn(arrived):
    name = proposed(arrived)[1]
    place = settle(arrived, name, is_own=False, course_language="ar")
    assert (place.alias, place.course_language, place.agreed_at) == (name, "ar", NOW)
    assert db.session.get_one(Person, arrived.person_id).shown_name == name
    entry = db.session.query(Entry).filter_by(act="cohorts.enrolment.settled").one()
    assert entry.changes == {"course_language": ["en", "ar"]}, "which name she chose is no deed"


def test_she_takes_a_name_of_her_own(arrived):
    assert settle(arrived, " Night‐River ").alias == "Night-River"


def test_she_may_keep_the_name_on_her_sheet(arrived):
    assert settle(arrived, arrived.alias).agreed_at == NOW


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("Kanaria", AliasTellsName),
        ("K. L.", AliasUnfit),
        ("KLN", AliasTellsName),
        ("Number", AliasTellsName),
        ("cedar", AliasTaken),
        ("CÉDAR", AliasTaken),
        ("x", AliasUnfit),
        ("a@b", AliasUnfit),
        ("", AliasUnfit),
    ],
)
def test_a_name_of_her_own_is_checked_against_hers_and_all_others(arrived, name, refusal):
    with pytest.raises(refusal):
        settle(arrived, name)
    assert db.session.get_one(Enrolment, arrived.id).agreed_at is None


@pytest.mark.parametrize("name", ["Cedar", "Quite Another", "", "Kanaria"])
def test_what_was_not_drawn_cannot_be_sent_as_drawn(arrived, name):
    with pytest.raises(AliasTaken):
        settle(arrived, name, is_own=False)


def test_a_drawn_name_that_somebody_took_meanwhile_is_told_and_another_comes(arrived, cast):
    names = proposed(arrived)
    with transaction():
        db.session.query(Enrolment).filter_by(person_id=cast.cedar.id).one().alias = names[0]
    with pytest.raises(AliasTaken):
        settle(arrived, names[0], is_own=False)
    after = proposed(arrived)
    assert after[:2] == names[1:] and len(after) == 3
    settle(arrived, names[2], is_own=False)


def test_a_second_time_nothing_is_changed(arrived):
    settle(arrived, "Night River")
    with pytest.raises(SettledAlready):
        settle(arrived, "Other River")
    assert db.session.get_one(Enrolment, arrived.id).alias == "Night River"


def test_who_left_or_whose_cohort_ended_settles_nothing(arrived):
    with transaction():
        arrived.state = EnrolmentState.DEFERRED
    with pytest.raises(TakesPartNoMore):
        settle(arrived, "Night River")
    with transaction():
        enrolment = db.session.get_one(Enrolment, arrived.id)
        enrolment.state, cohort_of(enrolment).closed_at = EnrolmentState.ACTIVE, NOW
    with pytest.raises(CohortClosed):
        settle(arrived, "Night River")


def test_who_works_for_the_site_keeps_the_name_that_staff_know(in_app, cast):
    enrolment = await_her(cast, cast.stranger)
    with transaction():
        persons.grant_role(
            db.session.get_one(Person, cast.stranger.id), Role.EDITOR, cohort_id=None, by=None, at=NOW - DAY
        )
    settle(enrolment, "Night River")
    assert db.session.get_one(Person, cast.stranger.id).shown_name == "Stranger"


def test_where_people_go_by_their_names_nothing_is_drawn_and_nothing_compared(in_app, cast):
    with transaction():
        db.session.get_one(Cohort, cast.cohort_key).naming = Naming.NAMED
    enrolment = arrive(cast)
    assert proposed(enrolment) == []
    with pytest.raises(NameTaken):
        settle(enrolment, "cedar")
    assert settle(enrolment, "Kanaria L. Number").alias == "Kanaria L. Number"


# Who may


@pytest.mark.parametrize(
    ("name", "may"), [("cedar", False), ("stranger", False), ("coordinator", False), ("facilitator", False)]
)
def test_a_place_is_set_up_by_its_own_person(arrived, cast, name, may):
    who = person_of(getattr(cast, name))
    assert (seats.find_place(who, arrived.public_id) is not None) is may
    hers = seats.find_place(person_of_id(arrived.person_id), arrived.public_id)
    assert allows(CohortPermission.SETTLE, person_of_id(arrived.person_id), hers)
    assert not allows(CohortPermission.SETTLE, who, hers)


def person_of_id(person_id):
    class Known:
        id = person_id

    return person_of(Known)


@pytest.mark.parametrize(
    "change",
    [
        {"released_at": None},
        {"state": EnrolmentState.WITHDRAWN},
        {"state": EnrolmentState.DEFERRED},
    ],
)
def test_who_is_not_told_or_has_left_sees_no_place(arrived, change):
    with transaction():
        for field, value in change.items():
            setattr(arrived, field, value)
    person = person_of_id(arrived.person_id)
    assert not allows(CohortPermission.SETTLE, person, seats.find_place(person, arrived.public_id))
    assert seats.places_of(person).waiting == []


def test_what_waits_for_somebody_agrees_with_the_predicate(arrived, cast):
    person = person_of_id(arrived.person_id)
    places = seats.places_of(person)
    assert [place.enrolment.id for place in places.waiting] == [arrived.id] and places.seats == []
    settle(arrived, "Night River")
    places = seats.places_of(person_of_id(arrived.person_id))
    assert places.waiting == [] and [seat.cohort.public_id for seat in places.seats] == [cast.cohort_id]


@pytest.mark.parametrize("name", ["cedar", "paused", "withdrawn", "facilitator", "coordinator", "stranger"])
def test_places_are_the_seats_of_everybody_else(in_app, cast, name):
    person = person_of(getattr(cast, name))
    places = seats.places_of(person)
    assert [seat.cohort.id for seat in places.seats] == [seat.cohort.id for seat in seats.seats_of(person)]
    assert places.waiting == []


def test_staff_who_are_to_take_part_too_read_on_as_staff(in_app, cast):
    await_her(cast, cast.facilitator)
    places = seats.places_of(person_of(cast.facilitator))
    assert [seat.enrolment for seat in places.seats] == [None] and len(places.waiting) == 1


# Pages


def arrive_at(app, cast, **cells):
    """Somebody at the browser, just after the code; the address of her place."""
    with app.app_context():
        send(cast, row(1, course_language="en", **cells))
        enrolment = db.session.query(Enrolment).join(Origin, Origin.enrolment_id == Enrolment.id).one()
        code = codes.code_of(db.session.query(Invitation).filter_by(person_id=enrolment.person_id).one())
        place = enrolment.public_id
    visitor = Visitor(app)
    visitor.post("accounts.enrol_code", data={"code": code}, expect=200)
    choice = {"code": code, "login": "river", "passphrase": LONG, "again": LONG}
    assert visitor.post("accounts.enrol_accept", data=choice).location == "/en/today"
    return visitor, place


def test_after_the_code_she_is_led_to_her_place_and_then_to_today(app, cast):
    visitor, place = arrive_at(app, cast)
    answer = visitor.get("home.today", expect=302)
    assert answer.location == f"/en/place/{place}"
    page = visitor.get(answer.location)
    choice = {**page.fields, "agreed": "y", "interface_language": "fr", "time_zone": "Africa/Bamako"}
    answer = visitor.post(SAVE, enrolment_id=place, data=choice)
    assert answer.location == "/fr/account/sign-in?first=1"
    assert "codes" in visitor.get(answer.location).words()
    today = visitor.get("home.today", lang="fr")
    assert page.fields["drawn"] in today.words() and "m1-words in fr" in today.words()
    assert visitor.get(PLACE, enrolment_id=place, expect=302).location == "/en/today"
    with app.app_context():
        person = db.session.query(Person).filter_by(shown_name=page.fields["drawn"]).one()
        assert (person.interface_language, person.time_zone) == ("fr", "Africa/Bamako")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_asks_and_explains_in_every_language(app, cast, lang):
    visitor, place = arrive_at(app, cast)
    page = visitor.get(PLACE, enrolment_id=place, lang=lang)
    assert CANARY not in page.text and "kanaria" not in page.text.lower()
    assert (
        page.text.count('name="drawn"') == 4
        and visitor.get(PLACE, enrolment_id=place, lang=lang).words() == page.words()
    )
    if lang == "en":
        words = page.words()
        for point in (
            "I use the names people chose and do not look for their real ones.",
            "What is said in the course is not quoted outside.",
            "I may stop, pause or move to the next year at any time, without a reason.",
            "Three to four hours a week are my aim, not a test.",
            "It cannot remove this site from the list of visited pages",
        ):
            assert point in words


def test_sent_twice_it_is_one_act(app, cast):
    visitor, place = arrive_at(app, cast)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, "agreed": "y"}
    for _ in range(2):
        assert visitor.post(SAVE, enrolment_id=place, data=choice).location == FIRST


def test_without_the_agreement_nothing_is_set_up_and_what_she_typed_is_kept(app, cast):
    visitor, place = arrive_at(app, cast)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, "own": "Night River", "time_zone": "Asia/Aden"}
    page = visitor.post(SAVE, enrolment_id=place, data=choice, expect=422)
    assert "Read the four points and tick the box." in page.words() and 'href="#agreed"' in page.text
    assert (page.fields["own"], page.fields["time_zone"]) == ("Night River", "Asia/Aden")
    with app.app_context():
        assert db.session.query(Enrolment).filter_by(public_id=place).one().agreed_at is None


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("Kanaria", "This alias is too close to your name or its initials."),
        ("Cedar", "This alias is in use in the cohort."),
        ("x", "This cannot be an alias."),
        ("<script>", "This cannot be an alias."),
    ],
)
def test_a_name_that_cannot_be_hers_is_told_at_its_field(app, cast, own, told):
    visitor, place = arrive_at(app, cast)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, "own": own, "agreed": "y"}
    page = visitor.post(SAVE, enrolment_id=place, data=choice, expect=409)
    assert page.words().count(told) == 2 and 'href="#own"' in page.text
    assert page.fields["own"].startswith(own[:1]) and "checked" in page.text
    assert CANARY not in page.text


def test_names_cannot_be_tried_until_one_is_refused_for_hers(app, cast, clock):
    visitor, place = arrive_at(app, cast)
    fields = visitor.get(PLACE, enrolment_id=place).fields
    for number in range(5):
        choice = {**fields, "own": f"Kanaria{'abcdefghij'[number]}", "agreed": "y"}
        visitor.post(SAVE, enrolment_id=place, data=choice, expect=409)
    for own in ("Kanaria", "Night River", "x"):
        page = visitor.post(SAVE, enrolment_id=place, data={**fields, "own": own, "agreed": "y"}, expect=429)
        assert (
            "You tried several names in a short time." in page.words() and "too close to your name" not in page.words()
        )
        assert page.headers["Retry-After"] == "900"
    clock.at = NOW + DAY / 96
    visitor.post(SAVE, enrolment_id=place, data={**fields, "own": "Night River", "agreed": "y"})


def test_tries_of_one_place_take_none_from_another_and_a_name_that_was_drawn_needs_none(app, cast):
    visitor, place = arrive_at(app, cast)
    fields = visitor.get(PLACE, enrolment_id=place).fields
    with app.app_context(), transaction():
        for _ in range(5):
            enrolling.count_try(uuid4(), at=NOW)
            enrolling.count_try(place, at=NOW)
    visitor.post(SAVE, enrolment_id=place, data={**fields, "own": "Night River", "agreed": "y"}, expect=429)
    assert visitor.post(SAVE, enrolment_id=place, data={**fields, "agreed": "y"}).location == FIRST


@pytest.mark.parametrize("lang", LANGUAGES)
def test_that_too_many_names_were_tried_is_told_in_every_language(app, cast, lang):
    visitor, place = arrive_at(app, cast)
    fields = visitor.get(PLACE, enrolment_id=place).fields
    with app.app_context(), transaction():
        for _ in range(5):
            enrolling.count_try(place, at=NOW)
    visitor.post(SAVE, enrolment_id=place, data={**fields, "own": "Night River", "agreed": "y"}, expect=429, lang=lang)


def test_a_name_that_she_typed_counts_whatever_is_marked_above(app, cast):
    visitor, place = arrive_at(app, cast)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, "own": "Night River", "agreed": "y"}
    visitor.post(SAVE, enrolment_id=place, data=choice)
    assert "Night River" in visitor.get("home.today").words()


def test_neither_drawn_nor_typed_is_told(app, cast):
    visitor, place = arrive_at(app, cast)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, "drawn": "", "agreed": "y"}
    assert "Write a name here." in visitor.post(SAVE, enrolment_id=place, data=choice, expect=422).words()


@pytest.mark.parametrize(
    ("field", "value"),
    [("course_language", "es"), ("interface_language", "xx"), ("time_zone", "Mars/Olympus")],
)
def test_what_is_not_offered_is_not_taken(app, cast, field, value):
    visitor, place = arrive_at(app, cast)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, field: value, "agreed": "y"}
    visitor.post(SAVE, enrolment_id=place, data=choice, expect=422)


def test_fields_that_are_not_in_the_form_change_nothing(app, cast):
    visitor, place = arrive_at(app, cast)
    more = {"state": "completed", "alias": "Boss", "shown_name": "Boss", "role": "coordinator", "person_id": "1"}
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, **more, "agreed": "y"}
    visitor.post(SAVE, enrolment_id=place, data=choice)
    with app.app_context():
        enrolment = db.session.query(Enrolment).filter_by(public_id=place).one()
        assert (enrolment.state, enrolment.alias) == (EnrolmentState.ACTIVE, choice["drawn"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_in_a_course_with_names_the_question_is_another_and_nothing_is_filled_in(app, cast, lang):
    with app.app_context(), transaction():
        db.session.get_one(Cohort, cast.cohort_key).naming = Naming.NAMED
    visitor, place = arrive_at(app, cast)
    page = visitor.get(PLACE, enrolment_id=place, lang=lang)
    assert page.fields["own"] == "" and 'name="drawn"' not in page.text and CANARY not in page.text
    if lang == "en":
        words = page.words()
        assert "How others will see your name" in words and "It is shown only to you" in words
        assert "I tell nobody outside the course who takes part." in words and "their real ones" not in words
    page = visitor.post(SAVE, enrolment_id=place, data={**page.fields, "agreed": "y"}, expect=422, lang=lang)
    choice = {**page.fields, "own": "K. Number", "agreed": "y"}
    visitor.post(SAVE, enrolment_id=place, data=choice, lang=lang)


@pytest.mark.parametrize("name", ["cedar", "coordinator", "facilitator", "stranger"])
def test_somebody_elses_place_is_not_there(app, cast, name):
    _, place = arrive_at(app, cast)
    other = Visitor(app).signed_in(getattr(cast, name))
    other.get(PLACE, enrolment_id=place, expect=404)
    other.get(PLACE, enrolment_id=uuid4(), expect=404)
    other.post(SAVE, enrolment_id=place, expect=404)
    assert other.get("home.today", expect=200).words()


def test_who_takes_part_elsewhere_finds_the_card_on_today_and_among_her_courses(app, cast):
    with app.app_context():
        await_her(cast, cast.other_cohort)
    visitor = Visitor(app).signed_in(cast.other_cohort)
    for endpoint in ("home.today", "modules.courses"):
        page = visitor.get(endpoint)
        assert "Set up your place" in page.words() and "/en/place/" in page.text


def test_before_two_people_decided_nobody_finds_anything(app, cast):
    with app.app_context():
        await_her(cast, cast.stranger, released_at=None)
    page = Visitor(app).signed_in(cast.stranger).get("home.today")
    assert "No course yet" in page.words() and "/place/" not in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_card_is_drawn_in_every_language(app, cast, lang):
    with app.app_context():
        await_her(cast, cast.other_cohort)
    Visitor(app).signed_in(cast.other_cohort).get("home.today", lang=lang)
    Visitor(app).signed_in(cast.other_cohort).get("modules.courses", lang=lang)


def test_until_she_has_settled_the_course_is_closed_to_her(app, cast):
    visitor, place = arrive_at(app, cast)
    visitor.get("modules.outline", course_id=cast.cohort_id, expect=404)
    visitor.get("modules.lesson", lesson_id=cast.nodes["m1-words"], expect=404)
    choice = {**visitor.get(PLACE, enrolment_id=place).fields, "agreed": "y"}
    visitor.post(SAVE, enrolment_id=place, data=choice)
    visitor.get("modules.outline", course_id=cast.cohort_id)


def test_the_page_stays_within_its_statements(app, cast, statements):
    visitor, place = arrive_at(app, cast)
    visitor.get(PLACE, enrolment_id=place)
    with statements() as seen:
        visitor.get(PLACE, enrolment_id=place)
    assert len(seen) <= 4, f"{len(seen)} statements"


# The code, once more


def test_the_button_pressed_twice_opens_one_account_and_signs_her_in_both_times(app, cast):
    with app.app_context():
        send(cast, row(1))
        code = codes.code_of(db.session.query(Invitation).one())
    visitor = Visitor(app)
    choice = {"code": code, "login": "river", "passphrase": LONG, "again": LONG}
    for _ in range(2):
        assert visitor.post("accounts.enrol_accept", data=choice).location == "/en/today"
    for other in ({"passphrase": LONG + "x", "again": LONG + "x"}, {"login": "cedar"}, {"login": "lake"}):
        page = Visitor(app).post("accounts.enrol_accept", data={**choice, **other}, expect=409)
        assert "This invitation has been used." in page.words()


def test_a_used_code_signs_in_nobody_else(app, cast):
    with app.app_context():
        send(cast, row(1))
        code = codes.code_of(db.session.query(Invitation).one())
    choice = {"code": code, "login": "river", "passphrase": LONG, "again": LONG}
    Visitor(app).post("accounts.enrol_accept", data=choice)
    own = {"login": cast.cedar.login, "passphrase": cast.cedar.passphrase, "again": cast.cedar.passphrase}
    page = Visitor(app).post("accounts.enrol_accept", data={**choice, **own}, expect=409)
    assert "This invitation has been used." in page.words()


def test_a_code_used_while_her_page_was_open_is_told(app, cast):
    with app.app_context():
        send(cast, row(1))
        code = codes.code_of(db.session.query(Invitation).one())
    hers, other = Visitor(app), Visitor(app)
    hers.post("accounts.enrol_code", data={"code": code}, expect=200)
    other.post("accounts.enrol_accept", data={"code": code, "login": "lake", "passphrase": LONG, "again": LONG})
    choice = {"code": code, "login": "river", "passphrase": LONG + "!", "again": LONG + "!"}
    page = hers.post("accounts.enrol_accept", data=choice, expect=409)
    assert "This invitation has been used. Ask the person who gave it to you for a new one." in page.words()
    assert page.fields["login"] == "river"


def test_a_code_that_was_taken_back_or_is_too_old_is_told(app, cast, clock):
    with app.app_context():
        send(cast, row(1))
        code = codes.code_of(db.session.query(Invitation).one())
    clock.at = NOW + 14 * DAY
    page = Visitor(app).post("accounts.enrol_code", data={"code": code}, expect=409)
    assert "This invitation is no longer open." in page.words()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_the_code_says_what_opening_does(visitor, lang):
    page = visitor.get("accounts.enrol", lang=lang)
    assert lang != "en" or "What if this invitation was opened by somebody else?" in page.words()


def test_of_two_last_names_tried_at_one_moment_one_is_refused_when_it_is_counted(in_app):
    """Both were let through by the look that writes nothing."""
    place = uuid4()
    for _ in range(enrolling.MOST_TRIES):
        enrolling.check_tries(place, at=NOW)
        with transaction():
            enrolling.count_try(place, at=NOW)
    with pytest.raises(TooManyNames), transaction():
        enrolling.count_try(place, at=NOW)
    with pytest.raises(TooManyNames):
        enrolling.check_tries(place, at=NOW)
