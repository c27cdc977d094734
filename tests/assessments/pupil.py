"""One participant at one task, by the real services: short ways for tests."""

from datetime import timedelta

from sqlalchemy import insert, select

from lms.assessments.models import Attempt, StepRow
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import Answered, AttemptState, HandIn, heads
from lms.assessments.sealing import read_steps
from lms.assessments.services import taking
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.assessments.taught import load
from tests.cast import NOW

ZERO = timedelta(0)


def answer(question, data, *, sequence=1, op=None, held=ZERO, flagged=False):
    """One answer as a page sends it."""
    return Answered(
        question=question,
        data=data,
        flagged=flagged,
        operation=op or new_id(),
        sequence=sequence,
        held=held,
        language="en",
    )


class Pupil:
    """Acts by services, each in a transaction of its own. An `op` is the random id of a page."""

    def __init__(self, member, task_id):
        self.member, self.task_id = member, task_id

    @property
    def person(self):
        return load(self.member)

    def sitting(self):
        return sittings.find_sitting(self.person, self.task_id)

    def open(self, *, at=NOW, language="en"):
        with transaction():
            place = sittings.find_task_place(self.person, self.task_id)
            return taking.open_attempt(place, by=self.person, language=language, at=at)

    def send(
        self, question, data, *, sequence=1, op=None, held=ZERO, flagged=False, at=NOW, attempt=None, sitting=None
    ):  # fmt: skip
        """Save one answer. sitting: what another device saw before. attempt: the one its page was made for."""
        one = answer(question, data, sequence=sequence, op=op, held=held, flagged=flagged)
        return self.send_page([one], at=at, attempt=attempt, sitting=sitting)[question]

    def send_page(self, page, *, at=NOW, attempt=None, sitting=None):
        """Save several answers at once; what became of each."""
        person = self.person
        sitting = sitting or sittings.find_sitting(person, self.task_id)
        with transaction():
            return taking.save_answers(sitting, attempt or sitting.attempt, page, by=person, at=at)

    def send_drafts(self, attempt, texts, *, at=NOW):
        """Store many drafts of a text at once, as if each had been saved on its own."""
        person = self.person
        drafts = [
            taking.answer_step(attempt, answer(attempt.drawn[0], {"text": one}, sequence=number), by=person, at=at)
            for number, one in texts
        ]
        with transaction():
            rows = [one.values(attempt.id, AttemptState.OPEN, opened_at=attempt.opened_at) for one in drafts]
            db.session.execute(insert(StepRow), rows)

    def hand_in(self, *, op=None, held=ZERO, at=NOW, language="en"):
        with transaction():
            sent = HandIn(operation=op or new_id(), held=held, language=language)
            return taking.hand_in(self.sitting(), sent, by=self.person, at=at)

    def settle(self, attempt, *, at=NOW):
        with transaction():
            taking.settle(attempt, language="en", by=self.person, at=at)

    def take_back(self, *, op=None, at=NOW):
        with transaction():
            return taking.take_back(self.sitting(), op or new_id(), language="en", by=self.person, at=at)

    def rows(self, attempt):
        return list(
            db.session.scalars(select(StepRow).where(StepRow.attempt_id == attempt.id).order_by(StepRow.number))
        )

    def steps(self, attempt):
        return read_steps(self.person, self.rows(attempt))

    def kinds(self, attempt):
        return [row.kind.value for row in self.rows(attempt)]

    def standing(self, attempt):
        return {question: step.data for question, step in heads(self.steps(attempt)).items()}

    def attempts(self):
        query = select(Attempt).where(Attempt.node_id == self.sitting().task.node_id).order_by(Attempt.number)
        return list(db.session.scalars(query.execution_options(populate_existing=True)))
