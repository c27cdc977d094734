"""What a demo does not have and stories need: a quiz of ten questions, people who have done nothing, texts that wait.

`Live.school` runs this beside a demo, with its data: `python -m tests.school`. Everybody has the passphrase of the
demo's first account.
"""

import json
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from lms.accounts.models import Person
from lms.accounts.queries import find_recipient
from lms.accounts.rules.roles import Role
from lms.accounts.services import credentials, persons
from lms.app import create_app
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import Answered, HandIn
from lms.assessments.services import taking
from lms.cohorts.models import Cohort
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.services import enrolling, founding
from lms.content import services as content
from lms.courses import queries as courses
from lms.courses.models import Version
from lms.kernel import clock
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.settings import read_settings

CONTENT = Path(__file__).parents[1] / "content" / "women-and-ceasefires"
LANGUAGES = ("en", "fr", "ar")
LEARNERS = {"en": 48, "fr": 12, "ar": 24}
WRITERS = {"en": 30, "ar": 14, "fr": 2}
TUTORS = ("en", "ar", "fr")
TASKS = """tasks:
  - id: m1-ten
    kind: quiz
    title: {en: "Ten questions", fr: "Dix questions", ar: "عشرة أسئلة"}
    items: [m1-c1, m1-c2, m1-c3, m1-c4, m1-c5, m1-q1, m1-q2, m1-q3, m1-q4, m1-q5]
    graded: true
    attempts: 3
    counts: best
    order: written
    feedback: hand_in
    pass_percent: 70
  - id: m1-practice
    kind: quiz
    title: {en: "Practice", fr: "Exercice", ar: "تمرين"}
    items: [m1-q6]
    graded: false
    feedback: at_once
  - id: m1-memo
    kind: assignment
    title: {en: "Note", fr: "Note", ar: "مذكرة"}
    item: m1-q7
    graded: false
    versions: 2
"""
TEXTS = {
    "en": "The agreement of {n} villages stopped the shelling. Nobody wrote down who would watch it.\n\n"
    "Women asked for a list of forbidden acts. It was added in the second week.",
    "fr": "L’accord de {n} villages a arrêté les tirs. Personne n’a écrit qui surveillerait.\n\n"
    "Des femmes ont demandé une liste d’actes interdits.",
    "ar": "أوقف اتفاق {n} قرى القصف. ولم يكتب أحد من سيراقبه.\n\n"
    "طلبت النساء قائمة بالأعمال المحظورة. وأضيفت في الأسبوع الثاني.",
}


def build() -> dict[str, object]:
    """Make it inside the running transaction; what a test needs to know of it."""
    version, school = _publish(), School()
    taught, marked = school.found(version), school.found(version)
    for language in LANGUAGES:
        for place in range(LEARNERS[language]):
            school.enrol(f"learner-{language}{place + 1}", language, taught)
    for language in TUTORS:
        tutor = school.person(f"tutor-{language}", Role.FACILITATOR, language)
        persons.grant_role(tutor, Role.FACILITATOR, cohort_id=marked.id, by=None, at=school.at)
    for language, count in WRITERS.items():
        for place in range(count):
            writer = school.enrol(f"writer-{language}{place + 1}", language, marked)
            school.write(writer, language, marked, TEXTS[language].replace("{n}", str(place + 2)))
    entries = {entry.node_id: f"/t/{UUID(str(entry.public_id))}" for entry in calendar_of(taught)}
    desk = {entry.node_id: f"/t/{UUID(str(entry.public_id))}" for entry in calendar_of(marked)}
    return {"people": school.people, "ten": entries["m1-ten"], "memo": entries["m1-memo"], "marked": desk["m1-memo"]}


def _publish() -> Version:
    """The shipped course, with all questions of its first module in one quiz."""
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / CONTENT.name
        shutil.copytree(CONTENT, pack)
        next(pack.glob("modules/01-*/tasks.yaml")).write_text(TASKS)
        version, _ = content.import_pack(pack, by=None, at=clock.now())
    return version


class School:
    """Makes cohorts and people."""

    def __init__(self) -> None:
        self.at = clock.now()
        self.people: list[dict[str, str]] = []
        self._like = db.session.get_one(Person, 1)

    def found(self, version: Version) -> Cohort:
        """A cohort whose modules opened a week ago and whose tasks are due in a week."""
        week = timedelta(days=7)
        today = self.at.date()
        new = founding.NewCohort(
            title=version.title,
            year=today.year,
            zone="Europe/Oslo",
            starts_on=today - week,
            ends_on=date(today.year + 1, 12, 31),
            opens={module.node_id: self.at - week for module in courses.modules_of(version)},
            dues={"m1-ten": self.at + week, "m1-memo": self.at + week},
        )
        return founding.make_cohort(version, new, by=None, at=self.at)

    def person(self, login: str, role: str, language: str) -> Person:
        """Somebody who can sign in."""
        new = persons.NewPerson(
            shown_name=login, interface_language=language, time_zone="Europe/Oslo", legal_name="Kanaria Testperson"
        )
        person = persons.make_person(new, by=None, at=self.at)
        credentials.share_credentials(person, login, self._like, by=None, at=self.at)
        self.people.append({"role": role, "login": login, "language": language})
        return person

    def enrol(self, login: str, language: str, cohort: Cohort) -> Person:
        """A participant of this cohort; her alias is her sign-in name."""
        person = self.person(login, Role.PARTICIPANT, language)
        enrolling.enrol(person, cohort, alias=login, course_language=language, by=None, at=self.at)
        return person

    def write(self, writer: Person, language: str, cohort: Cohort, text: str) -> None:
        """Hand in a note."""
        find_recipient(writer.id)  # her key comes with it: what she types is sealed
        task = next(entry.public_id for entry in calendar_of(cohort) if entry.node_id == "m1-memo")
        place = sittings.find_task_place(writer, task)
        assert place is not None
        taking.open_attempt(place, by=writer, language=language, at=self.at)
        sitting = sittings.find_sitting(writer, task)
        assert sitting is not None
        assert sitting.attempt is not None
        answered = Answered(
            question=sitting.attempt.drawn[0],
            data={"text": text},
            flagged=False,
            operation=new_id(),
            sequence=1,
            held=timedelta(0),
            language=language,
        )
        taking.save_answer(sitting, sitting.attempt, answered, by=writer, at=self.at)
        sitting = sittings.find_sitting(writer, task)
        assert sitting is not None
        sent = HandIn(operation=new_id(), held=timedelta(0), language=language)
        taking.hand_in(sitting, sent, by=writer, at=self.at)


if __name__ == "__main__":
    with create_app(read_settings()).app_context(), transaction():
        made = build()
    print(json.dumps(made))
