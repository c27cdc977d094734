"""Answers and hand-ins of the demo year: the same services that people use, at invented hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lms.accounts.models import Person
from lms.accounts.queries import find_recipient
from lms.assessments.queries import sitting as sittings
from lms.assessments.queries.catalogue import Task
from lms.assessments.rules.attempts import Answered, HandIn
from lms.assessments.rules.items import Choice, Item, Matching, Open, Ordering, shown_options
from lms.assessments.services import taking
from lms.cohorts.models import Cohort
from lms.cohorts.queries import calendar_of
from lms.courses.rules import TaskKind
from lms.kernel.chance import Draw
from lms.kernel.ids import new_id

RIGHT_PERCENT = 75
AT_ONCE = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A participant of the demo. diligence: of 100, how much of what is open she has done."""

    person: Person
    language: str
    diligence: int


class Rehearsal:
    """Does the work of a cohort's participants inside the running transaction."""

    def __init__(self, cohort: Cohort, *, draw: Draw, at: datetime) -> None:
        self._cohort, self._draw, self._at = cohort, draw, at
        self._places: Mapping[str, UUID] = {entry.node_id: entry.public_id for entry in calendar_of(cohort)}

    def work(self, workers: Sequence[Worker], tasks: Sequence[Task]) -> None:
        """Let everybody work on these tasks as far as she got, each hour by hour."""
        for worker in workers:
            find_recipient(worker.person.id)  # her key comes with it: what she types is sealed
            for place, task in enumerate(tasks):
                if self._draw.number(0, 99) < worker.diligence:
                    self._do(worker, task, self._hour(place, len(tasks)))

    def _hour(self, place: int, total: int) -> datetime:
        """Some time in the last days, later tasks later."""
        days = (total - place) * 5 // total
        return self._at - timedelta(days=days, minutes=self._draw.number(30, 1300))

    def _do(self, worker: Worker, task: Task, at: datetime) -> None:
        place = sittings.find_task_place(worker.person, self._places[task.node_id])
        assert place is not None
        if place.opening.opens_at is None or place.opening.opens_at > at:
            return
        taking.open_attempt(place, by=worker.person, language=worker.language, at=at)
        hand_in = task.kind is not TaskKind.CHECKPOINT and self._draw.number(0, 9) > 0
        for name in self._sitting(worker, task).attempt.drawn:
            self._answer(worker, task, name, at + timedelta(minutes=self._draw.number(1, 9)))
        if hand_in:
            sent = HandIn(operation=new_id(), held=AT_ONCE, language=worker.language)
            taking.hand_in(self._sitting(worker, task), sent, by=worker.person, at=at + timedelta(minutes=20))

    def _sitting(self, worker: Worker, task: Task) -> Any:
        return sittings.find_sitting(worker.person, self._places[task.node_id])

    def _answer(self, worker: Worker, task: Task, name: str, at: datetime) -> None:
        sitting = self._sitting(worker, task)
        item = sitting.attempt_catalogue.items[name]
        answered = Answered(
            question=name,
            data=self._think(item, worker.language, sitting.attempt.seed),
            flagged=self._draw.number(0, 9) == 0,
            operation=new_id(),
            sequence=1,
            held=AT_ONCE,
            language=worker.language,
        )
        taking.save_answer(sitting, sitting.attempt, answered, by=worker.person, at=at)

    def _think(self, item: Item, language: str, seed: int) -> Mapping[str, Any]:
        """Right three times of four; a text is one of the marked samples, sometimes cut short."""
        if isinstance(item, Open):
            text = self._draw.one_of(item.samples).text
            return {"text": self._shorten(text.get(language, text["en"]))}
        knows = self._draw.number(0, 99) < RIGHT_PERCENT
        if isinstance(item, Choice):
            shown = [option.id for option in shown_options(item, seed)]
            return {"chosen": sorted(item.key) if knows else [self._draw.one_of(shown)]}
        if isinstance(item, Ordering):
            order = list(item.key) if knows else [option.id for option in shown_options(item, seed)]
            return {"positions": {option: place for place, option in enumerate(order, 1)}}
        if isinstance(item, Matching):
            ids = [pair.id for pair in item.pairs]
            return {"pairs": dict(zip(ids, ids if knows else self._draw.shuffled(ids), strict=True))}
        return self._type(item, language, knows=knows)

    def _type(self, item: Item, language: str, *, knows: bool) -> Mapping[str, Any]:
        key = getattr(item, "key", None)
        if key is not None:
            return {"text": str(key) if knows else "12"}
        wordings = [answer.get(language, answer["en"])[0] for answer in getattr(item, "accepted", ())]
        return {"texts": wordings[: getattr(item, "fields", 1)] if knows else ["–"]}

    def _shorten(self, text: str) -> str:
        sentences = text.split(". ")
        keep = len(sentences) - self._draw.number(0, 2)
        return ". ".join(sentences[: max(keep, 1)]).rstrip(".") + "."
