"""`lms user`: making people from the command line."""

from zoneinfo import available_timezones

import click

from lms.kernel import clock
from lms.kernel.commands import Commands, with_app
from lms.kernel.db import transaction
from lms.settings import LANGUAGES, current_settings

from .models import Person
from .rules.credentials import ContactKind
from .rules.roles import Role
from .services import codes, credentials, persons


@click.group(cls=Commands, elsewhere={"reset-second-factor": "lms.safety.cli"})
def user() -> None:
    """Make people and invite them."""


def _person_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--shown-name", required=True, help="What the site and others call this person; no legal name."),
        click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True),
        click.option("--zone", type=click.Choice(sorted(available_timezones())), default="UTC", metavar="ZONE"),
        click.option("--email", help="Where notices go; sealed."),
        click.option("--role", type=click.Choice([role.value for role in Role]), help="A role for the whole site."),
    ):
        command = option(command)
    return command


@user.command(epilog="Example: lms user invite --shown-name Cedar --language ar --zone Africa/Khartoum")
@_person_options
@with_app
def invite(shown_name: str, language: str, zone: str, email: str | None, role: str | None) -> None:
    """Make a person and print a one-use code with which she chooses her login and passphrase."""
    with transaction():
        person = _make(shown_name, language, zone, email, role)
        code = codes.invite(person, by=None, at=clock.now())
    click.echo(f"Code, valid for 14 days and shown only now: {code}")
    click.echo(f"She types it at {current_settings().public_url}/{language}/enrol")


@user.command(epilog="Example: lms user create --shown-name Cedar --login river")
@_person_options
@click.option("--login", required=True)
@click.password_option("--passphrase", prompt=True)
@with_app
def create(
    shown_name: str,
    language: str,
    zone: str,
    email: str | None,
    role: str | None,
    login: str,
    passphrase: str,
) -> None:
    """Make a person who can sign in at once."""
    chosen = credentials.make_credentials(login, passphrase)
    with transaction():
        person = _make(shown_name, language, zone, email, role)
        credentials.set_credentials(person, chosen, by=None, at=clock.now())
    click.echo("Done.")


def _make(shown_name: str, language: str, zone: str, email: str | None, role: str | None) -> Person:
    new = persons.NewPerson(
        shown_name=shown_name,
        interface_language=language,
        time_zone=zone,
        contact=email,
        contact_kind=ContactKind.EMAIL if email else None,
    )
    person = persons.make_person(new, by=None, at=clock.now())
    if role is not None:
        persons.grant_role(person, Role(role), cohort_id=None, by=None, at=clock.now())
    return person
