"""The course of the benchmarks: a content pack of ten lessons, three assignments and a quiz of sixteen items.

Everything in it comes from the pack of *Women and ceasefires*, in English only: its ten lessons have 820 to 960 words
each, with their headings, words, sources and figures. Both open questions come with their rubrics and marked
samples; the second is asked twice, as there is no third. The quiz gathers the closed questions of both modules, two to
a page, and may be begun as often as wanted, so that a benchmark never runs out of attempts.
"""

import csv
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from lms.content import services as content
from lms.courses.models import Version
from lms.shipped import shipped

SLUG, LANGUAGE = "benchmark", "en"
SOURCE = "women-and-ceasefires"
LANGUAGES = {"en", "fr", "ar"}
FIRST, SECOND = "01-what-a-ceasefire-is", "02-reading-the-conflict"
LESSON, PASSAGE = "m1-types", "p-pretoria-class"
LAST_MODULE = "m2"
QUIZ, QUIZ_ITEMS, PER_PAGE = "benchmark-quiz", 16, 2
QUIZ_TITLE = "Sixteen questions on ceasefires"
ASSIGNMENTS = MEMO, STATEMENT, SECOND_STATEMENT = "benchmark-memo", "benchmark-statement", "benchmark-second-statement"
MOST_VERSIONS = 5

Data = dict[str, Any]


def publish_course(folder: Path, *, at: datetime) -> Version:
    """Write the pack into a new folder and publish it as an operator does, inside the running transaction."""
    write_course(folder)
    version, _ = content.import_pack(folder, by=None, at=at)
    return version


def write_course(folder: Path) -> None:
    """Write the pack into a new folder."""
    folder.mkdir(parents=True)
    source = shipped("content") / SOURCE
    course = _read(source / "course.yaml")
    course |= {"id": SLUG, "languages": {"required": [LANGUAGE], "allowed": []}, "address": {}}
    _write(folder / "course.yaml", course)
    _write_glossary(source / "glossary.csv", folder / "glossary.csv")
    for name in (FIRST, SECOND):
        _copy_module(source / "modules" / name, folder / "modules" / name)
    closed, texts = _questions(source)
    _write_questions(folder / "modules" / FIRST, [*closed, texts[0]], [_quiz(closed), _assignment(MEMO, texts[0])])
    statements = [texts[1], texts[1] | {"id": f"{texts[1]['id']}-again"}]
    tasks = [_assignment(name, text) for name, text in zip(ASSIGNMENTS[1:], statements, strict=True)]
    _write_questions(folder / "modules" / SECOND, statements, tasks)


def _copy_module(source: Path, target: Path) -> None:
    """Its lessons, figures, rubrics and description, in English."""
    for part in ("lessons", "figures"):
        (target / part).mkdir(parents=True)
    for path in [*source.glob(f"lessons/*.{LANGUAGE}.md"), *source.glob("figures/*.svg")]:
        shutil.copyfile(path, target / path.relative_to(source))
    for path in [source / "module.yaml", source / "rubrics.yaml", *source.glob("figures/*.yaml")]:
        _write(target / path.relative_to(source), _read(path))


def _questions(source: Path) -> tuple[list[Data], list[Data]]:
    """The closed questions of the quiz, and the open ones."""
    items = [item for name in (FIRST, SECOND) for item in _read(source / "modules" / name / "items.yaml")["items"]]
    closed = [item for item in items if item["type"] != "open" and not item.get("formative")]
    return closed[:QUIZ_ITEMS], [item for item in items if item["type"] == "open"]


def _quiz(items: list[Data]) -> Data:
    return {
        "id": QUIZ,
        "kind": "quiz",
        "title": {LANGUAGE: QUIZ_TITLE},
        "items": [item["id"] for item in items],
        "graded": True,
        "per_page": PER_PAGE,
        "feedback": "hand_in",
        "pass_percent": 70,
    }


def _assignment(name: str, item: Data) -> Data:
    title = name.removeprefix(f"{SLUG}-").replace("-", " ").capitalize()
    return {
        "id": name,
        "kind": "assignment",
        "title": {LANGUAGE: f"{title} on one ceasefire"},
        "item": item["id"],
        "graded": True,
        "versions": MOST_VERSIONS,
    }


def _write_questions(folder: Path, items: list[Data], tasks: list[Data]) -> None:
    _write(folder / "items.yaml", {"items": items})
    _write(folder / "tasks.yaml", {"tasks": tasks})


def _write_glossary(source: Path, target: Path) -> None:
    columns = ["id", f"term_{LANGUAGE}", f"definition_{LANGUAGE}"]
    with source.open(newline="") as read, target.open("w", newline="") as written:
        rows = csv.DictWriter(written, columns, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        rows.writerows(csv.DictReader(read))


def _read(path: Path) -> Data:
    """A file of a pack without its other languages."""
    found: Data = _in_english(yaml.safe_load(path.read_text()))
    return found


def _in_english(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = value if not LANGUAGES.issuperset(value) else {LANGUAGE: value[LANGUAGE]} if LANGUAGE in value else {}
        return {key: _in_english(part) for key, part in kept.items()}
    return [_in_english(part) for part in value] if isinstance(value, list) else value


class _Plain(yaml.SafeDumper):
    """Writes what is there twice twice: a pack has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write(path: Path, data: Data) -> None:
    path.write_text(yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000))
