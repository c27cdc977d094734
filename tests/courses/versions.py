"""Small versions to publish."""

from dataclasses import replace

from lms.courses.rules import (
    Naming,
    PublishedItem,
    PublishedLesson,
    PublishedModule,
    PublishedRubric,
    PublishedTask,
    PublishedText,
    PublishedVersion,
    TaskKind,
)


def text(language, title="Words"):
    return PublishedText(
        language=language,
        title=f"{title} ({language})",
        html='<p id="p-start">A word.</p>',
        headings=[{"id": "p-one", "title": "One"}],
        words=[{"id": "truce", "term": "truce", "definition": "A pause."}],
        sources=[
            {
                "number": 1,
                "id": "law",
                "title": "Law",
                "publisher": "A state",
                "published": "1907",
                "checked": "2026-11-01",
                "review": "2027-11-01",
            }
        ],
    )


def lesson(node_id, *languages, minutes=8):
    texts = [text(language) for language in languages or ("en", "fr")]
    return PublishedLesson(node_id=node_id, minutes=minutes, safety=False, texts=texts)


def task(node_id, kind=TaskKind.QUIZ, *, lesson=None, **body):
    title = {"en": f"Task {node_id}"} if lesson is None else None
    return PublishedTask(node_id=node_id, kind=kind, lesson=lesson, title=title, body=body)


def item(node_id, kind="truefalse", **body):
    return PublishedItem(node_id=node_id, kind=kind, body={"text": {"en": "Is it?"}, **body})


def module(node_id, *lessons, tasks=(), items=(), rubrics=()):
    return PublishedModule(
        node_id=node_id,
        title={"en": f"Module {node_id}"},
        summary={"en": "What it is about."},
        objectives=[{"en": "Tell words apart."}],
        lessons=lessons,
        tasks=tasks,
        items=items,
        rubrics=rubrics,
    )


M1 = module(
    "m1",
    lesson("m1-words"),
    lesson("m1-types", "en", "fr", "ar"),
    tasks=[
        task("m1-memo", TaskKind.ASSIGNMENT, item="m1-q2", graded=True),
        task("m1-check", TaskKind.CHECKPOINT, lesson="m1-types", item="m1-q1"),
    ],
    items=[item("m1-q2", "open", rubric="m2-r1", words={"max": 100}), item("m1-q1", key=True)],
    rubrics=[PublishedRubric(node_id="m1-r1", body={"criteria": []})],
)
M2 = module(
    "m2",
    tasks=[task("m2-quiz", items=["m2-q1"])],
    items=[item("m2-q1", "number", key="16.70")],
    rubrics=[
        PublishedRubric(node_id="m2-r1", body={"criteria": [{"id": "type", "weight": 100, "title": {"en": "Type"}}]})
    ],
)


VERSION = PublishedVersion(
    programme="small-course",
    digest="a" * 64,
    title={"en": "A course", "fr": "Un cours"},
    summary={"en": "Two modules.", "fr": "Deux modules."},
    required_languages=["en", "fr"],
    allowed_languages=["ar"],
    naming=Naming.ALIAS,
    address={"ar": "feminine"},
    completion={"activities_percent": 80, "simulation": True},
    modules=[M1, M2],
    files={"modules/b.md": b"b\n", "course.yaml": b"id: small-course\n", "modules-a.md": b"\xff"},
)


def another(**changes):
    """The same with another digest and these changes."""
    return replace(VERSION, **{"digest": "b" * 64, **changes})
