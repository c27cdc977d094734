"""Lessons as HTML: what a page needs, and nothing that could act, load or deceive."""

import re
from html.parser import HTMLParser

import pytest

from lms.content.check import check_pack
from lms.content.reading import read_course
from lms.content.render import render_lesson
from lms.courses.sanitise import clean

from .packs import AR, EN, FILES, FR, M1, changed, pack

FIGURE = f"{M1}/figures/three-designs.yaml"
SVG = f"{M1}/figures/three-designs.svg"


def rendered(files=FILES, path=EN):
    course = read_course(pack(files)).course
    [text] = [text for text in course.texts() if text.path == path]
    return render_lesson(text, course.figures())


def test_passages_and_headings_can_be_linked_to():
    html = rendered()

    for name in ("p", "h2", "p", "ul", "h3", "div", "blockquote"):
        assert f"<{name} " in html
    assert '<p id="p-start">A draft' in html
    assert '<h2 id="p-word">One word</h2>' in html
    assert '<h3 id="p-closer">A closer look</h3>' in html
    assert '<ul id="p-word-list">\n<li>one thing</li>' in html
    assert '<blockquote id="p-word-said">\n<p>Somebody said so.</p>' in html


def test_terms_lead_to_the_words_used_here():
    assert '<a class="term" href="#w-ceasefire">ceasefire</a>' in rendered()


@pytest.mark.parametrize(("path", "spoken"), [(EN, "Source 2"), (FR, "Source 2"), (AR, "المصدر 2")])
def test_references_carry_the_number_of_their_source_and_a_spoken_name(path, spoken):
    assert f'<sup><a href="#s-2" aria-label="{spoken}">[2]</a></sup>' in rendered(path=path)


def test_tables_scroll_in_a_named_region_that_the_keyboard_reaches():
    html = rendered()

    assert '<div class="tbl" id="p-word-table" tabindex="0" role="region" aria-label="A closer look">' in html
    assert "<th>Word</th>" in html
    assert "style" not in html


def test_a_table_before_any_heading_is_named_after_the_lesson():
    html = rendered(changed(EN, "{#start}", "{#first}\n| A | B |\n|--:|---|\n| c | d |\n\n{#start}"))

    assert 'aria-label="What the words mean"' in html
    assert "style" not in html


# Figures


def test_a_figure_is_an_image_with_its_replacement_text_and_words():
    html = rendered()

    assert (
        '<figure class="card" id="f-three-designs"><svg class="fig" viewBox="0 28 480 230" role="img" '
        'aria-labelledby="t-three-designs"><title id="t-three-designs">A box &amp; a dot.</title>'
    ) in html
    assert ">stop &lt;now&gt;</text>" in html
    assert '<figcaption class="s muted">What it shows.</figcaption></figure>' in html
    assert "data-label" not in html
    assert "xmlns" not in html


def test_a_drawing_that_may_be_mirrored_is_in_arabic_but_its_words_are_not():
    html = rendered(path=AR)

    turned, _, words = html.partition('<g transform="translate(480) scale(-1 1)">')[2].partition("</g></g>")
    assert 'd="M6 162h150v46H6z"' in turned
    assert 'x="10"' in turned
    assert "<text" not in turned
    assert '<text x="399" y="191" text-anchor="middle">توقف</text>' in words
    # In a text from right to left, `start` is at the right: the anchor stays, and the label extends to the left.
    assert '<text x="380" y="230">بداية</text>' in words


def test_the_axis_of_the_mirror_is_the_middle_of_the_view_box():
    files = changed(SVG, "0 28 480 230", "-20 28 500 230")

    assert '<g transform="translate(460) scale(-1 1)">' in rendered(files, AR)
    assert '<text x="379" y="191" text-anchor="middle">توقف</text>' in rendered(files, AR)


def test_a_drawing_that_may_not_be_mirrored_stays_and_so_do_its_words():
    html = rendered(changed(FIGURE, "mirror: true", "mirror: false"), AR)

    assert "scale(-1 1)" not in html
    # `end` is at the left in a text from right to left: the label extends to the right, as in the drawing.
    assert 'viewBox="0 28 480 230" text-anchor="end"' in html
    assert '<text x="81" y="191" text-anchor="middle">توقف</text>' in html
    assert '<text x="100" y="230">بداية</text>' in html


def test_a_group_that_stays_swaps_the_anchor_of_its_words():
    files = changed(SVG, 'font-size="17"', 'font-size="17" text-anchor="end"')
    files = changed(SVG, 'text-anchor="middle"', 'text-anchor="start"', files)
    html = rendered(changed(FIGURE, "mirror: true", "mirror: false", files), AR)

    assert '<g fill="currentColor" font-size="17" text-anchor="start">' in html
    assert '<text x="81" y="191" text-anchor="end">توقف</text>' in html


def test_a_drawing_is_not_touched_from_left_to_right():
    html = rendered(path=FR)

    assert "scale(-1 1)" not in html
    assert '<text x="100" y="230">début</text>' in html


# Nothing acts. Each payload is put into a passage, past the checks, and looked for in the HTML.

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '<img src="//evil.example/x.gif">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text x=1>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml;base64,PHN2Zz4='/></svg>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>body{background:url(//evil.example/x)}</style>",
    "<p style='background:url(//evil.example/x)'>x</p>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=//evil.example/x.mp3 autoplay>",
    "<a href='javascript:alert(1)'>x</a>",
    "<div onmouseover=alert(1)>x</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<template><script>alert(1)</script></template>",
    "<p id=main dir=rtl class=top>x</p>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#9;script:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "[x](https://evil.example)",
    '[x](term:a"onmouseover=alert(1))',
    "[x](term:a#b)",
    "[](source:x'onclick=alert(1))",
    "![x](https://evil.example/x.gif)",
    "![x](//evil.example/x.gif)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '![](x" onerror="alert(1))',
    "<https://evil.example>",
    "<javascript:alert(1)>",
    "x {onclick=alert(1)}",
    "`<script>alert(1)</script>`",
    "**<img src=x onerror=alert(1)>**",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\<script>alert(1)\\</script>",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> {% raw %}",
]


class Elements(HTMLParser):
    """Every element with its attributes, as a browser would see them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


ACTS = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "style",
    "base",
    "meta",
    "form",
    "input",
    "img",
    "use",
    "animate",
    "foreignobject",
    "math",
    "video",
    "audio",
    "source",
    "details",
    "template",
    "button",
}


def acts(html):
    """What in this HTML could run, load, leave or change how the page looks."""
    for tag, attributes in Elements(html).found:
        if tag in ACTS:
            yield tag
        for name, value in attributes.items():
            if name.startswith("on") or name in ("style", "src", "srcset", "xlink:href", "action", "data"):
                yield name
            if name == "href" and not re.fullmatch("#[sw]-[a-z0-9-]+", value or ""):
                yield value
            if name == "id" and not re.fullmatch("[pft]-[a-z0-9-]+", value or ""):
                yield value
            if name == "class" and value not in ("term", "tbl", "card", "fig", "s muted"):
                yield value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_an_author_writes_can_act(payload):
    for place in ("Somebody said so.", "one thing", "a break", "One word"):
        html = rendered(changed(EN, place, f"{place} {payload}"))

        assert list(acts(html)) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_is_put_into_stored_html_can_act(payload):
    html = clean(f"<p>before {payload} after</p>")

    assert list(acts(html)) == []


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if payload[0] in "<[!"])
def test_what_could_act_is_refused_before_it_is_rendered(payload):
    assert check_pack(pack(changed(EN, "Somebody", payload)))


@pytest.mark.parametrize("payload", ['"><script>alert(1)</script>', "</title><img src=x onerror=alert(1)>", "{{7*7}}"])
def test_nothing_in_the_words_of_a_figure_can_act(payload):
    escaped = payload.replace('"', '\\"')
    files = changed(FIGURE, "A box & a dot.", escaped)
    files = changed(FIGURE, "What it shows.", escaped, files)
    files = changed(FIGURE, "stop <now>", escaped, files)

    html = rendered(files)

    assert list(acts(html)) == []
    assert html.count(payload.replace("<", "&lt;").replace(">", "&gt;")) == 3


def test_template_signs_come_out_as_they_are():
    html = rendered(changed(EN, "Somebody", "{{7*7}}"))

    assert "{{7*7}} said so." in html


def test_what_a_lesson_may_contain_survives_cleaning():
    kept = '<p id="p-x" dir="rtl" lang="ar">نص <strong>x</strong></p>'

    assert clean(kept) == kept


@pytest.mark.parametrize("path", [EN, FR, AR])
def test_cleaning_again_changes_nothing(path):
    html = rendered(path=path)

    assert clean(html) == html
    assert list(acts(html)) == []
