"""Nobody opens, changes or reads in the demo what is not theirs (tests/tools/rolecrawl.py)."""

import json
import subprocess
import sys

import pytest

from tests.conftest import need
from tests.live import demo
from tests.tools import rolecrawl

LEGAL_NAME = "Kanaria"
"""Every legal name of the demo begins so. They are sealed: no page shows one, to anybody."""

EXTRA = ["POST /en/enrol/accept"]
"""Reached only with a code that the crawler does not have; sent as a form by everybody, and refused."""


@pytest.mark.browser
def test_no_account_of_the_demo_reaches_what_is_another_ones(tmp_path):
    need("chromium")
    with demo(tmp_path) as live:
        files = {
            "routes": live.command("routes"),
            "canaries": json.dumps({LEGAL_NAME: []}),
            "config": json.dumps({"extra": EXTRA}),
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
