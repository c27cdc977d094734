import pytest
from sqlalchemy.exc import OperationalError

from lms.accounts import queries

LANGUAGES = ("en", "fr", "ar")


@pytest.fixture
def no_database(monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("SELECT name FROM people WHERE secret", {"name": "Kanaria"}, OSError("down"))

    monkeypatch.setattr(queries, "find_session", gone)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_that_is_not_there_says_that_nothing_is_lost(visitor, lang):
    page = visitor.get(f"/{lang}/no/such/page", expect=404)
    assert f'class="btn alt" href="/{lang}/"' in page.text


def test_without_a_database_the_page_says_what_was_kept_and_never_a_false_success(
    as_participant, cast, no_database, caplog
):
    page = as_participant.get("home.today", expect=503)
    assert "Everything that the site said was saved is still saved." in page.words()
    assert page.headers["Retry-After"] == "120"
    address = f"/en/l/{cast.nodes['m1-words']}/read"
    as_participant._read(as_participant.client.post(address, data={"csrf_token": "x"}), 503)
    assert "Kanaria" not in caplog.text and "SELECT" not in caplog.text


def test_what_was_sent_while_the_database_was_away_is_told_as_not_saved(as_participant, cast, monkeypatch):
    token = as_participant.token()

    def gone(*args, **kwargs):
        raise OperationalError("UPDATE", {}, OSError())

    monkeypatch.setattr(queries, "find_session", gone)
    address = f"/en/l/{cast.nodes['m1-words']}/read"
    page = as_participant._read(as_participant.client.post(address, data={"csrf_token": token}), 503)
    assert "What you just sent was not saved. Go back: it is still in the page." in page.words()


def test_our_own_fault_gives_a_code_to_quote_and_logs_no_words(as_participant, monkeypatch, caplog):
    from lms.home import views

    def broken(*args, **kwargs):
        raise RuntimeError("the answer of Kanaria Legalname")

    monkeypatch.setattr(views.cohorts, "seats_of", broken)
    page = as_participant.get("home.today", expect=500)
    assert "Something broke on our side" in page.words()
    code = page.words().split("Code to quote: ")[1].split()[0]
    assert code in caplog.text and "RuntimeError" in caplog.text
    assert "Kanaria" not in caplog.text


def test_a_wrong_method_is_told_with_what_is_allowed(visitor):
    page = visitor._read(visitor.client.post("/en/privacy"), 405)
    assert "GET" in page.headers["Allow"]


def test_too_much_at_once_is_refused(visitor):
    token = visitor.token()
    answer = visitor.client.post("/en/sign-in", data={"csrf_token": token, "login": "x" * 2_000_000})
    assert answer.status_code == 413
