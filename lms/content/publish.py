"""From a course without faults to the value that `lms.courses` publishes."""

from collections.abc import Mapping
from datetime import date

from lms.courses.rules import (
    Body,
    Heading,
    Naming,
    PublishedItem,
    PublishedLesson,
    PublishedModule,
    PublishedRubric,
    PublishedTask,
    PublishedText,
    PublishedVersion,
    Source,
    TaskKind,
    Word,
)

from .course import Course, LessonText, ModuleFolder
from .figure import Figure
from .pack import digest
from .render import anchor, render_lesson
from .schema import SourceEntry, Strict
from .tasks import Checkpoint, Task


def make_version(course: Course, files: Mapping[str, bytes]) -> PublishedVersion:
    """All that is published of a course. The course has no faults: nothing is looked for twice."""
    assert course.file is not None
    settings = course.file.content
    return PublishedVersion(
        programme=settings.id,
        digest=digest(files),
        title=settings.title.root,
        summary=settings.summary.root,
        required_languages=settings.languages.required,
        allowed_languages=settings.languages.allowed,
        naming=Naming(settings.naming),
        address=settings.address,
        completion=settings.completion.model_dump(exclude_none=True),
        modules=[_module(course, module) for module in course.modules],
        files=files,
    )


def _module(course: Course, module: ModuleFolder) -> PublishedModule:
    assert module.file is not None
    words = module.file.content
    tasks = module.tasks.content.tasks if module.tasks else []
    items = module.items.content.items if module.items else []
    rubrics = module.rubrics.content.rubrics if module.rubrics else []
    return PublishedModule(
        node_id=words.id,
        title=words.title.root,
        summary=words.summary.root,
        objectives=[objective.root for objective in words.objectives],
        lessons=[_lesson(course, texts) for texts in module.lessons.values()],
        tasks=[_task(task) for task in tasks],
        items=[PublishedItem(node_id=item.id, kind=item.type, body=_body(item, "type")) for item in items],
        rubrics=[PublishedRubric(node_id=rubric.id, body=_body(rubric)) for rubric in rubrics],
    )


def _task(task: Task) -> PublishedTask:
    return PublishedTask(
        node_id=task.id,
        kind=TaskKind(task.kind),
        lesson=task.lesson if isinstance(task, Checkpoint) else None,
        title=None if isinstance(task, Checkpoint) else task.title.root,
        body=_body(task, "kind", "lesson", "title"),
    )


def _body(part: Strict, *beside: str) -> Body:
    """A part of a file as plain JSON. beside: what is published in a place of its own, as the id always is."""
    return part.model_dump(mode="json", exclude={"id", *beside}, exclude_none=True)


def _lesson(course: Course, texts: Mapping[str, LessonText]) -> PublishedLesson:
    figures = course.figures()
    facts = next(iter(texts.values())).content
    return PublishedLesson(
        node_id=facts.id,
        minutes=facts.minutes,
        safety=facts.safety,
        texts=[_text(course, text, figures) for text in texts.values()],
    )


def _text(course: Course, text: LessonText, figures: Mapping[str, Figure]) -> PublishedText:
    front = text.content
    return PublishedText(
        language=text.language,
        title=front.title,
        html=render_lesson(text, figures),
        headings=[Heading(id=anchor(heading), title=heading.words) for heading in text.headings()],
        words=[_word(course, term, text.language) for term in front.terms],
        sources=[_source(number, source) for number, source in enumerate(front.sources, 1)],
        content_note=front.content_note,
    )


def _word(course: Course, term: str, language: str) -> Word:
    row = course.terms()[term]
    return Word(id=term, term=row.terms[language], definition=row.definitions[language])


def _source(number: int, entry: SourceEntry) -> Source:
    source = Source(
        number=number,
        id=entry.id,
        title=entry.title,
        lang=entry.lang,
        publisher=entry.publisher,
        published=entry.published,
        checked=date.isoformat(entry.checked),
        review=date.isoformat(entry.review),
    )
    if entry.url is not None:
        source["url"] = entry.url
    if entry.note is not None:
        source["note"] = entry.note
    return source
