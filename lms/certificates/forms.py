"""What the holder chooses, what a coordinator decides, what somebody wants to check."""

from enum import StrEnum
from typing import Any, TypeVar

from wtforms import HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired

from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel.i18n import lazy as _l
from lms.web.forms import Form, at_most, needed, read_known
from lms.web.languages import NAMES

from .rules.choices import Choices, NamePrinted, Shown
from .rules.deciding import MOST_REASON
from .rules.facts import Qr
from .signing import MOST_CHARACTERS

TITLE, NO_TITLE = "title", "none"
MOST_LINK = MOST_CHARACTERS + 300
"""A token with the address in front of it."""

_SHOWN = (
    (Shown.VALIDITY.value, _l("Anyone with the code: that it is valid, and what it says")),
    (Shown.NAME.value, _l("Anyone with the code: also my name")),
    (Shown.OFF.value, _l("Nobody for now")),
)

_SHOWN_WITHDRAWN = (
    (Shown.VALIDITY.value, _l("Anyone with the code: that it was withdrawn")),
    (Shown.OFF.value, _l("Nobody for now")),
)

_SAYS = (
    (TITLE, _l("Title of the course, hours, year")),
    (NO_TITLE, _l("Hours and year, without the title")),
)
_QR = (
    (Qr.DISCREET.value, _l("Year and hours only")),
    (Qr.FULL.value, _l("Everything that the paper says")),
)


def _chosen() -> InputRequired:
    return InputRequired(message=_l("Choose one of these."))


class ChoicesForm(Form):
    """What she chooses for her certificate. Choices of the name come from the view."""

    of = HiddenField()
    known = HiddenField()
    named = RadioField(_l("Which name is printed?"), validators=[_chosen()])
    languages = SelectMultipleField(
        _l("Languages"),
        validators=[InputRequired(message=_l("Choose at least one language."))],
    )
    says = RadioField(_l("What does it say?"), validators=[_chosen()])
    qr = RadioField(_l("What does the square code on the paper say?"), validators=[_chosen()])
    shown = RadioField(_l("Who can check it?"), validators=[_chosen()])

    def __init__(self, *formdata: Any, **values: Any) -> None:
        """Offer what can be chosen."""
        super().__init__(*formdata, **values)
        self.languages.choices, self.shown.choices = list(NAMES.items()), list(_SHOWN)
        self.says.choices, self.qr.choices = list(_SAYS), list(_QR)

    def fill_in(self, choices: Choices) -> None:
        """Show these choices."""
        self.named.data, self.languages.data = choices.named.value, list(choices.languages)
        self.says.data = TITLE if choices.has_title else NO_TITLE
        self.qr.data, self.shown.data = choices.qr.value, choices.shown.value

    def choices(self) -> Choices:
        """What was chosen, of a form that is valid; languages in the order in which they are offered."""
        chosen = self.languages.data or []
        return Choices(
            named=NamePrinted(self.named.data),
            has_title=self.says.data == TITLE,
            qr=Qr(self.qr.data),
            shown=Shown(self.shown.data),
            languages=tuple(code for code in NAMES if code in chosen),
        )

    def known_edition(self) -> int:
        """How many certificates there were when the page was made."""
        return read_known(self.known.data)


class ShownForm(Form):
    """Who can check a certificate that was issued.

    It stands beside other forms, so its fields have ids of their own.
    """

    of = HiddenField(id="choose-shown-of")
    shown = RadioField(_l("When someone enters the code"), id="choose-shown", validators=[_chosen()])

    def __init__(self, *formdata: Any, is_valid: bool, **values: Any) -> None:
        """Offer what can be chosen. is_valid: whether the newest certificate is; else it was withdrawn."""
        super().__init__(*formdata, **values)
        self.shown.choices = list(_SHOWN if is_valid else _SHOWN_WITHDRAWN)


class DecisionForm(Form):
    """What a coordinator decides about completion."""

    seen = HiddenField()
    move = HiddenField()
    reason = TextAreaField(
        _l("Reason"),
        description=_l("For: other coordinators of this cohort. Sealed; it is deleted with the certificate."),
        validators=[needed(), at_most(MOST_REASON)],
    )

    def wanted(self) -> tuple[Move | None, EnrolmentState | None]:
        """The decision, and the state that her page showed; None for what no page offers."""
        return _word(Move, self.move.data), _word(EnrolmentState, self.seen.data)


class WithdrawalForm(Form):
    """Why a certificate is withdrawn."""

    certificate = HiddenField()
    why = TextAreaField(
        _l("Reason"),
        description=_l("For: the participant, who reads it on her own page. Sealed."),
        validators=[needed(), at_most(MOST_REASON)],
    )


class CheckForm(Form):
    """A code, a link or the text of a square code; and a name to compare."""

    code = StringField(
        _l("Certificate code"),
        description=_l(
            "26 letters and digits. Blanks, hyphens and small letters do not matter."
            " You can also paste the address that a square code opens."
        ),
        validators=[needed(), at_most(MOST_LINK)],
    )
    name = StringField(_l("Name on the document"))


W = TypeVar("W", bound=StrEnum)


def _word(words: type[W], said: object) -> W | None:
    return next((word for word in words if word.value == said), None)
