import contextlib
import io
import json
import quopri
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path
from struct import pack
from textwrap import wrap

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.certificates.drawing import draw
from lms.certificates.errors import NoFacts, NoFactsInPdf, NotGenuine, SeveralFacts, Unreadable
from lms.certificates.reading import MOST_BYTES, find_token
from lms.certificates.rules.facts import Qr, canonical, limit_to
from lms.certificates.signing import verify
from lms.kernel.errors import Refusal
from tests.certificates.papers import ENGLISH, FACTS, IN_EACH_LANGUAGE, KEYS, LINK, TOKEN

PDF = draw(ENGLISH)
OTHER_TOKEN = str(KEYS.sign(canonical(limit_to(FACTS, Qr.DISCREET))))
PAGE = f'<!doctype html><html lang="en"><title>Document</title><p><a href="{LINK}">Check</a><p>1.2.3 and 4.5.'


def saved_again(**how: object) -> bytes:
    """Our PDF as another program writes it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as pdf:
        pdf.save(out, **how)
    return out.getvalue()


def packed() -> bytes:
    """Our PDF as a program writes it that packs objects: its links cannot be seen in the bytes."""
    return saved_again(object_stream_mode=pikepdf.ObjectStreamMode.generate)


@pytest.mark.parametrize("language", IN_EACH_LANGUAGE)
def test_our_own_pdf_holds_what_was_signed(language):
    assert verify(find_token(draw(IN_EACH_LANGUAGE[language])), KEYS.public) == FACTS


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("the token", TOKEN.encode()),
        ("the scanned link", LINK.encode()),
        ("the link with blanks around it", f"\n  {LINK} \n".encode()),
        ("a saved page", PAGE.encode()),
        ("a page that names it twice", (PAGE + PAGE).encode()),
        ("a list in JSON", json.dumps({"link": LINK, "kept": True}).encode()),
        ("a text with a mark of byte order", f"\ufeff{LINK}".encode()),
        ("a text of another system", f"Link: {LINK}.".encode("utf-16")),
        ("lines broken by a mail program", "\n".join(wrap(LINK, 60)).encode()),
        ("a mail in quoted-printable", quopri.encodestring(f"{LINK}\n".encode())),
        ("bytes that are no text", b"\xfa\x80\x00" * 5 + b"\n" + LINK.encode()),
        ("a PDF that another program saved as it was", saved_again()),
        ("a PDF made ready for the web", saved_again(linearize=True)),
        ("a PDF behind some other bytes", b"\r\n\r\n" + PDF),
        ("a PDF that lost its end", PDF[:-400]),
    ],
)
def test_the_token_is_found_in(what, data):
    assert find_token(data) == TOKEN


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("a text", b"Certificate of completion, 40 hours, 2027"),
        ("the printed code alone", ENGLISH.code.encode()),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
        ("half a token", TOKEN[:200].encode()),
    ],
)
def test_where_nothing_is_signed_nothing_is_found(what, data):
    with pytest.raises(NoFacts):
        find_token(data)


@pytest.mark.parametrize("position", range(0, len(TOKEN), 7))
def test_a_token_with_a_changed_lost_or_added_letter_is_found_and_not_genuine(position):
    swapped = "B" if TOKEN[position] != "B" else "C"
    for letters in (swapped, "", TOKEN[position] * 2):
        changed = TOKEN[:position] + letters + TOKEN[position + 1 :]
        with pytest.raises(Refusal) as refusal:
            verify(find_token(changed.encode()), KEYS.public)
        assert not isinstance(refusal.value, Unreadable)


def test_a_signature_that_lost_a_letter_is_told_as_changed_and_not_as_missing():
    with pytest.raises(NotGenuine):
        verify(find_token(f"see {TOKEN[:-1]} there".encode()), KEYS.public)


def test_two_certificates_in_one_file_are_not_answered_for_one():
    with pytest.raises(SeveralFacts):
        find_token(f"{LINK}\n{OTHER_TOKEN}".encode())


def test_what_is_too_large_is_not_looked_into():
    with pytest.raises(Unreadable) as refusal:
        find_token(LINK.encode() + b" " * MOST_BYTES)
    assert refusal.value.values == {"most": 1} and "1 MB" in str(refusal.value)
    assert find_token(LINK.encode().ljust(MOST_BYTES)) == TOKEN


def test_a_paper_of_ours_is_far_from_too_large():
    assert all(len(draw(one)) < MOST_BYTES / 10 for one in IN_EACH_LANGUAGE.values())


def bomb(entries: int) -> bytes:
    """A PDF of some kilobytes: a page in a packed object, with very many entries in the list of its links."""
    head = b"4 0 "
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[" + b"0 " * entries + b"]>>"
    objects = zlib.compress(head + page, 9)
    parts = [
        b"%PDF-1.5\n",
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Count 1/Kids[4 0 R]>>endobj\n",
        b"5 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(objects),
        objects + b"\nendstream\nendobj\n",
    ]
    first, second, packed_ones = (len(b"".join(parts[:count])) for count in (1, 2, 3))
    at = len(b"".join(parts))
    rows = [(0, 0, 0), (1, first, 0), (1, second, 0), (1, at, 0), (2, 5, 0), (1, packed_ones, 0)]
    table = zlib.compress(b"".join(pack(">BIB", *row) for row in rows))
    says = b"3 0 obj<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n" % len(table)
    return b"".join(parts) + says + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at


READS = """
import resource, sys, time
from lms.certificates.errors import NoFacts
from lms.certificates.reading import find_token

data, before = open(sys.argv[1], "rb").read(), resource.getrusage(resource.RUSAGE_SELF)
try:
    find_token(data)
except NoFacts:
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(after.ru_maxrss - before.ru_maxrss, after.ru_utime - before.ru_utime)
"""


def test_a_small_pdf_that_opens_into_millions_of_entries_costs_next_to_nothing(tmp_path):
    """In a process of its own: what a library takes outside Python is seen only there."""
    hostile = bomb(2_000_000)
    with pikepdf.open(io.BytesIO(hostile)) as pdf:
        assert len(pdf.pages[0].Annots) == 2_000_000, "else it would frighten nobody"
    (tmp_path / "bomb.pdf").write_bytes(hostile)
    reading = [sys.executable, "-c", READS, tmp_path / "bomb.pdf"]
    root = Path(__file__).parents[2]
    kilobytes, seconds = subprocess.run(reading, check=True, capture_output=True, cwd=root).stdout.split()
    assert len(hostile) < 20_000
    assert int(kilobytes) < 10_000 and float(seconds) < 0.2


def full_of(piece: str) -> bytes:
    return (piece * (MOST_BYTES // len(piece) + 1))[:MOST_BYTES].encode()


@pytest.mark.parametrize(
    "data",
    [
        full_of("a "),
        full_of("=\n"),
        full_of("1."),
        full_of("1.0123456789abcdef."),
        full_of("1.0123456789abcdef." + "a" * 5_999),
        full_of("1.0123456789abcdef." + "a" * 50 + "." + "b" * 85),
        full_of("1.0123456789abcdef." + "a" * 50 + "." + "b" * 59 + " "),
        b"\xff\xfe" + full_of("ab")[2:],
    ],
    ids=range(8),
)
def test_no_text_of_the_largest_size_costs_much(data):
    """Twenty times its size in memory and a second at most, on a machine that has other work."""
    tracemalloc.start()
    start = time.process_time()
    with contextlib.suppress(NoFacts, SeveralFacts):
        find_token(data)
    took, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1 and peak < 20 * MOST_BYTES


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("one whose objects another program packed", packed()),
        ("one that only its owner may change", saved_again(encryption=pikepdf.Encryption(owner="o", user=""))),
        ("one under a passphrase", saved_again(encryption=pikepdf.Encryption(owner="o", user="u"))),
        ("one that is cut off", packed()[:2_000]),
        ("a head and nothing else", b"%PDF-1.7\n"),
        ("a head behind other bytes", b"\r\n\r\n%PDF-1.7\n"),
        ("a very deep list", b"%PDF-1.4\n1 0 obj" + b"[" * 900_000 + b"endobj\ntrailer<</Root 1 0 R>>"),
    ],
)
def test_with_a_pdf_that_does_not_show_its_facts_the_code_is_asked_for(what, data):
    with pytest.raises(NoFactsInPdf) as refusal:
        find_token(data)
    assert "type the code that is printed on it" in str(refusal.value)


@given(st.binary(max_size=2_000))
def test_bytes_of_any_kind_end_in_a_refusal(data):
    with pytest.raises(NoFacts):
        find_token(b"%PDF-1.7\n" + data)


@given(st.integers(0, len(PDF) - 40), st.binary(min_size=1, max_size=40))
def test_a_pdf_that_was_damaged_anywhere_gives_its_token_or_a_refusal(position, damage):
    damaged = PDF[:position] + damage + PDF[position + len(damage) :]
    with contextlib.suppress(Refusal):
        assert verify(find_token(damaged), KEYS.public) == FACTS
