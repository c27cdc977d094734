"""The worker that `lms demo` runs beside the server."""

import time

from tests.live import demo

LONGEST_SECONDS = 60


def test_what_the_worker_beside_a_demo_does_is_kept(tmp_path):
    with demo(tmp_path) as live:
        until = time.monotonic() + LONGEST_SECONDS
        asked = "SELECT count(*) FROM messaging_job WHERE recurring IS NOT NULL AND run_at > datetime('now')"
        while live.rows(asked) == [(0,)] and time.monotonic() < until:
            time.sleep(0.2)
        assert live.rows(asked) != [(0,)]
