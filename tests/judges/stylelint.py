"""stylelint: the style sheet uses logical properties only, so that Arabic pages mirror (`make check` in CI).

Needs npm. What it installs is pinned in package-lock.json beside this file, and goes into a temporary folder.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.judges.nu import install

ROOT = Path(__file__).parents[2]
STYLE_SHEET = ROOT / "lms" / "web" / "static" / "src" / "app.css"
RULES = {"plugins": ["stylelint-use-logical"], "rules": {"csstools/use-logical": "always"}}
PLANTED = ".card { margin-left: 1rem; text-align: right }\n"


def judge(folder: Path, style_sheet: Path) -> list[str]:
    """What stylelint says about a style sheet."""
    (folder / "rules.json").write_text(json.dumps(RULES))
    command = ["node_modules/.bin/stylelint", "--config", "rules.json", "--formatter", "json", str(style_sheet)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    try:
        (told,) = json.loads(done.stdout or done.stderr)
    except ValueError:
        sys.exit(f"stylelint did not run:\n{done.stdout}{done.stderr}")
    return [f"{style_sheet.name}:{found['line']}: {found['text']}" for found in told["warnings"]]


def main() -> None:
    """Judge the style sheet, after making sure that a bad one is found."""
    with tempfile.TemporaryDirectory(prefix="lms-stylelint-") as made:
        folder = Path(made)
        install(folder)
        (folder / "planted.css").write_text(PLANTED)
        if len(judge(folder, folder / "planted.css")) < 2:
            sys.exit("stylelint found nothing in a bad style sheet.")
        found = judge(folder, STYLE_SHEET)
    print("\n".join(found) or "stylelint: logical properties only.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
