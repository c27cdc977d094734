"""The floors as they are served, and what /proc says of a process."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import acts
from benchmarks.acts import FLOORS, Act, Course, Visitor
from benchmarks.client import Browser, Connection
from benchmarks.server import cpu_seconds, family, floor, gunicorn_options, memory_bytes
from lms.settings import read_settings

SIZE = 15_000
COURSE = Course(pages={"floor": "/"}, marks={"floor": acts.FLOOR_END})


@pytest.mark.parametrize("act", FLOORS, ids=lambda act: act.name)
def test_a_floor_serves_a_page_of_the_wanted_size_from_two_processes(act: Act, tmp_path: Path) -> None:
    async def run(port: int) -> int:
        line = Connection(port)
        visitor = Visitor(browser=Browser(line))
        await act.prepare(visitor, COURSE)
        visitor.browser.received = 0
        await act.do(visitor, COURSE)
        line.close()
        return visitor.browser.received

    with floor(FLOORS.index(act) + 1, tmp_path, f"sqlite:///{tmp_path}/floor.sqlite", SIZE) as server:
        assert asyncio.run(run(server.port)) == SIZE
        assert server.processes == 3
        assert server.cpu_seconds() > 0
        assert server.memory_bytes() > 10_000_000
    assert not Path(f"/proc/{server.pid}").exists()


def test_a_floor_is_served_with_the_options_of_the_product(tmp_path: Path) -> None:
    options = gunicorn_options(
        read_settings({"LMS_ENV": "demo", "LMS_DATA_DIR": str(tmp_path / "d"), "LMS_WORKERS": "2"})
    )
    assert (options["workers"], options["worker_class"], options["preload_app"]) == (2, "gthread", True)
    assert options["threads"] > 1


def test_cpu_of_children_that_have_ended_is_counted() -> None:
    busy = "sum(n * n for n in range(3_000_000))"
    command = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{busy}']); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        assert family(process.pid) == [process.pid]
        assert cpu_seconds(process.pid) >= 0.05
        process.stdin.write(b"\n")
        process.stdin.close()
    assert memory_bytes(os.getpid()) > 1_000_000
