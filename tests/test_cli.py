import json
import os
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lms.__main__ import Application, lms
from lms.kernel.db import db
from lms.kernel.errors import Misconfigured
from lms.settings import Environment

CANARY = b"Kanaria"
ROLES = ("participant", "facilitator", "coordinator")


class Operator:
    """Somebody at the command line; each command is a process of its own in real life."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.environ = {"LMS_ENV": "test", "LMS_DATA_DIR": str(self.data)}

    def run(self, *arguments, expect=0, **environ):
        made = Application()
        os.umask(0o077)  # as `main` does
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.environ, **environ}.items():
                patch.setenv(name, value)
            result = CliRunner().invoke(lms, arguments, obj=made)
        if made.made is not None:
            with made.made.app_context():
                db.engine.dispose()
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == expect, result.output
        return result.output


@pytest.fixture
def operator(tmp_path):
    return Operator(tmp_path)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo year, made once."""
    operator = Operator(tmp_path_factory.mktemp("demo"))
    operator.environ["LMS_ENV"] = "demo"
    operator.run("demo", "--no-serve", "--participants", "30", "--cohorts", "2", "--pool", "3")
    return operator


def accounts_of(demo):
    return json.loads((demo.data / "demo-accounts.json").read_text())


def test_the_database_is_brought_up_checked_and_taken_down(operator):
    assert operator.run("db", "upgrade") == "The database is at the newest migration.\n"
    assert operator.run("db", "check") == "The database is at the newest migration and equals the models.\n"
    assert operator.run("db", "downgrade", "0002").startswith("The database is at migration 0002; the newest is ")
    assert operator.run("db", "downgrade", "base") == "The database has no tables of this product any more.\n"
    with pytest.raises(Misconfigured, match="lms db upgrade"):
        operator.run("db", "check")


def test_one_migration_down_is_said_as_its_help_says(operator):
    operator.run("db", "upgrade")
    operator.run("db", "downgrade", "-1")
    with pytest.raises(Misconfigured, match="newest migration"):
        operator.run("db", "check")


def test_nothing_is_served_before_the_migrations(operator):
    with pytest.raises(Misconfigured, match="lms db upgrade"):
        operator.run("serve")


def test_an_invitation_is_printed_once_with_the_address_to_type_it_at(operator):
    operator.run("db", "upgrade")
    printed = operator.run(
        "user", "invite", "--shown-name", "Rania M.", "--language", "ar", "--role", "admin", "--email", "r@x.example"
    )
    assert "http://localhost:8000/ar/enrol" in printed and len(printed.split(": ")[1].split()[0]) == 19


def test_a_person_made_by_hand_can_sign_in_at_once(operator):
    operator.run("db", "upgrade")
    words = "seven words that nobody would ever guess"
    operator.run("user", "create", "--shown-name", "Rania M.", "--login", "rania", "--passphrase", words)


def test_the_doctor_finds_nothing_wrong_with_a_demo(demo):
    report = demo.run("doctor")
    assert "FAULT" not in report and "people without a key: 0" in report and "sign-in limits in 15 minutes" in report


def test_the_doctor_names_missing_migrations_and_loose_keys(operator):
    operator.run("routes")
    (operator.data.parent / "data-keys").chmod(0o755)
    report = operator.run("doctor", expect=1)
    assert "migrations are missing" in report and "has mode 755" in report and "2 to mend" in report


def test_the_doctor_finds_a_ring_that_is_not_this_databases(demo, tmp_path):
    from lms.kernel.sealed import KeyRing

    report = demo.run("doctor", expect=1, LMS_DATA_KEYS=KeyRing.new_line())
    assert "FAULT  the key ring does not open this database's sealed values" in report


def test_the_doctor_names_a_key_that_is_missing_and_makes_none(operator):
    operator.run("db", "upgrade")
    operator.run(
        "user",
        "create",
        "--shown-name",
        "Rania M.",
        "--login",
        "rania",
        "--passphrase",
        "seven words that nobody knows",
    )
    pepper = operator.data.parent / "data-keys" / "login-pepper"
    pepper.rename(operator.data / "login-pepper")
    report = operator.run("doctor", expect=1)
    assert "FAULT  LMS_KEYS_DIR" in report and "lacks login-pepper" in report and "1 to mend" in report
    assert not pepper.exists()


def test_the_doctor_names_each_key_file_that_others_can_read(operator):
    operator.run("db", "upgrade")
    keys = operator.data.parent / "data-keys"
    (keys / "login-pepper").chmod(0o640)
    (keys / "certificate-keys" / "0001.pem").chmod(0o644)
    report = operator.run("doctor", expect=1)
    assert f"FAULT  others can read {keys}/login-pepper (mode 640); run: chmod 600 {keys}/login-pepper" in report
    assert f"FAULT  others can read {keys}/certificate-keys/0001.pem (mode 644)" in report and "2 to mend" in report


PRODUCTION = {"LMS_ENV": "production", "LMS_PUBLIC_URL": "https://learn.example.org", "LMS_PROXY_HOPS": "1"}


def test_the_doctor_of_a_small_server_warns_and_has_nothing_to_mend(operator):
    operator.run("db", "upgrade", **PRODUCTION)
    report = operator.run("doctor", **PRODUCTION)
    assert "FAULT" not in report
    assert "warn   keys lie on the same volume as the data" in report
    assert (
        f"warn   LMS_MAIL_URL names no mail server: messages reach nobody, they go to the folder {operator.data}/mail"
        in report
    )


def test_the_doctor_has_no_warning_of_mail_where_a_server_sends_it(operator):
    operator.run("db", "upgrade", **PRODUCTION)
    report = operator.run("doctor", **PRODUCTION, LMS_MAIL_URL="smtps://mail.example.org")
    assert "LMS_MAIL_URL" not in report


def test_routes_are_listed_one_a_line(operator):
    lines = operator.run("routes").splitlines()
    assert "GET /<lang>/l/<uuid:lesson_id>" in lines and "POST /<lang>/sign-in" in lines and "GET /leave" in lines
    assert not [line for line in lines if "HEAD" in line or "static" in line]


def test_the_demo_file_is_private_and_as_agreed(demo):
    path = demo.data / "demo-accounts.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = accounts_of(demo)
    assert found["base_url"] == "http://localhost:8000"
    roles = [account["role"] for account in found["accounts"]]
    counted = [roles.count(role) for role in ("participant", "facilitator", "coordinator", "editor")]
    assert counted == [31, 3, 2, 2]
    assert {account["locale"] for account in found["accounts"]} == {"en", "fr", "ar"}
    assert set(found["accounts"][0]) == {"role", "login", "password", "totp_secret", "locale"}
    common = {f"{role}.{page}" for role in ROLES for page in ("home", "course", "lesson")}
    staff = {f"{role}.{page}" for role in ROLES[1:] for page in ("queue", "mark", "release", "gradebook")}
    hers = {f"participant.{page}" for page in ("quiz", "assignment", "results", "certificate")}
    desk = ("cohorts", "cohort", "participants", "completion", "messages", "requests", "dates", "settings", "staff")
    desks = {f"coordinator.{page}" for page in (*desk, "invitations")}
    others = {"facilitator.help", "editor.home", "public.verify", "public.certificate", "safety.home", "safety.apart"}
    others |= {"admin.home", "admin.jobs", "admin.settings", "admin.audit", "auditor.home"}
    assert set(found["pages"]) == common | staff | hers | desks | others


def test_a_second_demo_loses_nothing_and_keeps_its_address_true(demo):
    before = accounts_of(demo)
    demo.run("demo", "--no-serve", "--seed", "99")
    assert accounts_of(demo) == before


def test_the_same_seed_gives_the_same_people(tmp_path):
    both = []
    for name in ("a", "b"):
        operator = Operator(tmp_path / name)
        operator.run("demo", "--no-serve", "--seed", "7", LMS_ENV="demo")
        both.append(accounts_of(operator)["accounts"])
    assert both[0] == both[1]


def test_the_demo_refuses_production(operator):
    with pytest.raises(Misconfigured, match="LMS_ENV is production"):
        operator.run("demo", "--no-serve", LMS_ENV=Environment.PRODUCTION)


def test_a_crash_between_commit_and_rename_is_made_good(tmp_path):
    operator = Operator(tmp_path)
    operator.run("demo", "--no-serve", LMS_ENV="demo")
    path = operator.data / "demo-accounts.json"
    text = path.read_text()
    path.rename(operator.data / "demo-accounts.json.part")
    operator.run("demo", "--no-serve", LMS_ENV="demo")
    assert path.read_text() == text


def test_the_canary_is_in_no_file_of_the_demo_in_clear(demo):
    """Every legal name of the demo begins with the canary; it is in no database, key store, log or mail."""
    files = [path for path in demo.data.parent.rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite" for path in files)
    for path in files:
        assert CANARY not in path.read_bytes(), path.name


def test_a_wrong_setting_ends_with_one_sentence_and_code_one(tmp_path):
    environ = {"PATH": "/usr/bin:/bin", "LMS_ENV": "demo", "LMS_DATA_DIR": str(tmp_path), "LMS_PORT": "eighty"}
    done = subprocess.run([sys.executable, "-m", "lms", "routes"], env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "lms: LMS_PORT is 'eighty'; it must be a whole number from 1 to 65535.\n"


@pytest.mark.parametrize("arguments", [("nothing",), ("db", "sideways"), ("demo", "--port", "0")])
def test_wrong_use_ends_with_code_two(operator, arguments):
    operator.run(*arguments, expect=2)


def test_serving_says_what_has_to_be_known_of_processes_and_the_proxy(operator):
    told = operator.run("serve", "--help")
    assert "LMS_WORKERS" in told and "LMS_PROXY_HOPS" in told


def test_every_command_has_an_example():
    import click

    def commands(group, name="lms"):
        context = click.Context(group)
        for key in group.list_commands(context):
            command = group.get_command(context, key)
            if isinstance(command, click.Group):
                yield from commands(command, f"{name} {key}")
            else:
                yield f"{name} {key}", command

    found = dict(commands(lms))
    assert {"lms content import", "lms demo", "lms user invite", "lms serve"} <= found.keys()
    for name, command in found.items():
        assert name in (command.epilog or command.help or ""), f"{name} has no example"
