"""`lms demo` and `lms doctor`."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from flask import Flask

from lms.accounts import queries as accounts_queries
from lms.assessments import jobs as assessments_jobs
from lms.kernel import clock, migrations
from lms.kernel.db import transaction
from lms.kernel.errors import Misconfigured
from lms.messaging.jobs import run_forever
from lms.settings import Environment, current_settings
from lms.web.server import serve, start_beside

from . import checkup
from .demo import AccountsFile, DemoYear, Wanted
from .errors import DemoRefused


@click.command(epilog="Example: lms demo --port 8080 --participants 200 --seed 7")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen; 8000 unless LMS_PORT says otherwise.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where the demo lives; var/demo unless said otherwise.",
)
@click.option("--participants", type=click.IntRange(0), default=0, help="A further cohort of so many people, in bulk.")
@click.option("--cohorts", type=click.IntRange(1), default=1, help="How many such cohorts.")
@click.option("--pool", type=click.IntRange(0), default=0, help="The first so many sign in as pool1, pool2 …")
@click.option("--seed", type=int, default=1, help="The same seed gives the same demo.")
@click.option("--no-serve", is_flag=True, help="Make the data and stop.")
@click.pass_context
def demo(
    context: click.Context,
    port: int | None,
    data_dir: Path | None,
    participants: int,
    cohorts: int,
    pool: int,
    seed: int,
    no_serve: bool,
) -> None:
    """Make a demo year with both programmes and named accounts, and serve it. Run again: it starts where it was."""
    environ = dict(os.environ)
    if environ.get("LMS_ENV", Environment.DEMO) == Environment.PRODUCTION:
        raise DemoRefused("LMS_ENV is production: the demo would put invented people beside real ones.")
    if port is not None:
        environ["LMS_PORT"] = str(port)
    if data_dir is not None:
        environ["LMS_DATA_DIR"] = str(data_dir)
    make: Callable[..., Flask] = context.obj
    app = make(environ, default=Environment.DEMO)
    with app.app_context():
        accounts = _ensure_demo(Wanted(participants=participants, cohorts=cohorts, pool=pool, seed=seed))
        if no_serve:
            click.echo(f"The demo is ready: {accounts.path}")
            return
        _say_where(accounts)
        start_beside(lambda stop: run_forever(app, stop))
        serve(app, current_settings())


def _ensure_demo(wanted: Wanted) -> AccountsFile:
    migrations.upgrade()
    assessments_jobs.count_cohorts(uncounted=True)
    accounts = AccountsFile(current_settings().data_dir)
    if not accounts.exists():
        if accounts_queries.anybody():
            raise DemoRefused("LMS_DATA_DIR holds real people: the demo would put invented ones beside them.")
        if sys.stderr.isatty():
            click.echo("Making the demo year …", err=True)
        with transaction():
            year = DemoYear(seed=wanted.seed, at=clock.now())
            year.build(wanted)
            accounts.prepare(year, current_settings().public_url)
        accounts.finish()
    return accounts


def _say_where(accounts: AccountsFile) -> None:
    content = accounts.keep_true(current_settings().public_url)
    click.echo(f"\n  Open {current_settings().public_url}  (Ctrl+C stops it)\n")
    click.echo(f"  {'role':<14}{'language':<10}{'sign-in name':<16}passphrase")
    shown: set[tuple[str, str]] = set()
    people = content["accounts"]
    assert isinstance(people, list)
    for account in people:
        if (account["role"], account["locale"]) not in shown:
            shown.add((account["role"], account["locale"]))
            click.echo(f"  {account['role']:<14}{account['locale']:<10}{account['login']:<16}{account['password']}")
            if account["totp_secret"]:
                click.echo(f"  {'':<24}{'':<16}one-time codes by any app: {account['totp_secret']}")
    click.echo(f"\n  All accounts: {accounts.path}\n")


@click.command(epilog="Example: lms doctor")
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check the installation and say what is wrong; exits 1 when something must be mended."""
    faults = 0
    for finding in _findings(context.obj):
        faults += finding.is_fault
        click.echo(f"{'FAULT' if finding.is_fault else 'warn' if finding.is_warning else 'ok':<7}{finding.text}")
    if faults:
        click.echo(f"lms: {faults} to mend.", err=True)
        sys.exit(1)


def _findings(make: Callable[[], Flask]) -> Iterator[checkup.Finding]:
    """What was looked at; where a setting stops the start, that alone."""
    try:
        app = make()
    except Misconfigured as wrong:
        yield checkup.Finding(True, str(wrong))
        return
    with app.app_context():
        yield from checkup.findings(current_settings(), at=clock.now())
