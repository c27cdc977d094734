import pytest
from sqlalchemy.exc import DatabaseError, InternalError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeout

LANGUAGES = ("en", "fr", "ar")


class BrokenClock:
    """A fault of ours in the middle of a page: the session is found, then it breaks once."""

    def __init__(self, good):
        self._good, self._asked = good, 0

    def now(self):
        self._asked += 1
        if self._asked == 2:
            raise RuntimeError("the answer of Kanaria Legalname")
        return self._good.now()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_that_is_not_there_says_that_nothing_is_lost(visitor, lang):
    page = visitor.get(f"/{lang}/no/such/page", expect=404)
    assert f'class="btn alt" href="/{lang}/"' in page.text


def test_without_a_database_the_page_says_what_was_kept(as_participant, database_gone, caplog):
    database_gone()
    page = as_participant.get("home.today", expect=503)
    assert "Everything that the site said was saved is still saved." in page.words()
    assert page.headers["Retry-After"] == "120"
    assert "SELECT" not in caplog.text


def test_what_was_sent_while_the_database_was_away_is_told_as_not_saved(as_participant, cast, database_gone):
    token = as_participant.token()
    database_gone()
    address = f"/en/l/{cast.nodes['m1-words']}/read"
    page = as_participant._read(as_participant.client.post(address, data={"csrf_token": token}), 503)
    assert "What you just sent was not saved. Go back: it is still in the page." in page.words()


@pytest.mark.parametrize("address", ["/en/", "/en/privacy", "/healthz"])
def test_a_stranger_reads_public_pages_without_a_database(visitor, database_gone, address):
    database_gone()
    visitor.get(address)


def test_nothing_is_ready_without_a_database(visitor, database_gone):
    database_gone()
    visitor.get("machine.readyz", expect=503)


def test_our_own_fault_gives_a_code_to_quote_and_logs_no_words(app, as_participant, clock, caplog):
    app.extensions["clock"] = BrokenClock(clock)
    try:
        page = as_participant.get("home.today", expect=500)
    finally:
        app.extensions["clock"] = clock
    assert "Something broke on our side" in page.words()
    code = page.words().split("Code to quote: ")[1].split()[0]
    assert code in caplog.text and "RuntimeError" in caplog.text and "lms.home.views" in caplog.text
    assert "Kanaria" not in caplog.text


def test_a_wrong_method_is_told_with_what_is_allowed(visitor):
    page = visitor._read(visitor.client.post("/en/privacy"), 405)
    assert "GET" in page.headers["Allow"]


def test_too_much_at_once_is_refused(visitor):
    token = visitor.token()
    answer = visitor.client.post("/en/sign-in", data={"csrf_token": token, "login": "x" * 2_000_000})
    assert answer.status_code == 413


SCRIPT = {"Accept": "application/json"}


def save_address(cast):
    return f"/en/l/{cast.nodes['m1-words']}/read"


def test_a_script_is_told_in_a_sentence_that_nothing_was_saved(as_participant, cast, database_gone):
    token = as_participant.token()
    database_gone()
    answer = as_participant.client.post(save_address(cast), data={"csrf_token": token}, headers=SCRIPT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert answer.json == {
        "text": "Not saved: the site is not able to save right now. Keep this page open; it will be sent again."
    }


class ReadOnly(Exception):
    """What PostgreSQL says while nothing may be written."""

    sqlstate = "25006"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (InternalError("INSERT", {}, ReadOnly()), 503),
        (InternalError("INSERT", {}, Exception()), 500),
        (DatabaseError("INSERT", {}, Exception(), connection_invalidated=True), 503),
        (DatabaseError("INSERT", {}, Exception()), 500),
        (ResourceClosedError("the line broke before the rows came"), 503),
        (PoolTimeout("no connection is free"), 503),
    ],
)
def test_a_database_that_cannot_work_now_is_told_apart_from_our_own_faults(app, as_participant, clock, fault, status):
    app.extensions["clock"] = FailingClock(clock, fault)
    try:
        as_participant.get("home.today", expect=status)
    finally:
        app.extensions["clock"] = clock


class FailingClock(BrokenClock):
    """The same with a fault of choice."""

    def __init__(self, good, fault):
        super().__init__(good)
        self._fault = fault

    def now(self):
        self._asked += 1
        if self._asked == 2:
            raise self._fault
        return self._good.now()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_breaks_while_an_error_page_is_drawn_is_told_too(app, visitor, monkeypatch, caplog, lang):
    """What every page needs is missing: she still reads that nothing is lost, and the server tells no more."""

    def breaks(*_):
        raise RuntimeError("the answer of Kanaria Legalname")

    monkeypatch.setattr(app.jinja_env, "get_template", breaks)
    answer = visitor.client.get(f"/{lang}/no/such/page")
    assert answer.status_code == 404 and f'lang="{lang}"' in answer.text and "<h1>" in answer.text
    assert "Kanaria" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
    answer = visitor.client.get(f"/{lang}/sign-in")
    assert answer.status_code == 500
    assert answer.text.split("<p>")[-1].split("<")[0] in caplog.text
