"""Faults: what is wrong in a pack, and exactly where."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong at a line (counted from 1) of a file; line 1 where the whole file is meant."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Faults:
    """All faults found so far."""

    def __init__(self) -> None:
        self._found: set[Fault] = set()

    def add(self, file: str, line: int, text: str) -> None:
        """Note one fault; the same one twice counts once."""
        self._found.add(Fault(file, line, text))

    def within(self, file: str) -> "FaultsWithin":
        """The same list for readers who know one file only."""
        return FaultsWithin(self, file)

    def sorted(self) -> list[Fault]:
        """Every fault, by file and line."""
        return sorted(self._found)


class FaultsWithin:
    """Takes the faults of one file."""

    def __init__(self, faults: Faults, file: str) -> None:
        self._faults = faults
        self.file = file

    def add(self, line: int, text: str) -> None:
        """Note one fault at a line of this file."""
        self._faults.add(self.file, line, text)
