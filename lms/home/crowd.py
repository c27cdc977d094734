"""Large cohorts of the demo: realistic progress, answers and marks for thousands, in bulk and from one seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lms.accounts import queries as people
from lms.accounts.models import Person
from lms.accounts.services import credentials, persons
from lms.accounts.services.persons import NewPerson
from lms.assessments.queries.catalogue import Catalogue, Task, catalogue
from lms.assessments.rules import marking
from lms.assessments.rules.attempts import Answered, HandIn
from lms.assessments.rules.items import Open
from lms.assessments.rules.marking import Act, Marker
from lms.assessments.rules.quizzes import draw_items
from lms.assessments.services import bulk
from lms.assessments.services.bulk import PastAnswer, PastAttempt, PastHandIn, PastMark, PastRelease
from lms.assessments.services.marking import Sent
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.services import enrolling
from lms.cohorts.services.enrolling import NewEnrolment
from lms.courses import queries as courses
from lms.courses.rules import TaskKind
from lms.kernel.chance import Draw
from lms.kernel.ids import new_id
from lms.modules import services as progress
from lms.modules.services import PastReading

from . import remarks
from .answering import Mind, Text
from .remarks import Told

CHUNK = 500
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AT_ONCE = timedelta(0)
LARGEST_SEED = 2**31 - 1
NOTHING_DONE_IN_POOL = 4
"""One of so many accounts of the pool has done nothing yet; the others have an attempt left."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Somebody who is to be made. login: for the pool that signs in; None for everybody else."""

    person: NewPerson
    alias: str
    login: str | None = None
    does_nothing: bool = False


@dataclass(frozen=True, kw_only=True)
class Member:
    """A participant with her place. diligence: of 100, how much of what is open she has done."""

    person: Person
    enrolment: Enrolment
    diligence: int
    in_pool: bool

    @property
    def language(self) -> str:
        """The language she answers in."""
        return self.enrolment.course_language


class Crowd:
    """Fills one cohort inside the running transaction.

    module: the node that is open, at whose tasks and lessons they are. like: whose passphrase the pool shares. markers:
    facilitators of the cohort.
    """

    def __init__(
        self, cohort: Cohort, module: str, *, like: Person, markers: Sequence[Person], draw: Draw, at: datetime
    ) -> None:
        self._cohort, self._like, self._draw, self._at = cohort, like, draw, at
        self._asked: Catalogue = catalogue(cohort.version)
        self._tasks = [task for task in self._asked.tasks.values() if task.module == module]
        self._lessons = [
            lesson.node_id
            for one in courses.modules_of(cohort.version)
            if one.node_id == module
            for lesson in one.lessons
        ]
        self._markers: Mapping[int, Person] = {person.id: person for person in markers}
        self._waiting = dict.fromkeys(self._markers, 0)
        self._release = PastRelease(operation=new_id(), by=markers[0], at=at - 9 * HOUR)

    def come(self, newcomers: Sequence[Newcomer], *, since: datetime) -> None:
        """Make them, give them their places, and let them have worked until now."""
        for start in range(0, len(newcomers), CHUNK):
            members = self._enrol(newcomers[start : start + CHUNK], since)
            progress.add_readings([one for member in members for one in self._read(member)])
            bulk.add_attempts(self._cohort, [one for member in members for one in self._work(member)])

    def _enrol(self, newcomers: Sequence[Newcomer], since: datetime) -> list[Member]:
        made = persons.make_people([one.person for one in newcomers], by=None, at=since)
        for person, one in zip(made, newcomers, strict=True):
            if one.login is not None:
                credentials.share_credentials(person, one.login, self._like, by=None, at=since)
        made = list(people.people_with_keys([person.id for person in made]))
        places = [
            NewEnrolment(person=person, alias=one.alias, course_language=one.person.interface_language)
            for person, one in zip(made, newcomers, strict=True)
        ]
        enrolments = enrolling.enrol_all(self._cohort, places, by=None, at=since)
        return [
            Member(
                person=person,
                enrolment=enrolment,
                diligence=0 if one.does_nothing else self._diligence(),
                in_pool=one.login is not None,
            )
            for person, enrolment, one in zip(made, enrolments, newcomers, strict=True)
        ]

    def _diligence(self) -> int:
        """Most are far, some have hardly begun."""
        return max(self._draw.number(0, 120), self._draw.number(0, 120))

    def _read(self, member: Member) -> Iterator[PastReading]:
        read = min(len(self._lessons) * member.diligence // 100, len(self._lessons))
        for place, node_id in enumerate(self._lessons[:read]):
            at = self._ago(150 - 10 * place)
            yield PastReading(enrolment_id=member.enrolment.id, node_id=node_id, read_at=at)

    def _ago(self, hours: int) -> datetime:
        """So many hours ago, or up to six hours later."""
        return self._at - hours * HOUR + self._draw.number(0, 360) * MINUTE

    def _work(self, member: Member) -> Iterator[PastAttempt]:
        for place, task in enumerate(self._tasks):
            if member.diligence * len(self._tasks) <= 100 * place + self._draw.number(0, 50):
                return
            begins = self._ago(150 - place * 72 // len(self._tasks))
            if task.kind is TaskKind.ASSIGNMENT:
                yield from self._write(member, task, begins)
            else:
                times = self._draw.number(1, 2) if task.graded and not member.in_pool else 1
                for number in range(1, times + 1):
                    yield self._sit(member, task, number, begins + (number - 1) * 2 * HOUR)

    def _sit(self, member: Member, task: Task, number: int, begins: datetime) -> PastAttempt:
        """A quiz or checkpoint. Who begins again knows more; now and then the last one is still open."""
        mind = Mind(self._draw, member.language, right_percent=35 + member.diligence // 3 + 10 * number)
        attempt = self._begin(member, task, number, begins, mind)
        if task.kind is TaskKind.CHECKPOINT or (number == 1 and self._draw.number(0, 19) == 0 and not task.graded):
            return attempt
        return replace(attempt, hand_in=PastHandIn(sent=self._sent(member), at=begins + 25 * MINUTE))

    def _begin(self, member: Member, task: Task, number: int, begins: datetime, mind: Mind) -> PastAttempt:
        seed = self._draw.number(0, LARGEST_SEED)
        answers = [
            PastAnswer(
                answered=Answered(
                    question=name,
                    data=mind.think(self._asked.items[name]),
                    flagged=self._draw.number(0, 9) == 0,
                    operation=new_id(),
                    sequence=1,
                    held=AT_ONCE,
                    language=member.language,
                ),
                at=begins + (2 * place + 1) * MINUTE,
            )
            for place, name in enumerate(draw_items(task.quiz, seed))
        ]
        return PastAttempt(
            owner=member.person,
            enrolment=member.enrolment,
            task=task,
            number=number,
            language=member.language,
            seed=seed,
            opened_at=begins,
            answers=answers,
        )

    def _sent(self, member: Member) -> HandIn:
        return HandIn(operation=new_id(), held=AT_ONCE, language=member.language)

    def _write(self, member: Member, task: Task, begins: datetime) -> Iterator[PastAttempt]:
        """An assignment: begun, waiting, marked, released, or returned and handed in once more."""
        text = Text(sample=self._draw.number(0, 1), cut=self._draw.number(0, 3))
        attempt = self._begin(member, task, 1, begins, Mind(self._draw, member.language, text=text))
        if self._draw.number(0, 9) == 0:
            yield attempt
            return
        marker = self._allot(member)
        attempt = replace(attempt, hand_in=PastHandIn(sent=self._sent(member), at=begins + HOUR, marker=marker.id))
        stage = self._draw.number(0, 99)
        if stage < 45:
            yield self._mark(replace(attempt, release=self._release), marker, text, self._any_told(), Act.FINISH, 40)
        elif stage < 60:
            yield self._mark(attempt, marker, text, self._any_told(), Act.FINISH, 8)
        elif stage < 68:
            yield self._mark(attempt, marker, text, remarks.RETURNED, Act.RETURN, 40)
            yield self._again(member, task, marker)
        elif stage < 72:
            yield self._mark(attempt, marker, text, remarks.BEGUN, Act.DRAFT, 7)
        else:
            yield attempt
        self._waiting[marker.id] += stage >= 68

    def _again(self, member: Member, task: Task, marker: Person) -> PastAttempt:
        """The second version of what was returned."""
        begins = self._ago(30)
        attempt = self._begin(member, task, 2, begins, Mind(self._draw, member.language, text=Text(sample=0)))
        self._waiting[marker.id] += 1
        return replace(attempt, hand_in=PastHandIn(sent=self._sent(member), at=begins + HOUR, marker=marker.id))

    def _any_told(self) -> Told:
        return self._draw.one_of(remarks.ALL_FINISHED)

    def _allot(self, member: Member) -> Person:
        """As the service does: whoever reads it and has least waiting."""
        markers = [
            Marker(id=number, languages=[person.interface_language], waiting=self._waiting[number])
            for number, person in self._markers.items()
        ]
        chosen = marking.allot(member.language, markers)
        assert chosen is not None
        return self._markers[chosen]

    def _mark(self, attempt: PastAttempt, marker: Person, text: Text, told: Told, act: Act, hours: int) -> PastAttempt:
        item = self._asked.items[attempt.task.item]
        assert isinstance(item, Open)
        marks = told.marks(self._asked.rubrics[item.rubric], text.write(item, attempt.language), attempt.language)
        sent = Sent(operation=new_id(), version=0, marks=marks, language=marker.interface_language)
        return replace(attempt, marks=[PastMark(sent=sent, act=act, by=marker, at=self._ago(hours))])
