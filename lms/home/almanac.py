"""What coordinators did in the demo year: groups, sessions, a pause, people still to come, and the year before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from lms.accounts import queries as accounts_of
from lms.accounts.models import Person
from lms.accounts.services import codes
from lms.certificates.queries import deciding as cases
from lms.certificates.rules.choices import Choices, NamePrinted, Shown
from lms.certificates.rules.codes import show_code
from lms.certificates.rules.facts import Qr
from lms.certificates.sealing import CODE, open_text
from lms.certificates.services import deciding, issuing
from lms.certificates.services.deciding import Decision
from lms.cohorts.models import Cohort
from lms.cohorts.queries.uploads import aliases_in
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.cohorts.rules.facts import Fact, FactKind
from lms.cohorts.services import attesting, enrolling, founding, moving
from lms.cohorts.services.enrolling import NewEnrolment
from lms.cohorts.services.moving import NewMove
from lms.kernel.chance import Draw

PAUSED_BECAUSE = "No electricity at home until the lines are repaired; she wants to go on as soon as they are."
ATTESTED_BECAUSE = (
    "The last assignment was written by hand and came with a messenger. Two facilitators read it and found it good."
)
TOOK_PART_BECAUSE = "She moved twice in the last weeks and asked for a paper that says what she did."

GROUPED = timedelta(weeks=2)
"""How long ago groups were made."""


@dataclass(frozen=True, kw_only=True)
class Woman:
    """One participant as the demo knows her: with her place, by number."""

    person: Person
    enrolment_id: int
    place_id: UUID


class Almanac:
    """Lets one coordinator run a cohort. Times lie in the past, in the order in which things happened."""

    def __init__(self, by: Person, *, draw: Draw, at: datetime) -> None:
        self.by, self.draw, self.at = by, draw, at

    def form_groups(self, cohort: Cohort, facilitators: Sequence[Person]) -> None:
        """A group for each facilitator, before anybody handed anything in: who marks it goes by groups."""
        at = self.at - GROUPED
        moving.make_groups(cohort.id, [person.id for person in facilitators], by=self.by, at=at)

    def hold_session(self, cohort: Cohort, women: Sequence[Woman], number: int) -> None:
        """One live session, some days ago; most came, some wrote instead, some did neither."""
        held_on = (self.at.astimezone(ZoneInfo(cohort.zone)) - timedelta(days=3)).date()
        for woman in women:
            turn = self.draw.number(1, 10)
            kind = FactKind.ATTENDED if turn < 8 else FactKind.SUBSTITUTE if turn == 8 else None
            if kind is not None and held_on >= cohort.starts_on:
                fact = Fact(kind=kind, on=held_on, session=number)
                attesting.enter_fact(woman.enrolment_id, fact, by=self.by, at=self.at)

    def pause(self, woman: Woman) -> None:
        """Somebody takes a pause."""
        new = NewMove(move=Move.PAUSE, seen=EnrolmentState.ACTIVE, reason=PAUSED_BECAUSE)
        moving.move_place(woman.enrolment_id, new, by=self.by, at=self.at)

    def invite(self, cohort: Cohort, people: Sequence[Person], aliases: Sequence[str]) -> None:
        """People who have still to come; nobody has decided yet that their invitations go out."""
        taken = set(aliases_in(cohort))
        new = [
            NewEnrolment(person=person, alias=alias, course_language=person.interface_language, is_invited=True)
            for person, alias in zip(people, aliases, strict=True)
            if alias not in taken
        ]
        enrolling.enrol_all(cohort, new, by=self.by, at=self.at)
        for one in new:
            codes.invite(one.person, by=self.by, at=self.at)

    def end_year(self, cohort: Cohort, finished: Woman, took_part: Woman) -> str:
        """Last year's end: one completed and has a certificate, one took part; the code of the certificate."""
        self._decide(cohort, finished, Move.COMPLETE, ATTESTED_BECAUSE)
        self._decide(cohort, took_part, Move.PARTICIPATE, TOOK_PART_BECAUSE)
        completion = cases.completion_of(finished.enrolment_id)
        assert completion is not None
        wanted = Choices(
            named=NamePrinted.ALIAS, has_title=True, qr=Qr.DISCREET, shown=Shown.VALIDITY, languages=("en", "fr", "ar")
        )
        certificate = issuing.issue(completion.id, wanted, known=0, by=finished.person, at=self.at)
        founding.close_cohort(cohort.id, by=self.by, at=self.at)
        code = open_text(accounts_of.people_with_keys([finished.person.id])[0], certificate.code, place=CODE)
        assert code is not None
        return show_code(code)

    def _decide(self, cohort: Cohort, woman: Woman, move: Move, reason: str) -> None:
        case = cases.find_case(self.by, cohort.public_id, woman.place_id)
        assert case is not None
        wanted = Decision(move=move, seen=EnrolmentState.ACTIVE, reason=reason)
        deciding.decide(case, wanted, by=self.by, at=self.at)
