"""An installed wheel runs the demo in an empty folder: nothing is found from the source tree by accident."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from lms.settings import LANGUAGES

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must not fail."""
    clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(cwd)}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without any download: the build backend stands in the lock."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def lms(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`lms` of a fresh environment that holds the wheel, and borrows only its dependencies from this one."""
    place = tmp_path_factory.mktemp("fresh")
    venv.create(place / "venv", symlinks=True)
    python = place / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place).strip())
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel, cwd=place)
    # A line of a .pth file is a folder; the .pth files inside it, the editable install among them, are not read.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = run(python, "-c", "import lms; print(lms.__file__)", cwd=place).strip()
    assert Path(where).is_relative_to(site)
    return place / "venv" / "bin" / "lms"


def test_the_wheel_carries_everything_that_is_not_python(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    wanted = {f"lms/_shipped/translations/{language}/LC_MESSAGES/messages.mo" for language in LANGUAGES}
    wanted |= {
        f"lms/_shipped/content/{path.name}/course.yaml" for path in (ROOT / "content").iterdir() if path.is_dir()
    }
    wanted |= {f"lms/_shipped/{path.relative_to(ROOT)}" for path in (ROOT / "migrations").rglob("*.py")}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "lms").rglob("*.html")}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "lms/web/static/dist").iterdir()}
    assert wanted - names == set()
    assert not {name for name in names if name.startswith("tests/")}


def test_an_installed_wheel_makes_a_sound_demo_in_an_empty_folder(lms, tmp_path):
    told = run(lms, "demo", "--no-serve", cwd=tmp_path)

    assert "The demo is ready" in told
    assert (tmp_path / "var" / "demo" / "demo-accounts.json").stat().st_mode & 0o777 == 0o600

    report = run("env", "LMS_ENV=demo", lms, "doctor", cwd=tmp_path)

    assert "migrations at head" in report
    assert "FAULT" not in report
