"""Where a participant stands, kept with her place so that no list of a cohort has to look at everything she did."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime


def finished(modules: Mapping[str, Collection[str]], done: AbstractSet[str]) -> list[str]:
    """The modules in which she has done everything, in order. What is empty is not finished.

    modules: by node id, with their lessons, quizzes and assignments. done: what she has read and handed in.
    """
    return [module for module, nodes in modules.items() if nodes and done >= set(nodes)]


def late_from(ends: Mapping[str, datetime], done: AbstractSet[str]) -> datetime | None:
    """From when she is late unless she hands something in; None where nothing with a date is left.

    ends: her own last moment for each task that counts.
    """
    return min((end for node_id, end in ends.items() if node_id not in done), default=None)
