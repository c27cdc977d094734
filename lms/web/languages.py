"""Which language a page is in: the first part of its address (docs/design/design.md 3)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, has_request_context, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, RequestRedirect

from lms.settings import LANGUAGES

from .http import public, who
from .sentences import init_sentences

NAMES = {"en": "English", "fr": "Français", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})


class LanguageConverter(BaseConverter):
    """The first part of every page's address."""

    regex = "|".join(LANGUAGES)


@dataclass(frozen=True, kw_only=True)
class LanguageLink:
    """The same page in another language."""

    code: str
    name: str
    href: str
    dir: str
    current: bool


def init_languages(app: Flask, translations: str) -> None:
    """Take the language out of addresses and put it back into links; redirect addresses without one."""
    app.url_map.converters["lang"] = LanguageConverter
    app.url_value_preprocessor(_drop_language)
    app.url_defaults(_add_language)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = translations
    Babel().init_app(app, locale_selector=page_language, timezone_selector=lambda: getattr(g, "time_zone", "UTC"))
    init_sentences(app)
    app.add_url_rule("/", "home", _to_own_language, defaults={"address": ""})
    app.add_url_rule("/<path:address>", "without_language", _to_own_language)


def page_language() -> str:
    """Language of this page: from the address, even of one that is no page, else the reader's own."""
    if not has_request_context():
        return LANGUAGES[0]
    first = request.path.split("/", 2)[1]
    return first if first in LANGUAGES else own_language()


def own_language() -> str:
    """The language a reader gets who did not ask for one: her account's, else her browser's, else English."""
    person = who()
    if person is not None and person.interface_language in LANGUAGES:
        return str(person.interface_language)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def direction_of(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def language_links() -> list[LanguageLink]:
    """Links to this page in each language; a page that was posted to is opened anew."""
    current = page_language()
    return [
        LanguageLink(
            code=code,
            name=NAMES[code],
            href=_address_in(code),
            dir=direction_of(code),
            current=code == current,
        )
        for code in LANGUAGES
    ]


def _address_in(language: str) -> str:
    """This address with another language in front; what was sent leads back to the page it was sent from."""
    first, _, rest = request.path.removeprefix("/").partition("/")
    path = rest if first in LANGUAGES else request.path.removeprefix("/")
    if request.method in ("GET", "HEAD"):
        wanted = request.args.get("next")  # nothing else: what an address says must not echo in a page
        return f"/{language}/{path}" + (f"?{urlencode({'next': wanted})}" if wanted else "")
    return page_of(f"/{language}/{path}")


def page_of(path: str) -> str:
    """The page that a form was sent from: forms are sent to an address below their page."""
    while not is_page(path) and path.count("/") > 1:
        path = path.rpartition("/")[0]
    return path if is_page(path) else f"{path}/"


def is_page(path: str) -> bool:
    """Whether a path, language included, is a page that can be opened."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False
    return current_app.url_map.is_endpoint_expecting(endpoint, "lang")


def _drop_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Views need not take the language; whoever needs it asks `page_language`."""
    if values:
        values.pop("lang", None)


def _add_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = page_language()


@public
def _to_own_language(address: str) -> ResponseReturnValue:
    """The same address in the reader's own language, if there is such a page."""
    target = f"/{own_language()}/{address}"
    if not is_page(target):
        raise NotFound
    return redirect(target + (f"?{request.query_string.decode()}" if request.query_string else ""))
