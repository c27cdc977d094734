"""Forms of signing in, accepting an invitation, and one's own settings."""

from flask_babel import gettext as _
from wtforms import BooleanField, DateField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Regexp, ValidationError

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l
from lms.web.formats import lazy_number
from lms.web.forms import Form, at_most, needed
from lms.web.http import explain

from .fields import ZoneField
from .rules.credentials import TYPED_MOST, check_passphrase

SECRET = r"^[A-Z2-7]{32}$"  # noqa: S105 - the shape of one


class SignInForm(Form):
    """Login and passphrase; or what a passkey says, put there by the script."""

    login = StringField(_l("Sign-in name"), validators=[needed(), at_most(200)])
    password = PasswordField(_l("Passphrase"), validators=[needed(), at_most(TYPED_MOST)])
    shared = BooleanField(
        _l("This is a shared or borrowed device"),
        description=_l("We sign you out after %(minutes)s minutes without activity.", minutes=lazy_number(15)),
    )
    answer = HiddenField()
    next = HiddenField()


class CodeForm(Form):
    """The code of an invitation."""

    code = StringField(
        _l("Code of your invitation"),
        description=_l("16 letters and digits, as printed on the sheet you were given."),
        validators=[needed(), at_most(40)],
    )


class PassphraseForm(Form):
    """A sign-in name and a passphrase. has_factor: whether a second one stands beside it, so that a shorter will do."""

    has_factor = False
    login = StringField(
        _l("Sign-in name"),
        description=_l("Only you need to know it. Choose one that does not tell your name."),
        validators=[needed(), at_most(64)],
    )
    passphrase = PasswordField(
        _l("Passphrase"),
        description=_l("At least 15 characters, in any script. Several words in a row are easy to keep in mind."),
        validators=[needed(), at_most(TYPED_MOST)],
    )
    again = PasswordField(_l("The passphrase once more"), validators=[needed(), at_most(TYPED_MOST)])

    def validate_passphrase(self, field: PasswordField) -> None:
        """What the rules ask for, told beside whatever else is wrong: each new try means typing it twice."""
        try:
            check_passphrase(str(field.data), login=str(self.login.data), has_factor=self.has_factor)
        except Refusal as refusal:
            raise ValidationError(explain(refusal)) from None

    def validate_again(self, field: PasswordField) -> None:
        """Both times the same; the page comes back with both fields empty."""
        if field.data != self.passphrase.data:
            raise ValidationError(_("The two passphrases differ. Type both again."))


class EnrolForm(PassphraseForm):
    """How she will sign in from now on."""

    code = HiddenField(validators=[at_most(40)])


class PasskeyEnrolForm(Form):
    """The same by a passkey alone. answer: what the browser says, put there by the script."""

    code = HiddenField(validators=[at_most(40)])
    answer = HiddenField()


class AccountForm(Form):
    """What a person sets for herself. Choices come from the view."""

    interface_language = SelectField(_l("Language of pages"))
    time_zone = ZoneField(_l("Time zone"), description=_l("All hours and dates are shown in this zone."))
    theme = SelectField(_l("Colours"))
    digits = SelectField(_l("Numbers"), description=_l("Used on Arabic pages."))
    leave_to = SelectField(_l("Where “Leave now” goes"))
    exit_keys = BooleanField(_l("Leave also when I press Shift three times"))
    locks_after = SelectField(
        _l("Sign me out when nothing happens for"),
        description=_l("On all your devices. What was not sent yet stays in the page until you close it."),
    )
    marking_keys = BooleanField(_l("Single keys give marks on marking pages"))


class SecondStepForm(Form):
    """One of three ways to go on after the passphrase. answer: what a passkey says, put there by the script."""

    code = StringField(
        _l("One-time code"), description=_l("Six digits, from the app on your phone."), validators=[at_most(20)]
    )
    paper = StringField(
        _l("Recovery code"),
        description=_l("One of the ten codes on your paper. Each works once."),
        validators=[at_most(40)],
    )
    answer = HiddenField()
    next = HiddenField()


class PasskeyForm(Form):
    """A passkey that the browser made. answer: what it says, put there by the script."""

    name = StringField(
        _l("What do you call this device?"),
        description=_l("For example: phone. Only you see it. You can leave it empty."),
        validators=[at_most(40)],
    )
    answer = HiddenField()


class AppForm(Form):
    """The first code of an app, and the secret that the page showed."""

    secret = HiddenField(validators=[Regexp(SECRET)])
    code = StringField(
        _l("The code that the app shows now"), description=_l("Six digits."), validators=[needed(), at_most(20)]
    )


class DeviceForm(Form):
    """What she calls a device."""

    name = StringField(_l("What do you call this device?"), validators=[at_most(40)])


class TravelForm(Form):
    """Until which day nobody can sign in."""

    until = DateField(_l("Closed until"), validators=[InputRequired(message=_l("Fill in this field."))])


class LockForm(Form):
    """One press, and nothing to fill in."""
