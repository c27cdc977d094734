"""Her own place: under which name and in which language she takes part, and what she agrees to."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import choices
from lms.accounts.models import Person
from lms.accounts.queries import ways_of
from lms.accounts.services import preferring
from lms.accounts.services.preferring import Preferences
from lms.accounts.session import me
from lms.courses.rules import Naming
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.settings import current_settings
from lms.web.http import allow, explain

from ..errors import AliasTaken, AliasTellsName, AliasUnfit, NameTaken, NameUnfit, SettledAlready, TooManyNames
from ..models import Enrolment
from ..policy import CohortPermission
from ..queries import seats as queries
from ..queries.seats import Seat
from ..services import enrolling
from ..services.enrolling import Settling
from ..settling_forms import OWN, PlaceForm

bp = Blueprint("places", __name__, template_folder="../templates", url_prefix="/<lang:lang>/place/<uuid:enrolment_id>")
NAME_REFUSALS = (AliasTaken, AliasTellsName, AliasUnfit, NameTaken, NameUnfit, TooManyNames)


@bp.get("")
@allow(CohortPermission.SETTLE, on=queries.find_place)
def place(seat: Seat) -> ResponseReturnValue:
    """What she chooses before the course begins for her. Who has done so goes on to Today."""
    enrolment = _own(seat)
    if enrolment.agreed_at is not None:
        return redirect(url_for("home.today"))
    proposed = enrolling.proposed_names(enrolment, seat.cohort)
    form = _form(
        seat,
        proposed,
        None,
        drawn=proposed[0] if proposed else OWN,
        course_language=enrolment.course_language,
        interface_language=me().interface_language,
        time_zone=me().time_zone,
    )
    return _page(seat, form)


@bp.post("/save")
@allow(CohortPermission.SETTLE, on=queries.find_place)
def save(seat: Seat) -> ResponseReturnValue:
    """Take the place: the next page is Today, in the language that she chose. Sent twice, it is one act."""
    enrolment = _own(seat)
    form = _form(seat, enrolling.proposed_names(enrolment, seat.cohort))
    if not form.validate():
        return _page(seat, form), 422
    wanted, chosen = _preferences(me(), form), _chosen(form)
    try:
        if chosen.is_own:
            enrolling.check_tries(enrolment.public_id, at=clock.now())
            with transaction():
                enrolling.count_try(enrolment.public_id, at=clock.now())
        with transaction():
            enrolling.settle(enrolment.id, chosen, by=me(), at=clock.now())
            preferring.save_preferences(me(), wanted)
    except SettledAlready:
        return _onwards(wanted)
    except TooManyNames as refusal:
        answer = make_response(_refused(seat, refusal), 429)
        answer.headers["Retry-After"] = str(current_settings().limits.window_minutes * 60)
        return answer
    except Refusal as refusal:
        return _refused(seat, refusal), 409
    return _onwards(wanted)


def _onwards(wanted: Preferences) -> ResponseReturnValue:
    """Before the course, to what lets her come back when her phone is gone."""
    if ways_of(me().id).codes_left:
        return redirect(url_for("home.today", lang=wanted.interface_language))
    return redirect(url_for("factors.factors", lang=wanted.interface_language, first=1))


def _own(seat: Seat) -> Enrolment:
    assert seat.enrolment is not None  # found by it
    return seat.enrolment


def _refused(seat: Seat, refusal: Refusal) -> str:
    """The page with what she typed; a name that cannot be hers is told where it stands."""
    form = _form(seat, enrolling.proposed_names(_own(seat), seat.cohort))
    if isinstance(refusal, NAME_REFUSALS) and form.own.data:
        form.own.errors = [explain(refusal)]
        return _page(seat, form)
    return _page(seat, form, refusal=explain(refusal))


def _page(seat: Seat, form: PlaceForm, refusal: str | None = None) -> str:
    return render_template(
        "cohorts/place.html",
        seat=seat,
        form=form,
        has_names=seat.cohort.naming is Naming.NAMED,
        refusal=refusal,
    )


def _form(seat: Seat, proposed: list[str], *sent: Any, **values: Any) -> PlaceForm:
    form = PlaceForm(*sent, **values)
    form.drawn.choices = [(name, name) for name in proposed] + [(OWN, _("Another name of my own"))]
    if seat.cohort.naming is Naming.NAMED:
        form.own.label.text = _("How others will see your name")
        form.own.description = _("People in this course go by their names. Write yours as you want it to be seen.")
    form.course_language.choices = [(code, _language_name(code)) for code in seat.cohort.languages]
    form.interface_language.choices = choices.languages()
    form.time_zone.choices = choices.time_zones_with(me().time_zone)
    return form


def _language_name(code: str) -> str:
    return dict(choices.languages()).get(code, code)


def _chosen(form: PlaceForm) -> Settling:
    """What she chose. A name that she typed counts, whatever is marked above it."""
    typed = str(form.own.data or "").strip()
    return Settling(
        name=typed or str(form.drawn.data or ""),
        is_own=bool(typed) or not form.drawn.data,
        course_language=form.course_language.data,
    )


def _preferences(person: Person, form: PlaceForm) -> Preferences:
    """Hers, with what this page asks for."""
    return Preferences(
        interface_language=form.interface_language.data,
        time_zone=form.time_zone.data,
        theme=person.theme,
        digits=person.digits,
        leave_to=person.leave_to,
        exit_keys=person.exit_keys,
        locks_after=person.locks_after,
        marking_keys=person.marking_keys,
    )
