"""Nobody opens, changes or reads in the demo what is not theirs (tests/tools/rolecrawl.py)."""

import json
import subprocess
import sys
from uuid import UUID

import pytest

from tests.browser import Surfer, opener
from tests.conftest import need
from tests.live import demo
from tests.tools import rolecrawl

LEGAL_NAME = "Kanaria"
"""Every legal name of the demo begins so. They are sealed: no page shows one, to anybody."""

OWN = [{"role": "participant", "url": "/t/[^/]+/(start|take-back|earlier|check)$"}]
"""One address for all participants of a cohort, at which each finds and changes her own work only."""

NOBODYS = UUID(int=1)
EXTRA = [
    "POST /en/enrol/accept",
    *(f"POST /en/grading/{NOBODYS}/{act}" for act in ("late", "take-over")),
    *(f"POST /en/t/{NOBODYS}/{act}" for act in ("new-version", "result/1/settle", "check/hand-in")),
    f"POST /en/marks/{NOBODYS}/{NOBODYS}/late",
    f"POST /en/marks/{NOBODYS}/again/apply",
]
"""Forms that a demo shows to nobody at first: sent by everybody, and refused."""


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
        files = {
            "routes": live.command("routes"),
            "canaries": json.dumps({LEGAL_NAME: []}),
            "config": json.dumps({"extra": [*EXTRA, f"/en{live.pages['participant.quiz']}/check"], "allow": OWN}),
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
