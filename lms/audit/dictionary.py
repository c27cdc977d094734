"""The data dictionary: what each column about a person is for and how long it stays (docs/domain.md 1.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lms.kernel.db import Base
from lms.kernel.errors import Misconfigured
from lms.kernel.i18n import lazy as _l
from lms.kernel.sealed import SealedColumn
from lms.web.formats import lazy_days, lazy_number


class Level(StrEnum):
    """How much harm a leak of the column does, most harmful last (docs/security/threat-model.md 1.1)."""

    PREFERENCE = "preference"
    WORK = "work"
    ATTENDANCE = "attendance"
    IDENTITY = "identity"
    KEY = "key"


class Retention(StrEnum):
    """Until when. The sentences that people read are in `RETENTION_TEXTS`; no page writes its own."""

    SESSION = "session"
    ENROLMENT = "enrolment"
    WORK = "work"
    INVITATION = "invitation"
    UPLOAD = "upload"
    CERTIFICATE = "certificate"
    REPORT = "report"
    KNOWN_DEVICE = "known device"
    SIGN_IN_FAILURES = "sign-in failures"
    AUDIT = "audit"
    OUTBOX = "outbox"


@dataclass(frozen=True, kw_only=True)
class RetentionText:
    """One row of the table on the privacy page."""

    what: str
    until: str


RETENTION_TEXTS: dict[Retention, RetentionText] = {
    Retention.ENROLMENT: RetentionText(
        what=_l("Your name, contact and settings, your place in a course, notices to you, and what you have read"),
        until=_l("%(months)s months after your course ends", months=lazy_number(6)),
    ),
    Retention.WORK: RetentionText(
        what=_l("Your answers, marks and feedback; what you typed is sealed under a key of your own"),
        until=_l("%(months)s months after your course ends", months=lazy_number(6)),
    ),
    Retention.SESSION: RetentionText(
        what=_l("That you are signed in on a device (no address, no device name)"),
        until=_l("Until you sign out, at most %(days)s days", days=lazy_number(30)),
    ),
    Retention.INVITATION: RetentionText(
        what=_l("Your invitation code, in a form that is read back only with a key kept apart from it"),
        until=lazy_days(14),
    ),
    Retention.UPLOAD: RetentionText(
        what=_l("A list of people that a coordinator uploaded; names, contacts and remarks are sealed"),
        until=_l("Until it is confirmed or dropped, at most %(days)s days", days=lazy_number(7)),
    ),
    Retention.CERTIFICATE: RetentionText(
        what=_l("That you completed a course, and your certificate; the name, code and documents are sealed"),
        until=_l("Until you have it erased"),
    ),
    Retention.REPORT: RetentionText(
        what=_l("A report about safety and its answer, sealed; without a name nothing in it leads to you"),
        until=_l("2 years after it was closed"),
    ),
    Retention.KNOWN_DEVICE: RetentionText(
        what=_l("That you signed in on a device before (no device name)"),
        until=_l("%(days)s days, or until your passphrase changes", days=lazy_number(180)),
    ),
    Retention.SIGN_IN_FAILURES: RetentionText(
        what=_l("Failed attempts to sign in (no address, no name in readable form)"),
        until=lazy_days(1),
    ),
    Retention.OUTBOX: RetentionText(
        what=_l("That a message was sent to you (not its text, not your address)"),
        until=lazy_days(30),
    ),
    Retention.AUDIT: RetentionText(
        what=_l("What was done in your account and by whom, by number"),
        until=_l("2 years"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Personal:
    """One column about a person."""

    level: Level
    purpose: str
    retention: Retention


def check_dictionary(models: Iterable[type[Base]]) -> None:
    """Refuse to start when a model names a column it does not have, or seals a column it does not declare.

    Raises Misconfigured.
    """
    for model in models:
        columns = model.__table__.columns
        declared = model.holds_personal_data
        for name, entry in declared.items():
            if name not in columns or not isinstance(entry, Personal):
                raise Misconfigured(f"{model.__name__}.holds_personal_data: {name} is not a declared column.")
        for column in columns:
            if isinstance(column.type, SealedColumn) and column.name not in declared:
                raise Misconfigured(f"{model.__name__}.{column.name} is sealed but not in holds_personal_data.")
