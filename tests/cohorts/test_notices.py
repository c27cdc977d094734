import re
from datetime import UTC, date, datetime

import pytest
from flask_babel import force_locale

from lms.cohorts import notices
from lms.cohorts.notices import Facts
from lms.cohorts.rules.telling import OF_A_NODE, News, Subject
from lms.courses.rules import Told
from tests.cast import DAY, NOW

FACTS = Facts(begins_on=(NOW + DAY).date(), home="UTC", moment=NOW + DAY, number=2, title=Told("A <b>title</b>", "fr"))


def subject(news):
    return Subject(news=news, node_id="m2" if news in OF_A_NODE else None)


@pytest.fixture
def page(in_app):
    with in_app.test_request_context("/en/today"):
        yield


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("news", News)
def test_every_notice_is_a_whole_sentence_in_every_language(page, news, language):
    written = notices.write_in(language, subject(news), FACTS, at=NOW)
    assert len(written) > 20 and written.rstrip()[-1] in ".?؟" and not re.search(r"%\(?\w", written)
    assert notices.LABELS[news]


def test_a_title_keeps_its_own_language_and_is_only_text(page):
    written = notices.write(subject(News.DATE_NEAR), FACTS, at=NOW)
    assert '<bdi lang="fr">A &lt;b&gt;title&lt;/b&gt;</bdi>' in written


def test_a_module_opens_and_then_is_open(page):
    assert "Module 2 opens on Wednesday 14 April 2027, 12:00 (UTC)." in notices.write(
        subject(News.MODULE), FACTS, at=NOW
    )
    assert "Module 2 is open." in notices.write(subject(News.MODULE), FACTS, at=NOW + 2 * DAY)


def test_times_may_be_those_of_the_cohort(page):
    told = Facts(begins_on=NOW.date(), home="UTC", moment=NOW + DAY, number=2, zone="Europe/Oslo")
    assert "14:00 (UTC+2)" in notices.write(subject(News.MODULE), told, at=NOW)


@pytest.mark.parametrize(
    ("news", "days", "is_news"),
    [
        (News.DATE_NEAR, 0, True),
        (News.DATE_NEAR, 1, False),
        (News.BEGINS, 1, True),
        (News.BEGINS, 2, False),
        (News.MODULE, 9, True),
        (News.CALENDAR, 9, True),
        (News.SILENT, 9, True),
    ],
)
def test_a_date_that_has_passed_is_no_news(news, days, is_news):
    assert notices.is_news(subject(news), FACTS, at=NOW + days * DAY) is is_news


@pytest.mark.parametrize("news", sorted(OF_A_NODE))
def test_a_date_that_was_taken_away_is_no_news(news):
    assert not notices.is_news(subject(news), Facts(begins_on=NOW.date(), home="UTC"), at=NOW)


def test_a_coordinator_chooses_by_a_neutral_label(page):
    assert notices.label_of(subject(News.MODULE), FACTS) == "Module 2 opens"
    assert notices.label_of(subject(News.SILENT), FACTS) == "We have not seen you"
    assert notices.label_of_message("date near") == "A date is near"
    assert notices.label_of_message("invitation") == "Invitation"
    assert notices.label_of_message("something_new") == "Message"


def test_no_sentence_names_a_topic(page):
    for language in ("en", "fr", "ar"):
        with force_locale(language):
            text = " ".join(str(sentence) for sentence in (*notices.SENTENCES.values(), *notices.LABELS.values()))
        assert not any(word in text.lower() for word in ("ceasefire", "women", "conflict", "cessez", "femmes", "إطلاق"))


def test_the_first_day_ends_by_the_clocks_of_the_cohort():
    last_hour = datetime(2027, 4, 14, 20, 30, tzinfo=UTC)
    begins = subject(News.BEGINS)
    for zone, is_news in (("Europe/Oslo", True), ("Asia/Yangon", False), ("America/Port-au-Prince", True)):
        facts = Facts(begins_on=date(2027, 4, 14), home=zone)
        assert notices.is_news(begins, facts, at=last_hour) is is_news, zone
