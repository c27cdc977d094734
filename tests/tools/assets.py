"""`python -m tests.tools.assets`: make the hashed style sheet and script that are served; `--check` only compares.

From `lms/web/static/src` into `lms/web/static/dist`, each file plain, with brotli and with gzip, and `manifest.json`,
which says under which name a file is served. The same sources give the same bytes on every machine. The compressed
twins are compared by what they open to: another release of a compressor may pack the same text differently.
"""

import argparse
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import brotli

STATIC = Path(__file__).parents[2] / "lms" / "web" / "static"
HASH_DIGITS = 10
COMMENT_OR_STRING = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.S)
OPENERS = {".br": brotli.decompress, ".gz": gzip.decompress}


def strip_css(text: str) -> str:
    """The sheet without comments, indentation and empty lines; strings stay as they are."""
    without = COMMENT_OR_STRING.sub(lambda found: "" if found[0].startswith("/*") else found[0], text)
    lines = (line.strip() for line in without.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def make(sources: Path) -> dict[str, bytes]:
    """Every file of `dist` by its name."""
    files: dict[str, bytes] = {}
    manifest = {}
    for source in sorted(sources.iterdir()):
        name, text = source.name, source.read_text(encoding="utf-8")
        content = (strip_css(text) if name.endswith(".css") else text).encode()
        stem, dot, ending = name.partition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:HASH_DIGITS]}{dot}{ending}"
        manifest[name] = hashed
        files[hashed] = content
        files[f"{hashed}.br"] = brotli.compress(content, mode=brotli.MODE_TEXT, quality=11)
        files[f"{hashed}.gz"] = gzip.compress(content, compresslevel=9, mtime=0)
    files["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    return files


def differences(files: dict[str, bytes], folder: Path) -> Iterator[str]:
    """What is stale, missing or left over in a folder, one sentence each."""
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in sorted(present - files.keys()):
        yield f"{name} is left over"
    for name, content in files.items():
        if name not in present:
            yield f"{name} is missing"
        elif not _same(name, (folder / name).read_bytes(), content):
            yield f"{name} is stale"


def _same(name: str, found: bytes, made: bytes) -> bool:
    opener = OPENERS.get(Path(name).suffix)
    if opener is None or found == made:
        return found == made
    try:
        return bool(opener(found) == opener(made))
    except (brotli.error, OSError, EOFError):
        return False


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write what differs, then remove what is left over: the manifest never names a file that is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or not _same(name, path.read_bytes(), content):
            path.write_bytes(content)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Make the files, or with `--check` say what is stale and return 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.assets", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail when dist is stale")
    check = parser.parse_args(arguments).check
    files, folder = make(STATIC / "src"), STATIC / "dist"
    if check:
        stale = list(differences(files, folder))
        for sentence in stale:
            print(f"assets: {sentence}; run make assets", file=sys.stderr)
        return 1 if stale else 0
    write(files, folder)
    for name, content in files.items():
        print(f"{len(content):7,} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
