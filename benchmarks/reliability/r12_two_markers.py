"""R12: two facilitators save marks of one text at one moment."""

import re
from collections import Counter
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import select

from lms.assessments.models import Attempt, StepRow
from lms.assessments.rules.attempts import OF_MARKING, AttemptState
from lms.courses.rules import TaskKind
from lms.kernel.db import db

from .client import JSON, Answer, Client
from .r11_two_devices import at_once
from .report import Line
from .site import Site, Sites

NAME = "R12 two facilitators mark at once"
CRITERION = "exactly 1 of 2 accepted each time, the other gets 409 with both marks; none overwritten"
MARKERS = ("facilitator1", "facilitator2")


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """100 rounds by plain form and by script, over several texts; quick: 20."""
    rounds = 20 if quick else 100
    outcomes: Counter[str] = Counter()
    with sites.site(kind) as site:
        site.start()
        markers = [site.client().sign_in(*site.account(login)) for login in MARKERS]
        criteria = {work: _criteria(work, markers) for work in _works(site)}
        works = [work for work, names in criteria.items() if names]
        assert works, "there is nothing to mark"
        with site.inside():
            before = {work: len(_marks(work)) for work in works}
        for turn in range(rounds):
            work = works[turn % len(works)]
            forms = [_form(marker, work, criteria[work], turn + place) for place, marker in enumerate(markers)]
            # Two buttons of four save by hand; the page itself asks for JSON and does not show two versions.
            accept = JSON if turn % 4 == 3 else "text/html"
            page = f"{_page(work)}/save"
            answers = at_once(
                [partial(who.post, page, form, accept=accept) for who, form in zip(markers, forms, strict=True)]
            )
            outcome = _judge(answers, is_script=accept == JSON)
            outcomes[outcome] += 1
        with site.inside():
            stored = {work: _marks(work) for work in works}
    added = sum(len(stored[work]) - before[work] for work in works)
    in_order = all(rows == list(range(1, len(rows) + 1)) for rows in stored.values())
    told = ", ".join(f"{count} {what}" for what, count in sorted(outcomes.items()))
    versions = "without gap" if in_order else "BROKEN"
    figures = f"{rounds} rounds on {len(works)} texts: {told}; {added} marks added, versions {versions}"
    holds = set(outcomes) == {"1 of 2 accepted"} and added == rounds and in_order
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def _works(site: Site) -> list[UUID]:
    with site.inside():
        return list(
            db.session.scalars(
                select(Attempt.public_id)
                .where(Attempt.kind == TaskKind.ASSIGNMENT, Attempt.state == AttemptState.HANDED_IN)
                .order_by(Attempt.id)
                .limit(40)
            )
        )


def _marks(work: UUID) -> list[int]:
    return list(
        db.session.scalars(
            select(StepRow.sequence)
            .join(Attempt, Attempt.id == StepRow.attempt_id)
            .where(Attempt.public_id == work, StepRow.kind.in_(OF_MARKING))
            .order_by(StepRow.number)
        )
    )


def _page(work: UUID) -> str:
    return f"/en/grading/{work}"


def _criteria(work: UUID, markers: list[Client]) -> list[str]:
    """The fields of levels, when both may mark this text: as long as nobody holds it, both pages have them.

    Of a cohort in groups those are texts of one's group that are allotted to the other, whose language she reads.
    """
    pages = [marker.get(_page(work)) for marker in markers]
    if any(page.status != 200 for page in pages):
        return []
    return sorted({name for page in pages for name in re.findall(r'name="(level-[^"]+)"', page.text)})


def _form(marker: Client, work: UUID, criteria: list[str], level: int) -> list[tuple[str, str]]:
    """Marks on what stands now, whoever saved it: "take over and save mine", or only the holder could save at all."""
    page = marker.get(_page(work))
    levels = [(name, str((level + place) % 5)) for place, name in enumerate(criteria)]
    known = [
        ("op", str(uuid4())),
        ("version", page.field("version")),
        ("handed", page.field("handed")),
        ("knows_both", "1"),
        ("do", "draft"),
    ]
    return [*known, *levels, ("feedback", f"Round {level}: one strength, one next step.")]


def _judge(answers: list[Answer], *, is_script: bool) -> str:
    accepted = [answer for answer in answers if answer.status in (200, 302, 303)]
    refused = [answer for answer in answers if answer.status == 409]
    if len(accepted) != 1 or len(refused) != 1:
        return f"WRONG {sorted(answer.status for answer in answers)}"
    if is_script:
        is_shown = refused[0].told.get("state") == "conflict"
    else:
        is_shown = "Somebody else saved marks for this text" in refused[0].text
    return "1 of 2 accepted" if is_shown else "1 of 2 accepted, but the other was not shown both"
