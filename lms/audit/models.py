"""The table of deeds."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from lms.kernel.db import Json, Model

from .dictionary import Level, Personal, Retention


class Entry(Model):
    """One deed: who (by internal number), on what, when, and which declared fields changed from what to what.

    Inserted in the deed's own transaction, never changed; deleted by the retention run after two years.
    """

    __tablename__ = "audit_entry"
    holds_personal_data: ClassVar = {
        "by_id": Personal(level=Level.ATTENDANCE, purpose="who did it, by number", retention=Retention.AUDIT),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(index=True)
    by_id: Mapped[int | None]
    on_id: Mapped[int]
    at: Mapped[datetime]
    changes: Mapped[dict[str, Any]] = mapped_column(Json)
