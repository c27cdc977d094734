"""Marking as people meet it: pages, few statements, two versions, and nothing shown to whom it is not due."""

import json
import re

import pytest
from sqlalchemy import update

from lms.assessments.queries import marking as queries
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import AttemptState
from lms.assessments.rules.marking import Act
from lms.assessments.services import taking
from lms.cohorts.models import Enrolment
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.assessments.desk import TEXT, make_desk
from tests.cast import DAY, NOW
from tests.client import Visitor

JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(app, cast):
    with app.app_context():
        return make_desk(cast)


@pytest.fixture
def work(app, desk):
    """Cedar's memo, handed in yesterday."""
    with app.app_context():
        return desk.hand_in(desk.cast.cedar)


@pytest.fixture
def ingrid(app, desk):
    return Visitor(app).signed_in(desk.cast.facilitator)


@pytest.fixture
def amadou(app, desk):
    return Visitor(app).signed_in(desk.amadou)


def form(**more):
    """What a page with nothing marked yet sends."""
    return {"op": str(new_id()), "version": "0", "level-problem": "3", "level-safety": "3", "feedback": "", **more}


def state(app, desk, work):
    with app.app_context():
        return desk.attempt(work).state


def test_the_queue_lists_by_alias_and_links_to_the_work(ingrid, work):
    page = ingrid.get("marking.queue")
    text = page.words()
    assert "Cedar" in text and "Memo" in text and "1 day" in text and "New" in text and "Start with the oldest" in text
    assert f'href="/en/grading/{work}"' in page.text
    assert "Everything allotted to me (1)" in text


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_every_page_of_marking_stands_in_each_language(ingrid, app, desk, work, lang):
    ingrid.get("marking.queue", lang=lang)
    ingrid.get("marking.submission", lang=lang, submission_id=work)
    with app.app_context():
        desk.mark(desk.cast.facilitator, work)
    ingrid.get("marking.release", lang=lang)
    ingrid.post("marking.save", lang=lang, submission_id=work, data=form(), expect=409)


def test_the_queue_pages_after_25_and_keeps_only_what_it_knows(app, ingrid, desk, work):
    page = ingrid.get("/en/grading?page=99&show=all&zzz=%3Cb%3E")
    assert "zzz" not in page.text and "Cedar" in page.words()
    ingrid.get("/en/grading?page=abc&show=nonsense")
    ingrid.get(f"/en/grading?show={desk.memo}")
    assert "Nothing waits to be marked here." in ingrid.get(f"/en/grading?show={desk.note}").words()


def test_25_rows_a_page_oldest_first_with_links_to_the_next(app, ingrid, desk, statements):
    with app.app_context():
        works = [str(one) for one in desk.fill(28)]
    first, second = ingrid.get("marking.queue"), ingrid.get("/en/grading?page=2")
    assert re.findall(r'<th scope="row"><a href="/en/grading/([^"]+)"', first.text) == works[:25]
    assert re.findall(r'<th scope="row"><a href="/en/grading/([^"]+)"', second.text) == works[25:]
    assert "Page 1 of 2" in first.words() and "page=2" in first.text and "page=1" in second.text
    with statements() as seen:
        ingrid.client.get("/en/grading")
    assert len(seen) <= 4


def test_few_statements_on_queue_page_work_page_and_saving(app, ingrid, desk, work, statements):
    with app.app_context():
        desk.mark(desk.cast.facilitator, work, Act.RETURN, feedback="Again.")
        again = desk.hand_in(desk.cast.cedar, at=NOW)
        desk.hand_in(desk.cast.nour)
        desk.hand_in(desk.cast.olivier)
        desk.mark(desk.cast.facilitator, again, Act.DRAFT)
    token = ingrid.token()
    for address, most in (
        ("/en/grading", 4),
        ("/en/grading?show=all", 4),
        (f"/en/grading/{again}", 5),
        ("/en/grading/release", 2),
    ):
        ingrid.get(address)
        with statements() as seen:
            ingrid.client.get(address)
        assert len(seen) <= most, f"{address}: {len(seen)}"
    for version in (1, 2):
        data = {**form(version=str(version), do="draft"), "csrf_token": token}
        with statements() as seen:
            answer = ingrid.client.post(f"/en/grading/{again}/save", data=data, headers=JSON)
        assert answer.status_code == 200 and len(seen) <= 5, seen


def test_the_page_of_a_work_shows_text_levels_samples_and_total(ingrid, work):
    page = ingrid.get("marking.submission", submission_id=work)
    text = page.words()
    for sentence in (
        "Memo, by Cedar", "The draft asks both forces", "What 3 looks like", "absent or unsafe", "strong",
        "Marked sample 1", "Sample strong text", "Why nearly", "Total so far", "0 of 100",
        "2 criteria have no level yet.", "What was asked", "Safety: level 0 returns the text",
    ):  # fmt: skip
        assert sentence in text, sentence
    assert "Cedar" not in re.findall("<title>(.*?)</title>", page.text)[0]
    assert page.text.count('type="radio" name=') == 10 and 'name="version" value="0"' in page.text


def test_marks_are_saved_as_a_draft_and_stand_when_the_page_opens_again(ingrid, work):
    data = form(do="draft", feedback="Say where the range comes from.", **{"remark-problem": "Good range."})
    del data["level-safety"]
    answer = ingrid.post("marking.save", submission_id=work, data=data)
    assert answer.location == f"/en/grading/{work}"
    page = ingrid.get("marking.submission", submission_id=work)
    assert page.fields["level-problem"] == "3" and "level-safety" not in page.fields and page.fields["version"] == "1"
    assert (
        page.fields["feedback"] == "Say where the range comes from." and page.fields["remark-problem"] == "Good range."
    )
    assert "37.5 of 100" in page.words() and "Draft saved on the server, 12:00" in page.words()
    assert "1 criterion has no level yet." in page.words() and "Started" in ingrid.get("marking.queue").words()


def test_save_and_next_finishes_what_is_complete_and_opens_the_next(app, ingrid, desk, work):
    with app.app_context():
        newer = desk.hand_in(desk.cast.nour, at=NOW)
    answer = ingrid.post("marking.save", submission_id=work, data=form(do="next"))
    assert answer.location == f"/en/grading/{newer}?before=marked" and state(app, desk, work) is AttemptState.MARKED
    assert "The text before is marked." in ingrid.get(answer.location).words()
    answer = ingrid.post("marking.save", submission_id=newer, data={"op": str(new_id()), "version": "0", "do": "next"})
    assert answer.location == f"/en/grading?done=draft&was={newer}"
    assert state(app, desk, newer) is AttemptState.HANDED_IN
    page = ingrid.get(answer.location)
    assert "is a draft: 2 criteria have no level. Go back to it" in page.words()
    assert page.text.count('class="notice warn"') == 1


def test_what_was_left_as_a_draft_is_named_with_what_it_lacks_and_a_way_back(app, ingrid, desk, work):
    with app.app_context():
        newer = desk.hand_in(desk.cast.nour, at=NOW)
    data = form(do="next")
    del data["level-safety"]
    answer = ingrid.post("marking.save", submission_id=work, data=data)
    assert answer.location == f"/en/grading/{newer}?before=draft&was={work}"
    page = ingrid.get(answer.location)
    assert "Cedar is a draft: “Safe for everybody” has no level. Go back to it" in page.words()
    assert f'href="/en/grading/{work}"' in page.text and 'class="notice warn"' in page.text
    ingrid.post("marking.conflict_of_interest", submission_id=work)
    hidden = ingrid.get(answer.location).words()
    assert "Cedar" not in hidden and "The text before is saved as a draft" in hidden


def test_finishing_without_all_levels_keeps_a_draft_and_says_so(ingrid, work):
    data = form(do="finish")
    del data["level-safety"]
    page = ingrid.post("marking.save", submission_id=work, data=data, expect=409)
    assert "Not every criterion has a level yet." in page.words()
    assert page.fields["level-problem"] == "3" and page.fields["version"] == "1"


def test_a_comment_is_marked_in_the_text_with_links_both_ways_and_can_be_removed(ingrid, work):
    new = {"new-paragraph": "2", "new-quote": "two kilometres", "new-text": "Measured <how>?"}
    answer = ingrid.post("marking.save", submission_id=work, data=form(do="comment", **new))
    assert answer.location == f"/en/grading/{work}#comments"
    page = ingrid.get("marking.submission", submission_id=work)
    assert '<mark id="c1">two kilometres</mark>' in page.text and 'href="#n1"' in page.text
    assert 'id="n1"' in page.text and 'href="#c1"' in page.text and "Measured &lt;how&gt;?" in page.text
    kept = {name: value for name, value in page.fields.items() if name.startswith("comment-")}
    ingrid.post("marking.save", submission_id=work, data=form(version="1", **kept, **{"comment-1-remove": "1"}))
    assert "<mark" not in ingrid.get("marking.submission", submission_id=work).text


def test_a_comment_on_words_that_are_not_there_is_refused_and_all_that_was_typed_stays(ingrid, work):
    new = {"new-paragraph": "1", "new-quote": "two kilometres", "new-text": "Why two?"}
    data = form(do="comment", feedback="Keep me.", **new)
    page = ingrid.post("marking.save", submission_id=work, data=data, expect=422)
    assert "These words are not in paragraph 1. Copy them from the text, or leave this empty." in page.words()
    assert {name: page.fields[name] for name in new} == new and page.fields["feedback"] == "Keep me."
    assert page.fields["level-problem"] == "3" and "comment-1-text" not in page.fields
    ingrid.post("marking.save", submission_id=work, data={**data, "new-paragraph": "2"})
    assert "two kilometres Why two?" in ingrid.get("marking.submission", submission_id=work).words()


def test_saving_in_passing_answers_in_words(ingrid, work):
    answer = ingrid.post("marking.save", submission_id=work, data=form(do="draft"), headers=JSON, expect=200)
    assert json.loads(answer.text) == {"state": "saved", "text": "Draft saved on the server, 12:00", "version": 1}
    answer = ingrid.post("marking.save", submission_id=work, data=form(feedback="x" * 9000), headers=JSON, expect=422)
    assert json.loads(answer.text)["state"] == "refused" and "8,000 are taken" in json.loads(answer.text)["text"]


def test_two_people_get_both_versions_and_nothing_is_overwritten(app, ingrid, amadou, desk, work):
    ingrid.post("marking.save", submission_id=work, data=form(do="draft", feedback="From Ingrid."))
    answer = amadou.post("marking.save", submission_id=work, data=form(do="draft"), headers=JSON, expect=409)
    assert json.loads(answer.text)["state"] == "conflict"
    mine = form(do="draft", feedback="From Amadou.", **{"level-problem": "1", "new-text": "Why?"})
    page = amadou.post("marking.save", submission_id=work, data=mine, expect=409)
    text = page.words()
    assert "Two versions" in text and "From Ingrid." in text and "From Amadou." in text and "Keep yours" in text
    assert page.fields["feedback"] == "From Amadou." and page.fields["version"] == "1" and page.fields["knows_both"]
    assert "Why?" in page.text and "Feedback Differs" in text and "Safe for everybody Differs" not in text
    assert "Yours, Tuesday 13 April 2027, 12:00 (UTC)" in text and f'href="/en/grading/{work}"' in page.text
    joined = form(version="1", knows_both="1", do="draft", feedback="From both.")
    amadou.post("marking.save", submission_id=work, data=joined)
    with app.app_context():
        assert desk.read(desk.amadou, work).saved.marks.feedback == "From both."


def test_the_second_reads_only_until_she_takes_over(app, ingrid, amadou, work):
    ingrid.post("marking.save", submission_id=work, data=form(do="draft"))
    page = amadou.get("marking.submission", submission_id=work)
    assert "Facilitator is marking this since Tuesday 13 April 2027, 12:00 (UTC). You can read it." in page.words()
    assert "Save and next" not in page.words() and 'type="radio" name' not in page.text
    assert "3 of 4 · meetsWhat 3 looks like" in page.words() and "75 of 100" in page.words()
    mine = form(version="1", feedback="Do not lose me.")
    page = amadou.post("marking.save", submission_id=work, data=mine, expect=409)
    assert page.fields["feedback"] == "Do not lose me." and "Take over and save mine" in page.words()
    amadou.post("marking.take_over", submission_id=work, data={"op": str(new_id()), "version": "1"})
    assert "Save and next" in amadou.get("marking.submission", submission_id=work).words()


def test_returning_needs_feedback_and_is_read_only_afterwards(app, ingrid, desk, work):
    page = ingrid.post("marking.give_back", submission_id=work, data=form(), expect=409)
    assert "Write what should change before you return it." in page.words() and page.fields["version"] == "1"
    ingrid.post("marking.give_back", submission_id=work, data=form(version="1", feedback="Name the range."))
    assert state(app, desk, work) is AttemptState.RETURNED
    assert "This text is returned." in ingrid.get("marking.submission", submission_id=work).words()
    page = ingrid.post("marking.save", submission_id=work, data=form(version="2"), expect=409)
    assert "the work has moved on" in page.words()


def test_a_damaged_form_saves_nothing_and_keeps_what_was_typed(ingrid, work):
    page = ingrid.post("marking.save", submission_id=work, data=form(op="x", feedback="Keep me."), expect=422)
    assert "out of date" in page.words() and page.fields["feedback"] == "Keep me."
    page = ingrid.post("marking.save", submission_id=work, data=form(**{"level-problem": "9"}), expect=422)
    assert "one of the levels 0 to 4" in page.words()
    ingrid.post("marking.take_over", submission_id=work, data={"op": "x"}, expect=409)
    ingrid.post("marking.late", submission_id=work, data={"op": "x"}, expect=409)


def test_who_does_not_mark_here_finds_nothing(app, desk, work):
    for member in (desk.cast.cedar, desk.cast.nour, desk.cast.stranger, desk.cast.other_cohort):
        visitor = Visitor(app).signed_in(member)
        visitor.get("marking.queue", expect=404)
        visitor.get("marking.release", expect=404)
        visitor.get("marking.submission", submission_id=work, expect=404)
        visitor.post("marking.save", submission_id=work, data=form(), expect=404)
        visitor.post("marking.release_now", data={"task": str(desk.memo)}, expect=404)


def test_a_marker_of_another_cohort_finds_nothing(app, desk, work):
    """Roles are of one cohort: this facilitator has one elsewhere only."""
    from lms.accounts.models import Person
    from lms.accounts.rules.roles import Role
    from lms.accounts.services import persons
    from lms.kernel.db import db, transaction

    with app.app_context(), transaction():
        person = db.session.get_one(Person, desk.cast.stranger.id)
        persons.grant_role(person, Role.FACILITATOR, cohort_id=desk.cast.cohort_key, by=None, at=NOW - DAY)
    visitor = Visitor(app).signed_in(desk.cast.stranger)
    assert "Nothing waits to be marked here." in visitor.get("/en/grading?show=all").words()
    visitor.get("marking.submission", submission_id=work, expect=404)
    for act in ("save", "give_back", "take_over", "conflict_of_interest", "late"):
        visitor.post(f"marking.{act}", submission_id=work, data=form(), expect=404)
    visitor.post("marking.release_now", data={"task": str(desk.memo), "op": str(new_id())}, expect=404)
    visitor.post("marking.release_now", data={"task": "x"}, expect=404)


def test_stepping_aside_leaves_to_the_coordinator_what_nobody_else_reads(ingrid, desk, work):
    page = ingrid.get(ingrid.post("marking.conflict_of_interest", submission_id=work).location)
    assert "With a conflict of interest: passed to the coordinator" in page.words()


def test_stepping_aside_hides_the_work_and_names_who_has_it(app, ingrid, amadou, desk, work):
    amadou.post("marking.languages", data={"language": ["fr", "en"]})
    answer = ingrid.post("marking.conflict_of_interest", submission_id=work)
    page = ingrid.get(answer.location)
    assert "You stepped aside." in page.words()
    assert "With a conflict of interest: passed to Amadou" in page.words() and str(work) not in page.text
    assert page.text.count(">–</td>") >= 3 and "1 day" not in page.words()  # language, words and waiting
    for act in ("submission",):
        ingrid.get(f"marking.{act}", submission_id=work, expect=404)
    ingrid.post("marking.save", submission_id=work, data=form(), expect=404)


def test_with_a_conflict_the_release_list_shows_no_marks(app, ingrid, amadou, desk, work):
    ingrid.post("marking.conflict_of_interest", submission_id=work)
    amadou.post("marking.save", submission_id=work, data=form(do="finish"))
    assert "75 of 100" in amadou.get("marking.release").words()
    text = ingrid.get("marking.release").words()
    assert "75 of 100" not in text and "With a conflict of interest: not shown to you" in text


def test_marks_are_released_by_a_press_and_told(app, ingrid, desk, work):
    ingrid.post("marking.save", submission_id=work, data=form(do="finish"))
    page = ingrid.get("marking.release")
    assert "75 of 100" in page.words() and "Meets the standard" in page.words()
    assert "Release 1 mark now" in page.words()
    data = {name: page.fields[name] for name in ("op", "task", "mark")}
    answer = ingrid.post("marking.release_now", data=data)
    told = ingrid.get(answer.location.partition("#")[0]).words()
    assert "1 mark of “Memo” was released on Tuesday 13 April 2027, 12:00 (UTC). The participants see them" in told
    assert state(app, desk, work) is AttemptState.RELEASED
    ingrid.post("marking.release_now", data=data)
    page = ingrid.post("marking.release_now", data={**data, "op": str(new_id())}, expect=409)
    assert "There is nothing to release any more." in page.words()
    page = ingrid.post("marking.release_now", data={**data, "mark": "x.y"}, expect=409)
    assert "released on" in ingrid.get("marking.submission", submission_id=work).words()


def test_late_work_is_decided_on_its_page(app, ingrid, desk):
    with app.app_context():
        late = desk.hand_in(desk.cast.cedar, at=NOW + 4 * DAY)
    assert "Arrived late" in ingrid.get("marking.queue").words()
    page = ingrid.get("marking.submission", submission_id=late)
    assert "It is never turned into zero." in page.words()
    ingrid.post("marking.late", submission_id=late, data={"op": str(new_id()), "do": "count"}, expect=409)
    data = {"op": str(new_id()), "do": "count", "seen": re.findall(r'name="seen" value="(\d+)"', page.text)[0]}
    ingrid.post("marking.late", submission_id=late, data=data)
    assert "Arrived late" not in ingrid.get("marking.submission", submission_id=late).words()


def test_languages_are_chosen_on_the_queue_page(ingrid, desk, work):
    page = ingrid.post("marking.languages", data={"language": ["fr", "en"]})
    assert "Saved on the server" in ingrid.get(page.location).words()
    page = ingrid.post("marking.languages", data={}, expect=422)
    assert "Choose at least one language." in page.words()


def test_a_participant_sees_no_mark_before_the_release(app, desk, work):
    cedar = Visitor(app).signed_in(desk.cast.cedar)
    with app.app_context():
        desk.mark(desk.cast.facilitator, work, feedback="Hidden for now.")
    page = cedar.get(f"/en/t/{desk.memo}")
    assert "Hidden for now." not in page.text and "75%" not in page.words() and "75 of 100" not in page.words()
    with app.app_context():
        desk.release(desk.cast.facilitator)
    assert "Hidden for now." in cedar.get(f"/en/t/{desk.memo}").text


def test_a_long_text_with_long_feedback_stays_light(app, ingrid, desk):
    with app.app_context():
        work = desk.hand_in(desk.cast.cedar, text="\n\n".join([TEXT] * 40))
    ingrid.post("marking.save", submission_id=work, data=form(feedback="Word. " * 500))
    ingrid.get("marking.submission", submission_id=work)


def test_no_legal_name_stands_on_any_page(ingrid, work):
    for page in (ingrid.get("marking.queue"), ingrid.get("marking.submission", submission_id=work)):
        assert not re.search("Kanaria", page.text)


def test_keys_are_switched_off_in_the_account_of_who_marks(app, ingrid, desk, work):
    settings = {"interface_language": "en", "time_zone": "UTC", "theme": "", "digits": "latn", "leave_to": "weather"}
    assert "data-keys" in ingrid.get("marking.submission", submission_id=work).text
    assert "Single keys give marks" in ingrid.get("accounts.account").words()
    ingrid.post("accounts.save_account", data=settings)
    assert "data-keys" not in ingrid.get("marking.submission", submission_id=work).text
    assert "data-keys" not in ingrid.get("marking.queue").text
    cedar = Visitor(app).signed_in(desk.cast.cedar)
    assert "Single keys give marks" not in cedar.get("accounts.account").words()


def test_only_who_marks_has_the_link_to_the_queue(app, ingrid, desk):
    assert 'href="/en/grading"' in ingrid.get("home.today").text
    assert 'href="/en/grading"' not in Visitor(app).signed_in(desk.cast.cedar).get("home.today").text


def shown(page):
    """What the list of release sends."""
    seen = re.findall(r'"mark" value="([^"]+)"', page.text)
    return {"op": page.fields["op"], "task": page.fields["task"], "mark": seen}


def test_more_finished_marks_than_a_page_lists_are_told_and_released_next(app, ingrid, desk):
    with app.app_context():
        works = desk.fill(27)
        for work in works:
            desk.mark(desk.cast.facilitator, work)
    page = ingrid.get("marking.release")
    assert "The first 25 of 27 finished marks" in page.words() and len(shown(page)["mark"]) == 25
    too_many = {**shown(page), "mark": [f"{work}.1" for work in works]}
    assert "out of date" in ingrid.post("marking.release_now", data=too_many, expect=409).words()
    answer = ingrid.post("marking.release_now", data=shown(page))
    page = ingrid.get(answer.location.partition("#")[0])
    assert "Other finished marks of the task stand below" in page.words() and len(shown(page)["mark"]) == 2
    answer = ingrid.post("marking.release_now", data=shown(page))
    assert "Other finished marks" not in ingrid.get(answer.location.partition("#")[0]).words()
    with app.app_context():
        assert all(desk.attempt(work).state is AttemptState.RELEASED for work in works)


# Taken back while somebody looks at it


@pytest.fixture
def taken_back(app, desk):
    """Cedar's note, which has no deadline: handed in, taken back, and written on."""
    with app.app_context():
        work = desk.hand_in(desk.cast.cedar, task=desk.note)
        take_back(desk)
        desk.write(desk.cast.cedar, "My unfinished draft.", at=NOW, task=desk.note)
    return work


def take_back(desk):
    person = desk.person(desk.cast.cedar)
    with transaction():
        taking.take_back(sittings.find_sitting(person, desk.note), new_id(), language="en", by=person, at=NOW)


def test_marks_for_what_was_taken_back_are_shown_again_without_its_text(ingrid, taken_back):
    for act in ("save", "give_back"):
        typed = form(feedback="Keep my words.", **{"remark-problem": "And these."})
        page = ingrid.post(f"marking.{act}", submission_id=taken_back, data=typed, expect=409)
        assert "its writer took it back" in page.words()
        assert "unfinished" not in page.text and TEXT[:20] not in page.text
        assert "Keep my words." in page.words() and "And these." in page.words() and "3 of 4" in page.words()
    answer = ingrid.post("marking.save", submission_id=taken_back, data=form(do="draft"), headers=JSON, expect=409)
    told = json.loads(answer.text)
    assert told["state"] == "refused" and "its writer took it back" in told["text"]


def test_marks_do_not_land_on_a_text_that_was_not_read(app, ingrid, desk):
    with app.app_context():
        work = desk.hand_in(desk.cast.cedar, task=desk.note)
    read = ingrid.get("marking.submission", submission_id=work).fields["handed"]
    with app.app_context():
        take_back(desk)
        desk.hand_in(desk.cast.cedar, text="Another text altogether.", at=NOW, task=desk.note)
    page = ingrid.post("marking.save", submission_id=work, data=form(handed=read, feedback="On the first."), expect=409)
    assert "handed it in again" in page.words() and "Another text altogether." in page.words()
    assert "On the first." in page.text and state(app, desk, work) is AttemptState.HANDED_IN
    ingrid.post("marking.save", submission_id=work, data=form(do="finish", handed=page.fields["handed"]))
    assert state(app, desk, work) is AttemptState.MARKED


def test_the_work_of_whoever_left_is_in_no_list(app, ingrid, desk):
    with app.app_context():
        work = desk.hand_in(desk.cast.cedar)
        with transaction():
            db.session.execute(
                update(Enrolment)
                .where(Enrolment.person_id == desk.cast.cedar.id)
                .values(state=EnrolmentState.WITHDRAWN)
            )
    ingrid.get("marking.submission", submission_id=work, expect=404)
    assert "Cedar" not in ingrid.get("/en/grading?show=all").words()


def test_other_acts_on_what_was_taken_back_lead_to_the_queue(app, ingrid, desk, taken_back):
    ingrid.get("marking.submission", submission_id=taken_back, expect=404)
    for act in ("take_over", "late"):
        answer = ingrid.post(f"marking.{act}", submission_id=taken_back, data={"op": str(new_id()), "do": "count"})
        assert answer.location == "/en/grading?done=taken-back"
        assert "its writer took it back" in ingrid.get(answer.location).words()
    assert state(app, desk, taken_back) is AttemptState.OPEN


def test_what_was_never_handed_in_takes_no_marks(app, ingrid, desk):
    with app.app_context():
        person = desk.person(desk.cast.cedar)
        with transaction():
            place = sittings.find_task_place(person, desk.note)
            work = taking.open_attempt(place, by=person, language="en", at=NOW).public_id
    ingrid.post("marking.save", submission_id=work, data=form(), expect=404)


def test_taken_back_between_two_statements_it_is_read_by_nobody(app, ingrid, desk, monkeypatch):
    with app.app_context():
        work = desk.hand_in(desk.cast.cedar, task=desk.note)
    found = queries._steps_at

    def meanwhile(submission):
        take_back(desk)
        return found(submission)

    monkeypatch.setattr(queries, "_steps_at", meanwhile)
    page = ingrid.get("marking.submission", submission_id=work, expect=302)
    assert page.location == "/en/grading?done=taken-back"
