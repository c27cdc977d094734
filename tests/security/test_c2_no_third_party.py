"""C2: no page, of whatever role and in whatever language, asks for anything from another host, and none could.

The policy of every answer lets nothing in, pages and files name no other host, and a browser that goes through every
template asks for none.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lms.accounts.rules.roles import Role
from lms.courses.sanitise import clean
from tests.security.routes import every_address, ids_of, in_language
from tests.tour import LANGUAGES, TOUR, visit

ROOT = Path(__file__).parents[2]
VIEWERS = ("anonymous", "cedar", "olivier", *(role.value for role in Role))
LOADED = re.compile(r"""\b(?:src|srcset|poster|data|action|formaction|manifest|ping|background)\s*=\s*["']([^"']+)""")
LINKED = re.compile(r"""<link\b[^>]*\bhref\s*=\s*["']([^"']+)""")
IN_STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["']?)([^"')\s]+)""")
ABSOLUTE = re.compile(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}""", re.IGNORECASE)
ONLY_A_NAME = ("http://www.w3.org/",)
"""How drawings name what they are; nothing is fetched from there."""

FROM_ELSEWHERE = [
    '<img src="https://evil.example/x.gif">',
    '<img src="//evil.example/x.gif">',
    '<img srcset="//evil.example/x.gif 2x">',
    '<image href="//evil.example/x.svg"/>',
    '<svg><image xlink:href="https://evil.example/x.svg"/></svg>',
    '<svg><use href="//evil.example/x.svg#a"/></svg>',
    '<video poster="//evil.example/x.gif"></video>',
    '<audio src="//evil.example/x.mp3"></audio>',
    '<iframe src="https://evil.example"></iframe>',
    '<object data="//evil.example"></object>',
    '<embed src="//evil.example">',
    '<link rel="stylesheet" href="//evil.example/x.css">',
    '<link rel="preconnect" href="//evil.example">',
    "<style>@import '//evil.example/x.css'</style>",
    '<p style="background:url(//evil.example/x.gif)">a</p>',
    '<table background="//evil.example/x.gif"><tr><td>a</td></tr></table>',
    '<a href="//evil.example" ping="//evil.example/p">a</a>',
    '<base href="//evil.example/">',
    '<meta http-equiv="refresh" content="0;url=//evil.example">',
    '<form action="//evil.example"><button>a</button></form>',
    '<script src="//evil.example/x.js"></script>',
    '<svg><rect fill="url(//evil.example/x.svg#a)"/></svg>',
    '<input type="image" src="//evil.example/x.gif">',
    '<math href="//evil.example"><mi>a</mi></math>',
]


def elsewhere(text):
    """The hosts, other than ours, from which a page would fetch or to which it would send."""
    found = [*LOADED.findall(text), *LINKED.findall(text), *IN_STYLE.findall(text)]
    return sorted({one for one in found if urlsplit(one.strip()).netloc})


@pytest.mark.parametrize("viewer", VIEWERS)
def test_no_answer_names_another_host_and_its_policy_lets_none_in(app, scene, looking_as, viewer):
    visitor, found, pages = looking_as(viewer), [], 0
    for endpoint, path in every_address(app, ids_of(app, *scene.numbers)):
        first = visitor.client.get(path)
        again = [visitor.client.get(in_language(path, lang)) for lang in ("fr", "ar") if first.status_code == 200]
        for answer in (first, *again):
            policy = dict(
                part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ") if " " in part
            )
            assert policy["default-src"] == "'none'" and "http" not in str(policy) and "*" not in str(policy), path
            if answer.mimetype == "text/html":
                pages += 1
                found += [(endpoint, host) for host in elsewhere(answer.text)]
    assert found == [] and pages > 50


@pytest.mark.parametrize(
    "text", ['<img src="//a.example/x">', '<link href="https://a.example">', "a{b:url(//a.example/x)}"]
)
def test_another_host_would_be_found(text):
    assert elsewhere(text) != []


def test_no_script_and_no_style_of_ours_names_another_host():
    files = [path for path in (ROOT / "lms" / "web" / "static" / "src").iterdir() if path.suffix in (".js", ".css")]
    named = {
        path.name: [one for one in ABSOLUTE.findall(path.read_text()) if not one.startswith(ONLY_A_NAME)]
        for path in files
    }
    assert len(files) > 3 and {name: hosts for name, hosts in named.items() if hosts} == {}


def test_no_template_names_another_host():
    files = list((ROOT / "lms").rglob("templates/**/*.html"))
    named = {path.name: elsewhere(path.read_text()) for path in files}
    assert len(files) > 50 and {name: hosts for name, hosts in named.items() if hosts} == {}


@pytest.mark.parametrize("markup", FROM_ELSEWHERE)
def test_what_authors_write_brings_nothing_from_elsewhere(markup):
    assert "evil" not in clean(f"<p>Before.</p>{markup}<p>After.</p>")


@pytest.mark.parametrize("direction", ["rtl", "ltr", "auto"])
def test_what_authors_need_for_arabic_stays(direction):
    assert clean(f'<p dir="{direction}" lang="ar">هدنة</p>') == f'<p dir="{direction}" lang="ar">هدنة</p>'


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", TOUR)
def test_a_browser_that_opens_a_page_asks_no_other_host(open_browser, page, language):
    with open_browser(language=language) as surfer:
        visit(surfer, TOUR[page], language)
        surfer.page.wait_for_load_state("networkidle")
        assert surfer.abroad == []
