"""B2: what shows of the product at a glance is neutral: titles, icon, name, cookies, storage, file names, messages.

Every page, file and refusal that any viewer can open is asked for in each language; no word of the topic, of a course
or of a person may stand where a lock screen, a list of windows, a download folder or a history shows it.
"""

import io
import re
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from lms.accounts.messages import TEMPLATES
from lms.accounts.rules.roles import Role
from lms.kernel.i18n import speaking
from lms.web.cookies import Cookie
from tests.cast import LANGUAGES
from tests.pages import TOPIC_WORDS
from tests.security.routes import every_address, ids_of, in_language
from tests.security.scene import SUBJECTS

ROOT = Path(__file__).parents[2]
PARTIES = ("Geneva Call", "United Nations", "Nations Unies", "الأمم المتحدة", "peace", "paix", "سلام", "army", "party")
WORDS = (*TOPIC_WORDS, *PARTIES, "truce", "trêve", "هدنة", "Title of m1")
VIEWERS = ("anonymous", "cedar", "olivier", Role.FACILITATOR, Role.COORDINATOR, Role.SAFETY, Role.ADMIN, Role.EDITOR)
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
FILE_NAME = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)")
SHOWN_TAGS = (
    re.compile(r'<link rel="(?:icon|manifest|apple-touch-icon)"[^>]*>'),
    re.compile(r'<meta name="(?:application-name|apple-mobile-web-app-title|description|author|keywords)"[^>]*>'),
    re.compile(r'<meta property="og:[^>]*>'),
)
STORING = re.compile(r"(?:localStorage|sessionStorage|indexedDB|caches)\b|document\.cookie|\bd\.cookie\s*=\s*[^;]+;")


def words_in(text, *more):
    """Which of the words stand in a text, whatever their case."""
    return sorted(word for word in (*WORDS, *more) if word.lower() in text.lower())


def told_at_a_glance(answer):
    """What an answer puts into a list of windows, a download folder or a history."""
    head = [unquote(name) for name in FILE_NAME.findall(answer.headers.get("Content-Disposition", ""))]
    head += [cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")]
    if answer.mimetype != "text/html":
        return head
    titles = [unescape(title) for title in TITLE.findall(answer.text)]
    return head + titles + [tag for pattern in SHOWN_TAGS for tag in pattern.findall(answer.text)]


@pytest.mark.parametrize("viewer", VIEWERS)
def test_no_page_and_no_file_tells_the_topic_or_a_person_at_a_glance(app, scene, looking_as, viewer):
    visitor, found, opened = looking_as(viewer), [], 0
    people = [word for name in SUBJECTS for word in scene.all_of(name)]
    for endpoint, path in every_address(app, ids_of(app, *scene.numbers)):
        first = visitor.client.get(path)
        answers = [first]
        if first.status_code == 200:
            opened += 1
            answers += [visitor.client.get(in_language(path, lang)) for lang in LANGUAGES[1:]]
        told = [(one, words_in(one, *people)) for answer in answers for one in told_at_a_glance(answer)]
        found += [(endpoint, one, words) for one, words in told if words]
    assert found == [] and opened > 10


def test_files_to_take_along_are_looked_at(app, scene, looking_as):
    """Else no name of a file would have been read."""
    coordinator = looking_as(Role.COORDINATOR)
    names = set()
    for _, path in every_address(app, ids_of(app, *scene.numbers)):
        answer = coordinator.client.get(path)
        names |= set(FILE_NAME.findall(answer.headers.get("Content-Disposition", "")))
    assert {name.rpartition(".")[2] for name in names} >= {"csv", "xlsx"} and len(names) > 3


def test_no_table_says_the_topic_in_its_properties(app, scene, looking_as):
    """What a folder shows of a workbook beside its name: title, author, company, the names of its sheets."""
    coordinator, seen = looking_as(Role.COORDINATOR), 0
    for _, path in every_address(app, ids_of(app, *scene.numbers)):
        answer = coordinator.client.get(path)
        if answer.status_code == 200 and answer.data.startswith(b"PK"):
            seen += 1
            with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
                parts = [packed.read(name).decode() for name in packed.namelist() if name.startswith("docProps/")]
                sheets = re.findall(r'<sheet name="([^"]+)"', packed.read("xl/workbook.xml").decode())
            assert words_in(" ".join([*parts, *sheets])) == [], path
    assert seen > 1


@pytest.mark.parametrize("address", ["/en/nothing", "/nothing", "/en/sign-in", "/en/today", "/leave", "/en/"])
@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_a_refusal_is_as_neutral_as_a_page(visitor, address, method):
    assert [one for one in told_at_a_glance(getattr(visitor.client, method)(address)) if words_in(one)] == []


def test_cookies_are_called_by_everyday_words():
    assert {cookie.value for cookie in Cookie} == {"sid", "visitor", "seen", "known", "left", "step"}


def test_no_file_of_ours_has_a_telling_name_and_none_stores_anything():
    """Scripts and the style sheet: their names, and that they open no storage but the cookie of leaving."""
    static = ROOT / "lms" / "web" / "static"
    files = [path for path in static.rglob("*") if path.is_file()]
    assert [path.name for path in files if words_in(path.name)] == [] and files
    stores = {path.name: STORING.findall(path.read_text()) for path in (static / "src").glob("*.js")}
    assert {name for name, found in stores.items() if found} == {"app.js"}
    (cookie,) = set(stores["app.js"])
    assert "left=1" in cookie and words_in(cookie) == []


def test_there_is_no_manifest_that_would_put_the_product_on_a_start_screen(visitor):
    page = visitor.get("home.welcome").text
    assert "manifest" not in page and '<link rel="icon" href="data:,">' in page
    assert [visitor.client.get(path).status_code for path in ("/manifest.json", "/favicon.ico")] == [404, 404]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_lock_screen_shows_of_a_message_is_neutral(app, lang):
    """Subject and the first 120 characters, of each message."""
    for name, template in TEMPLATES.items():
        with app.test_request_context(), speaking(lang):
            subject, text = str(template.subject), str(template.text)
        assert words_in(f"{subject} {text[:120]}", "Madar", "course", "cours", "http") == [], name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_name_of_the_site_is_the_only_name_in_a_title_and_neutral_by_itself(app, visitor, lang):
    """Whoever runs the site may choose another (tests/test_settings.py)."""
    name = app.extensions["settings"].site_name[lang]
    assert words_in(name) == []
    assert TITLE.search(visitor.get("home.welcome", lang=lang).text)[1].strip().endswith(f" – {name}")
