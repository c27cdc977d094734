"""Places of somebody who has lost a device: facilitators see nothing of her until she is back (lms.cohorts.policy)."""

from sqlalchemy import update

from lms.accounts.services.closing import Hidden
from lms.cohorts.models import Enrolment
from lms.kernel.db import db


def on_hidden(event: Hidden) -> None:
    """Hide all her places, or show them again. Audited with the lock that it follows from."""
    hers = update(Enrolment).where(Enrolment.person_id == event.person_id)
    hidden_at = event.at if event.is_hidden else None
    db.session.execute(hers.values(hidden_at=hidden_at), execution_options={"synchronize_session": False})
