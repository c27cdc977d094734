"""What every page must be, whatever it shows. Has its own test, with bad pages."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import brotli

MOST_BYTES = 20_000
TOPIC_WORDS = (
    "ceasefire",
    "cessez-le-feu",
    "إطلاق",
    "women",
    "femmes",
    "النساء",
    "conflict",
    "mediation",
    "Kanaria",
)
VOID_OF_LABEL = ("hidden", "submit", "button")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.title, self._in_title = "", False
        self._svg = 0
        self.headings: list[str] = []
        """Of the columns of the table that is being read."""
        self.strange_labels: list[str] = []
        self._column, self._in_heading = 0, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._svg += tag == "svg"
        self._in_title = tag == "title" and not self._svg
        self._read_cell(tag, dict(attrs))

    def _read_cell(self, tag: str, attrs: dict[str, str | None]) -> None:
        """On a phone a table is cards, and each cell carries the heading of its column."""
        if tag == "table":
            self.headings = []
        elif tag == "tr":
            self._column = 0
        elif tag in ("th", "td"):
            self._in_heading = attrs.get("scope") == "col"
            if self._in_heading:
                self.headings.append("")
            elif "data-l" in attrs and attrs["data-l"] not in self.headings[self._column : self._column + 1]:
                self.strange_labels.append(str(attrs["data-l"]))
            self._column += int(attrs.get("colspan") or 1)

    def handle_endtag(self, tag: str) -> None:
        self._svg -= tag == "svg"
        if tag == "th" and self._in_heading:
            self._in_heading = False
            self.headings[-1] = " ".join(self.headings[-1].split())
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        if self._in_heading:
            self.headings[-1] += data


def faults(html: str) -> list[str]:
    """Everything that is wrong with a page; empty for a sound one."""
    page = _Reader()
    page.feed(html)
    found = [*_frame(page), *_forms(page), *_inline(page), *_links(page)]
    ids = [str(a["id"]) for _, a in page.tags if "id" in a]
    found += [f"id {i} is used twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    found += [f"a cell is labelled {label!r}, unlike its column" for label in page.strange_labels]
    size = len(brotli.compress(html.encode(), quality=5))
    if size > MOST_BYTES:
        found.append(f"the page weighs {size} bytes")
    if re.search(r"%\(\w+\)[sd]", html):
        found.append("a placeholder was not filled in")
    return found


def _frame(page: _Reader) -> list[str]:
    found = []
    root = next((a for t, a in page.tags if t == "html"), {})
    if root.get("lang") not in ("en", "fr", "ar") or root.get("dir") != ("rtl" if root.get("lang") == "ar" else "ltr"):
        found.append("html needs lang and the dir that belongs to it")
    if sum(t == "h1" for t, _ in page.tags) != 1:
        found.append("a page has exactly one h1")
    if sum(t == "main" for t, _ in page.tags) != 1:
        found.append("a page has exactly one main")
    if not page.title.strip() or any(word.lower() in page.title.lower() for word in TOPIC_WORDS):
        found.append(f"the title is empty or tells the topic: {page.title!r}")
    return found


def _forms(page: _Reader) -> list[str]:
    found = []
    labelled = {a.get("for") for t, a in page.tags if t == "label"}
    wrapped = _wrapped_fields(page)
    for t, a in page.tags:
        is_field = t in ("input", "textarea", "select") and a.get("type") not in VOID_OF_LABEL
        if is_field and a.get("id") not in labelled and not a.get("aria-label") and id(a) not in wrapped:
            found.append(f"{t} {a.get('name')} has no label")
        if t == "form" and (a.get("method") or "get").lower() == "post" and "csrf_token" not in _names_after(page, a):
            found.append("a form without token")
    return found


def _wrapped_fields(page: _Reader) -> set[int]:
    """Fields that directly follow an open label."""
    return {id(a) for (before, _), (_, a) in zip(page.tags, page.tags[1:], strict=False) if before == "label"}


def _names_after(page: _Reader, form: dict[str, str | None]) -> set[str | None]:
    names: set[str | None] = set()
    inside = False
    for t, a in page.tags:
        if t == "form":
            inside = a is form
        if inside:
            names.add(a.get("name"))
    return names


def _inline(page: _Reader) -> list[str]:
    found = []
    for t, a in page.tags:
        if any(k.startswith("on") or k == "style" for k in a):
            found.append(f"{t} carries an inline script or style")
        if t in ("script", "style") and not a.get("nonce"):
            found.append(f"{t} without nonce")
        if t == "script" and not a.get("src"):
            found.append("an inline script")
    return found


def _links(page: _Reader) -> list[str]:
    found = []
    ids = {a.get("id") for _, a in page.tags}
    for t, a in page.tags:
        for name in ("href", "src", "action", "data", "poster", "srcset"):
            target = a.get(name) or ""
            if urlsplit(target).netloc:
                found.append(f"{t} leads to another host: {target}")
            if name == "href" and target.startswith("#") and target[1:] not in ids:
                found.append(f"a link leads nowhere: {target}")
    return found
