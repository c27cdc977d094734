"""From files to a course. Reads on after every fault, so that all of them are found at once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .body import read_blocks
from .characters import read_text
from .course import Course, LessonText, ModuleFolder
from .faults import Faults, FaultsWithin
from .figure import Element, Figure, check_labels, read_drawing
from .glossary import read_glossary
from .layout import Kind, Place, find_place, why_not
from .pack import Pack
from .questions import ItemsFile, RubricsFile
from .schema import CourseFile, FigureFile, FrontMatter, ModuleFile, Read, read_languages, read_model
from .tasks import TasksFile


@dataclass
class Reading:
    """What was read, what was wrong, and which files said nothing that could be understood."""

    pack: Pack
    course: Course = field(default_factory=Course)
    faults: Faults = field(default_factory=Faults)
    unread: list[str] = field(default_factory=list)


def read_course(pack: Pack) -> Reading:
    """Read every file of a pack."""
    return _Reader(pack).read()


class _Reader:
    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._result = Reading(pack)
        self._folders: dict[str, ModuleFolder] = {}
        self._drawings: dict[tuple[str, str], tuple[str, Element]] = {}
        self._words: dict[tuple[str, str], Read[FigureFile]] = {}

    def read(self) -> Reading:
        for fault in self._pack.faults:
            self._result.faults.add(fault.file, fault.line, fault.text)
            self._result.unread.append(fault.file)
        for path, content in sorted(self._pack.files.items()):
            self._file(path, content)
        self._join_figures()
        self._result.course.modules = [self._folders[name] for name in sorted(self._folders)]
        self._order_languages()
        return self._result

    def _order_languages(self) -> None:
        rank = {language: place for place, language in enumerate(self._result.course.languages)}
        for module in self._result.course.modules:
            for name, texts in module.lessons.items():
                ordered = sorted(texts, key=lambda language: (rank.get(language, len(rank)), language))
                module.lessons[name] = {language: texts[language] for language in ordered}

    def _file(self, path: str, content: bytes) -> None:
        faults = self._result.faults.within(path)
        place = find_place(path)
        if place is None:
            faults.add(1, why_not(path))
            return
        text = read_text(content, faults)
        if text is None or not self._READERS[place.kind](self, place, text, faults):
            self._result.unread.append(path)

    def _folder(self, place: Place) -> ModuleFolder:
        return self._folders.setdefault(place.folder, ModuleFolder(place.folder))

    def _course(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        self._result.course.file = read_model(CourseFile, text, faults)
        self._result.course.declared = read_languages(text)
        return self._result.course.file is not None

    def _glossary(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        self._result.course.glossary = read_glossary(text, faults)
        return self._result.course.glossary is not None

    def _module(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        folder = self._folder(place)
        folder.file = read_model(ModuleFile, text, faults)
        return folder.file is not None

    def _items(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        folder = self._folder(place)
        folder.items = read_model(ItemsFile, text, faults)
        return folder.items is not None

    def _rubrics(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        folder = self._folder(place)
        folder.rubrics = read_model(RubricsFile, text, faults)
        return folder.rubrics is not None

    def _tasks(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        folder = self._folder(place)
        folder.tasks = read_model(TasksFile, text, faults)
        return folder.tasks is not None

    def _lesson(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        lesson = read_lesson(place, text, faults)
        if lesson is not None:
            self._folder(place).lessons.setdefault(place.name, {})[place.language] = lesson
        return lesson is not None

    def _drawing(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        drawing = read_drawing(text, faults)
        if drawing is not None:
            self._drawings[place.folder, place.name] = place.path, drawing
        return drawing is not None

    def _figure(self, place: Place, text: str, faults: FaultsWithin) -> bool:
        read = read_model(FigureFile, text, faults)
        if read is not None:
            self._words[place.folder, place.name] = read
        return read is not None

    def _join_figures(self) -> None:
        """A figure is two files of one name. One that is there but could not be read was reported already."""
        faults = self._result.faults
        for folder, name in sorted(self._drawings.keys() | self._words.keys()):
            drawing, words = self._drawings.get((folder, name)), self._words.get((folder, name))
            self._result.course.figure_names.add(words.content.id if words else name)
            if drawing and words:
                figure = Figure(*drawing, words)
                check_labels(figure, faults.within(words.path), faults.within(figure.drawing_path))
                self._folders.setdefault(folder, ModuleFolder(folder)).figures.append(figure)
                continue
            for ending in ("svg", "yaml"):
                missing = f"{folder}/figures/{name}.{ending}"
                if missing not in self._pack.files:
                    faults.add(missing, 1, "missing: a figure is a .svg and a .yaml file of one name")

    _READERS: dict[Kind, Callable[["_Reader", Place, str, FaultsWithin], bool]] = {
        Kind.COURSE: _course,
        Kind.GLOSSARY: _glossary,
        Kind.MODULE: _module,
        Kind.LESSON: _lesson,
        Kind.DRAWING: _drawing,
        Kind.FIGURE: _figure,
        Kind.ITEMS: _items,
        Kind.RUBRICS: _rubrics,
        Kind.TASKS: _tasks,
    }


def read_lesson(place: Place, text: str, faults: FaultsWithin) -> LessonText | None:
    """Read one lesson in one language. Its text is checked even where its front matter has faults."""
    lines = text.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        faults.add(1, "a lesson begins with front matter between two lines of ---")
        return None
    end = lines.index("---", 1)
    front = read_model(FrontMatter, "\n".join(lines[1:end]), faults, first_line=2)
    body = "\n".join(lines[end + 1 :])
    blocks = read_blocks(body, first_line=end + 2, language=place.language, faults=faults)
    if not blocks:
        faults.add(end + 1, "the lesson has no text")
    if front is None:
        return None
    return LessonText(
        place=place,
        front=front,
        blocks=blocks,
        last_line=len(text.rstrip("\n").split("\n")),
    )
