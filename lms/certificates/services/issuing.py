"""Issuing a certificate as its holder chose it, letting others check it, replacing and withdrawing it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.cohorts.errors import ReasonNeeded
from lms.cohorts.rules.telling import News, Subject
from lms.cohorts.services import telling
from lms.kernel.db import db
from lms.kernel.ids import hash_token, new_id
from lms.messaging import services as messaging
from lms.settings import LANGUAGES

from .. import drawing
from ..errors import BadChoice, CannotBePrinted, IssuedMeanwhile, NoLongerValid, NothingToIssue
from ..models import Certificate, Completion, Document
from ..queries import holding as queries
from ..queries.holding import Holding
from ..rules.choices import Choices, NamePrinted, Shown, check_choices
from ..rules.codes import NOBODYS, new_code
from ..rules.deciding import MOST_REASON, is_in_force
from ..rules.facts import MOST_NAME, clean_text, is_clean
from ..rules.states import CertificateState, check_move
from ..sealing import CODE, NAME, WITHDRAWAL, legal_name_of, seal
from ..texts import Certified, certified, write_document

ISSUED = audit.act("certificates.certificate.issued", "edition")
SHOWN_CHANGED = audit.act("certificates.certificate.shown_changed", "shown")
WITHDRAWN = audit.act("certificates.certificate.withdrawn", "state")
MAKE = "certificates.make"


@dataclass(frozen=True, kw_only=True)
class Names:
    """What can be printed as her name: in the course, and by law where she gave one."""

    alias: str
    legal: str | None

    def printed(self, named: NamePrinted) -> str | None:
        """The name for a choice."""
        return {NamePrinted.LEGAL: self.legal, NamePrinted.ALIAS: self.alias, NamePrinted.NONE: None}[named]


def names_of(holding: Holding) -> Names:
    """The names of a holder, as clean as they are signed. Her legal name is opened for this and nothing else."""
    holder = queries.holder_with_name(holding.holder_id)
    legal = legal_name_of(holder)
    alias = holding.enrolment.alias if holding.enrolment is not None else holder.shown_name
    return Names(alias=clean_text(alias), legal=clean_text(legal) if legal else None)


def check_wanted(wanted: Choices, names: Names) -> None:
    """Refuse choices that do not go together. Raises BadChoice."""
    check_choices(wanted, offered=LANGUAGES, has_legal_name=names.legal is not None)


def try_to_print(holding: Holding, wanted: Choices, names: Names, *, on: date) -> None:
    """Refuse a name that our fonts cannot print, before anything is issued: it is drawn once and thrown away.

    Not inside a transaction: others would wait for it. Raises BadChoice, CannotBePrinted, NothingToIssue.
    """
    check_wanted(wanted, names)
    name = names.printed(wanted.named)
    if name is not None and not is_clean(name, most=MOST_NAME):
        raise CannotBePrinted
    completion = holding.decided
    if completion is None:
        raise NothingToIssue
    said = sample(completion, wanted, name, on=on)
    drawing.draw(write_document(said, wanted.languages[0], "0" * 400))


def day_of_issue(holder: Person, *, at: datetime) -> date:
    """The day that a certificate bears: hers, where she is."""
    return at.astimezone(ZoneInfo(holder.time_zone)).date()


def sample(completion: Completion, wanted: Choices, name: str | None, *, on: date) -> Certified:
    """What a certificate would say, under a code that nobody has. on: the day of issue."""
    return certified(completion, code=NOBODYS, has_title=wanted.has_title, name=name, issued_on=on)


def issue(completion_id: int, wanted: Choices, *, known: int, by: Person, at: datetime) -> Certificate:
    """Issue a certificate as its holder wants it; one that was valid is replaced. The worker draws it.

    known: how many there were when her page was made, so that a double click is one act. by: the holder. Raises
    BadChoice, NothingToIssue, IssuedMeanwhile.
    """
    completion = _in_force(completion_id)
    holder = queries.holder_with_name(by.id)
    newest = queries.newest_of(completion.id)
    edition = newest.edition if newest is not None else 0
    if newest is not None and _is_same_act(newest, wanted, known):
        return newest
    if edition != known:
        raise IssuedMeanwhile
    place = queries.place_of(completion)
    names = names_of(Holding(holder_id=holder.id, enrolment=place))
    check_wanted(wanted, names)
    if newest is not None and newest.state is CertificateState.VALID:
        _end(newest, CertificateState.REPLACED, at=at)
    made = _new(completion, wanted, names.printed(wanted.named), holder, edition=edition + 1, at=at)
    audit.record(ISSUED, by=by.id, on=made.id, at=at, edition=(edition or None, made.edition))
    if made.shown is Shown.OFF:
        _hide(completion.id, by=by, at=at)
    messaging.enqueue(MAKE, at=at, certificate=made.id)
    return made


def choose_shown(completion_id: int, shown: Shown, *, by: Person, at: datetime) -> None:
    """Let the check page say more, less or nothing of a completion's newest certificate, at once, also once withdrawn.

    Nothing is then said of those before it either, for good. Raises NothingToIssue, BadChoice.
    """
    queries.completion_for_update(completion_id)  # a certificate that is being issued is waited for
    newest = queries.newest_of(completion_id)
    if newest is None:
        raise NothingToIssue
    has_name = newest.named is not NamePrinted.NONE and newest.state is CertificateState.VALID
    if shown is Shown.NAME and not has_name:
        raise BadChoice
    if shown is Shown.OFF:
        _hide(completion_id, by=by, at=at)
    else:
        _show(newest, shown, by=by, at=at)


def _hide(completion_id: int, *, by: Person, at: datetime) -> None:
    """Let no code of a completion be found, whatever became of its certificate."""
    for certificate in queries.editions_for_update(completion_id):
        _show(certificate, Shown.OFF, by=by, at=at)


def _show(certificate: Certificate, shown: Shown, *, by: Person, at: datetime) -> None:
    before = certificate.shown
    if shown is not before:
        certificate.shown = shown
        audit.record(SHOWN_CHANGED, by=by.id, on=certificate.id, at=at, shown=(before.value, shown.value))


def withdraw(certificate_id: int, reason: str, holder: Person, *, by: Person | None, at: datetime) -> None:
    """Withdraw a certificate, which the check page says at once. Raises NoLongerValid, ReasonNeeded.

    holder: with her key; she reads the reason. by: the coordinator; None for the operator.
    """
    certificate = queries.certificate_for_update(certificate_id)
    if certificate is None:
        raise NoLongerValid
    before = certificate.state
    check_move(before, CertificateState.WITHDRAWN)
    reason = reason.strip()
    if not reason or len(reason) > MOST_REASON:
        raise ReasonNeeded(most=MOST_REASON)
    certificate.reason = seal(holder, reason, place=WITHDRAWAL)
    _end(certificate, CertificateState.WITHDRAWN, at=at)
    state = (before.value, certificate.state.value)
    audit.record(WITHDRAWN, by=by.id if by is not None else None, on=certificate.id, at=at, state=state)
    place = queries.place_of(db.session.get_one(Completion, certificate.completion_id))
    if place is None:
        messaging.write_to(holder.id, telling.SOMETHING_NEW, at=at)  # a notice hangs on a place
    else:
        telling.tell_of_act([place], Subject(news=News.WITHDRAWN), at=at)


def _in_force(completion_id: int) -> Completion:
    """The completion, locked, as long as it holds. Raises NothingToIssue."""
    completion = queries.completion_for_update(completion_id)
    if completion is None:
        raise NothingToIssue
    place = queries.place_of(completion)  # read after the lock: a decision may have been waited for
    if not is_in_force(place.state if place is not None else None):
        raise NothingToIssue
    return completion


def _is_same_act(newest: Certificate, wanted: Choices, known: int) -> bool:
    is_next = newest.edition == known + 1 and newest.state is CertificateState.VALID
    return is_next and queries.choices_of(newest) == wanted


def _end(certificate: Certificate, state: CertificateState, *, at: datetime) -> None:
    """Let it be valid no more. Its documents have done their work and are deleted."""
    check_move(certificate.state, state)
    certificate.state, certificate.ended_at = state, at
    db.session.execute(delete(Document).where(Document.certificate_id == certificate.id))
    db.session.flush()  # only one of a completion may be valid, also for a moment


def _new(
    completion: Completion, wanted: Choices, name: str | None, holder: Person, *, edition: int, at: datetime
) -> Certificate:
    code = new_code()
    made = Certificate(
        public_id=new_id(),
        completion_id=completion.id,
        edition=edition,
        code_hash=hash_token(code),
        code=seal(holder, code, place=CODE),
        name=seal(holder, name, place=NAME) if name is not None else None,
        named=wanted.named,
        shown=wanted.shown,
        qr=wanted.qr,
        has_title=wanted.has_title,
        languages=list(wanted.languages),
        state=CertificateState.VALID,
        issued_on=day_of_issue(holder, at=at),
        issued_at=at,
    )
    db.session.add(made)
    db.session.flush()  # the audit entry and the worker need its number
    return made
