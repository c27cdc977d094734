import os
import stat

import pytest

from lms.accounts.services.persons import NewPerson, make_person
from lms.app import create_app
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import db, transaction
from lms.kernel.errors import Misconfigured
from lms.kernel.sealed import KeyRing
from lms.settings import Environment, read_settings
from tests.cast import NOW
from tests.conftest import POSTGRES, need
from tests.tools import postgres


@pytest.fixture
def environ(tmp_path):
    return {"LMS_ENV": "test", "LMS_DATA_DIR": str(tmp_path / "data")}


def test_everything_has_a_default_but_production_wants_https(tmp_path, environ):
    found = read_settings(environ)
    assert (found.host, found.port, found.public_url) == ("127.0.0.1", 8000, "http://localhost:8000")
    assert found.keys_dir == tmp_path / "data-keys"
    assert found.site_name == {"en": "Madar", "fr": "Madar", "ar": "مدار"}
    assert found.keystore == tmp_path / "data-keys" / "person-keys.sqlite"


def test_keys_are_made_once_and_nobody_else_may_read_them(environ):
    first, second = read_settings(environ), read_settings(environ)
    assert first.secret_key == second.secret_key
    assert first.data_keys.newest == second.data_keys.newest
    modes = {stat.S_IMODE(path.stat().st_mode) for path in first.keys_dir.iterdir()}
    assert modes == {0o600} and stat.S_IMODE(first.keys_dir.stat().st_mode) == 0o700


def test_keys_of_certificates_lie_among_the_keys_and_never_in_a_backup(tmp_path, environ):
    found = read_settings(environ)
    assert found.certificate_keys_dir == tmp_path / "data-keys" / "certificate-keys"
    assert not found.certificate_keys_dir.is_relative_to(found.data_dir)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LMS_ENV", "live"),
        ("LMS_PORT", "eighty"),
        ("LMS_PORT", "0"),
        ("LMS_PORT", "70000"),
        ("LMS_WORKERS", "-1"),
        ("LMS_PROXY_HOPS", "many"),
        ("LMS_PUBLIC_URL", "learn.example.org"),
        ("LMS_PUBLIC_URL", "https://x.example/path"),
        ("LMS_DATABASE_URL", "nonsense"),
        ("LMS_DATABASE_URL", "mysql://x/y"),
        ("LMS_DATABASE_URL", "sqlite://"),
        ("LMS_MAIL_URL", "carrier-pigeon://x"),
        ("LMS_SITE_NAME", "en=Madar"),
        ("LMS_REDIS_URL", "redis://localhost"),
        ("LMS_STORAGE_URL", "s3://bucket"),
        ("LMS_DATA_KEYS", "short"),
        ("LMS_SECRET_KEY", "file:/nowhere/at/all"),
        ("LMS_DATA_DIR", "/proc/cannot"),
        ("LMS_KEYS_DIR", "/proc/cannot"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence_that_names_it(environ, name, value):
    with pytest.raises(Misconfigured) as refusal:
        read_settings({**environ, name: value})
    assert name in str(refusal.value) and "\n" not in str(refusal.value)


def test_keys_inside_the_data_are_refused(environ):
    with pytest.raises(Misconfigured, match="LMS_KEYS_DIR must not lie inside"):
        read_settings({**environ, "LMS_KEYS_DIR": f"{environ['LMS_DATA_DIR']}/keys"})


def test_production_refuses_plain_http_and_readable_keys(environ):
    production = {**environ, "LMS_ENV": "production"}
    with pytest.raises(Misconfigured, match="LMS_PUBLIC_URL must begin with https"):
        read_settings(production)
    production["LMS_PUBLIC_URL"] = "https://learn.example.org"
    found = read_settings(production)
    assert found.is_https and found.environment is Environment.PRODUCTION
    (found.keys_dir / "data-keys").chmod(0o644)
    with pytest.raises(Misconfigured, match="LMS_DATA_KEYS: others can read"):
        read_settings(production)


def test_postgresql_goes_through_psycopg_and_keeps_its_password(environ):
    read_settings(environ).certificate_keys_dir.mkdir()  # with all keys at hand, no database is asked
    found = read_settings({**environ, "LMS_DATABASE_URL": "postgresql://a:b%40@db/lms"})
    assert found.database_url == "postgresql+psycopg://a:b%40@db/lms"
    assert found.keystore is None


def test_one_site_name_stands_for_every_language(environ):
    assert read_settings({**environ, "LMS_SITE_NAME": "Rihla"}).site_name == dict.fromkeys(("en", "fr", "ar"), "Rihla")


KEY_FILES = ("secret-key", "data-keys", "login-pepper", "person-keys.sqlite", "certificate-keys")


@pytest.fixture(params=["sqlite", "postgresql"])
def inhabited(request, environ, tmp_path, worker):
    """Settings of a site that somebody uses: all its keys, and one person in the database."""
    if request.param == "postgresql":
        need("postgresql")
        environ["LMS_DATABASE_URL"] = postgres.make_database(os.environ[POSTGRES], f"lms_keys_{worker}")
    settings = read_settings(environ)
    app = create_app(settings, clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        with transaction():
            make_person(NewPerson(shown_name="Cedar", interface_language="en", time_zone="UTC"), by=None, at=NOW)
        db.engine.dispose()
    return environ, settings


@pytest.mark.parametrize("name", KEY_FILES)
def test_a_key_is_not_made_anew_beside_people(inhabited, name):
    environ, settings = inhabited
    path = settings.keys_dir / name
    if not path.exists():
        assert name == "person-keys.sqlite" and settings.keystore is None
        return
    path.rename(settings.data_dir / name)
    with pytest.raises(Misconfigured, match=f"LMS_KEYS_DIR: .* lacks {name}, but the database has people"):
        read_settings(environ)
    assert not path.exists()
    (settings.data_dir / name).rename(path)
    again = read_settings(environ)
    assert (again.secret_key, again.login_pepper) == (settings.secret_key, settings.login_pepper)
    assert again.data_keys.newest == settings.data_keys.newest


def test_an_empty_keys_folder_beside_people_is_named_with_all_it_lacks(inhabited):
    environ, settings = inhabited
    settings.keys_dir.rename(settings.data_dir / "elsewhere")
    with pytest.raises(Misconfigured, match="lacks secret-key, data-keys, login-pepper, certificate-keys"):
        read_settings(environ)
    given = {"LMS_SECRET_KEY": "x" * 32, "LMS_DATA_KEYS": KeyRing.new_line()}
    with pytest.raises(Misconfigured, match="lacks login-pepper"):
        read_settings({**environ, **given})


def test_new_keys_are_made_beside_a_database_without_people(environ, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lms.sqlite").touch()
    assert read_settings(environ).login_pepper


def test_no_key_is_made_while_the_database_cannot_say_whether_there_are_people(environ, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lms.sqlite").write_text("no database at all, but long enough to be looked at as one" * 9)
    with pytest.raises(Misconfigured, match="LMS_DATABASE_URL does not answer"):
        read_settings(environ)
