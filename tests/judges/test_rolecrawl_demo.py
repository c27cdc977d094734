"""Nobody opens, changes or reads in the demo what is not theirs (tests/tools/rolecrawl.py)."""

import json
import re
import subprocess
import sys
from uuid import UUID

import pytest

from tests.browser import Surfer, opener
from tests.conftest import need
from tests.live import Live, demo
from tests.tools import rolecrawl

LEGAL_NAME = "Kanaria"
"""Every legal name of the demo begins so. They are sealed: no page shows one, to anybody."""

OWN = [
    {"role": "participant", "url": "/t/[^/]+/(start|take-back|earlier|check|more-time|more-time/ask)$"},
    {"role": "*", "url": "^/(en|fr|ar)/(account/calendar|results/certificate|notices/put-away)(/|$)"},
    {
        "role": "*",
        "url": "^/(en|fr|ar)/account/(again|opened/stop|sign-in/app/remove|sign-in/passphrase|sessions/end-others)$",
    },
]
"""One address for all, at which each finds and changes her own only."""

LINKED = [
    {"role": "facilitator", "url": r"^/en/marks/[^/?]+/[^/?]+\?more="},
    {"role": "facilitator", "url": r"^/en/grading/[0-9a-f-]+$"},
    {"role": "safety", "url": r"^/en/cohort/[^/]+/people/[^/]+/sealed$"},
]
"""Pages of people of her own groups, or whose safety she cares for, that a coordinator's page links to and hers not.

That other groups' are closed to her, tests/assessments/test_groups.py shows; who opens what,
tests/safety/test_opening.py.
"""

ELSEWHERE = [
    "leave",
    "sign-out",
    "/enrol/passkey",
    "/grading/languages",
    "/people/list/",
    "/sending/",
    "/place/",
    "/cal/",
]
"""Left out: what signs out or changes what is shown; and what a demo has none of: a list, a question to a second person
and a place to set up, of which tests/cohorts shows that they are closed to all others, and the address of a calendar,
of which tests/home/test_calendars.py does."""

MOST_PAGES = 1_500
NOBODYS = UUID(int=1)
EXTRA = [
    "POST /en/enrol/accept",
    "POST /en/account/calendar/take-back",
    "POST /en/account/again",
    "POST /en/account/opened/stop",
    "POST /en/account/sign-in/app/remove",
    *(f"POST /en/sign-in/second/{way}" for way in ("code", "passkey", "recovery")),
    *(f"POST /en/results/certificate/{act}" for act in ("issue", "preview", "shown")),
]
"""Forms that a demo shows to nobody at first: sent by everybody."""


def of_nobody(routes: str) -> list[str]:
    """Every form about some thing, sent by everybody for a thing that there is not: refused, and none is forgotten."""
    forms = [line for line in routes.splitlines() if line.startswith("POST ") and "<lang>/" in line]
    filled = [re.sub(r"<int:[^>]+>", "1", line.replace("<lang>", "en")) for line in forms]
    filled = [re.sub(r"<uuid:[^>]+>", str(NOBODYS), line) for line in filled]
    return [line for line in filled if str(NOBODYS) in line and "<" not in line]


def account_of(live: Live, login: str) -> dict[str, str]:
    """Somebody of the demo who has what the first ones have not, under a role of her own."""
    accounts = json.loads(live.accounts_file.read_text())["accounts"]
    found = next(one for one in accounts if one["login"] == login)
    return {**found, "role": "graduate"}


def work(surfer: Surfer) -> None:
    """Begin and hand in what pages lead on from: an open quiz, a practice, a draft, and somebody else's text."""
    practice = surfer.live.rows(
        "SELECT public_id FROM cohorts_calendar_entry WHERE node_id = 'm1-practice' ORDER BY id"
    )
    quiz, memo = surfer.live.pages["participant.quiz"], surfer.live.pages["participant.assignment"]
    surfer.sign_in(surfer.live.people("participant", "en")[0], "en")
    for address in (quiz, f"/t/{UUID(str(practice[0][0]))}"):
        surfer.open(f"/en{address}")
        surfer.press('main form[action$="/start"] button')
    surfer.open(f"/en/t/{UUID(str(practice[0][0]))}/check")
    surfer.press('main form[action$="/hand-in"] button')
    write(surfer, f"/en{memo}")
    surfer.sign_out()
    surfer.sign_in(surfer.live.people("participant", "fr")[0], "fr")
    write(surfer, f"/fr{memo}")
    surfer.open(f"/fr{memo}/check")
    surfer.press('main form[action$="/hand-in"] button')


def write(surfer: Surfer, address: str) -> None:
    """Keep a draft."""
    surfer.open(address)
    surfer.page.fill("#q1", "Some words about a ceasefire.")
    surfer.press('button[value="stay"]')


@pytest.mark.browser
def test_no_account_of_the_demo_reaches_what_is_another_ones(tmp_path, browser):
    need("chromium")
    with demo(tmp_path) as live:
        with opener(browser, live)(script=False) as surfer:
            work(surfer)
        routes = live.command("routes")
        extra = [*EXTRA, *of_nobody(routes), f"/en{live.pages['participant.quiz']}/check"]
        files = {
            "routes": routes,
            "canaries": json.dumps({LEGAL_NAME: []}),
            "config": json.dumps(
                {
                    "extra": extra,
                    "allow": [*OWN, *LINKED],
                    "max_pages": MOST_PAGES,
                    "skip": ELSEWHERE,
                    "accounts": {"graduate": account_of(live, "alumna1")},
                }
            ),
        }
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        options = [part for name in files for part in (f"--{name}", str(tmp_path / name))]

        done = subprocess.run(
            [sys.executable, rolecrawl.__file__, "--demo", str(live.accounts_file), *options],
            capture_output=True,
            text=True,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "findings: 0" in done.stdout
