"""Small versions to publish."""

from dataclasses import replace

from lms.courses.rules import Naming, PublishedLesson, PublishedModule, PublishedText, PublishedVersion


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


def module(node_id, *lessons):
    return PublishedModule(
        node_id=node_id,
        title={"en": f"Module {node_id}"},
        summary={"en": "What it is about."},
        objectives=[{"en": "Tell words apart."}],
        lessons=lessons,
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
    modules=[module("m1", lesson("m1-words"), lesson("m1-types", "en", "fr", "ar")), module("m2")],
    files={"modules/b.md": b"b\n", "course.yaml": b"id: small-course\n", "modules-a.md": b"\xff"},
)


def another(**changes):
    """The same with another digest and these changes."""
    return replace(VERSION, **{"digest": "b" * 64, **changes})
