"""The neutral list: trees and stones with their names in three languages, part of the product, from which we draw."""

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .rules.aliases import Alias


@cache
def neutral_aliases() -> Sequence[Alias]:
    """The whole list, trees before stones, each by its id."""
    lines = (files("lms.cohorts") / "aliases.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Alias(id=row.pop("id"), names=MappingProxyType(row)) for row in csv.DictReader(lines))
