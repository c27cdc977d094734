"""A pack as files: reading a folder, its digest, writing it out again."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import TargetNotEmpty
from .faults import Fault, Faults

MOST_BYTES = 256 * 1024
"""The largest file that is read at all; a lesson has about 8 KB."""
MOST_FILES = 5000


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The files of a pack by path (with `/` between its parts), and what could not be read."""

    files: Mapping[str, bytes]
    faults: tuple[Fault, ...] = ()


def read_pack(folder: Path) -> Pack:
    """Read all files of a folder. Links, devices and files that are too large are reported, not read."""
    files: dict[str, bytes] = {}
    faults = Faults()
    for count, path in enumerate(_walk(folder), 1):
        name = path.relative_to(folder).as_posix()
        if count > MOST_FILES:
            faults.add(name, 1, f"the pack has more than {MOST_FILES:,} files")
            break
        refusal = _why_unread(path)
        if refusal is None:
            files[name] = path.read_bytes()
        else:
            faults.add(name, 1, refusal)
    return Pack(files=files, faults=tuple(faults.sorted()))


def _walk(folder: Path) -> Iterator[Path]:
    for inside, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        links = [name for name in folders if (Path(inside) / name).is_symlink()]
        yield from (Path(inside) / name for name in sorted([*names, *links]))


def _why_unread(path: Path) -> str | None:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        return "a link: a pack holds plain files only"
    if not stat.S_ISREG(state.st_mode):
        return "not a plain file"
    if state.st_size > MOST_BYTES:
        return f"the file has {state.st_size:,} bytes; {MOST_BYTES:,} are the most"
    return None


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the sorted paths and contents, in hexadecimal. The length keeps neighbours apart."""
    total = hashlib.sha256()
    for path, content in sorted(files.items()):
        total.update(f"{path}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def write_pack(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder that is new or empty. Raises TargetNotEmpty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TargetNotEmpty(path=folder)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
