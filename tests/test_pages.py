import pytest

from tests.pages import faults

FRAME = '<html lang="en" dir="ltr"><head><title>Today – Madar</title></head>'
GOOD = FRAME + "<body><main><h1>Today</h1>{}</main></body></html>"


def test_a_sound_page_has_no_faults():
    assert faults(GOOD.format('<a href="#x">x</a><p id="x">y</p>')) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<h1>Again</h1>", "a page has exactly one h1"),
        ("<main></main>", "a page has exactly one main"),
        ("<input name='x' id='x'>", "input x has no label"),
        ("<p onclick='x()'>", "p carries an inline script or style"),
        ("<p style='color:red'>", "p carries an inline script or style"),
        ("<script nonce='n'>x()</script>", "an inline script"),
        ("<style>p{}</style>", "style without nonce"),
        ("<p id='a'></p><p id='a'></p>", "id a is used twice"),
        ("<img src='https://cdn.example/x.png'>", "img leads to another host: https://cdn.example/x.png"),
        ("<img src='//cdn.example/x.png'>", "img leads to another host: //cdn.example/x.png"),
        ("<a href='#nowhere'>x</a>", "a link leads nowhere: #nowhere"),
        ("<form method='post'></form>", "a form without token"),
        ("Module %(number)s", "a placeholder was not filled in"),
        ('<table><th scope="col">Day<tr><td data-l="Days">', "a cell is labelled 'Days', unlike its column"),
        (
            '<table><th scope="col">A</th><th scope="col">B</th><tr><td colspan="2">x</td><td data-l="B">y',
            "a cell is labelled 'B', unlike its column",
        ),
    ],
)
def test_the_linter_finds_each_fault(body, fault):
    assert fault in faults(GOOD.format(body))


@pytest.mark.parametrize(
    "page",
    [
        GOOD.replace('lang="en"', 'lang="ar"'),
        GOOD.replace('dir="ltr"', ""),
        GOOD.replace("Today –", "Women and ceasefires –"),
        GOOD.replace("Today – Madar", " "),
    ],
)
def test_the_linter_reads_the_frame(page):
    assert len(faults(page.format(""))) == 1
