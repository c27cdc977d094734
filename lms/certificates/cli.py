"""`lms certificate`: checking a document without a network and without the site; withdrawing one; the next key."""

import json
from pathlib import Path

import click

from lms.kernel import clock
from lms.kernel.commands import with_app
from lms.kernel.db import transaction
from lms.kernel.errors import Misconfigured
from lms.settings import read_settings

from .errors import NoKeys, NoLongerValid, Unreadable
from .queries import holding
from .reading import MEGABYTE, MOST_BYTES, find_token
from .rules.codes import read_code, show_code
from .rules.facts import Facts
from .services import issuing
from .signing import PublicKeys, add_key, public_keys_in, read_published, verify

MOST_BYTES_OF_KEYS = 1_000_000


@click.group()
def certificate() -> None:
    """Check certificates, withdraw them, and make the next key that signs."""


@certificate.command("verify", epilog="Example: lms certificate verify document.pdf --keys keys.json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public keys as the site publishes them; without it those in LMS_KEYS_DIR.",
)
def verify_file(file: Path, keys: Path | None) -> None:
    """Say what a document says and whether its signature is genuine: PDF, saved page, or the text of a square code.

    Needs no network and no database. It cannot know whether the certificate was withdrawn since.
    """
    with file.open("rb") as source:
        data = source.read(MOST_BYTES + 1)
    facts = verify(find_token(data), _published(keys) if keys is not None else _own_keys())
    for line in _lines(facts):
        click.echo(line)


@certificate.command(epilog='Example: lms certificate withdraw 7K2Q-9XH4-… --reason "Issued by mistake"')
@click.argument("code")
@click.option("--reason", required=True, help="Sealed; the holder reads it.")
@with_app
def withdraw(code: str, reason: str) -> None:
    """Withdraw a certificate; the check page says so at once."""
    read = read_code(code)
    found = holding.find_by_code(read) if read is not None else None
    if found is None:
        raise NoLongerValid
    with transaction():
        issuing.withdraw(found.id, reason, found.completion.person, by=None, at=clock.now())
    click.echo("Withdrawn.")


@certificate.command("new-key", epilog="Example: lms certificate new-key")
def new_key() -> None:
    """Make a key that signs from the next start on; the older ones go on verifying."""
    click.echo(f"Made {add_key(read_settings().certificate_keys_dir)}. It signs from the next start on.")


def _published(path: Path) -> PublicKeys:
    if path.stat().st_size > MOST_BYTES_OF_KEYS:
        raise Unreadable(most=MOST_BYTES_OF_KEYS // MEGABYTE)
    try:
        return read_published(json.loads(path.read_bytes()))
    except (ValueError, RecursionError):
        raise NoKeys from None


def _own_keys() -> PublicKeys:
    folder = read_settings().certificate_keys_dir
    found = public_keys_in(folder)
    if not found:
        raise Misconfigured(f"LMS_KEYS_DIR: {folder} holds no key of certificates; name the published ones by --keys.")
    return found


def _lines(facts: Facts) -> list[str]:
    """What is said, a line each; what is not signed is not said."""
    said = {
        "Code": show_code(facts.code),
        "Says": facts.level.value,
        "Course": facts.course,
        "Year": facts.year,
        "Hours": facts.hours,
        "Issued": facts.issued_on.isoformat(),
        "Name": facts.name or ("only as a hash; compare it on the check page" if facts.name_hash else None),
        "Site": facts.site,
    }
    return ["The signature is genuine.", *(f"{name}: {value}" for name, value in said.items() if value is not None)]
