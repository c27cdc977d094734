"""One line per test and database."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a test found. holds: None where it could not run here; figures then say why."""

    test: str
    database: str
    figures: str
    criterion: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """In a word."""
        return {True: "holds", False: "FAILED", None: "not run"}[self.holds]
