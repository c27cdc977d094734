"""A file that somebody brought, and how much of it is read."""

import os
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO

from .errors import FileTooBig

MEGABYTE = 1_000_000
LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a table may be. Rule: docs/security/threat-model.md F6, K9."""

    file_bytes: int = 5 * MEGABYTE
    opened_bytes: int = 60 * MEGABYTE
    """All parts of an XLSX file, as they are when opened."""

    ratio: int = 100
    """How many times its packed size one large part may become; tables stay far below."""

    members: int = 200
    rows: int = 20_000
    """Below the first line, counted as they stand, empty ones too."""

    columns: int = 64
    row_characters: int = 10_000
    characters: int = 5_000_000
    """All cells together, so that XLSX, which stores a repeated text once, holds no more than CSV."""


LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What was brought: the file, the name that refusals call it by, and the limits for it."""

    file: BinaryIO
    name: str
    limits: Limits


def receive(file: BinaryIO, *, name: str, limits: Limits) -> Upload:
    """Take a file that can be read from any place. Raises FileTooBig."""
    upload = Upload(file=file, name=shown_name(name), limits=limits)
    if file.seek(0, os.SEEK_END) > limits.file_bytes:
        raise FileTooBig(name=upload.name, most=limits.file_bytes // MEGABYTE)
    return upload


def shown_name(name: str) -> str:
    """The file's own name, without folders and signs that are not seen, and not too long for a sentence."""
    own = name.replace("\\", "/").rpartition("/")[2]
    return shortened(own, LONGEST_NAME) or "?"


def shortened(text: str, most: int) -> str:
    """A foreign text for a sentence: one line, at most so many characters."""
    seen = " ".join("".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text).split())
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"
