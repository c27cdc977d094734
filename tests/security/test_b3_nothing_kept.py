"""B3: nothing is kept by default: each answer to somebody signed in says `no-store`, and a killed browser holds none.

After thirty pages and signing out, the browser is killed and its whole profile searched for what those pages said.
"""

import contextlib
import os
import re
import signal
import subprocess
import zlib

import brotli
import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.browser import ARGUMENTS, Surfer
from tests.conftest import need
from tests.journeys.answering import NOTHING
from tests.security.routes import every_address, ids_of

WANTED_PAGES, WANTED_WORDS = 30, 20
VIEWERS = ("cedar", "olivier", "facilitator", "coordinator", "safety", "admin", "auditor", "editor")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_answer_to_somebody_signed_in_is_kept_by_nobody(app, scene, looking_as, viewer):
    """Pages, tables, refusals and redirects; but what everybody may have, signed in or not, is the same for her."""
    visitor, lenient = looking_as(viewer), []
    for endpoint, path in every_address(app, ids_of(app, *scene.numbers)):
        answer = visitor.client.get(path)
        if answer.headers["Cache-Control"] != "no-store":
            lenient.append(endpoint)
    assert set(lenient) <= {"certificate_keys.keys"}, lenient


def pages_of(surfer):
    """The addresses of a course, its lessons and tasks, and of her account."""
    surfer.open("/en/c/")
    found = ["/en/today", "/en/results", "/en/account", "/en/account/safety", "/en/account/sessions", "/en/privacy"]
    for pattern in ("/l/", "/t/"):
        links = surfer.page.eval_on_selector_all("main a", "all => all.map(one => one.pathname)")
        found += [link for link in links if pattern in link]
    return list(dict.fromkeys(found))


def long_words(text):
    """Pieces of a page that nothing else would say: eight words in a row."""
    plain = re.findall(r"[\w’'-]+", text)
    return [" ".join(plain[at : at + 8]) for at in range(0, len(plain) - 8, 40)]


def kill(browser):
    """As a power cut would: the main process of this browser, by its number."""
    here = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (main,) = [one["id"] for one in here if one["type"] == "browser"]
    family = subprocess.run(["ps", "--ppid", str(main), "-o", "pid="], capture_output=True, text=True).stdout.split()
    for number in (main, *map(int, family)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def opened_in(raw):
    """The bytes of a file, also as what is packed in it."""
    yield raw
    for unpack in (lambda part: zlib.decompressobj(31).decompress(part), brotli.decompress):
        for at in [one.start() for one in re.finditer(b"\x1f\x8b\x08", raw)] or [0]:
            with contextlib.suppress(zlib.error, brotli.error):
                yield unpack(raw[at:])


def found_in(folder, words):
    """Which of these pieces stand in some file of a folder, in either of the ways in which browsers write texts."""
    spelled = [(word, form) for word in words for form in (word.encode(), word.encode("utf-16-le"))]
    hits = set()
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            for raw in opened_in(file.read_bytes()):
                hits |= {(file.name, word) for word, form in spelled if form in raw}
    return sorted(hits)


@pytest.mark.browser
def test_a_killed_browser_holds_nothing_of_thirty_pages_that_she_read(browser, live, tmp_path):
    need("chromium")
    profile, words, seen = tmp_path / "profile", [], 0
    executable = {
        "executable_path": subprocess.run(["which", "chromium"], capture_output=True, text=True).stdout.strip()
    }
    context = browser.browser_type.launch_persistent_context(profile, args=ARGUMENTS, **executable)
    try:
        surfer = Surfer(live, context)
        account = live.people("participant", "en")[2]
        surfer.sign_in(account, "en")
        addresses = pages_of(surfer)
        for address in (addresses * WANTED_PAGES)[: max(WANTED_PAGES, len(addresses))]:
            surfer.open(address)
            seen += 1
            words += long_words(surfer.page.inner_text("main"))
        assert surfer.stored() == NOTHING
        words = [*dict.fromkeys(words), account.password]
        surfer.sign_out()
        kill(context.browser)
    finally:
        with contextlib.suppress(PlaywrightError):
            context.close()
    assert seen >= WANTED_PAGES and len(words) > WANTED_WORDS
    assert (profile / "Default").exists() and found_in(profile, words) == []


def test_the_search_finds_what_a_browser_would_keep(tmp_path):
    """In clear, in two bytes for a letter, and packed."""
    word = "eight words in a row that nobody says"
    (tmp_path / "clear").write_bytes(b"\x00" + word.encode())
    (tmp_path / "wide").write_bytes(word.encode("utf-16-le"))
    (tmp_path / "packed").write_bytes(brotli.compress(word.encode()))
    assert {name for name, _ in found_in(tmp_path, [word])} == {"clear", "wide", "packed"}
