"""`lms content`: what an operator or author does with packs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import click
from flask import Flask

from lms.cohorts.queries import seats as cohorts
from lms.courses import services as publishing
from lms.courses.models import Version
from lms.kernel import clock
from lms.kernel.commands import with_app
from lms.kernel.db import transaction

from . import services
from .errors import FaultsFound
from .pack import read_pack

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def content() -> None:
    """Check, import, export and compare programmes as folders of plain files."""


@contextmanager
def _faults_shown() -> Iterator[None]:
    """Print the faults of a pack, one to a line; `lms` itself says the sentence and exits with 1."""
    try:
        yield
    except FaultsFound as refusal:
        for fault in refusal.faults:
            click.echo(str(fault))
        raise


@content.command(epilog="Example: lms content check content/women-and-ceasefires")
@click.argument("path", type=FOLDER)
def check(path: Path) -> None:
    """Name every fault of the pack in PATH: file, line, what is wrong."""
    with _faults_shown():
        reading = services.read_sound(read_pack(path))
    lessons = sum(len(module.lessons) for module in reading.course.modules)
    languages = ", ".join(sorted({text.language for text in reading.course.texts()}))
    click.echo(f"No faults. Modules: {len(reading.course.modules)}, lessons: {lessons} ({languages}).")


@content.command("import", epilog="Example: lms content import content/women-and-ceasefires")
@click.argument("path", type=FOLDER)
@with_app
def import_(path: Path) -> None:
    """Publish the pack in PATH as a new version; the same pack again changes nothing."""
    with _faults_shown():
        prepared = services.prepare(read_pack(path))
        with transaction():
            version, is_new = publishing.publish_version(prepared, by=None, at=clock.now())
    state = "Published" if is_new else "Nothing changed: this pack is"
    click.echo(f"{state} version {version.number} of {prepared.programme}.")
    if is_new:
        _tell_who_stays(version)


def _tell_who_stays(version: Version) -> None:
    """Name the cohorts that the new version does not reach: each follows the version it was founded on."""
    staying = cohorts.cohorts_before(version)
    if staying:
        names = ", ".join(f"{cohort.year} (version {cohort.version.number})" for cohort in staying)
        click.echo(f"Cohorts that stay on their version: {names}. A coordinator moves each on its page “Version”.")


@content.command(epilog="Example: lms content export women-and-ceasefires /tmp/pack")
@click.argument("programme")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--version", "number", type=click.IntRange(1), help="Its number; the newest without it.")
@with_app
def export(programme: str, path: Path, number: int | None) -> None:
    """Write a published version of PROGRAMME into the new or empty folder PATH, as it was imported."""
    services.export_version(programme, path, number=number)
    click.echo(f"Exported {programme} to {path}.")


@content.command(epilog="Example: lms content diff content/women-and-ceasefires")
@click.argument("path", type=FOLDER)
@click.argument("other", type=FOLDER, required=False)
@click.pass_context
def diff(context: click.Context, path: Path, other: Path | None) -> None:
    """Show what changed, passage by passage: from PATH to OTHER, or from the published version to PATH."""
    if other is not None:
        lines = services.compare_packs(read_pack(path), read_pack(other))
    else:
        make_app = cast(Callable[[], Flask], context.obj)
        with make_app().app_context():
            lines = services.compare_with_published(read_pack(path))
    click.echo("\n".join(lines) or "No differences.")
