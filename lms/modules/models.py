"""The table of progress."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.dictionary import Level, Personal, Retention
from lms.kernel.db import Model


class Progress(Model):
    """That one participant has read one lesson. One row per enrolment and node; the first reading counts.

    Names the node, not the version, so that a cohort that moves to a new version keeps everybody's progress.
    """

    __tablename__ = "modules_progress"
    __table_args__ = (UniqueConstraint("enrolment_id", "node_id"),)
    holds_personal_data: ClassVar = {
        "read_at": Personal(level=Level.WORK, purpose="showing how far she is", retention=Retention.ENROLMENT),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    node_id: Mapped[str] = mapped_column(String(40))
    read_at: Mapped[datetime]
