"""Messages: what a cohort's outbox holds, telling participants something, putting a notice away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.accounts.policy import AccountPermission
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.messaging import queries as outbox
from lms.messaging import services as messaging
from lms.settings import LANGUAGES
from lms.web.formats import write_number
from lms.web.forms import read_id
from lms.web.http import allow, explain
from lms.web.languages import page_language

from .. import notices
from ..errors import NobodyMeant
from ..policy import CohortPermission
from ..queries import desk, messages, people
from ..queries.desk import Desk
from ..queries.messages import Course
from ..rules.silence import SILENT_DAYS
from ..rules.telling import Circle, News, Subject
from ..services import telling
from ..telling_forms import TellingForm, written_group

bp = Blueprint("messages", __name__, template_folder="../templates", url_prefix="/<lang:lang>")
GIVEN_UP = "given-up"
ALL = "all"


@bp.get("/cohort/<uuid:cohort_id>/messages")
@allow(CohortPermission.RUN, on=desk.find_desk)
def listed(found: Desk) -> ResponseReturnValue:
    """What was written to the people of a cohort, and what became of it."""
    only_given_up = request.args.get("show") == GIVEN_UP
    number = request.args.get("page", 1, type=int)
    return render_template(
        "cohorts/messages/list.html",
        desk=found,
        page=messages.messages_of(found.cohort, number=number, only_given_up=only_given_up),
        late=outbox.late_messages(found.cohort.id, at=clock.now()),
        label_of=notices.label_of_message,
        show=GIVEN_UP if only_given_up else None,
        may_write=allows(CohortPermission.CHANGE, me(), found),
        done=request.args.get("done"),
    )


@bp.post("/cohort/<uuid:cohort_id>/messages/again")
@allow(CohortPermission.CHANGE, on=desk.find_desk)
def send_again(found: Desk) -> ResponseReturnValue:
    """Try anew what was given up: one message, or all of the cohort. What is under way already stays as it is."""
    named = request.form.get("message", "")
    with transaction():
        messaging.send_again(found.cohort.id, None if named == ALL else named, by=me().id, at=clock.now())
    return redirect(url_for(".listed", cohort_id=found.cohort.public_id, done="again"))


@bp.get("/cohort/<uuid:cohort_id>/messages/new")
@allow(CohortPermission.CHANGE, on=desk.find_desk)
def new(found: Desk) -> ResponseReturnValue:
    """Choose what to tell, and whom. A link may have chosen already: a text, or one participant by her address."""
    course, at = messages.course_of(found.cohort), clock.now()
    form = _form(course, at, TellingForm(None, what=request.args.get("what")))
    wanted = request.args.get("to", type=UUID)
    person = None if wanted is None else people.find_person(me(), found.cohort.public_id, wanted)
    if person is not None:
        form.who.data, form.alias.data = Circle.ONE.value, person.participant.alias
    return _page(found, form)


@bp.post("/cohort/<uuid:cohort_id>/messages/new/preview")
@allow(CohortPermission.CHANGE, on=desk.find_desk)
def preview(found: Desk) -> ResponseReturnValue:
    """Show the text in every language, and how many people get it. Nothing is sent yet."""
    course, at = messages.course_of(found.cohort), clock.now()
    form = _form(course, at, TellingForm())
    if not form.validate():
        return _page(found, form), 422
    shown = _preview(course, form, at)
    if not shown.people:
        return _page(found, form, refusal=explain(NobodyMeant())), 409
    return _page(found, form, shown=shown)


@bp.post("/cohort/<uuid:cohort_id>/messages/new/send")
@allow(CohortPermission.CHANGE, on=desk.find_desk)
def send(found: Desk) -> ResponseReturnValue:
    """Tell them. The same form twice is one sending."""
    course, at = messages.course_of(found.cohort), clock.now()
    form = _form(course, at, TellingForm())
    operation = read_id(form.op.data)
    if not form.validate() or operation is None:
        return _page(found, form), 422
    sending = telling.Sending(subject=_subject(form), audience=form.audience(), operation=operation)
    try:
        with transaction():
            telling.send(found.cohort.id, sending, by=me(), at=at)
    except Refusal as refusal:
        return _page(found, form, refusal=explain(refusal)), 409
    return redirect(url_for(".listed", cohort_id=found.cohort.public_id, done="sent"))


@bp.post("/notices/put-away")
@allow(AccountPermission.USE)
def put_away() -> ResponseReturnValue:
    """Take a notice of hers off her Today page; one that is gone already, or never was hers, changes nothing."""
    wanted = request.form.get("notice", type=UUID)
    with transaction():
        notice = None if wanted is None else messages.find_own_notice(me(), wanted)
        if notice is not None:
            telling.put_away(notice)
    return redirect(url_for("home.today"))


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be sent. texts: by language. with_mail: how many of the people get a message by e-mail too."""

    texts: Mapping[str, Markup]
    people: int
    with_mail: int


def _preview(course: Course, form: TellingForm, at: datetime) -> Preview:
    subject = _subject(form)
    meant = messages.recipients(course.cohort, form.audience(), at=at)
    return Preview(
        texts={
            language: notices.write_in(language, subject, course.facts(subject, language), at=at)
            for language in LANGUAGES
        },
        people=len(meant),
        with_mail=sum(one.gets_mail for one in meant),
    )


def _page(found: Desk, form: TellingForm, *, shown: Preview | None = None, refusal: str | None = None) -> str:
    return render_template(
        "cohorts/messages/new.html",
        desk=found,
        form=form,
        shown=shown,
        refusal=refusal,
        languages=LANGUAGES,
        operation=new_id().hex,  # made anew with each look: what is sent after another look is another sending
    )


def _form(course: Course, at: datetime, form: TellingForm) -> TellingForm:
    """The form with what can be chosen now."""
    subjects: dict[str, list[Subject]] = {_("In general"): [], _("Modules that open"): [], _("Dates that are near"): []}
    general, modules, dates = subjects.values()
    for subject in course.subjects(at=at):
        {News.MODULE: modules, News.DATE_NEAR: dates}.get(subject.news, general).append(subject)
    form.what.choices = {
        heading: [_choice(course, one) for one in found] for heading, found in subjects.items() if found
    }
    form.who.choices = [
        (Circle.UNDER_WAY.value, _("Everybody who takes part")),
        (
            Circle.SILENT.value,
            _("Everybody who has been silent for %(days)s days or longer", days=write_number(SILENT_DAYS)),
        ),
        (Circle.NOT_COME.value, _("Everybody who is invited and has not come yet")),
        (Circle.DONE.value, _("Everybody who has finished")),
        *(
            (written_group(number), _("Group %(number)s", number=write_number(number)))
            for number in messages.groups_with_people(course.cohort)
        ),
        (Circle.ONE.value, _("One participant")),
    ]
    return form


def _choice(course: Course, subject: Subject) -> tuple[str, str]:
    return str(subject), notices.label_of(subject, course.facts(subject, page_language()))


def _subject(form: TellingForm) -> Subject:
    """What was chosen from the list."""
    news, _colon, node_id = str(form.what.data).partition(":")
    return Subject(news=News(news), node_id=node_id or None)
