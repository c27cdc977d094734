"""A list from file to people."""

import io
import json
import tracemalloc
from datetime import timedelta

import pytest
from sqlalchemy import text

from lms.accounts import vault
from lms.accounts.models import Invitation, Person, PersonKey
from lms.accounts.queries import find_recipient
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.services import codes, credentials
from lms.audit.models import Entry
from lms.cohorts import jobs
from lms.cohorts.errors import CohortClosed, CohortFull, NoPeople, PlacesLacking, UploadOver
from lms.cohorts.models import Cohort, Enrolment, Origin, Upload, UploadRow
from lms.cohorts.neutral import neutral_aliases
from lms.cohorts.queries import desk, uploads
from lms.cohorts.rules.aliases import tells_name
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.cohorts.rules.uploads import AT_ONCE, RowState, UploadState
from lms.cohorts.sealing import Background, open_background
from lms.cohorts.services import enrolling, moving, uploading
from lms.cohorts.services.moving import NewMove
from lms.kernel.db import db, transaction
from lms.kernel.sealed import CannotOpen
from lms.kernel.sheets.errors import BrokenQuotes, MissingColumns, TooManyRows
from lms.messaging import services as messaging
from lms.messaging.models import Job
from tests.cast import CANARY, DAY, NOW
from tests.cohorts.lists import (
    EXPECTED,
    as_csv,
    as_xlsx,
    bring,
    cohort_of,
    confirm,
    coordinator_of,
    make_room,
    paper,
    row,
    take_over,
)

TABLES = ("accounts_person", "cohorts_enrolment", "cohorts_origin", "accounts_invitation")


def counts():
    return {table: db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in TABLES}


def newcomers():
    """Everybody who came from a list, by enrolment."""
    return db.session.query(Enrolment).join(Origin, Origin.enrolment_id == Enrolment.id).order_by(Enrolment.id).all()


def rows_of(upload):
    return db.session.query(UploadRow).filter_by(upload_id=upload.id).order_by(UploadRow.number).all()


def acts():
    return [entry.act for entry in db.session.query(Entry).order_by(Entry.id) if entry.act.startswith("cohorts.upload")]


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_reading_a_list_makes_nobody_and_counts_what_is_in_it(in_app, cast, make):
    before = counts()
    upload = bring(cast, make(row(1), row(2, time_zone="Mars"), row(3), row(3)))
    assert (upload.state, upload.new, upload.known, upload.faulty) == (UploadState.CHECKED, 2, 0, 2)
    assert counts() == before
    assert [(one.number, one.state) for one in rows_of(upload)] == [
        (2, RowState.NEW),
        (3, RowState.FAULTY),
        (4, RowState.NEW),
        (5, RowState.FAULTY),
    ]


def test_a_faulty_row_keeps_its_faults_and_nothing_that_it_said(in_app, cast):
    upload = bring(cast, as_csv(row(1), row(1), row(2, time_zone="Mars", course_language="xx")))
    twice, wrong = (one for one in rows_of(upload) if one.state is RowState.FAULTY)
    assert twice.faults == [{"column": "contact", "wrong": "twice", "earlier": 2}]
    assert [fault["column"] for fault in wrong.faults] == ["course_language", "time_zone"]
    assert (twice.said, twice.mark, wrong.said, wrong.mark) == (None, None, None, None)


def test_a_row_whose_twin_is_faulty_is_taken(in_app, cast):
    upload = bring(cast, as_csv(row(1, time_zone="Mars"), row(1)))
    assert [one.state for one in rows_of(upload)] == [RowState.FAULTY, RowState.NEW]


def test_good_rows_are_sealed_under_a_key_of_the_list(in_app, cast):
    upload = bring(cast, as_csv(row(1)))
    (stored,) = rows_of(upload)
    assert CANARY.encode() not in stored.said.box and b"kanaria.example" not in stored.said.box
    (said,) = vault.open_list(upload.public_id, [stored.said], place=uploading.SAID)
    assert json.loads(said)[1] == f"{CANARY} Number1"
    assert (stored.course_language, stored.time_zone) == ("fr", "Africa/Juba")


def test_what_waits_is_counted_by_language_and_zone(in_app, cast):
    upload = bring(cast, as_csv(*(row(number) for number in range(1, 6)), row(9, time_zone="Asia/Aden")))
    spread = uploads.spread_of(upload)
    assert spread.languages == [("ar", 2), ("en", 2), ("fr", 2)]
    assert spread.zones == [("Africa/Juba", 5), ("Asia/Aden", 1)]


def test_a_list_without_rows_is_refused_by_its_name(in_app, cast):
    with pytest.raises(NoPeople) as refused:
        bring(cast, as_csv(), name="folder/people.csv")
    assert refused.value.values["name"] == "people.csv"


def test_of_a_file_that_is_refused_at_its_end_nothing_is_kept(in_app, cast):
    file = as_csv(*(row(number) for number in range(300)))
    file.seek(0, 2)
    file.write(b'"never closed')
    before = db.session.query(PersonKey).count()
    with pytest.raises(BrokenQuotes):
        bring(cast, file)
    assert db.session.query(Upload).count() == db.session.query(UploadRow).count() == 0
    assert db.session.query(PersonKey).count() == before


def test_ten_thousand_rows_are_the_most(in_app, cast):
    lines = "legal_name,interface_language,course_language,time_zone\r\n" + "K,en,en,UTC\r\n" * 10_001
    with pytest.raises(TooManyRows) as refused:
        bring(cast, as_file(lines))
    assert refused.value.values["most"] == 10_000


def as_file(lines):
    return io.BytesIO(lines.encode())


def test_a_file_without_a_needed_column_is_refused(in_app, cast):
    with pytest.raises(MissingColumns):
        bring(cast, as_file("legal_name,time_zone\r\nK,UTC\r\n"))


def test_confirming_makes_person_place_alias_and_code(in_app, cast):
    told = {"setting_code": "SS", "organisation": "House", "remark": "Mornings"}
    upload = take_over(cast, row(1, **told), paper(2))
    assert (upload.state, upload.taken, upload.new) == (UploadState.DONE, 2, 2)
    with_contact, without = newcomers()
    assert with_contact.course_language == "fr" and without.course_language == "ar"
    assert (with_contact.agreed_at, with_contact.released_at) == (None, None)
    person, other = find_recipient(with_contact.person_id), find_recipient(without.person_id)
    assert vault.open_legal_name(person) == f"{CANARY} Number1"
    assert vault.open_contact(person) == "number1@kanaria.example" and person.contact_kind is ContactKind.EMAIL
    assert (other.contact, other.contact_kind, other.contact_index) == (None, None, None)
    assert open_background(person, with_contact.background) == Background(
        setting="SS", organisation="House", remark="Mornings"
    )
    assert without.background is None
    assert person.shown_name == with_contact.alias and person.login_index is None
    codes = db.session.query(Invitation).filter(Invitation.person_id.in_([person.id, other.id])).all()
    assert len(codes) == 2 and all(code.expires_at == NOW + 14 * DAY and code.seed for code in codes)
    assert db.session.query(Job).count() == 0, "nothing goes out before two people decided"


def test_the_list_is_forgotten_with_its_last_row(in_app, cast):
    upload = take_over(cast, row(1), row(2, time_zone="Mars"))
    assert rows_of(upload) == []
    assert db.session.get(PersonKey, upload.public_id) is None
    assert (upload.taken, upload.faulty) == (1, 1)
    with pytest.raises(CannotOpen):
        vault.open_list(upload.public_id, [], place=uploading.SAID)


def test_the_same_file_again_changes_nothing(in_app, cast):
    rows = [row(1), paper(2), row(3, contact="+211 912 345 678", contact_kind="phone")]
    take_over(cast, *rows)
    before = counts()
    again = bring(cast, as_csv(*rows))
    assert (again.new, again.known, again.faulty) == (0, 3, 0)
    confirm(cast, again)
    assert counts() == before


def test_the_same_people_in_another_file_are_known_by_their_contact(in_app, cast):
    take_over(cast, row(1), paper(2))
    again = bring(cast, as_xlsx(row(7), row(1, contact="NUMBER1@Kanaria.example "), paper(2)))
    assert (again.new, again.known) == (2, 1), "who left no contact is known in the very same file alone"


def test_who_is_in_the_cohort_by_another_way_is_known_by_her_contact(in_app, cast):
    again = bring(cast, as_csv(row(1, contact="cedar@kanaria.example"), row(2, contact="withdrawn@kanaria.example")))
    assert (again.new, again.known) == (0, 2)


def test_a_contact_leads_to_nobody_beyond_its_cohort(in_app, cast):
    """Else whoever wrote her contact into a list of another cohort would get her code, or her place."""
    before = find_recipient(cast.stranger.id)
    upload = take_over(cast, row(1, contact="stranger@kanaria.example", legal_name="Another Spelling"))
    (enrolment,) = newcomers()
    assert upload.taken == 1 and enrolment.person_id != cast.stranger.id
    assert [code.person_id for code in db.session.query(Invitation)] == [enrolment.person_id]
    person = find_recipient(cast.stranger.id)
    assert (person.shown_name, person.legal_name) == (before.shown_name, before.legal_name)


def test_who_is_in_the_cohort_is_known_by_her_contact_however_she_came(in_app, cast):
    upload = bring(cast, as_csv(row(1, contact="stranger@kanaria.example"), row(2)))
    cohort = cohort_of(cast)
    with transaction():
        stranger = db.session.get_one(Person, cast.stranger.id)
        enrolling.enrol(stranger, cohort, alias="Late", course_language="en", by=None, at=NOW)
    confirm(cast, upload)
    assert (upload.taken, upload.known) == (1, 1)
    assert len(newcomers()) == 1


def test_of_two_lists_with_the_same_people_the_second_waits_no_more_once_the_first_is_confirmed(in_app, cast):
    rows = [row(1), paper(2), row(3)]
    first, second = bring(cast, as_csv(*rows)), bring(cast, as_csv(*rows))
    assert (first.new, second.new) == (3, 3)
    confirm(cast, first)
    before = counts()
    for act in (uploading.confirm_list, uploading.drop_list):
        with pytest.raises(UploadOver), transaction():
            act(second.id, by=coordinator_of(cast), at=NOW)
    assert counts() == before


@pytest.mark.parametrize("people", [2, AT_ONCE + 1])
def test_confirming_a_list_drops_and_forgets_the_others_of_its_cohort_that_wait(in_app, cast, people):
    """Else those without a contact would be made twice by an older state of the same list."""
    make_room(cast, 400)
    done = take_over(cast, row(9_001))
    dropped = bring(cast, as_csv(row(9_002)))
    with transaction():
        uploading.drop_list(dropped.id, by=coordinator_of(cast), at=NOW)
    older = bring(cast, as_csv(*(paper(number) for number in range(people)), row(9_003, time_zone="Mars")))
    corrected = bring(cast, as_csv(*(paper(number) for number in range(people)), row(9_003)))
    later = bring(cast, as_csv(row(9_004)))
    before = len(acts())
    confirm(cast, corrected)
    states = [db.session.get_one(Upload, one.id).state for one in (done, dropped, older, later)]
    assert states == [UploadState.DONE, UploadState.DROPPED, UploadState.REPLACED, UploadState.REPLACED]
    for one in (older, later):
        assert rows_of(one) == [] and db.session.get(PersonKey, one.public_id) is None
    assert acts()[before:] == ["cohorts.upload.confirmed", "cohorts.upload.dropped", "cohorts.upload.dropped"]
    jobs.take_over({"upload": corrected.id}, NOW)
    assert len(newcomers()) == 1 + people + 1


def test_a_list_of_another_cohort_goes_on_waiting(in_app, cast):
    theirs = bring(cast, as_csv(row(1)))
    with transaction():
        theirs.cohort_id = db.session.query(Cohort.id).filter_by(public_id=cast.other_cohort_id).scalar()
    take_over(cast, row(2))
    assert db.session.get_one(Upload, theirs.id).state is UploadState.CHECKED and len(rows_of(theirs)) == 1


def test_a_list_that_finds_too_few_places_drops_no_other(in_app, cast):
    other, long = bring(cast, as_csv(row(1))), bring(cast, as_csv(*(row(number) for number in range(21))))
    with pytest.raises(PlacesLacking):
        confirm(cast, long)
    assert db.session.get_one(Upload, other.id).state is UploadState.CHECKED


def test_each_good_row_says_whether_there_is_a_contact(in_app, cast):
    upload = bring(cast, as_csv(row(1), paper(2), row(3, contact="+211 912 345 678", contact_kind="phone")))
    assert [one.has_contact for one in rows_of(upload)] == [True, False, True]
    assert uploads.spread_of(upload).without_contact == 1


def test_confirming_twice_is_told(in_app, cast):
    upload = take_over(cast, row(1))
    for act in (uploading.confirm_list, uploading.drop_list):
        with pytest.raises(UploadOver), transaction():
            act(upload.id, by=coordinator_of(cast), at=NOW)
    assert len(newcomers()) == 1


def test_a_list_that_was_dropped_leaves_counts_alone(in_app, cast):
    upload = bring(cast, as_csv(row(1)))
    with transaction():
        uploading.drop_list(upload.id, by=coordinator_of(cast), at=NOW)
    assert (upload.state, upload.new, rows_of(upload)) == (UploadState.DROPPED, 1, [])
    assert db.session.get(PersonKey, upload.public_id) is None
    assert acts() == ["cohorts.upload.received", "cohorts.upload.dropped"]


def test_a_list_is_not_longer_than_the_places_that_are_free(in_app, cast):
    upload = bring(cast, as_csv(*(row(number) for number in range(21))))
    with pytest.raises(PlacesLacking) as refused:
        confirm(cast, upload)
    assert refused.value.values == {"wanted": 21, "free": 20, "places": 24}, "withdrawn has given hers back"
    make_room(cast, 25)
    assert confirm(cast, db.session.get_one(Upload, upload.id)).taken == 21


def test_people_of_a_list_that_is_still_taken_over_have_their_places(in_app, cast):
    make_room(cast, 60)
    long = confirm(cast, bring(cast, as_csv(*(row(number) for number in range(AT_ONCE + 1)))))
    assert long.state is UploadState.CONFIRMED
    with pytest.raises(PlacesLacking) as refused:
        take_over(cast, *(row(100 + number) for number in range(6)))
    assert refused.value.values["free"] == 5


def test_a_closed_cohort_takes_no_list(in_app, cast):
    waiting = bring(cast, as_csv(row(1)))
    with transaction():
        cohort_of(cast).closed_at = NOW
    with pytest.raises(CohortClosed):
        bring(cast, as_csv(row(2)))
    with pytest.raises(CohortClosed):
        confirm(cast, waiting)


def test_fifty_are_taken_over_at_once_and_more_by_the_worker(in_app, cast):
    make_room(cast, 400)
    at_once = take_over(cast, *(row(number) for number in range(AT_ONCE)))
    assert at_once.state is UploadState.DONE and db.session.query(Job).count() == 0
    long = take_over(cast, *(row(1_000 + number) for number in range(AT_ONCE * 2 + 20)))
    assert (long.state, long.taken) == (UploadState.CONFIRMED, 0)
    (job,) = db.session.query(Job).all()
    assert (job.kind, job.payload) == (jobs.TAKE_OVER, {"upload": long.id})


def step(upload):
    with transaction():
        return uploading.take_over(upload.id, at=NOW)


def test_the_worker_takes_over_in_steps_of_fifty(in_app, cast):
    make_room(cast, 400)
    long = take_over(cast, *(row(number) for number in range(AT_ONCE * 2 + 20)))
    assert step(long) and long.taken == AT_ONCE
    assert step(long) and long.taken == AT_ONCE * 2
    assert not step(long) and long.taken == AT_ONCE * 2 + 20
    assert long.state is UploadState.DONE and rows_of(long) == []
    before = counts()
    assert not step(long)
    assert counts() == before
    assert len({enrolment.alias for enrolment in newcomers()}) == AT_ONCE * 2 + 20


def test_nobody_comes_back_to_a_place_that_the_worker_is_about_to_give(in_app, cast):
    left = db.session.query(Enrolment).filter_by(cohort_id=cast.cohort_key, state=EnrolmentState.WITHDRAWN).first()
    make_room(cast, desk.places_taken(cohort_of(cast)) + AT_ONCE + 30)
    take_over(cast, *(row(number) for number in range(AT_ONCE + 30)))
    back = NewMove(move=Move.READMIT, seen=EnrolmentState.WITHDRAWN, reason="She is well again.")
    with pytest.raises(CohortFull):
        moving.move_place(left.id, back, by=coordinator_of(cast), at=NOW)


def test_the_job_ends_the_list_and_does_nothing_when_it_runs_again(in_app, cast):
    make_room(cast, 400)
    long = take_over(cast, *(row(number) for number in range(AT_ONCE + 30)))
    jobs.take_over({"upload": long.id}, NOW)
    before = counts()
    jobs.take_over({"upload": long.id}, NOW)
    assert counts() == before and len(newcomers()) == AT_ONCE + 30
    assert db.session.get_one(Upload, long.id).state is UploadState.DONE


def test_a_step_that_broke_is_done_whole_the_next_time(in_app, cast):
    make_room(cast, 400)
    long = take_over(cast, *(row(number) for number in range(AT_ONCE + 30)))
    with pytest.raises(RuntimeError, match="power"), transaction():
        uploading.take_over(long.id, at=NOW)
        raise RuntimeError("power cut")
    assert newcomers() == []
    jobs.take_over({"upload": long.id}, NOW)
    assert len(newcomers()) == AT_ONCE + 30


def test_a_list_of_a_cohort_that_ended_meanwhile_is_forgotten(in_app, cast):
    make_room(cast, 400)
    long = take_over(cast, *(row(number) for number in range(AT_ONCE + 30)))
    with transaction():
        cohort_of(cast).closed_at = NOW
    jobs.take_over({"upload": long.id}, NOW)
    assert newcomers() == [] and db.session.get(PersonKey, long.public_id) is None


def test_a_list_that_is_gone_is_no_fault(in_app):
    jobs.take_over({"upload": 987_654}, NOW)


def test_after_seven_days_a_list_that_nobody_confirmed_is_forgotten(in_app, cast):
    done = take_over(cast, row(3), at=NOW - 30 * DAY)
    old, young = bring(cast, as_csv(row(1)), at=NOW - 7 * DAY), bring(cast, as_csv(row(2)), at=NOW - 6 * DAY)
    jobs.sweep({}, NOW)
    states = [db.session.get_one(Upload, upload.id).state for upload in (old, young, done)]
    assert states == [UploadState.DROPPED, UploadState.CHECKED, UploadState.DONE]
    assert rows_of(old) == [] and len(rows_of(young)) == 1
    assert db.session.get(PersonKey, old.public_id) is None


def test_a_long_list_whose_worker_never_came_is_forgotten_too(in_app, cast):
    make_room(cast, 400)
    stuck = take_over(cast, *(row(number) for number in range(AT_ONCE + 1)), at=NOW - 7 * DAY)
    jobs.sweep({}, NOW)
    assert rows_of(stuck) == []


def test_nobody_is_given_an_alias_that_leads_to_her_name(in_app, cast):
    names = ["Olivia Cedar", "Basalt Juniper", "Quartz Oak", "Ruby Acacia", "Amber Willow"]
    for start in range(0, 20, 5):
        take_over(
            cast, *(row(start + place, legal_name=name, course_language="en") for place, name in enumerate(names))
        )
    for enrolment in newcomers():
        assert not tells_name(enrolment.alias, vault.open_legal_name(find_recipient(enrolment.person_id)))


def test_an_alias_is_in_her_course_language_and_no_thing_in_two(in_app, cast):
    take_over(cast, *(row(number) for number in range(18)))
    borne = {(enrolment.alias, enrolment.course_language) for enrolment in newcomers()}
    things = [one.id for alias, language in borne for one in neutral_aliases() if one.names[language] == alias]
    assert len(things) == len(set(things)) == 18


def test_each_act_is_noted_by_number_and_nothing_else(in_app, cast):
    take_over(cast, row(1))
    assert acts() == ["cohorts.upload.received", "cohorts.upload.confirmed"]
    for entry in db.session.query(Entry):
        assert CANARY not in json.dumps(entry.changes) and "kanaria" not in json.dumps(entry.changes)


@pytest.mark.parametrize("people", [1, AT_ONCE + 1])
def test_who_confirmed_a_list_made_its_people_and_not_who_brought_it(in_app, cast, people):
    make_room(cast, 400)
    upload = bring(cast, as_csv(*(row(number) for number in range(people))))
    before = db.session.query(Entry).count()
    with transaction():
        uploading.confirm_list(upload.id, by=db.session.get_one(Person, cast.facilitator.id), at=NOW)
    jobs.take_over({"upload": upload.id}, NOW)
    done = db.session.query(Entry).order_by(Entry.id).offset(before)
    assert len(newcomers()) == people and {entry.by_id for entry in done} == {cast.facilitator.id}


def test_nothing_that_was_uploaded_stands_in_clear_in_the_database(in_app, cast):
    bring(cast, as_csv(row(1, organisation="Kanaria House", remark="Kanaria remark")))
    take_over(cast, row(2, organisation="Kanaria House", remark="Kanaria remark"))
    for table in ("accounts_person", "cohorts_upload", "cohorts_upload_row", "cohorts_enrolment", "cohorts_origin"):
        for line in db.session.execute(text(f"SELECT * FROM {table}")):
            for cell in line:
                seen = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                assert b"Kanaria" not in seen and b"number" not in seen, table


def peak(cast, file):
    tracemalloc.start()
    try:
        uploading.read_list(cohort_of(cast), uploading.Brought(file=file, name="x"), EXPECTED)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_five_thousand_rows_take_little_memory(in_app, cast, make):
    few, many = make(*(row(number) for number in range(500))), make(*(row(number) for number in range(5_000)))
    peak(cast, few)  # what is loaded once does not count
    growth = peak(cast, many) - peak(cast, few)
    assert growth < 4_500 * 700, f"{growth} bytes more for 4,500 rows more"


def test_a_worker_that_died_leaves_its_list_to_the_next(in_app, cast):
    make_room(cast, 400)
    long = take_over(cast, *(row(number) for number in range(AT_ONCE + 10)))
    with transaction():
        assert messaging.claim_next(at=NOW).kind == jobs.TAKE_OVER
    with transaction():
        job = messaging.claim_next(at=NOW + timedelta(minutes=10))
    jobs.take_over(job.payload, NOW)
    assert len(newcomers()) == AT_ONCE + 10 and db.session.get_one(Upload, long.id).state is UploadState.DONE


def test_a_person_is_made_with_what_she_needs_to_sign_in(in_app, cast):
    take_over(cast, row(1, interface_language="ar", time_zone="Asia/Aden"))
    (enrolment,) = newcomers()
    code = db.session.query(Invitation).filter_by(person_id=enrolment.person_id).one()
    with transaction():
        person = codes.use_invitation(
            codes.code_of(code), credentials.make_credentials("river", "seven words that nobody would guess"), at=NOW
        )
    assert (person.id, person.interface_language, person.time_zone) == (enrolment.person_id, "ar", "Asia/Aden")
    assert isinstance(person, Person)
