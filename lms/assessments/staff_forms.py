"""Forms of staff: giving an allowance, looking up a receipt."""

from flask_babel import gettext as _
from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import NumberRange, Optional, ValidationError

from lms.kernel.i18n import lazy as _l
from lms.kernel.ids import CROCKFORD, read_code
from lms.web.formats import lazy_number
from lms.web.forms import Form, at_most, needed

from .rules.allowing import MOST_ATTEMPTS, MOST_MINUTES, MOST_REASON
from .rules.receipts import CODE_CHARACTERS


class AllowanceForm(Form):
    """What one participant gets beyond the settings. Choices of the task and the hint of the day come from the view."""

    task = SelectField(_l("For"))
    attempts = IntegerField(
        _l("Further attempts at quizzes"),
        validators=[
            Optional(),
            NumberRange(0, MOST_ATTEMPTS, _l("Enter a whole number from 0 to %(most)s.", most=MOST_ATTEMPTS)),
        ],
    )
    minutes = IntegerField(
        _l("Further minutes for timed quizzes"),
        validators=[
            Optional(),
            NumberRange(0, MOST_MINUTES, _l("Enter a whole number from 0 to %(most)s.", most=MOST_MINUTES)),
        ],
    )
    due_on = DateField(
        _l("Later last day"),
        validators=[Optional()],
    )
    reason = TextAreaField(
        _l("Reason"),
        description=_l(
            "For: other staff of this cohort. Sealed, and deleted %(months)s months after the course ends.",
            months=lazy_number(6),
        ),
        validators=[needed(), at_most(MOST_REASON)],
    )
    known = HiddenField()


class ReceiptForm(Form):
    """The code of a receipt."""

    code = StringField(
        _l("Code of the receipt"),
        description=_l("12 letters and digits in groups of four. Blanks, hyphens and small letters do not matter."),
        validators=[needed(), at_most(40)],
    )

    def validate_code(self, field: StringField) -> None:
        """What cannot be a code is told here, before anybody looks for it."""
        plain = read_code(field.data or "").replace("-", "")
        if not set(plain) <= set(CROCKFORD):
            raise ValidationError(_("A code has letters and digits only, and no other signs."))
        if len(plain) != CODE_CHARACTERS:
            raise ValidationError(_("A code has 12 letters and digits. Look for one too many or too few."))
