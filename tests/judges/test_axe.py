"""axe-core finds nothing against WCAG 2.0 to 2.2, levels A and AA, or its best practices on any page."""

import functools
from pathlib import Path

import pytest

from tests.browser import DESK, HEIGHT, PHONE, Surfer
from tests.tour import LANGUAGES, TOUR, visit

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")


@functools.cache
def axe() -> str:
    return (ROOT / "tests" / "vendor" / "axe" / "axe.min.js").read_text()


def violations(surfer: Surfer) -> list[str]:
    """What axe says about the page in the window: rule, and the element it is about."""
    surfer.page.evaluate(axe())
    found = surfer.page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", list(RULES)
    )
    assert found["passes"], "axe looked at nothing"
    return [f"{rule['id']}: {node['html'][:150]}" for rule in found["violations"] for node in rule["nodes"]]


def test_the_tour_goes_through_every_template():
    pages = {
        path.relative_to(folder).as_posix()
        for folder in (ROOT / "lms").glob("*/templates")
        for path in folder.rglob("*.html")
        if "{% extends" in path.read_text()
    }

    assert {stop.template for stop in TOUR.values()} == pages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", TOUR)
def test_axe_finds_nothing_on_a_phone_nor_in_other_colours(open_browser, page, language):
    """One visit for all: coming to a page takes longer than looking at it."""
    with open_browser(width=PHONE, language=language, bypass_csp=True, color_scheme="light") as surfer:
        visit(surfer, TOUR[page], language)
        found = {"phone": violations(surfer)}
        surfer.page.set_viewport_size({"width": DESK, "height": HEIGHT})
        surfer.page.emulate_media(color_scheme="dark")
        found["dark"] = violations(surfer)
        surfer.page.eval_on_selector("html", "root => root.setAttribute('data-theme', 'contrast')")
        found["contrast"] = violations(surfer)

        assert found == {"phone": [], "dark": [], "contrast": []}


def test_axe_would_find_a_fault(open_browser):
    with open_browser(bypass_csp=True) as surfer:
        visit(surfer, TOUR["welcome"], "en")
        surfer.page.eval_on_selector("main", "main => main.insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")

        assert any(found.startswith("image-alt:") for found in violations(surfer))
