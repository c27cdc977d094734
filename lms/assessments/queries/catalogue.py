"""What a published version asks: read once per process, since a version never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from flask import current_app

from lms.courses import queries as courses
from lms.courses.models import Version
from lms.courses.rules import TaskKind, Told, tell

from ..rules.items import Item, read_item
from ..rules.marking import Rubric, read_rubric
from ..rules.quizzes import QuizSettings, read_settings

MOST_KEPT = 32
DEFAULT_VERSIONS = 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """A checkpoint, quiz or assignment of a published version.

    module, lesson: node ids; lesson only for checkpoints. quiz: its settings; a checkpoint is a practice of one item.
    versions: how many versions of an assignment may be handed in.
    """

    node_id: str
    kind: TaskKind
    module: str
    position: int
    lesson: str | None
    title: Mapping[str, str] | None
    quiz: QuizSettings
    graded: bool
    versions: int

    @property
    def item(self) -> str:
        """The one item of a checkpoint or an assignment."""
        return self.quiz.items[0]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All tasks, items and rubrics of a version, by node id, tasks in order."""

    tasks: Mapping[str, Task]
    items: Mapping[str, Item]
    item_ids: Mapping[UUID, str]
    rubrics: Mapping[str, Rubric]
    required_languages: Sequence[str]
    completion: Mapping[str, int | bool]

    def told(self, text: Mapping[str, str], language: str) -> Told:
        """A text of this version for a page in this language."""
        return tell(text, language, self.required_languages)

    def title(self, task: Task, language: str) -> Told:
        """The title of a task for a page in this language."""
        assert task.title is not None
        return tell(task.title, language, self.required_languages)

    @cached_property
    def by_lesson(self) -> Mapping[str, Task]:
        """The checkpoint of each lesson that has one."""
        return {task.lesson: task for task in self.tasks.values() if task.lesson is not None}

    def of_module(self, module: str) -> list[Task]:
        """The quizzes and assignments of a module, in order."""
        return [task for task in self.tasks.values() if task.module == module and task.kind is not TaskKind.CHECKPOINT]

    @property
    def meets_percent(self) -> int:
        """From how many per cent an assignment meets the standard."""
        return int(self.completion.get("assignment_meets_percent", 75))


def catalogue(version: Version) -> Catalogue:
    """What this version asks: three statements the first time in a process, none later."""
    kept: dict[UUID, Catalogue] = current_app.extensions.setdefault("catalogues", {})
    found = kept.get(version.public_id)
    if found is None:
        while len(kept) >= MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        found = kept[version.public_id] = _read(version)
    return found


def _read(version: Version) -> Catalogue:
    items = courses.items_of(version.id)
    pass_percent = int(version.completion.get("quiz_pass_percent", 0))
    return Catalogue(
        tasks={task.node_id: _task(task, pass_percent) for task in courses.tasks_of(version.id)},
        items={item.node_id: read_item(item.node_id, item.kind, item.body) for item in items},
        item_ids={item.public_id: item.node_id for item in items},
        rubrics={rubric.node_id: read_rubric(rubric.node_id, rubric.body) for rubric in courses.rubrics_of(version.id)},
        required_languages=tuple(version.required_languages),
        completion=dict(version.completion),
    )


def _task(task: Any, pass_percent: int) -> Task:
    body = task.body if "items" in task.body else {**task.body, "items": [task.body["item"]]}
    if task.kind is TaskKind.CHECKPOINT:
        body = {**body, "feedback": "at_once"}
    return Task(
        node_id=task.node_id,
        kind=task.kind,
        module=task.module.node_id,
        position=task.position,
        lesson=task.lesson.node_id if task.lesson is not None else None,
        title=task.title,
        quiz=read_settings(body, pass_percent=pass_percent),
        graded=body.get("graded", False),
        versions=body.get("versions", DEFAULT_VERSIONS),
    )
