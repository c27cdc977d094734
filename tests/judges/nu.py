"""The Nu HTML checker reads every page template in three languages: no error, no warning (`make check` in CI).

Needs Java and npm. What npm installs is pinned in package-lock.json beside this file, and goes into a temporary folder.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser import chromium, opener
from tests.live import WAITING_COHORT, demo
from tests.tour import LANGUAGES, TOUR, visit

HERE = Path(__file__).parent
PLANTED = '<!doctype html><html lang="en"><head><title>x</title></head><body><p><div></div></p><img></body></html>'


def install(folder: Path) -> None:
    """Put the judges' packages into a folder, exactly as pinned; nothing of theirs runs while installing."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"npm could not install the judges:\n{done.stdout}{done.stderr}")


def fetch_pages(folder: Path) -> int:
    """Write what the server sends for every page template, in each language, without script; how many there are."""
    data, pages = folder / "demo", folder / "pages"
    data.mkdir()
    pages.mkdir()
    with demo(data, *WAITING_COHORT) as live, chromium() as browser:
        open_browser = opener(browser, live)
        for language in LANGUAGES:
            for stop in TOUR.values():
                with open_browser(script=False, language=language) as surfer:
                    visit(surfer, stop, language)
                    (pages / f"{stop.name}.{language}.html").write_bytes(surfer.last_document.body())
    return len(TOUR) * len(LANGUAGES)


def judge(folder: Path, pages: Path) -> list[str]:
    """What the checker says about the pages in a folder."""
    jar = folder / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-Xss1m", "-jar", str(jar), "--format", "json", "--skip-non-html", str(pages)]
    done = subprocess.run(command, capture_output=True, text=True)
    messages = json.loads(done.stderr)["messages"]
    return [
        f"{Path(found['url']).name}:{found.get('lastLine', '?')}: {found.get('subType', found['type'])}: "
        f"{found['message']} {found.get('extract', '').strip()[:120]!r}"
        for found in messages
    ]


def main() -> None:
    """Judge all pages, after making sure that a bad one is found."""
    with tempfile.TemporaryDirectory(prefix="lms-nu-") as made:
        folder = Path(made)
        install(folder)
        (folder / "planted").mkdir()
        (folder / "planted" / "planted.html").write_text(PLANTED)
        if not judge(folder, folder / "planted"):
            sys.exit("The Nu checker found nothing on a bad page.")
        count = fetch_pages(folder)
        found = judge(folder, folder / "pages")
    print("\n".join(found) or f"Nu HTML checker: {count} pages, no error and no warning.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
