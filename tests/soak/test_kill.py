"""Killing the server while people mark lessons as read: nothing that was acknowledged is lost.

Run by `make soak`, not by `make test`. Rounds and length are set by LMS_SOAK_ROUNDS (default 5).
"""

import http.client
import http.cookiejar
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from uuid import UUID

import pytest

from tests.live import _clean_environment, _wait
from tests.tools.postgres import free_port

ROUNDS = int(os.environ.get("LMS_SOAK_ROUNDS", "5"))
PEOPLE = 8


class Server:
    """`lms demo` as one process group that can be killed as a power cut would."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()

    def start(self):
        arguments = [
            sys.executable,
            "-m",
            "lms",
            "demo",
            "--port",
            str(self.port),
            "--data-dir",
            str(self.folder / "data"),
        ]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                arguments, cwd=self.folder, env=_clean_environment(), stdout=log, stderr=log, start_new_session=True
            )
        _wait(self.process, f"http://127.0.0.1:{self.port}/readyz", self.folder / "server.log")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Reader(threading.Thread):
    """One person who signs in and marks the lessons of the first module, again and again until told to stop."""

    def __init__(self, base, account, course):
        super().__init__()
        self.base, self.account, self.course = base, account, course
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.acknowledged, self.stop = set(), threading.Event()

    def run(self):
        while not self.stop.is_set():
            try:
                self.read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)

    def read(self):
        page = self.get("/en/sign-in")
        if 'name="password"' in page:
            self.post("/en/sign-in", page, login=self.account["login"], password=self.account["password"])
        lessons = list(dict.fromkeys(re.findall(r"/en/l/([0-9a-f-]{36})", self.get(f"/en{self.course}"))))
        for lesson in lessons:
            page = self.get(f"/en/l/{lesson}")
            self.post(f"/en/l/{lesson}/read", page)
            self.acknowledged.add(lesson)

    def get(self, path):
        return self.browser.open(self.base + path, timeout=10).read().decode()

    def post(self, path, page, **data):
        data["csrf_token"] = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        self.browser.open(self.base + path, urllib.parse.urlencode(data).encode(), timeout=10).read()


def stored(folder):
    """Pairs of alias and lesson that the database holds."""
    with closing(sqlite3.connect(folder / "data" / "lms.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute(
            "SELECT p.shown_name, c.public_id FROM modules_progress m"
            " JOIN cohorts_enrolment e ON e.id = m.enrolment_id JOIN accounts_person p ON p.id = e.person_id"
            " JOIN cohorts_calendar_entry c ON c.cohort_id = e.cohort_id AND c.node_id = m.node_id"
        ).fetchall()
    assert len(rows) == len(set(rows)), "no lesson is marked twice"
    return {str(UUID(lesson)) + name for name, lesson in rows}


@pytest.mark.soak
def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(tmp_path):
    server, draw = Server(tmp_path), random.Random(1)
    server.start()
    told = json.loads((tmp_path / "data" / "demo-accounts.json").read_text())
    people = [account for account in told["accounts"] if account["locale"] == "en" and account["role"] == "participant"]
    base = f"http://127.0.0.1:{server.port}"
    readers = [Reader(base, account, told["pages"]["participant.course"]) for account in people[:PEOPLE]]
    for reader in readers:
        reader.start()
    try:
        for _ in range(ROUNDS):
            time.sleep(draw.uniform(0.5, 3))
            server.kill()
            server.start()
        time.sleep(5)
    finally:
        for reader in readers:
            reader.stop.set()
        for reader in readers:
            reader.join()
        server.kill()
    aliases = ("Cedar", "Juniper", "Basalt", "Willow", "Granite", "Acacia", "Amber", "Slate")
    acknowledged = {
        lesson + alias for reader, alias in zip(readers, aliases, strict=True) for lesson in reader.acknowledged
    }
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged marks")
    assert acknowledged and acknowledged <= stored(tmp_path)
