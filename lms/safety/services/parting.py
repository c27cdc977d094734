"""Who is kept apart: made and taken back by the safety focal point, seen by nobody else."""

from collections.abc import Collection
from datetime import datetime

from lms.accounts import vault
from lms.accounts.models import Person
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id
from lms.safety.errors import SidesMeet
from lms.safety.models import ApartMember, ApartRule
from lms.safety.rules import check_reason

MADE = audit.act("safety.apart.made")
TAKEN_BACK = audit.act("safety.apart.taken_back")
REASON = "safety_apart_rule.reason"


def keep_apart(
    cohort_id: int, sides: tuple[Collection[int], Collection[int]], reason: str, *, by: Person, at: datetime
) -> ApartRule:
    """Let nobody of one side meet anybody of the other in this cohort. sides: people by number.

    Groups that are there stay as they are: whoever makes the rule is told where people meet already. Raises SidesMeet,
    ReasonTooShort.
    """
    one, other = map(frozenset, sides)
    if not one or not other or one & other:
        raise SidesMeet
    kept, owner = check_reason(reason), new_id()
    key, wrapped = vault.make_list_key(owner)
    vault.keep_list_key(owner, wrapped)
    rule = ApartRule(public_id=owner, cohort_id=cohort_id, reason=key.seal(kept, place=REASON), made_at=at)
    rule.members = [
        ApartMember(person_id=person, side=side) for side, people in enumerate((one, other)) for person in people
    ]
    db.session.add(rule)
    db.session.flush()  # the audit entry needs its number
    audit.record(MADE, by=by.id, on=rule.id, at=at)
    return rule


def take_back(rule: ApartRule, *, by: Person, at: datetime) -> None:
    """The rule is over; its reason opens to nobody any more."""
    vault.destroy_key(rule.public_id)
    db.session.delete(rule)
    audit.record(TAKEN_BACK, by=by.id, on=rule.id, at=at)


def reason_of(rule: ApartRule) -> str:
    """Why, for the safety focal point."""
    (reason,) = vault.open_list(rule.public_id, [rule.reason], place=REASON)
    return reason
