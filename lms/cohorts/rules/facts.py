"""What the platform does not hold and a person enters by hand: sessions, the simulation (docs/decisions/0018)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ..errors import BadFact
from .completion import MOST_SESSIONS


class FactKind(StrEnum):
    """What can be entered. A substitute counts as the live session it stands for, the paper as the simulation."""

    ATTENDED = "attended"
    SUBSTITUTE = "substitute"
    SIMULATION = "simulation"
    PAPER = "paper"


OF_A_SESSION = frozenset({FactKind.ATTENDED, FactKind.SUBSTITUTE})
"""Kinds that name the number of a live session."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that was so on a day. session: the number of the live session, from 1; None for the simulation."""

    kind: FactKind
    on: date
    session: int | None = None


def check_fact(fact: Fact, *, known: Collection[Fact], starts_on: date, today: date) -> None:
    """Refuse a fact without its session, on a day that cannot be, or one that stands there already. Raises BadFact.

    known: what was entered for her before. starts_on: of the cohort; nothing happened before it.
    """
    of_session = fact.kind in OF_A_SESSION
    fits = (fact.session is not None and 1 <= fact.session <= MOST_SESSIONS) if of_session else fact.session is None
    in_time = starts_on <= fact.on <= today
    is_new = all((one.kind, one.session) != (fact.kind, fact.session) for one in known)
    if not (fits and in_time and is_new):
        raise BadFact(most=MOST_SESSIONS)


def sessions_counted(facts: Collection[Fact]) -> int:
    """Live sessions attended or substituted; one that was both counts once."""
    return len({fact.session for fact in facts if fact.kind in OF_A_SESSION})


def simulation_of(facts: Collection[Fact]) -> FactKind | None:
    """How she took part in the simulation: in person, which counts first, or by the paper that stands for it."""
    kinds = {fact.kind for fact in facts}
    return next((kind for kind in (FactKind.SIMULATION, FactKind.PAPER) if kind in kinds), None)


def has_simulation(facts: Collection[Fact]) -> bool:
    """Whether she took part in the simulation or wrote the paper that stands for it."""
    return simulation_of(facts) is not None
