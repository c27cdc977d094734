"""Who sees what of her, and her place as a viewer has it."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.rules.roles import Role
from lms.accounts.session import me
from lms.cohorts.queries.seats import Seat, seats_of
from lms.courses.rules import Naming
from lms.safety.matrix import Column, Condition, Sight, matrix
from lms.safety.policy import SafetyPermission
from lms.web.http import allow
from lms.web.languages import page_language

bp = Blueprint("sight", __name__, template_folder="templates", url_prefix="/<lang:lang>/account")


@bp.get("/who-sees")
@allow(SafetyPermission.OWN)
def who_sees() -> ResponseReturnValue:
    """Every viewer she has to do with, and what each gets of her."""
    viewers, columns = viewer_words(), column_words()
    wanted = request.args.get("as")
    viewer = next((one for one in viewers if one == wanted), Role.PARTICIPANT)
    seats = [seat for seat in seats_of(me()) if seat.enrolment is not None]
    holding = conditions_of(seats[0]) if seats else ()
    cells = {column: {who: matrix()[who][column].given(*holding) for who in viewers} for column in columns}
    return render_template(
        "home/who_sees.html",
        seats=seats,
        cells=cells,
        viewer=viewer,
        viewers=viewers,
        columns=columns,
        words=sight_words(),
        language=page_language(),
    )


def conditions_of(seat: Seat) -> tuple[Condition, ...]:
    """What holds in her cohort; that she chose or was nominated holds for whoever it concerns."""
    named = (Condition.NAMED,) if seat.cohort.naming is Naming.NAMED else ()
    return (*named, Condition.NOMINEE)


def viewer_words() -> Mapping[Role, str]:
    """Whom she has to do with, in words."""
    return {
        Role.PARTICIPANT: _("Other participants"),
        Role.FACILITATOR: _("Facilitators of my group"),
        Role.COORDINATOR: _("Coordinators"),
        Role.SAFETY: _("Safety focal point"),
        Role.PARTNER: _("The organisation that nominated me"),
    }


def column_words() -> Mapping[Column, str]:
    """What there is to know of her, in words."""
    return {
        Column.ALIAS: _("Name in the course"),
        Column.NAME: _("Legal name"),
        Column.SETTING: _("Country, party and organisation"),
        Column.CONTACT: _("How to reach me"),
        Column.PLAN: _("Safety plan"),
        Column.ANSWERS: _("What I write in tasks"),
        Column.MARKS: _("Marks and comments"),
        Column.LAST_SEEN: _("When I was last here"),
        Column.CERTIFICATE: _("Whether I completed the course"),
    }


def sight_words() -> Mapping[Sight, str]:
    """How much somebody gets, in words."""
    return {
        Sight.NOTHING: _("Never"),
        Sight.EXISTENCE: _("Seen"),
        Sight.ALIAS: _("Seen"),
        Sight.VALUE: _("Seen"),
        Sight.WITH_REASON: _("With a reason on record"),
        Sight.WEEK: _("By the week"),
        Sight.DAY: _("By the day"),
    }
