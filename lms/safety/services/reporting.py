"""Reports about safety: told with a name or without, read by the safety focal point, answered, closed."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts import vault
from lms.accounts.models import Person
from lms.accounts.services import closing
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import hash_token, new_code, new_id
from lms.safety.errors import ReportEmpty
from lms.safety.models import Report
from lms.safety.rules import CODE_CHARACTERS, ReportState, Subject, Wish

TOLD = audit.act("safety.report.told")
READ = audit.act("safety.report.read")
ANSWERED = audit.act("safety.report.answered")
CLOSED = audit.act("safety.report.closed")
TEXT, ANSWER = "safety_report.text", "safety_report.answer"


@dataclass(frozen=True, kw_only=True)
class NewReport:
    """What is told. person: None where she gives no name: nothing that is stored then leads to her."""

    subject: Subject
    text: str
    cohort_id: int | None
    person: Person | None
    wish: Wish = Wish.NOTHING


def tell(new: NewReport, *, at: datetime) -> str:
    """Keep a report; the code with which its answer is found. Raises ReportEmpty.

    Without a name there is no actor in the audit either (decision 10).
    """
    text = new.text.strip()
    if not text:
        raise ReportEmpty
    owner, code = new_id(), new_code(CODE_CHARACTERS)
    key, wrapped = vault.make_list_key(owner)
    vault.keep_list_key(owner, wrapped)
    report = Report(
        public_id=owner,
        cohort_id=new.cohort_id,
        person_id=new.person.id if new.person is not None else None,
        subject=new.subject,
        text=key.seal(text, place=TEXT),
        code_hash=hash_token(code),
        state=ReportState.NEW,
        day=at.date(),
    )
    db.session.add(report)
    db.session.flush()  # the audit entry needs its number
    audit.record(TOLD, by=report.person_id, on=report.id, at=at)
    if new.person is not None and new.wish is Wish.LOCK:
        closing.lock(new.person, by=new.person, at=at)
    return code


def read(report: Report, *, by: Person, at: datetime) -> str:
    """The text, for the safety focal point; that it was read is on record."""
    (text,) = vault.open_list(report.public_id, [report.text], place=TEXT)
    if report.state is ReportState.NEW:
        report.state = ReportState.READ
    audit.record(READ, by=by.id, on=report.id, at=at)
    return text


def answer(report: Report, text: str, *, by: Person, at: datetime) -> None:
    """Tell whoever reported what was done; the newest answer stands. Raises ReportEmpty."""
    if not text.strip():
        raise ReportEmpty
    key = vault.list_key(report.public_id)
    report.answer = key.seal(text.strip(), place=ANSWER)
    audit.record(ANSWERED, by=by.id, on=report.id, at=at)


def close(report: Report, *, by: Person, at: datetime) -> None:
    """Nothing more is to be done; it is deleted two years later."""
    report.state, report.closed_on = ReportState.CLOSED, at.date()
    audit.record(CLOSED, by=by.id, on=report.id, at=at)


def read_answer(report: Report) -> str | None:
    """What was answered, for whoever has the code."""
    if report.answer is None:
        return None
    (text,) = vault.open_list(report.public_id, [report.answer], place=ANSWER)
    return text
