"""The table of jobs."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.dictionary import Level, Personal, Retention
from lms.kernel.db import Json, Model


class Job(Model):
    """One piece of work for the worker. Payload: ids and a template's name, never addresses, names or texts.

    States: waiting, claimed (claimed_at), done (done_at), given up (done_at and fault). `recurring` names the one row
    of a job that comes back; it is never given up. Others are deleted 30 days after they are over.
    """

    __tablename__ = "messaging_job"
    __table_args__ = (Index(None, "run_at"),)
    holds_personal_data: ClassVar = {
        "payload": Personal(level=Level.ATTENDANCE, purpose="whom to write to, by number", retention=Retention.OUTBOX),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    recurring: Mapped[str | None] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    run_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    fault: Mapped[str | None]
