"""The pages on which a coordinator brings a list of people."""

import io
import tempfile
from uuid import uuid4

import pytest

from lms.accounts.models import Person
from lms.cohorts.models import Cohort, Enrolment, Upload, UploadRow
from lms.cohorts.rules.roster import Column, Wrong
from lms.cohorts.rules.uploads import UploadState
from lms.cohorts.views.list_wording import COLUMNS, FAULTS
from lms.cohorts.views.uploads import is_address
from lms.kernel.db import db, transaction
from lms.kernel.sheets.reading import Columns, read_rows
from lms.messaging import jobs as worker
from tests.cast import CANARY, NOW
from tests.client import Visitor
from tests.cohorts.lists import HEADINGS, as_csv, as_xlsx, paper, row

LANGUAGES = ("en", "fr", "ar")
UPLOAD, LIST = "uploads.upload", "uploads.shown"


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


def bring(visitor, cast, file, *, name="people.csv", expect=302, **more):
    data = {"file": (file, name)}
    return visitor.post("uploads.read", cohort_id=cast.cohort_id, data=data, expect=expect, **more)


def ids(cast, answer):
    return {"cohort_id": cast.cohort_id, "upload_id": answer.location.rpartition("/")[2]}


def stored(app):
    with app.app_context():
        return db.session.query(Upload).one()


def make_room(app, cast, places):
    with app.app_context(), transaction():
        db.session.get_one(Cohort, cast.cohort_key).places = places


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_tells_each_column_and_which_are_needed(as_coordinator, cast, lang):
    page = as_coordinator.get(UPLOAD, cohort_id=cast.cohort_id, lang=lang)
    assert all(f">{heading}</code>" in page.text for heading in HEADINGS)
    if lang == "en":
        words = page.words()
        assert "Her full name, as in her papers; at most 120 characters." in words
        assert "at most 5 MB and 10,000 rows" in words


def test_each_column_and_each_reason_has_its_sentence():
    assert set(COLUMNS) == set(Column) and set(FAULTS) == set(Wrong)


@pytest.mark.parametrize("name", ["cedar", "facilitator", "stranger", "other_cohort"])
def test_nobody_else_sees_any_of_it(app, cast, as_coordinator, name):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    visitor = Visitor(app).signed_in(getattr(cast, name))
    for endpoint in (UPLOAD, "uploads.template"):
        more = {"kind": "csv"} if endpoint == "uploads.template" else {}
        visitor.get(endpoint, cohort_id=cast.cohort_id, expect=404, **more)
    visitor.get(LIST, expect=404, **at)
    visitor.get("uploads.faults", expect=404, **at)
    visitor.post("uploads.confirm", expect=404, **at)
    visitor.post("uploads.drop", expect=404, **at)
    bring(visitor, cast, as_csv(row(2)), expect=404)
    assert stored(app).state is UploadState.CHECKED


def test_a_list_belongs_to_its_cohort_alone(as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    as_coordinator.get(LIST, expect=404, **{**at, "cohort_id": cast.other_cohort_id})
    as_coordinator.get(LIST, expect=404, **{**at, "upload_id": uuid4()})


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_empty_list_can_be_read_back_and_brings_nobody(as_coordinator, cast, lang, kind):
    answer = as_coordinator.client.get(f"/{lang}/cohort/{cast.cohort_id}/people/upload/template.{kind}")
    assert answer.status_code == 200 and f"filename=template.{kind}" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    file = io.BytesIO(answer.data)
    rows = list(read_rows(file, name="x", columns=Columns(required=HEADINGS)))
    page = bring(as_coordinator, cast, io.BytesIO(answer.data), name=f"x.{kind}", expect=302 if rows else 409)
    if rows:
        words = as_coordinator.get(page.location).words()
        assert "New people 0" in words and "Rows with a fault 1" in words
    else:
        assert "has headings and no rows below them" in page.words()


def test_a_template_of_another_kind_is_not_there(as_coordinator, cast):
    assert as_coordinator.client.get(f"/en/cohort/{cast.cohort_id}/people/upload/template.pdf").status_code == 404


@pytest.mark.parametrize(("make", "name"), [(as_csv, "people.csv"), (as_xlsx, "people.xlsx"), (as_csv, "people.txt")])
def test_a_list_is_read_and_shown_without_names(as_coordinator, cast, make, name):
    answer = bring(as_coordinator, cast, make(row(1), paper(2), row(3, time_zone="Mars")), name=name)
    page = as_coordinator.get(answer.location)
    words = page.words()
    assert "New people 2" in words and "Rows with a fault 1" in words and "Free places 20of 24" in words
    assert "Row 4 time_zone This time zone is not known." in words
    assert "Take over 2 people" in words and "Drop this list" in words
    assert CANARY not in page.text and "kanaria.example" not in page.text
    assert "Row 2 Français Africa/Juba" in words and "Row 3 العربية Africa/Juba" in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_read_is_told_in_every_language(as_coordinator, cast, lang):
    answer = bring(as_coordinator, cast, as_csv(row(1), row(1), row(2, legal_name="-", contact="x")), lang=lang)
    as_coordinator.get(answer.location)


def test_a_page_without_a_file_says_what_is_missing(as_coordinator, cast):
    page = as_coordinator.post("uploads.read", cohort_id=cast.cohort_id, expect=422)
    assert "Choose the file with your list." in page.words() and "<title>Error:" in page.text
    page = bring(as_coordinator, cast, io.BytesIO(b""), name="", expect=422)
    assert "Choose the file with your list." in page.words()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty. The first row must hold the headings"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 x", "cannot be read as text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "cannot be read as text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 10, "is an old XLS file"),
        (b"PK\x03\x04broken", "damaged"),
        (b"name,zone\r\nx,y\r\n", "has headings that are not known: name, zone."),
        (b"legal_name,time_zone\r\nx,UTC\r\n", "lacks these headings: interface_language, course_language."),
        (",".join(HEADINGS).encode() + b"\r\n", "has headings and no rows below them"),
        (",".join(HEADINGS).encode() + b'\r\n"never closed', "a quotation mark is not closed"),
        (",".join(HEADINGS).encode() + b"\r\n\xff\xfe\x00", "cannot be read as text"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(app, as_coordinator, cast, content, told):
    page = bring(as_coordinator, cast, io.BytesIO(content), name="my list.csv", expect=409)
    assert told in page.words() and "my list.csv" in page.words()
    with app.app_context():
        assert db.session.query(Upload).count() == 0


def test_the_name_of_a_file_is_shown_as_text(as_coordinator, cast):
    page = bring(as_coordinator, cast, io.BytesIO(b""), name="<script>alert(1)</script>.csv", expect=409)
    assert "<script>alert" not in page.text and "&lt;/script&gt;.csv" in page.text or "script" in page.words()


def send(visitor, address, content):
    """A file as a browser sends it; the test client's own way writes large ones to a disk."""
    border = "b" * 30
    token = f'--{border}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{visitor.token()}\r\n'
    file = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    body = token.encode() + file.encode() + content + f"\r\n--{border}--\r\n".encode()
    return visitor.client.post(address, data=body, content_type=f"multipart/form-data; boundary={border}")


def test_a_list_of_up_to_five_megabytes_is_received_and_a_larger_one_refused(as_coordinator, cast):
    address = f"/en/cohort/{cast.cohort_id}/people/upload/read"
    head = (",".join(HEADINGS) + "\r\n").encode()
    line = (",".join(row(1)[heading] for heading in HEADINGS) + "\r\n").encode()
    exact = head + line + b"\n" * (5_000_000 - len(head) - len(line))
    answer = send(as_coordinator, address, exact)
    assert answer.status_code == 409 and "only 10,000 rows below the headings are read" in answer.text
    answer = send(as_coordinator, address, exact + b"\n")
    assert answer.status_code == 409 and "big.csv is larger than 5 MB" in answer.text
    assert send(as_coordinator, address, exact + b"\n" * 50_000).status_code == 413


def test_other_pages_and_strangers_may_not_send_that_much(as_coordinator, cast, visitor):
    address = f"/en/cohort/{cast.cohort_id}/people/upload/read"
    for sender, target in ((as_coordinator, "/en/account/save"), (visitor, address)):
        assert send(sender, target, b"x" * 1_100_000).status_code == 413


def test_a_file_that_was_sent_never_touches_a_disk(as_coordinator, cast, monkeypatch):
    def refuse(*arguments, **more):
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp", "_mkstemp_inner"):
        monkeypatch.setattr(tempfile, name, refuse)
    content = as_csv(*(row(number, remark="x" * 400) for number in range(1_500))).getvalue()
    assert len(content) > 500_000, "from here on others write to a disk"
    assert send(as_coordinator, f"/en/cohort/{cast.cohort_id}/people/upload/read", content).status_code == 302


def test_taking_over_makes_the_people_and_the_list_is_told_as_done(app, as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1), paper(2), row(3, time_zone="x"))))
    answer = as_coordinator.post("uploads.confirm", **at)
    words = as_coordinator.get(answer.location).words()
    assert "2 people have a place now, each with an alias and a code. Nothing was sent." in words
    assert "Take over" not in words and "Drop this list" not in words
    with app.app_context():
        assert db.session.query(Enrolment).filter(Enrolment.agreed_at.is_(None)).count() == 2


def test_confirming_twice_is_one_act(app, as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    as_coordinator.post("uploads.confirm", **at)
    page = as_coordinator.post("uploads.confirm", expect=409, **at)
    assert "This list was confirmed or dropped already. Nothing was done twice." in page.words()
    page = as_coordinator.post("uploads.drop", expect=409, **at)
    assert "confirmed or dropped already" in page.words()
    with app.app_context():
        assert db.session.query(Enrolment).filter(Enrolment.agreed_at.is_(None)).count() == 1


def test_a_dropped_list_keeps_nothing_but_numbers(app, as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    answer = as_coordinator.post("uploads.drop", **at)
    words = as_coordinator.get(answer.location).words()
    assert "The list was dropped. Nobody was taken over" in words and "Lists before" in words and "Dropped" in words
    assert "Nothing of it is kept but these numbers." in as_coordinator.get(LIST, **at).words()
    with app.app_context():
        assert db.session.query(UploadRow).count() == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_list_that_another_one_replaced_says_so(app, as_coordinator, cast, lang):
    older = ids(cast, bring(as_coordinator, cast, as_csv(paper(1), row(2, time_zone="x"))))
    newer = ids(cast, bring(as_coordinator, cast, as_csv(paper(1), row(2))))
    as_coordinator.post("uploads.confirm", **newer)
    page = as_coordinator.get(LIST, lang=lang, **older)
    if lang == "en":
        assert "Another list of this cohort was confirmed, so this one was dropped." in page.words()
        assert "Take over" not in page.words() and "Drop this list" not in page.words()
        page = as_coordinator.post("uploads.confirm", expect=409, **older)
        assert "confirmed or dropped already" in page.words() and "so this one was dropped" in page.words()
        assert "Dropped" in as_coordinator.get(UPLOAD, cohort_id=cast.cohort_id).words()
    with app.app_context():
        assert db.session.query(Enrolment).filter(Enrolment.agreed_at.is_(None)).count() == 2


@pytest.mark.parametrize(
    ("rows", "correct_first", "bring_again"),
    [
        ((paper(1), row(2, time_zone="x")), True, False),
        ((row(1), row(2, time_zone="x")), False, True),
        ((paper(1), row(2)), False, False),
        ((row(1), row(2)), False, False),
    ],
)
def test_with_people_without_a_contact_the_page_says_to_correct_the_rows_first(
    as_coordinator, cast, rows, correct_first, bring_again
):
    words = as_coordinator.get(bring(as_coordinator, cast, as_csv(*rows)).location).words()
    told = "Correct the rows and bring the whole file again before you take anybody over."
    assert (told in words) is correct_first
    assert ("who is known by then stays as she is" in words) is bring_again
    has_paper = not all(one["contact"] for one in rows)
    assert ("People without a contact cannot be recognized in a changed file" in words) is has_paper


def test_the_same_list_again_is_said_to_change_nothing(as_coordinator, cast):
    rows = (row(1), paper(2))
    as_coordinator.post("uploads.confirm", **ids(cast, bring(as_coordinator, cast, as_csv(*rows))))
    words = as_coordinator.get(bring(as_coordinator, cast, as_csv(*rows)).location).words()
    assert "Everybody in this list is in the cohort already." in words and "Known already 2" in words
    assert "Take over" not in words


def test_a_list_that_is_longer_than_the_free_places_says_so_and_is_kept(app, as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(*(row(number) for number in range(23)))))
    words = as_coordinator.get(LIST, **at).words()
    assert "The list brings 3 people more than there are free places." in words and "Take over" not in words
    page = as_coordinator.post("uploads.confirm", expect=409, **at)
    assert "The list brings 23 people. Free places: 20 of 24." in page.words()
    make_room(app, cast, 27)
    as_coordinator.post("uploads.confirm", **at)


def test_a_long_list_tells_how_far_it_is_and_loads_itself_again(app, as_coordinator, cast):
    make_room(app, cast, 2_000)
    at = ids(cast, bring(as_coordinator, cast, as_csv(*(row(number) for number in range(1_100)))))
    as_coordinator.post("uploads.confirm", **at)
    page = as_coordinator.get(LIST, **at)
    assert "0 of 1,100 taken over" in page.words() and page.headers["Refresh"] == "5"
    assert "Load again" in page.words() and "http-equiv" not in page.text
    worker.run_due(app)
    page = as_coordinator.get(LIST, **at)
    assert "1,100 people have a place now" in page.words() and "Refresh" not in page.headers


def test_faulty_rows_come_twenty_five_to_a_page_and_all_in_one_file(as_coordinator, cast):
    rows = [row(number, time_zone="Mars") for number in range(60)] + [row(99)]
    at = ids(cast, bring(as_coordinator, cast, as_csv(*rows)))
    page = as_coordinator.get(LIST, **at)
    assert page.text.count("This time zone is not known.") == 25 and "Further rows with a fault" in page.words()
    page = as_coordinator.get(LIST, after=51, **at)
    assert page.text.count("This time zone is not known.") == 10 and "Further rows with a fault" not in page.words()
    answer = as_coordinator.client.get(f"/en/cohort/{at['cohort_id']}/people/list/{at['upload_id']}/faults.csv")
    lines = answer.data.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Row,Column,What to do" and len(lines) == 62
    assert lines[1] == "2,time_zone,This time zone is not known. Write it as in Africa/Juba or Asia/Aden."
    assert "rows.csv" in answer.headers["Content-Disposition"] and CANARY not in answer.text


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40, "1e9", ""])
def test_an_address_with_nonsense_shows_a_page(as_coordinator, cast, after):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    as_coordinator.get(LIST, after=after, good=after, **at)


def test_the_fault_file_is_in_the_readers_language(as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1, time_zone="x"))))
    answer = as_coordinator.client.get(f"/ar/cohort/{at['cohort_id']}/people/list/{at['upload_id']}/faults.csv")
    assert answer.status_code == 200 and answer.data.startswith(b"\xef\xbb\xbf")


def test_good_rows_come_twenty_five_to_a_page(as_coordinator, cast, app):
    make_room(app, cast, 100)
    at = ids(cast, bring(as_coordinator, cast, as_csv(*(row(number) for number in range(30)))))
    page = as_coordinator.get(LIST, **at)
    assert "Row 26 " in page.words() and "Row 27 " not in page.words()
    page = as_coordinator.get(LIST, good=26, **at)
    assert "Row 27 " in page.words() and "<details open>" in page.text


def test_in_a_closed_cohort_there_is_nothing_to_bring(app, as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    with app.app_context(), transaction():
        db.session.get_one(Cohort, cast.cohort_key).closed_at = NOW
    as_coordinator.get(UPLOAD, cohort_id=cast.cohort_id, expect=404)
    as_coordinator.post("uploads.confirm", expect=404, **at)


def test_the_pages_stay_within_their_statements(app, as_coordinator, cast, statements):
    make_room(app, cast, 500)
    rows = [row(number) for number in range(200)] + [row(500 + number, time_zone="x") for number in range(100)]
    at = ids(cast, bring(as_coordinator, cast, as_csv(*rows)))
    for endpoint, arguments, most in ((UPLOAD, {"cohort_id": cast.cohort_id}, 3), (LIST, at, 7)):
        as_coordinator.get(endpoint, **arguments)
        with statements() as seen:
            as_coordinator.get(endpoint, **arguments)
        assert len(seen) <= most, f"{endpoint}: {len(seen)} statements"


def test_the_statements_of_reading_a_list_do_not_grow_with_its_people(app, as_coordinator, cast, statements):
    counted = []
    for many in (10, 190):
        with statements() as seen:
            bring(as_coordinator, cast, as_csv(*(row(many * 1_000 + number) for number in range(many))))
        counted.append(len(seen))
    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("k@kanaria.example", True),
        ("k.a+list@sub.kanaria.example", True),
        ("=1+1@kanaria.example", True),
        ("k@kanaria", False),
        ("k@localhost", False),
        ("k @kanaria.example", False),
        ("a@b.example, c@d.example", False),
        ("k@kanaria.example\r\nBcc: x@y.example", False),
        ('"K N" <k@kanaria.example>', False),
        ("قناريا@kanaria.example", False),
        ("k@[127.0.0.1]", False),
        ("", False),
    ],
)
def test_an_address_is_one_that_any_mail_server_takes(address, is_one):
    assert is_address(address) is is_one


def test_no_answer_of_these_pages_may_be_kept(as_coordinator, cast):
    at = ids(cast, bring(as_coordinator, cast, as_csv(row(1))))
    assert as_coordinator.get(LIST, **at).headers["Cache-Control"] == "no-store"


def test_a_person_of_a_list_is_made_with_the_address_as_it_was_typed(app, as_coordinator, cast):
    as_coordinator.post(
        "uploads.confirm",
        **ids(cast, bring(as_coordinator, cast, as_csv(row(1, contact="Number1@Kanaria.Example")))),
    )
    with app.app_context():
        assert db.session.query(Person).filter(Person.contact_index.is_not(None)).count() > 0
