"""Publishing a version."""

from collections.abc import Mapping
from datetime import datetime

import brotli

from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id

from . import queries, rules
from .models import Item, Lesson, LessonText, Module, Programme, Rubric, SourceFile, Task, Version

FRAME_BYTES = 1_800
"""Head, navigation, buttons and foot of a lesson's page, compressed together with its text (`make bench-pages`)."""

VERSION_PUBLISHED = audit.act("courses.version.published", "number")


def publish_version(pack: rules.PublishedVersion, *, by: int | None, at: datetime) -> tuple[Version, bool]:
    """Publish a pack as the next version of its programme, which the first version founds.

    Returns the version and whether it is new: a pack with the newest version's digest is that version, and
    nothing is written. An older state published again is a new version. Raises IdMeantSomethingElse.
    """
    programme = queries.programme_for_update(pack.programme) or _found(pack.programme)
    newest = queries.find_version(programme)
    if newest is not None and newest.digest == pack.digest:
        return newest, False
    rules.check_kinds(queries.node_kinds(programme), pack.kinds())

    before = newest.number if newest is not None else 0
    version = _version(pack, programme, number=before + 1, by=by, at=at)
    db.session.add(version)
    db.session.flush()  # the audit names the version by its key
    audit.record(VERSION_PUBLISHED, by=by, on=version.id, at=at, number=(before, version.number))
    return version, True


def _found(slug: str) -> Programme:
    programme = Programme(public_id=new_id(), slug=slug)
    db.session.add(programme)
    db.session.flush()  # versions are looked up by its key
    return programme


def _version(
    pack: rules.PublishedVersion, programme: Programme, *, number: int, by: int | None, at: datetime
) -> Version:
    version = Version(
        public_id=new_id(),
        programme=programme,
        number=number,
        digest=pack.digest,
        imported_at=at,
        imported_by_id=by,
        title=dict(pack.title),
        summary=dict(pack.summary),
        required_languages=list(pack.required_languages),
        allowed_languages=list(pack.allowed_languages),
        naming=pack.naming,
        address=dict(pack.address),
        completion=dict(pack.completion),
    )
    version.modules = [_module(module, version, position) for position, module in enumerate(pack.modules, 1)]
    version.files = [SourceFile(path=path, content=content) for path, content in sorted(pack.files.items())]
    return version


def _module(module: rules.PublishedModule, version: Version, position: int) -> Module:
    lessons = {lesson.node_id: _lesson(lesson, version, place) for place, lesson in enumerate(module.lessons, 1)}
    return Module(
        node_id=module.node_id,
        position=position,
        title=dict(module.title),
        summary=dict(module.summary),
        objectives=[dict(objective) for objective in module.objectives],
        lessons=list(lessons.values()),
        tasks=[_task(task, version, lessons, place) for place, task in enumerate(module.tasks, 1)],
        items=[_item(item, version, place) for place, item in enumerate(module.items, 1)],
        rubrics=[Rubric(version=version, node_id=rubric.node_id, body=dict(rubric.body)) for rubric in module.rubrics],
    )


def _task(task: rules.PublishedTask, version: Version, lessons: Mapping[str, Lesson], position: int) -> Task:
    return Task(
        version=version,
        lesson=lessons[task.lesson] if task.lesson is not None else None,
        node_id=task.node_id,
        position=position,
        kind=task.kind,
        title=dict(task.title) if task.title is not None else None,
        body=dict(task.body),
    )


def _item(item: rules.PublishedItem, version: Version, position: int) -> Item:
    return Item(
        public_id=new_id(),
        version=version,
        node_id=item.node_id,
        position=position,
        kind=item.kind,
        body=dict(item.body),
    )


def _lesson(lesson: rules.PublishedLesson, version: Version, position: int) -> Lesson:
    return Lesson(
        version=version,
        node_id=lesson.node_id,
        position=position,
        minutes=lesson.minutes,
        safety=lesson.safety,
        texts=[_text(text) for text in lesson.texts],
    )


def _text(text: rules.PublishedText) -> LessonText:
    return LessonText(
        language=text.language,
        title=text.title,
        html=text.html,
        size_bytes=_travelling_bytes(text),
        headings=list(text.headings),
        words=list(text.words),
        sources=list(text.sources),
        content_note=text.content_note,
    )


def _travelling_bytes(text: rules.PublishedText) -> int:
    """What a lesson's page weighs on the wire: its text with words and sources, and the frame around it."""
    written = [text.title, text.html, *(h["title"] for h in text.headings)]
    written += [word["term"] + word["definition"] for word in text.words]
    written += [source["title"] + source["publisher"] for source in text.sources]
    return len(brotli.compress("\n".join(written).encode(), quality=5)) + FRAME_BYTES
