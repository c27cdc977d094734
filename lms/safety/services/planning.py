"""How she wants to be reached, and what is done if nothing is heard of her."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts import vault
from lms.accounts.models import Person
from lms.kernel.db import db
from lms.safety import queries
from lms.safety.models import Plan

CHANNEL, HOURS, SILENCE = "safety_plan.channel", "safety_plan.hours", "safety_plan.silence"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A plan as it is typed; an empty part is none."""

    channel: str = ""
    hours: str = ""
    silence: str = ""


def read_plan(person: Person) -> Words:
    """Her plan, for herself. person: loaded with her key. Raises CannotOpen."""
    plan = queries.plan_of(person.id)
    if plan is None:
        return Words()
    parts = ((plan.channel, CHANNEL), (plan.hours, HOURS), (plan.silence, SILENCE))
    channel, hours, silence = (vault.open_all(person, [sealed], place=place)[0] or "" for sealed, place in parts)
    return Words(channel=channel, hours=hours, silence=silence)


def save_plan(person: Person, words: Words, *, at: datetime) -> None:
    """Keep it in the place of what she had. Not an audited act: it is hers, and nobody else can read it unnoticed."""
    plan = queries.plan_of(person.id)
    if plan is None:
        plan = Plan(person_id=person.id)
        db.session.add(plan)
    plan.channel = vault.seal_for(person, words.channel, place=CHANNEL) if words.channel else None
    plan.hours = vault.seal_for(person, words.hours, place=HOURS) if words.hours else None
    plan.silence = vault.seal_for(person, words.silence, place=SILENCE) if words.silence else None
    plan.changed_on = at.date()
