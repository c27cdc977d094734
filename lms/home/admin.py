"""Pages of the technical administrator, and of the auditor: people by number, and nothing else of them."""

from dataclasses import fields
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import make_url

from lms.accounts import proving
from lms.accounts.coming_in import refused
from lms.accounts.models import Person
from lms.accounts.services import persons
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.settings import Settings, current_settings
from lms.web.http import allow, explain

from .admin_forms import EndForm
from .policy import HomePermission
from .queries import admin as queries

HIGHEST = 2**31 - 1
"""The highest number that a row can have."""

bp = Blueprint("admin", __name__, template_folder="templates", url_prefix="/<lang:lang>/admin")


@bp.get("", endpoint="people")
@allow(HomePermission.ADMINISTER)
def people() -> ResponseReturnValue:
    """Everybody by number, with the roles that she holds."""
    after = min(request.args.get("after", 0, type=int), HIGHEST)
    return render_template("home/admin/people.html", page=queries.people(after=after), at=clock.now())


@bp.get("/person/<uuid:person_id>")
@allow(HomePermission.ADMINISTER, on=queries.find_person)
def person(found: Person) -> ResponseReturnValue:
    """Her roles with their dates."""
    return _person(found)


@bp.post("/person/<uuid:person_id>/end")
@allow(HomePermission.ADMINISTER, on=queries.find_person)
def end_role(found: Person) -> ResponseReturnValue:
    """End a role; it is gone with her next request."""
    form = EndForm()
    held = {one.name: one.grant for one in queries.roles_of(found)}
    if not form.validate() or form.role.data not in held:
        return _person(found, form), 422
    try:
        proving.prove(form)
        with transaction():
            persons.end_role(held[form.role.data], by=me(), at=clock.now())
    except Refusal as refusal:
        return refused(_person(found, form, refusal=explain(refusal)), refusal, 422)
    return redirect(url_for(".person", person_id=found.public_id))


@bp.get("/jobs")
@allow(HomePermission.ADMINISTER)
def jobs() -> ResponseReturnValue:
    """What the worker has to do, by kind."""
    return render_template("home/admin/jobs.html", work=queries.work(), at=clock.now())


@bp.get("/settings")
@allow(HomePermission.ADMINISTER)
def settings() -> ResponseReturnValue:
    """What the operator has set; no key and no password."""
    return render_template("home/admin/settings.html", settings=shown(current_settings()))


@bp.get("/audit")
@allow(HomePermission.AUDIT)
def audit() -> ResponseReturnValue:
    """Deeds, by number."""
    before = min(request.args.get("before", HIGHEST, type=int), HIGHEST)
    administers = allows(HomePermission.ADMINISTER, me())
    return render_template("home/admin/audit.html", page=queries.deeds(before=before), administers=administers)


def _person(found: Person, form: EndForm | None = None, *, refusal: str | None = None) -> str:
    return render_template(
        "home/admin/person.html",
        person=found,
        roles=queries.roles_of(found),
        form=form or EndForm(None),
        refusal=refusal,
        at=clock.now(),
        **proving.asked(),
    )


def shown(settings: Settings) -> dict[str, str]:
    """Settings by the name that an operator sets them by. Of addresses only the kind: they may hold a password."""
    limits = settings.limits
    return {
        "LMS_ENV": settings.environment,
        "LMS_PUBLIC_URL": settings.public_url,
        "LMS_WORKERS": str(settings.workers),
        "LMS_PROXY_HOPS": str(settings.proxy_hops),
        "LMS_DATABASE_URL": make_url(settings.database_url).get_backend_name(),
        "LMS_MAIL_URL": urlsplit(settings.mail_url).scheme,
        **{f"limits.{one.name}": str(getattr(limits, one.name)) for one in fields(limits)},
    }
