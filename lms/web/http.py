"""Who may open a route, and how a refusal is said."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, has_request_context, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.kernel.errors import Misconfigured, Refusal
from lms.kernel.policy import Permission, allows, is_declared

from .formats import write_clock, write_day, write_moment, write_number

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def who() -> Any:
    """The person who is signed in, or None. Views behind `allow` use `lms.accounts.session.me`."""
    if not has_request_context():
        return None
    person = cast(Any, current_user)._get_current_object()
    return person if person.is_authenticated else None


def allow(
    permission: Permission, *, on: Callable[..., Any] | None = None
) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """Open a view only to those who hold the permission on the object that the address names.

    on: loads that object for a person, `on(person, **url_arguments)`; None means "not there". A stranger is sent to
    sign-in before anything is looked up. "Not there" and "not yours" are the same 404: that somebody is in a cohort is
    itself a secret. The view is called with the object, or with nothing where `on` is not given.
    """

    def decorate(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def guarded(**url_arguments: Any) -> ResponseReturnValue:
            person = who()
            if person is None:
                return cast(ResponseReturnValue, current_app.extensions["unauthorized"]())
            g.is_for_one = True  # nobody keeps a copy of the answer, whatever the view says: see `headers`
            if on is None:
                return view() if allows(permission, person) else abort(404)
            target = on(person, **url_arguments)
            if target is None or not allows(permission, person, target):
                abort(404)
            return view(target)

        vars(guarded)["permission"] = permission
        return guarded

    return decorate


def public(view: View) -> View:
    """Open a view to everybody, signed in or not."""
    vars(view)["permission"] = None
    return view


def check_routes(app: Flask) -> None:
    """Refuse to start with a route that does not say who may use it. Raises Misconfigured."""
    for endpoint, view in app.view_functions.items():
        if not hasattr(view, "permission"):
            raise Misconfigured(f"The route {endpoint} says neither @allow nor @public.")
        if view.permission is not None and not is_declared(view.permission):
            raise Misconfigured(f"The route {endpoint} asks for {view.permission}, which no policy declares.")


def wants_json() -> bool:
    """Whether our script asks, which shows a sentence and stays on the page."""
    return request.accept_mimetypes.best == "application/json"


def explain(refusal: Refusal) -> str:
    """The refusal's sentence for the reader: her language, her zone, her digits."""
    return refusal.tell({name: _shown(value) for name, value in refusal.values.items()})


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return write_moment(value)
    if isinstance(value, time):
        return write_clock(value)
    if isinstance(value, int):
        return write_number(value)
    return write_day(value) if isinstance(value, date) else value
