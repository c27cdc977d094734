"""A coordinator looks up the code of a receipt."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.web.http import allow

from ..policy import AssessmentPermission
from ..services import proving
from ..staff_forms import ReceiptForm

bp = Blueprint("receipts", __name__, template_folder="../templates", url_prefix="/<lang:lang>/receipts")


@bp.get("")
@allow(AssessmentPermission.RECEIPT)
def receipts() -> ResponseReturnValue:
    """Where the code is typed."""
    return render_template("assessments/receipts.html", form=ReceiptForm(None), proof=None, is_answer=False)


@bp.post("/look-up")
@allow(AssessmentPermission.RECEIPT)
def look_up() -> ResponseReturnValue:
    """What the code was given for. A code of another cohort is not found, as one that never was."""
    form = ReceiptForm()
    if not form.validate():
        return render_template("assessments/receipts.html", form=form, proof=None, is_answer=False), 422
    with transaction():
        proof = proving.look_up(str(form.code.data), by=me(), at=clock.now())
    return render_template("assessments/receipts.html", form=form, proof=proof, is_answer=True)
