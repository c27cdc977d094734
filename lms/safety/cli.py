"""`lms user reset-second-factor`: letting somebody in without the factor that she lost."""

import click

from lms.accounts import queries
from lms.accounts.hashes import login_index
from lms.accounts.models import Person
from lms.kernel import clock
from lms.kernel.commands import with_app
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal

from .services import recovering


@click.command("reset-second-factor", epilog="Example: lms user reset-second-factor river --second harbour")
@click.argument("login")
@click.option("--second", metavar="LOGIN", help="A coordinator, safety focal point or administrator who confirms it.")
@with_app
def reset_second_factor(login: str, second: str | None) -> None:
    """Let somebody sign in without the passkey or app that she lost.

    She is told. It takes effect at once with a second person, else 24 hours later: run it again then.
    """
    try:
        with transaction():
            person, other = _find(login), _find(second) if second else None
            ready_at = recovering.reset_by_operator(person, second=other, at=clock.now())
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    if ready_at is None:
        click.echo(
            "Done: her passphrase alone lets her in. She is asked for a second step again where her work needs it."
        )
    else:
        click.echo(f"She has been told. Run this again after {ready_at:%Y-%m-%d %H:%M} UTC.")


def _find(login: str) -> Person:
    person = queries.find_by_login(login_index(login))
    if person is None:
        raise click.ClickException("Nobody signs in with that name.")
    return person
