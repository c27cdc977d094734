import stat

import pytest

from lms.kernel.errors import Misconfigured
from lms.settings import Environment, read_settings


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
    found = read_settings({**environ, "LMS_DATABASE_URL": "postgresql://a:b%40@db/lms"})
    assert found.database_url == "postgresql+psycopg://a:b%40@db/lms"
    assert found.keystore is None


def test_one_site_name_stands_for_every_language(environ):
    assert read_settings({**environ, "LMS_SITE_NAME": "Rihla"}).site_name == dict.fromkeys(("en", "fr", "ar"), "Rihla")


def test_new_keys_are_not_made_beside_an_old_database(environ, tmp_path):
    read_settings(environ)
    (tmp_path / "data" / "lms.sqlite").touch()
    read_settings(environ)
    for key in (tmp_path / "data-keys").iterdir():
        key.unlink()
    with pytest.raises(Misconfigured, match="LMS_KEYS_DIR: .* is empty, but there is a database"):
        read_settings(environ)
