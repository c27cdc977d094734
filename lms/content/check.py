"""Everything that must be true of a pack as a whole. Finds all faults at once."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from .body import Use
from .check_questions import check_questions
from .course import Course, LessonText, ModuleFolder
from .faults import Fault, Faults
from .layout import COURSE, GLOSSARY, MODULE
from .pack import Pack
from .parity import check_parity
from .reading import Reading, read_course
from .schema import ModuleFile, Read, translations
from .yamlfile import Loc


def check_pack(pack: Pack) -> list[Fault]:
    """All faults of a pack, by file and line; none when it can be published."""
    return check_reading(read_course(pack))


def check_reading(reading: Reading) -> list[Fault]:
    """The same for a pack that was read already."""
    course, faults = reading.course, reading.faults
    _check_present(reading.pack, course, faults)
    _check_numbers(course, faults)
    _check_ids(course, faults)
    _check_translations(course, faults)
    for module in course.modules:
        _check_lessons(reading.pack, course, module, faults)
        check_questions(reading.pack, course, module, faults)
    for text in course.texts():
        _check_references(course, text, faults)
    _check_glossary(course, faults)
    return faults.sorted()


def _check_present(pack: Pack, course: Course, faults: Faults) -> None:
    needed = [COURSE, *(f"{module.folder}/{MODULE}" for module in course.modules)]
    if any(text.content.terms for text in course.texts()):
        needed.append(GLOSSARY)
    for path in needed:
        if path not in pack.files:
            faults.add(path, 1, "missing")


def _check_ids(course: Course, faults: Faults) -> None:
    """Ids of nodes are unique in the programme; those of one lesson's languages count once."""
    seen: dict[str, str] = {}
    for file, line, what, name in _node_ids(course):
        if name in seen:
            faults.add(file, line, f"the id {name} of this {what} is taken already: {seen[name]}")
        seen.setdefault(name, f"{what} in {file}, line {line}")


def _node_ids(course: Course) -> Iterator[tuple[str, int, str, str]]:
    if course.file:
        yield course.file.path, course.file.line("id"), "programme", course.file.content.id
    for term in course.terms().values():
        yield GLOSSARY, term.line, "term", term.id
    for module in course.modules:
        if module.file:
            yield module.file.path, module.file.line("id"), "module", module.file.content.id
        for texts in module.lessons.values():
            text = next(iter(texts.values()))
            yield text.path, text.front.line("id"), "lesson", text.content.id
        for figure in module.figures:
            yield figure.file.path, figure.file.line("id"), "figure", figure.words.id
        yield from _question_ids(module)


def _question_ids(module: ModuleFolder) -> Iterator[tuple[str, int, str, str]]:
    if module.items:
        for position, item in enumerate(module.items.content.items):
            yield module.items.path, module.items.line("items", position, "id"), "item", item.id
    if module.rubrics:
        for position, rubric in enumerate(module.rubrics.content.rubrics):
            yield module.rubrics.path, module.rubrics.line("rubrics", position, "id"), "rubric", rubric.id
    if module.tasks:
        for position, task in enumerate(module.tasks.content.tasks):
            yield module.tasks.path, module.tasks.line("tasks", position, "id"), "task", task.id


def _check_translations(course: Course, faults: Faults) -> None:
    """Every text by language has all required languages and no unknown one."""
    for file in course.yaml_files():
        for loc, text in translations(file.content):
            _check_languages(course, file, loc, text.root.keys(), faults)
    if course.file:
        for language in course.file.content.address:
            if language not in course.languages:
                faults.add(COURSE, course.file.line("address", language), f"{language} is no language here")


def _check_languages(course: Course, file: Read[Any], loc: Loc, found: Collection[str], faults: Faults) -> None:
    name = next((step for step in reversed(loc) if isinstance(step, str)), "text")
    for language in course.required:
        if language not in found:
            faults.add(file.path, file.line(*loc), f"{name} has no {language}")
    for language in found:
        if course.languages and language not in course.languages:
            faults.add(file.path, file.line(*loc, language), f"{language} is no language of the programme")


def _check_numbers(course: Course, faults: Faults) -> None:
    """Two digits name one place: modules are ordered by them, and lessons in their module."""
    _check_numbered([(module.folder, f"{module.folder}/{MODULE}") for module in course.modules], faults)
    for module in course.modules:
        paths = [next(iter(texts.values())).path for texts in module.lessons.values()]
        _check_numbered([(path.partition(".")[0], path) for path in paths], faults)


def _check_numbered(places: Iterable[tuple[str, str]], faults: Faults) -> None:
    seen: dict[str, str] = {}
    for name, file in places:
        number = PurePosixPath(name).name[:2]
        if number in seen:
            faults.add(file, 1, f"the number {number} is taken by {seen[number]}")
        seen.setdefault(number, name)


def _check_lessons(pack: Pack, course: Course, module: ModuleFolder, faults: Faults) -> None:
    for texts in module.lessons.values():
        ordered = list(texts.values())
        for text in ordered:
            if course.languages and text.language not in course.languages:
                faults.add(text.path, 1, f"{text.language} is no language of the programme")
        for language in course.required:
            path = ordered[0].path.removesuffix(f"{ordered[0].language}.md") + f"{language}.md"
            if path not in pack.files:
                faults.add(path, 1, f"missing: the lesson {ordered[0].content.id} has no {language}")
        check_parity(ordered, faults)
    if module.file:
        _check_listed(module, module.file, faults)


def _check_listed(module: ModuleFolder, file: Read[ModuleFile], faults: Faults) -> None:
    listed, found = file.content.lessons, module.named_lessons()
    for position, name in enumerate(listed):
        line = file.line("lessons", position)
        if name in listed[:position]:
            faults.add(file.path, line, f"the lesson {name} is listed twice")
        elif name not in found:
            faults.add(file.path, line, f"the lesson {name} has no file in this module")
    for name, texts in found.items():
        if name not in listed:
            text = next(iter(texts.values()))
            faults.add(text.path, text.front.line("id"), f"the lesson {name} is not listed in {file.path}")
    wanted = [name for name in dict.fromkeys(listed) if name in found]
    if wanted != [name for name in found if name in listed]:
        faults.add(file.path, file.line("lessons"), "the lessons stand in another order than their files")


def _check_references(course: Course, text: LessonText, faults: Faults) -> None:
    uses = [use for block in text.blocks for use in block.uses]
    sources = [source.id for source in text.content.sources]
    for position, name in enumerate(sources):
        line = text.front.line("sources", position)
        if name in sources[:position]:
            faults.add(text.path, line, f"the source {name} is listed twice")
        elif name not in _ids(uses, "source"):
            faults.add(text.path, line, f"the source {name} is never cited")
    terms = text.content.terms
    for position, name in enumerate(terms):
        line = text.front.line("terms", position)
        if name in terms[:position]:
            faults.add(text.path, line, f"the term {name} is listed twice")
        elif course.glossary and (fault := course.glossary.lacks(name, text.language)):
            faults.add(text.path, line, fault)
        elif name not in _ids(uses, "term"):
            faults.add(text.path, line, f"the term {name} is never used in the text")
    _check_uses(course, text, uses, faults)


def _check_uses(course: Course, text: LessonText, uses: list[Use], faults: Faults) -> None:
    known = {
        "source": ({source.id for source in text.content.sources}, "is not among the sources of this lesson"),
        "term": (set(text.content.terms), "is not among the terms of this lesson"),
        "figure": (course.figure_names, "does not exist"),
    }
    for use in uses:
        names, otherwise = known[use.kind]
        if use.id not in names:
            faults.add(text.path, use.line, f"the {use.kind} {use.id} {otherwise}")


def _ids(uses: list[Use], kind: str) -> set[str]:
    return {use.id for use in uses if use.kind == kind}


def _check_glossary(course: Course, faults: Faults) -> None:
    if course.glossary is None:
        return
    for language in course.required:
        if language not in course.glossary.languages:
            faults.add(GLOSSARY, 1, f"there are no columns for {language}")
    for term in course.glossary.terms.values():
        for language in course.required:
            if language in course.glossary.languages and (fault := course.glossary.lacks(term.id, language)):
                faults.add(GLOSSARY, term.line, fault)
