import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.cohorts.models import Cohort, Enrolment, Notice
from lms.cohorts.rules.telling import News, Subject
from lms.cohorts.services import telling
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.messaging import services as messaging
from lms.messaging.models import Job
from tests.cast import DAY, NOW
from tests.client import Visitor

LANGUAGES = ("en", "fr", "ar")
ADDRESS = "kanaria.example"


@pytest.fixture
def rania(app, cast):
    """Who coordinates the cohort."""
    return Visitor(app).signed_in(cast.coordinator)


def preview(rania, cast, expect=200, lang="en", **chosen):
    data = {"what": "silent", "who": "under way", "alias": "", **chosen}
    return rania.post("messages.preview", cohort_id=cast.cohort_id, data=data, expect=expect, lang=lang)


def send(rania, cast, page, expect=302, **changed):
    data = {name: page.fields[name] for name in ("what", "who", "alias", "op")}
    return rania.post("messages.send", cohort_id=cast.cohort_id, data={**data, **changed}, expect=expect)


def in_database(app, read):
    with app.app_context():
        return read()


def aliases_told():
    return list(db.session.scalars(select(Enrolment.alias).join(Notice).order_by(Enrolment.alias)))


def give_up(app, person, cohort_key, days=0):
    with app.app_context(), transaction():
        job = messaging.write_to(person.id, "something_new", at=NOW - DAY, cohort_id=cohort_key, about="silent")
        job.done_at, job.fault, job.tries = NOW - days * DAY, "ConnectionRefusedError", 10
        return job.payload["key"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_and_the_form_are_drawn_in_every_language(rania, cast, app, lang):
    give_up(app, cast.cedar, cast.cohort_key)
    rania.get("messages.listed", cohort_id=cast.cohort_id, lang=lang)
    rania.get("messages.new", cohort_id=cast.cohort_id, lang=lang)
    preview(rania, cast, lang=lang)


@pytest.mark.parametrize("name", ["cedar", "facilitator", "stranger", "other_cohort"])
@pytest.mark.parametrize(
    ("method", "endpoint"),
    [
        ("get", "messages.listed"),
        ("get", "messages.new"),
        ("post", "messages.preview"),
        ("post", "messages.send"),
        ("post", "messages.send_again"),
    ],
)
def test_messages_are_for_coordinators_of_the_cohort(app, cast, name, method, endpoint):
    somebody = Visitor(app).signed_in(getattr(cast, name))
    getattr(somebody, method)(endpoint, cohort_id=cast.cohort_id, expect=404)


def test_another_cohort_is_not_there_for_her(rania, cast):
    rania.get("messages.listed", cohort_id=cast.other_cohort_id, expect=404)
    rania.get("messages.listed", cohort_id=new_id(), expect=404)


def test_a_text_is_looked_at_in_three_languages_with_its_count_before_it_is_sent(rania, cast, app):
    page = preview(rania, cast, what="module:m2", who="under way")
    words = page.words()
    assert "4 participants get this. 4 of them have an e-mail address." in words
    assert "Module 2 opens on Thursday 15 April 2027, 14:00 (UTC+2)." in words
    assert set(re.findall(r'<dd lang="(\w+)"', page.text)) == set(LANGUAGES)
    assert in_database(app, aliases_told) == []


def test_what_was_looked_at_is_sent(rania, cast, app):
    page = preview(rania, cast, what="silent", who="one", alias="Nour")
    answer = send(rania, cast, page)
    assert answer.location.endswith(f"/cohort/{cast.cohort_id}/messages?done=sent")
    assert in_database(app, aliases_told) == ["Nour"]
    text = rania.get(answer.location).words()
    assert "They find it on their Today page" in text and "We have not seen you" in text


def test_a_double_click_sends_once(rania, cast, app):
    page = preview(rania, cast)
    send(rania, cast, page), send(rania, cast, page)
    assert len(in_database(app, aliases_told)) == 4
    assert in_database(app, lambda: db.session.query(Job).count()) == 4


def test_another_look_is_another_sending(rania, cast, app):
    send(rania, cast, preview(rania, cast, what="silent"))
    send(rania, cast, preview(rania, cast, what="calendar"))
    assert in_database(app, lambda: db.session.query(Job).count()) == 8


def test_an_alias_belongs_to_one_participant(rania, cast):
    page = preview(rania, cast, who="one", alias=" ", expect=422)
    assert "Enter the alias of the participant." in page.words()


@pytest.mark.parametrize("chosen", [{"who": "one", "alias": "Nobody"}, {"who": "not come"}, {"who": "done"}])
def test_a_message_to_nobody_is_refused_and_the_choice_is_kept(rania, cast, chosen):
    page = preview(rania, cast, expect=409, **chosen)
    assert "Nobody is meant by this choice" in page.words()
    assert page.fields["who"] == chosen["who"] and page.fields["alias"] == chosen.get("alias", "")


@pytest.mark.parametrize("chosen", [{"who": "not come"}, {"who": "one", "alias": "Cedar"}])
def test_no_message_is_left_to_somebody_who_was_not_invited_by_two(rania, cast, app, chosen):
    with app.app_context(), transaction():
        place = db.session.scalars(select(Enrolment).where(Enrolment.alias == "Cedar")).one()
        place.agreed_at = None
    assert "Nobody is meant by this choice" in preview(rania, cast, expect=409, **chosen).words()
    send(rania, cast, preview(rania, cast), expect=409, **chosen)
    assert in_database(app, lambda: db.session.query(Job).count()) == 0
    with app.app_context(), transaction():
        db.session.scalars(select(Enrolment).where(Enrolment.alias == "Cedar")).one().released_at = NOW - DAY
    send(rania, cast, preview(rania, cast, **chosen))
    letters = in_database(app, lambda: [job.person_id for job in db.session.query(Job)])
    assert letters == [cast.cedar.id]


@pytest.mark.parametrize(
    "chosen", [{"what": "free text"}, {"what": "module:m1"}, {"who": "everybody"}, {"who": "group:1"}]
)
def test_nothing_but_what_the_page_offers_is_taken(rania, cast, app, chosen):
    preview(rania, cast, expect=422, **chosen)
    page = preview(rania, cast)
    send(rania, cast, page, expect=422, **chosen)
    assert in_database(app, aliases_told) == []


@pytest.mark.parametrize("key", ["", "no key", "0" * 31])
def test_a_form_without_its_key_sends_nothing(rania, cast, app, key):
    send(rania, cast, preview(rania, cast), expect=422, op=key)
    assert in_database(app, aliases_told) == []


def test_who_left_between_looking_and_sending_is_not_written_to(rania, cast, app):
    page = preview(rania, cast, who="one", alias="Cedar")
    with app.app_context(), transaction():
        db.session.scalars(select(Enrolment).where(Enrolment.alias == "Cedar")).one().state = "withdrawn"
    refused = send(rania, cast, page, expect=409)
    assert "Nobody is meant" in refused.words() and in_database(app, aliases_told) == []


def test_a_closed_cohort_is_read_and_not_written_to(rania, cast, app):
    with app.app_context(), transaction():
        db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    page = rania.get("messages.listed", cohort_id=cast.cohort_id)
    assert "Write to participants" not in page.words()
    rania.get("messages.new", cohort_id=cast.cohort_id, expect=404)


def test_what_was_given_up_is_not_sent_again_once_the_cohort_is_closed(rania, cast, app):
    key = give_up(app, cast.cedar, cast.cohort_key)
    with app.app_context(), transaction():
        db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    page = rania.get("messages.listed", cohort_id=cast.cohort_id)
    assert "again" not in page.words() and key not in page.text
    for message in (key, "all"):
        rania.post("messages.send_again", cohort_id=cast.cohort_id, data={"message": message}, expect=404)
    assert in_database(app, lambda: db.session.query(Job).filter(Job.done_at.is_(None)).count()) == 0


def test_a_link_may_choose_the_text_and_one_participant(rania, cast, app):
    def her_id():
        return db.session.scalars(select(Enrolment.public_id).where(Enrolment.alias == "Nour")).one()

    page = rania.get("messages.new", cohort_id=cast.cohort_id, what="silent", to=in_database(app, her_id))
    assert (page.fields["what"], page.fields["who"], page.fields["alias"]) == ("silent", "one", "Nour")


def test_a_link_to_somebody_of_another_cohort_chooses_nobody(rania, cast, app):
    def other_id():
        return db.session.scalars(select(Enrolment.public_id).where(Enrolment.alias == "Basalt")).one()

    page = rania.get("messages.new", cohort_id=cast.cohort_id, to=in_database(app, other_id))
    assert (page.fields["who"], page.fields["alias"]) == ("", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_neither_a_text_nor_anybody_is_chosen_beforehand(rania, cast, app, lang):
    page = rania.get("messages.new", cohort_id=cast.cohort_id, lang=lang)
    assert (page.fields["what"], page.fields["who"]) == ("", "")
    page = preview(rania, cast, expect=422, lang=lang, what="", who="")
    assert 'href="#what"' in page.text and 'href="#who"' in page.text
    if lang == "en":
        assert page.words().count("Choose one of these.") == 4


def test_that_the_course_begins_is_not_offered_once_it_has_begun(rania, cast, app, clock):
    with app.app_context(), transaction():
        db.session.get_one(Cohort, cast.cohort_key).starts_on = NOW.date()
    preview(rania, cast, what="begins")
    clock.at = NOW + DAY
    rania.signed_in(cast.coordinator)
    assert 'value="begins"' not in rania.get("messages.new", cohort_id=cast.cohort_id).text
    preview(rania, cast, what="begins", expect=422)


def test_the_list_shows_aliases_and_states_and_neither_address_nor_text(rania, cast, app):
    give_up(app, cast.cedar, cast.cohort_key)
    with app.app_context(), transaction():
        messaging.write_to(cast.nour.id, "date_near", at=NOW, cohort_id=cast.cohort_key, about="date near")
    page = rania.get("messages.listed", cohort_id=cast.cohort_id)
    words = page.words()
    assert "Nour A date is near Waiting 13 April 2027" in words
    assert "Cedar We have not seen you Given up 13 April 2027" in words
    assert ADDRESS not in page.text and "Kanaria" not in page.text and "ConnectionRefused" not in page.text


def test_a_message_that_was_given_up_is_sent_again(rania, cast, app):
    key = give_up(app, cast.cedar, cast.cohort_key)
    other = give_up(app, cast.nour, cast.cohort_key)
    assert "2 messages were given up" in rania.get("messages.listed", cohort_id=cast.cohort_id).words()
    answer = rania.post("messages.send_again", cohort_id=cast.cohort_id, data={"message": key})
    page = rania.get(answer.location)
    assert "It is being sent again." in page.words() and "1 message was given up" in page.words()
    assert page.text.count(f'value="{other}"') == 1 and f'value="{key}"' not in page.text


def test_all_are_sent_again_at_once(rania, cast, app):
    for person in (cast.cedar, cast.nour):
        give_up(app, person, cast.cohort_key)
    rania.post("messages.send_again", cohort_id=cast.cohort_id, data={"message": "all"})
    assert in_database(app, lambda: db.session.query(Job).filter(Job.done_at.is_(None)).count()) == 2
    page = rania.get("messages.listed", cohort_id=cast.cohort_id, show="given-up")
    assert "No message was given up." in page.words()


@pytest.mark.parametrize("named", ["", "none of ours"])
def test_a_button_that_names_no_message_sends_nothing(rania, cast, app, named):
    give_up(app, cast.cedar, cast.cohort_key)
    rania.post("messages.send_again", cohort_id=cast.cohort_id, data={"message": named})
    assert in_database(app, lambda: db.session.query(Job).filter(Job.done_at.is_(None)).count()) == 0


def test_messages_that_wait_too_long_are_told(rania, cast, app):
    with app.app_context(), transaction():
        messaging.write_to(cast.nour.id, "something_new", at=NOW - timedelta(minutes=16), cohort_id=cast.cohort_key)
    assert "1 message waits for more than 15 minutes." in rania.get("messages.listed", cohort_id=cast.cohort_id).words()


def test_long_lists_have_pages(rania, cast, app):
    for _ in range(26):
        give_up(app, cast.cedar, cast.cohort_key)
    page = rania.get("messages.listed", cohort_id=cast.cohort_id, show="given-up")
    assert page.text.count("<tr>") == 26 and "Page 1 of 2" in page.words()
    assert "page=2&amp;show=given-up" in page.text
    last = rania.get("messages.listed", cohort_id=cast.cohort_id, show="given-up", page=2)
    assert last.text.count("<tr>") == 2


def test_a_notice_stands_on_her_today_page_in_her_language_until_she_puts_it_away(rania, cast, app):
    send(rania, cast, preview(rania, cast, what="module:m2"))
    nour = Visitor(app).signed_in(cast.nour)
    page = nour.get("home.today", lang="ar")
    notice = re.search(r'name="notice" value="([^"]+)"', page.text)[1]
    assert page.text.count('name="notice"') == 1
    nour.post("messages.put_away", data={"notice": notice}, lang="ar")
    assert 'name="notice"' not in nour.get("home.today", lang="ar").text


def test_putting_away_twice_is_putting_away_once(rania, cast, app):
    send(rania, cast, preview(rania, cast))
    cedar = Visitor(app).signed_in(cast.cedar)
    notice = re.search(r'name="notice" value="([^"]+)"', cedar.get("home.today").text)[1]
    for _ in range(2):
        assert cedar.post("messages.put_away", data={"notice": notice}).location == "/en/today"


def test_nobody_puts_away_the_notice_of_somebody_else(rania, cast, app):
    send(rania, cast, preview(rania, cast))
    cedar, nour = (Visitor(app).signed_in(member) for member in (cast.cedar, cast.nour))
    notice = re.search(r'name="notice" value="([^"]+)"', cedar.get("home.today").text)[1]
    for wrong in (notice, "", "no id", str(new_id())):
        nour.post("messages.put_away", data={"notice": wrong})
    assert len(in_database(app, aliases_told)) == 4


def test_a_near_date_on_today_is_her_own_and_leads_to_the_task(rania, cast, app):
    send(rania, cast, preview(rania, cast, what="date near:m1-quiz"))
    page = Visitor(app).signed_in(cast.cedar).get("home.today")
    assert "hand in Title of m1-quiz by Wednesday 14 April 2027, 14:00 (UTC+2)" in page.words()
    assert f'/en/t/{cast.nodes["m1-quiz"]}"' in page.text


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize(
    ("news", "node_id", "leads_to"),
    [
        (News.MORE_TIME, "m1-quiz", "/t/"),
        (News.RETURNED, None, "/results"),
        (News.RELEASED, None, "/results"),
        (News.CERTIFICATE, None, "/results"),
        (News.WITHDRAWN, None, "/results"),
    ],
)
def test_what_an_act_did_stands_on_today_and_leads_to_it(cast, app, news, node_id, leads_to, language):
    with app.app_context(), transaction():
        hers = db.session.scalars(select(Enrolment).where(Enrolment.person_id == cast.cedar.id)).one()
        telling.tell_of_act([hers], Subject(news=news, node_id=node_id), at=NOW)
    page = Visitor(app).signed_in(cast.cedar).get("home.today", lang=language)
    notice = page.text[page.text.index('id="n1"') :]
    assert f'href="/{language}{leads_to}' in notice[: notice.index('name="notice"')]


def test_a_near_date_is_gone_from_today_when_it_has_passed(rania, cast, app, clock):
    send(rania, cast, preview(rania, cast, what="date near:m1-quiz"))
    clock.at = NOW + DAY
    assert 'name="notice"' not in Visitor(app).signed_in(cast.cedar).get("home.today").text


def test_pages_stay_within_their_statements(rania, cast, app, statements):
    give_up(app, cast.cedar, cast.cohort_key)
    for endpoint, most in (("messages.listed", 5), ("messages.new", 7)):
        rania.get(endpoint, cohort_id=cast.cohort_id)
        with statements() as seen:
            rania.get(endpoint, cohort_id=cast.cohort_id)
        assert len(seen) <= most, seen


def test_notices_cost_today_one_statement(rania, cast, app, statements):
    cedar = Visitor(app).signed_in(cast.cedar)
    cedar.get("home.today")
    counts = []
    for _ in range(2):
        with statements() as seen:
            cedar.get("home.today")
        counts.append(len(seen))
        send(rania, cast, preview(rania, cast, what="silent"))
    assert counts[0] == counts[1]
