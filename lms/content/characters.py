"""From bytes to text, with every character that has no place in a pack reported."""

import unicodedata

from .faults import FaultsWithin

_HIDDEN = frozenset("\u2028\u2029\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Line separators, the byte order mark, and the characters that turn the order of a text around."""


def read_text(content: bytes, faults: FaultsWithin) -> str | None:
    """The text of a file; None when it has none. Reports line ends, tabs, hidden characters, odd forms."""
    if not content:
        faults.add(1, "the file is empty")
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        faults.add(content.count(b"\n", 0, error.start) + 1, "not UTF-8")
        return None
    if "\r" in text:
        faults.add(text.count("\n", 0, text.index("\r")) + 1, "line ends must be \\n alone, without \\r")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1]:
        faults.add(len(lines), "the last line does not end")
    for number, line in enumerate(lines, 1):
        for fault in line_faults(line):
            faults.add(number, fault)
    return text


def line_faults(line: str) -> list[str]:
    """What is wrong with the characters of one line."""
    found = [f"hidden character {_name(character)}" for character in hidden_characters(line)]
    if "\t" in line:
        found.append("a tab; use blanks")
    if not unicodedata.is_normalized("NFC", line):
        found.append("not in the composed form of Unicode (NFC)")
    return found


def hidden_characters(text: str) -> list[str]:
    """The characters of a text that nobody sees and that may deceive, each once. A tab is not among them."""
    return sorted({c for c in text if c in _HIDDEN or (unicodedata.category(c) == "Cc" and c not in "\t\n")})


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
