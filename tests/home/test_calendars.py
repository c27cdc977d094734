import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from lms.accounts.models import Person
from lms.assessments.models import AllowanceRow
from lms.audit.models import Entry
from lms.cohorts.models import CalendarEntry, Enrolment, Feed
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.settings import LANGUAGES
from tests.cast import DAY, NOW
from tests.client import Visitor

TOPIC = ("course", "module", "quiz", "title", "lesson", "women", "ceasefire", "cohort", "kanaria", "cedar", "due", "m1")


def make(somebody, operation=None, lang="en"):
    """The address that the page shows once."""
    page = somebody.post("calendars.make", data={"op": str(operation or new_id())}, expect=200, lang=lang)
    return re.search(r"http://localhost:8000(/cal/[\w-]+\.ics)", page.text)[1]


def read(app, address, expect=200, **headers):
    answer = app.test_client().get(address, headers=headers)
    assert answer.status_code == expect, answer.text[:200]
    return answer


def events(answer):
    found = sorted(Calendar.from_ical(answer.data).walk("VEVENT"), key=lambda event: event["DTSTART"].dt)
    return [(str(event["SUMMARY"]), event["DTSTART"].dt) for event in found]


@pytest.fixture
def cedar(app, cast):
    app.extensions.pop("catalogues", None)
    return Visitor(app).signed_in(cast.cedar)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_tells_what_each_appointment_means(cedar, lang):
    page = cedar.get("calendars.calendar", lang=lang)
    assert page.text.count('<th scope="row">') == 5
    make(cedar, lang=lang)


def test_what_is_meant_stands_only_on_her_own_page(cedar):
    words = cedar.get("calendars.calendar").words()
    assert "1 Thursday 8 April 2027, 14:00 (UTC+2) Module 1 opens" in words
    assert "2 Wednesday 14 April 2027, 14:00 (UTC+2) Title of m1-quiz is due" in words


def test_her_calendar_has_her_dates_and_no_word_of_them(app, cast, cedar):
    answer = read(app, make(cedar))
    opens, near, far = NOW - 5 * DAY, NOW + DAY, NOW + 2 * DAY
    assert events(answer) == [(f"Appointment {n}", at) for n, at in enumerate((opens, near, near, far, far), 1)]
    assert not any(word in answer.text.lower() for word in TOPIC)
    assert not any(node.hex in answer.text for node in cast.nodes.values())


@pytest.mark.parametrize(
    ("name", "title", "zone"), [("nour", "موعد 1", "Asia/Aden"), ("olivier", "Rendez-vous 1", None)]
)
def test_it_is_in_her_language_and_zone(app, cast, name, title, zone):
    answer = read(app, make(Visitor(app).signed_in(getattr(cast, name))))
    (first, *_) = sorted(Calendar.from_ical(answer.data).walk("VEVENT"), key=lambda event: event["DTSTART"].dt)
    assert (str(first["SUMMARY"]), first["DTSTART"].params.get("TZID")) == (title, zone)  # Bamako's clock is UTC


@pytest.mark.parametrize("node_id", ["m1-quiz", None])
def test_more_time_that_she_was_given_is_in_it(app, cast, cedar, node_id):
    own = NOW + 9 * DAY
    with app.app_context(), transaction():
        enrolment = db.session.query(Enrolment).filter_by(person_id=cast.cedar.id).one()
        db.session.add(AllowanceRow(enrolment_id=enrolment.id, node_id=node_id, by_id=None, given_at=NOW, due_at=own))
    assert [at for _, at in events(read(app, make(cedar)))].count(own) == (3 if node_id is None else 1)


def test_a_date_that_moves_moves_in_her_calendar_and_keeps_its_name(app, cast, cedar):
    address = make(cedar)
    before = read(app, address)
    with app.app_context(), transaction():
        db.session.query(CalendarEntry).filter_by(cohort_id=cast.cohort_key, node_id="m2").one().opens_at = (
            NOW + 9 * DAY
        )
    after = read(app, address)
    assert events(after)[-1] == ("Appointment 5", NOW + 9 * DAY)
    names = [{str(e["UID"]) for e in Calendar.from_ical(one.data).walk("VEVENT")} for one in (before, after)]
    assert names[0] == names[1] and before.headers["ETag"] != after.headers["ETag"]


def test_it_is_shown_once_and_stored_as_a_hash(app, cast, cedar):
    address = make(cedar)
    page = cedar.get("calendars.calendar")
    assert "/cal/" not in page.text and "It cannot be shown again." in page.words()
    token = address.removeprefix("/cal/").removesuffix(".ics")
    with app.app_context():
        assert token.encode() not in db.session.query(Feed).one().token_hash
    assert len(token) == 43


def test_the_page_that_shows_it_is_not_compressed_and_not_kept(cedar):
    answer = cedar.post("calendars.make", data={"op": str(new_id())}, expect=200, headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers and answer.headers["Cache-Control"] == "no-store"


def test_a_double_click_makes_one_address(app, cedar):
    operation = new_id()
    assert make(cedar, operation) == make(cedar, operation)
    with app.app_context():
        assert db.session.query(Entry).filter_by(act="cohorts.feed.made").count() == 1


def test_the_same_form_of_somebody_else_makes_another_address(app, cast, cedar):
    operation = new_id()
    assert make(cedar, operation) != make(Visitor(app).signed_in(cast.nour), operation)


def test_another_address_takes_the_place_of_the_first(app, cedar):
    first, second = make(cedar), make(cedar)
    read(app, first, expect=404)
    assert events(read(app, second))


def test_another_address_has_other_names_for_the_same_dates(app, cedar):
    names = []
    for _ in range(2):
        calendar = Calendar.from_ical(read(app, make(cedar)).data)
        names.append({str(event["UID"]) for event in calendar.walk("VEVENT")})
    assert not names[0] & names[1]


def test_taking_it_back_twice_is_taking_it_back_once(app, cedar):
    address = make(cedar)
    for _ in range(2):
        cedar.post("calendars.take_back")
    read(app, address, expect=404)
    with app.app_context():
        assert db.session.query(Entry).filter_by(act="cohorts.feed.taken_back").count() == 1
    assert "You have none." in cedar.get("calendars.calendar").words()


def test_an_address_that_was_taken_back_is_told_like_one_that_never_was(app, cedar, statements):
    address = make(cedar)
    cedar.post("calendars.take_back")
    answers, counts = [], []
    asked = (address, "/cal/" + "x" * 43 + ".ics", "/cal/short.ics")
    for one in asked:
        with statements() as seen:
            answers.append(read(app, one, expect=404))
        counts.append(len(seen))
    bodies = [
        re.sub(r'(nonce|value)="[^"]+"', "", answer.text).replace(one, "")
        for answer, one in zip(answers, asked, strict=True)
    ]
    assert len(set(counts)) == 1 and len({len(body) for body in bodies}) == 1
    assert len({tuple(sorted(name for name, _ in answer.headers)) for answer in answers}) == 1


@pytest.mark.parametrize("why", ["disabled", "gone"])
def test_who_has_no_account_any_more_has_no_calendar(app, cast, cedar, why):
    address = make(cedar)
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        if why == "disabled":
            person.disabled_at = NOW
        else:
            db.session.query(Feed).delete()
    read(app, address, expect=404)


def test_who_left_the_course_keeps_an_empty_calendar(app, cast, cedar):
    address = make(cedar)
    with app.app_context(), transaction():
        db.session.query(Enrolment).filter_by(person_id=cast.cedar.id).one().state = "withdrawn"
    assert events(read(app, address)) == []


def test_her_program_asks_whether_anything_changed(app, cedar, clock):
    address = make(cedar)
    first = read(app, address)
    clock.at = NOW + 3 * timedelta(hours=1)
    again = read(app, address, expect=304, **{"If-None-Match": first.headers["ETag"]})
    assert again.data == b"" and again.headers["ETag"] == first.headers["ETag"]
    assert read(app, address).data == first.data


def test_headers_of_the_feed(app, cedar):
    answer = read(app, make(cedar))
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "inline; filename=appointments.ics"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_compressed_feed_is_the_same_feed(app, cedar):
    address = make(cedar)
    plain, packed = read(app, address), read(app, address, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["ETag"] == plain.headers["ETag"]
    read(app, address, expect=304, **{"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"})


@pytest.mark.parametrize("endpoint", ["calendars.make", "calendars.take_back"])
def test_an_address_is_made_and_taken_back_only_by_its_owner(app, visitor, endpoint):
    assert "/sign-in" in visitor.post(endpoint, data={}, expect=302).location


@pytest.mark.parametrize("sent", [{}, {"op": "no key"}])
def test_a_form_without_its_key_makes_nothing(app, cedar, sent):
    cedar.post("calendars.make", data=sent, expect=400)
    with app.app_context():
        assert db.session.query(Feed).count() == 0


def test_staff_without_a_course_have_an_empty_calendar(app, cast):
    rania = Visitor(app).signed_in(cast.coordinator)
    assert "There are no dates yet." in rania.get("calendars.calendar").words()
    assert events(read(app, make(rania))) == []


def test_pages_stay_within_their_statements(app, cedar, statements):
    address = make(cedar)
    cedar.get("calendars.calendar")
    with statements() as seen:
        cedar.get("calendars.calendar")
    assert len(seen) <= 6
    with statements() as seen:
        read(app, address)
    assert len(seen) <= 5
