"""What must be true of a module's questions, rubrics and tasks together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .course import Course, ModuleFolder
from .faults import Faults, FaultsWithin
from .layout import ITEMS, TASKS
from .pack import Pack
from .questions import Item, ItemsFile, Open, Rubric, RubricsFile, Sample
from .schema import Read
from .tasks import Assignment, Checkpoint, Quiz, Task, TasksFile
from .yamlfile import Loc


def check_questions(pack: Pack, course: Course, module: ModuleFolder, faults: Faults) -> None:
    """All faults of one module's items.yaml, rubrics.yaml and tasks.yaml."""
    if module.items:
        _check_items(module.items, course.rubrics(), faults.within(module.items.path))
    if module.rubrics:
        _check_weights(module.rubrics, faults.within(module.rubrics.path))
    if module.tasks:
        _check_tasks(pack, module, module.tasks, faults)
    elif f"{module.folder}/{ITEMS}" in pack.files and f"{module.folder}/{TASKS}" not in pack.files:
        faults.add(f"{module.folder}/{TASKS}", 1, f"missing: it says what is done with the questions of {ITEMS}")


def _check_items(file: Read[ItemsFile], rubrics: Mapping[str, Rubric], faults: FaultsWithin) -> None:
    for position, item in enumerate(file.content.items):
        for part, fault in item.key_faults():
            faults.add(file.line("items", position, part), f"{item.id}: {fault}")
        for part in ("options", "pairs", "samples"):
            names = [entry.id for entry in getattr(item, part, ())]
            for place in _repeated(names):
                line = file.line("items", position, part, place)
                faults.add(line, f"{item.id}: the id {names[place]} occurs twice")
        if isinstance(item, Open):
            for loc, fault in _open_faults(item, rubrics.get(item.rubric)):
                faults.add(file.line("items", position, *loc), f"{item.id}: {fault}")


def _repeated(names: Sequence[str]) -> Iterator[int]:
    """The places of names that stood there before."""
    return (place for place, name in enumerate(names) if name in names[:place])


def _open_faults(item: Open, rubric: Rubric | None) -> Iterator[tuple[Loc, str]]:
    if rubric is None:
        yield ("rubric",), f"there is no rubric {item.rubric}"
    for place, sample in enumerate(item.samples):
        faults = [*_length_faults(item, sample), *(_level_faults(sample, rubric) if rubric else ())]
        yield from ((("samples", place, *loc), fault) for loc, fault in faults)


def _length_faults(item: Open, sample: Sample) -> Iterator[tuple[Loc, str]]:
    """A sample of a length that nobody may hand in would teach the wrong measure."""
    for language, text in sample.text.root.items():
        count = len(text.split())
        if not item.words.takes(count):
            asked = f"{item.words.min} to {item.words.max}"
            yield ("text", language), f"the sample {sample.id} has {count} words in {language}, not {asked}"


def _level_faults(sample: Sample, rubric: Rubric) -> Iterator[tuple[Loc, str]]:
    criteria = [criterion.id for criterion in rubric.criteria]
    for name in criteria:
        if name not in sample.levels:
            yield ("levels",), f"the sample {sample.id} has no level for {name} of {rubric.id}"
    for name in sample.levels:
        if name not in criteria:
            yield ("levels", name), f"the sample {sample.id} names {name}, which is no criterion of {rubric.id}"


def _check_weights(file: Read[RubricsFile], faults: FaultsWithin) -> None:
    for position, rubric in enumerate(file.content.rubrics):
        total = sum(criterion.weight for criterion in rubric.criteria)
        if total != 100:
            line = file.line("rubrics", position, "criteria")
            faults.add(line, f"{rubric.id}: the weights sum up to {total}, not to 100")
        names = [criterion.id for criterion in rubric.criteria]
        for place in _repeated(names):
            line = file.line("rubrics", position, "criteria", place)
            faults.add(line, f"{rubric.id}: the id {names[place]} occurs twice")


@dataclass(frozen=True)
class _Use:
    """An item where a task uses it. item: None where the module has none of this name."""

    task: Task
    name: str
    line: int
    item: Item | None


def _check_tasks(pack: Pack, module: ModuleFolder, file: Read[TasksFile], faults: Faults) -> None:
    within = faults.within(file.path)
    for position, task in enumerate(file.content.tasks):
        for part, fault in task.own_faults():
            within.add(file.line("tasks", position, part), f"{task.id}: {fault}")
    _check_lessons(module, file, within)
    # Items that could not be read were reported already, and nothing more can be said of them.
    if module.items or f"{module.folder}/{ITEMS}" not in pack.files:
        uses = list(_uses(file, module.named_items()))
        _check_uses(uses, within)
        _check_all_used(module, {use.name for use in uses}, faults)


def _check_lessons(module: ModuleFolder, file: Read[TasksFile], faults: FaultsWithin) -> None:
    """A lesson that is listed and has no file was reported there."""
    known = {*module.named_lessons(), *(module.file.content.lessons if module.file else ())}
    taken: dict[str, str] = {}
    for position, task in enumerate(file.content.tasks):
        if not isinstance(task, Checkpoint):
            continue
        line = file.line("tasks", position, "lesson")
        if task.lesson not in known:
            faults.add(line, f"{task.id}: there is no lesson {task.lesson} in this module")
        elif task.lesson in taken:
            faults.add(line, f"{task.id}: the lesson {task.lesson} has a checkpoint already: {taken[task.lesson]}")
        taken.setdefault(task.lesson, f"{task.id}, line {line}")


def _uses(file: Read[TasksFile], items: Mapping[str, Item]) -> Iterator[_Use]:
    for position, task in enumerate(file.content.tasks):
        for loc, name in task.uses():
            yield _Use(task, name, file.line("tasks", position, *loc), items.get(name))


def _check_uses(uses: Sequence[_Use], faults: FaultsWithin) -> None:
    taken: dict[str, str] = {}
    for use in uses:
        if use.item is None:
            faults.add(use.line, f"{use.task.id}: there is no item {use.name} in this module")
        elif use.name in taken:
            faults.add(use.line, f"{use.task.id}: the item {use.name} is used already: {taken[use.name]}")
        elif fault := _why_not(use.task, use.item):
            faults.add(use.line, f"{use.task.id}: {fault}")
        taken.setdefault(use.name, f"{use.task.id}, line {use.line}")


def _why_not(task: Task, item: Item) -> str | None:
    """What an author is told about an item that this kind of task cannot use."""
    if isinstance(task, Assignment):
        return None if isinstance(item, Open) else f"an assignment takes an open item, and {item.id} is none"
    if not item.is_closed:
        return f"a {task.kind} takes no item that a person marks, such as {item.id}"
    if isinstance(task, Quiz) and item.formative and (task.graded or task.draw is not None):
        what = "a graded quiz" if task.graded else "a quiz that draws"
        return f"{what} takes no formative item, such as {item.id}"
    return None


def _check_all_used(module: ModuleFolder, used: set[str], faults: Faults) -> None:
    if module.items is None:
        return
    for position, item in enumerate(module.items.content.items):
        if item.id not in used:
            line = module.items.line("items", position, "id")
            faults.add(module.items.path, line, f"no task of {module.folder}/{TASKS} uses the item {item.id}")
