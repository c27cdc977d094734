"""What every way to sign in has in common: tries are counted, a place at the hash is taken, a session is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Response, g, make_response, redirect, request, url_for

from lms.accounts import queries
from lms.accounts.errors import ManySignIns, TooManyAttempts
from lms.accounts.models import Person, SignInAttempt
from lms.accounts.places import current_places
from lms.accounts.rules.factors import Proof, is_enough
from lms.accounts.services import limiting, sessions
from lms.accounts.services.limiting import Source, Trying
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.settings import current_settings
from lms.web import cookies, redirects
from lms.web.cookies import KNOWN_SECONDS, Cookie

TURN_SECONDS = 10
"""After so long whoever found all places taken comes again."""


def refused(page: str, refusal: Refusal, otherwise: int) -> Response:
    """The page again with the status that a program reads. otherwise: that of what was typed."""
    if isinstance(refusal, ManySignIns):
        return make_response(page, 503, {"Retry-After": str(TURN_SECONDS)})
    return make_response(page, 429 if isinstance(refusal, TooManyAttempts) else otherwise)


def trying_of(name: str) -> Trying:
    """Who tries this login or code. Whoever would be refused anyway is so here, before anything is written."""
    trying = limiting.limit_of(name, Source(address=request.remote_addr or "", device=cookies.read(Cookie.KNOWN)))
    limiting.check_limit(trying, at=clock.now())
    return trying


def counted(trying: Trying) -> SignInAttempt:
    """One try, counted and kept whatever comes of it; none while nobody could look at it."""
    current_places().check_room(trying.whose, is_known=trying.is_known)
    with transaction():
        return limiting.begin_attempt(trying, at=clock.now())


@contextmanager
def place(trying: Trying, attempt: SignInAttempt) -> Iterator[None]:
    """A place at the hash, and nothing else in it that takes time. Who waits for one in vain has not tried."""
    try:
        with current_places().take(trying.whose, is_known=trying.is_known):
            yield
    except ManySignIns:
        with transaction():
            limiting.take_back(attempt)
        raise


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What a browser gets: the token of its session, and one by which it is known later unless it is shared."""

    session: str
    known: str | None


def open_session(person: Person, *, proof: Proof, shared: bool) -> Tokens:
    """A new session in the place of whichever this browser had. Inside a transaction."""
    before, at = cookies.read(Cookie.SESSION), clock.now()
    if before is not None:
        sessions.end_session(before)
    token = sessions.start_session(person, proof=proof, shared=shared, at=at)
    return Tokens(session=token, known=None if shared else limiting.remember_device(person, at=at))


def welcome(person: Person, wanted: str, *, proof: Proof) -> str:
    """Where she goes now: where she wanted to, unless a role of hers waits for a second step that she has not shown."""
    held = queries.roles_of(person.id, at=clock.now())
    if current_settings().needs_factor and any(not is_enough(proof, role) for role in held):
        return url_for("factors.factors", lang=person.interface_language, needed=1)
    return wanted if redirects.is_safe(wanted) else url_for("home.today", lang=person.interface_language)


def signed_in(target: str, tokens: Tokens) -> Response:
    """The answer that signs a browser in."""
    answer = make_response(redirect(target))
    g.signed_in_now = True
    cookies.take_back(answer, Cookie.LEFT)
    cookies.take_back(answer, Cookie.STEP)
    cookies.give(answer, Cookie.SESSION, tokens.session)
    if tokens.known is not None:
        cookies.give(answer, Cookie.KNOWN, tokens.known, seconds=KNOWN_SECONDS)
    return answer
