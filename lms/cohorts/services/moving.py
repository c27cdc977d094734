"""What becomes of a place: pauses, leaving, coming back; and who looks after whom."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import Person
from lms.accounts.services import codes
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id
from lms.safety import queries as safety

from ..errors import CannotKeepApart, CohortFull, MoveNotAllowed, NotYourGroup, ReasonNeeded
from ..models import Cohort, Enrolment, Group, MoveRow
from ..queries import desk, people, uploads
from ..rules.enrolment import UNDER_WAY, EnrolmentState, Move, next_state
from ..rules.grouping import Member, is_kept_apart, spread
from ..rules.opening import check_not_closed
from ..rules.wallclock import day_of
from ..sealing import seal_reason

PLACE_MOVED = audit.act("cohorts.enrolment.moved", "state")
GROUPS_MADE = audit.act("cohorts.groups.made", "groups")
GROUP_CHANGED = audit.act("cohorts.enrolment.grouped", "group")
MOST_REASON = 2_000


@dataclass(frozen=True, kw_only=True)
class NewMove:
    """What is to become of a place. seen: the state that the page showed; reason: in the coordinator's words."""

    move: Move
    seen: EnrolmentState
    reason: str


def move_place(enrolment_id: int, new: NewMove, *, by: Person, at: datetime) -> Enrolment:
    """Pause, resume, defer, withdraw or readmit. Her work stays; a code that she has not used opens nothing any more.

    Doing it twice is refused by the state that the page showed, so a double click is one act. Raises MoveNotAllowed,
    ReasonNeeded, CohortFull, CohortClosed.
    """
    cohort = desk.cohort_of_for_update(enrolment_id)
    enrolment = desk.enrolment_for_update(enrolment_id)
    check_not_closed(cohort.closed_at)
    reason = new.reason.strip()
    if not reason or len(reason) > MOST_REASON:
        raise ReasonNeeded(most=MOST_REASON)
    before = enrolment.state
    if new.seen is not before:
        raise MoveNotAllowed
    after = next_state(new.move, before)
    if after in UNDER_WAY and before not in UNDER_WAY and not uploads.free_places(cohort):
        raise CohortFull(places=cohort.places)
    _put(enrolment, after, zone=cohort.zone, at=at)
    sealed = seal_reason(enrolment.person, reason)
    db.session.add(MoveRow(enrolment_id=enrolment.id, move=new.move, by_id=by.id, at=at, reason=sealed))
    audit.record(PLACE_MOVED, by=by.id, on=enrolment.id, at=at, state=(before.value, after.value))
    if enrolment.agreed_at is None and after not in UNDER_WAY and not desk.is_awaited(enrolment.person_id):
        codes.withdraw_invitations(enrolment.person_id, at=at)
    return enrolment


def move_by_rule(enrolment: Enrolment, move: Move, *, zone: str, at: datetime) -> None:
    """Move a place because a rule says so: nobody did it, and no reason belongs to it. Raises MoveNotAllowed.

    enrolment: locked by whoever calls, who also looked whether its cohort is closed. zone: of the cohort.
    """
    before = enrolment.state
    _put(enrolment, next_state(move, before), zone=zone, at=at)
    db.session.add(MoveRow(enrolment_id=enrolment.id, move=move, at=at))
    audit.record(PLACE_MOVED, by=None, on=enrolment.id, at=at, state=(before.value, enrolment.state.value))


def _put(enrolment: Enrolment, state: EnrolmentState, *, zone: str, at: datetime) -> None:
    """Silence counts from here on, for whoever came."""
    enrolment.state, enrolment.since_at = state, at
    if enrolment.agreed_at is not None:
        enrolment.quiet_from = day_of(at, zone)


def make_groups(cohort_id: int, facilitators: list[int], *, by: Person, at: datetime) -> list[Group]:
    """One group for each facilitator; people are spread over them evenly, each language in turn, nobody beside somebody
    she is kept apart from. Raises CannotKeepApart.

    Made anew: whoever was in a group is given one again. One who has finished or left keeps hers; where that goes, she
    gets another, since those in none are seen by every facilitator. facilitators: numbers of people, each at most once.
    """
    cohort = desk.cohort_for_update(cohort_id)
    check_not_closed(cohort.closed_at)
    groups = {group.number: group for group in desk.groups_of(cohort)}
    going = [group for number, group in groups.items() if number > len(facilitators)]
    wanted = [groups.get(number) or _group(cohort, number) for number in range(1, len(facilitators) + 1)]
    db.session.flush()  # people are put into them by number
    for group, facilitator in zip(wanted, facilitators, strict=True):
        group.facilitator_id = facilitator
    enrolments = people.for_groups(cohort, going)
    members = [Member(person=one.person_id, language=one.course_language) for one in enrolments]
    places = spread(members, facilitators, safety.apart_in(cohort.id))
    for enrolment in enrolments:
        enrolment.group_id = wanted[places[enrolment.person_id]].id if wanted else None
    for group in going:
        db.session.delete(group)
    audit.record(GROUPS_MADE, by=by.id, on=cohort.id, at=at, groups=(len(groups), len(wanted)))
    return wanted


def put_into_group(enrolment_id: int, group: Group | None, *, by: Person, at: datetime) -> None:
    """Put one person into another group of her cohort, or into none.

    Raises NotYourGroup, CohortClosed, CannotKeepApart.
    """
    cohort = desk.cohort_of_for_update(enrolment_id)
    enrolment = desk.enrolment_for_update(enrolment_id)
    check_not_closed(cohort.closed_at)
    if group is not None and group.id not in {one.id for one in desk.groups_of(cohort)}:
        raise NotYourGroup
    if group is not None and not _may_join(enrolment, group):
        raise CannotKeepApart
    before, after = enrolment.group_id, group.id if group is not None else None
    if after != before:
        enrolment.group_id = after
        audit.record(GROUP_CHANGED, by=by.id, on=enrolment.id, at=at, group=(before, after))


def _may_join(enrolment: Enrolment, group: Group) -> bool:
    """Whether she meets nobody there whom she is kept apart from."""
    apart = safety.apart_in(enrolment.cohort_id)
    return not is_kept_apart(enrolment.person_id, people.numbers_in(group), group.facilitator_id, apart)


def _group(cohort: Cohort, number: int) -> Group:
    group = Group(public_id=new_id(), cohort_id=cohort.id, number=number)
    db.session.add(group)
    return group
