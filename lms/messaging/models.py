"""The table of jobs."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.dictionary import Level, Personal, Retention
from lms.kernel.db import Json, Model


class Job(Model):
    """One piece of work for the worker. Payload: ids and names of templates, never addresses, names or texts.

    person_id: to whom a message goes; hers leave in the order in which they were written. cohort_id: for which
    cohort, so that its coordinators see what did not leave.

    States: waiting, claimed (claimed_at), done (done_at), given up (done_at and fault). `recurring` names the one row
    of a job that comes back; it is never given up. Others are deleted 30 days after they are over.
    """

    __tablename__ = "messaging_job"
    __table_args__ = (
        # What is over stays for a month; who looks for work every other second meets none of it.
        Index(
            "messaging_job_waiting_ix", "run_at",
            sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL"),
        ),
        Index(None, "cohort_id", "id"),
    )  # fmt: skip
    holds_personal_data: ClassVar = {
        "person_id": Personal(level=Level.ATTENDANCE, purpose="in which order to write", retention=Retention.OUTBOX),
        "payload": Personal(level=Level.ATTENDANCE, purpose="whom to write to, by number", retention=Retention.OUTBOX),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    recurring: Mapped[str | None] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    person_id: Mapped[int | None]
    cohort_id: Mapped[int | None]
    run_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    fault: Mapped[str | None]
