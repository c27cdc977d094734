"""Settings: read from the environment once, at start. A wrong one stops the start with one sentence that names it.

The table of variables is docs/contract.md, section Environment.
"""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from lms.kernel.errors import Misconfigured
from lms.kernel.ids import new_token
from lms.kernel.sealed import KeyRing

LANGUAGES = ("en", "fr", "ar")
NOT_BUILT_YET = ("LMS_REDIS_URL", "LMS_STORAGE_URL")


class Environment(StrEnum):
    """What the process is for."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many failed sign-ins are taken in `window_minutes` before the next is refused unread.

    Right credentials from a device that signed in before are never refused (docs/security/threat-model.md E2).
    """

    window_minutes: int = 15
    per_account: int = 5
    per_source: int = 30
    everywhere: int = 600


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that an operator can set."""

    environment: Environment
    data_dir: Path
    keys_dir: Path
    database_url: str
    migration_url: str
    host: str
    port: int
    public_url: str
    site_name: Mapping[str, str]
    secret_key: str
    data_keys: KeyRing
    mail_url: str
    workers: int
    proxy_hops: int
    limits: Limits = Limits()

    @property
    def is_https(self) -> bool:
        """Whether people reach the site over TLS: decides cookie names and HSTS."""
        return self.public_url.startswith("https://")

    @property
    def keystore(self) -> Path | None:
        """The file of person keys; None where the database keeps them in a schema."""
        return self.keys_dir / "person-keys.sqlite" if self.database_url.startswith("sqlite") else None


def read_settings(
    environ: Mapping[str, str] = os.environ, *, default: Environment = Environment.PRODUCTION
) -> Settings:
    """Read all settings, making folders and keys on the first start. Raises Misconfigured."""
    environment = _environment(environ, default)
    for name in NOT_BUILT_YET:
        if environ.get(name):
            raise Misconfigured(f"{name} is set, but this version does not use it yet: unset it.")
    data_dir = Path(
        environ.get("LMS_DATA_DIR") or f"var/{'demo' if environment is Environment.DEMO else 'lms'}"
    ).resolve()
    keys_dir = Path(environ.get("LMS_KEYS_DIR") or f"{data_dir}-keys").resolve()
    if keys_dir.is_relative_to(data_dir):
        raise Misconfigured("LMS_KEYS_DIR must not lie inside LMS_DATA_DIR: who copies the data must not get the keys.")
    _make_folder("LMS_DATA_DIR", data_dir, 0o750)
    _make_folder("LMS_KEYS_DIR", keys_dir, 0o700)
    database_url = _database_url(environ, data_dir)
    _check_keys_are_at_hand(database_url, keys_dir)
    port = _number(environ, "LMS_PORT", 8000, 1, 65535)
    return Settings(
        environment=environment,
        data_dir=data_dir,
        keys_dir=keys_dir,
        database_url=database_url,
        migration_url=environ.get("LMS_MIGRATION_URL") or database_url,
        host=environ.get("LMS_HOST") or "127.0.0.1",
        port=port,
        public_url=_public_url(environ, environment, port),
        site_name=_site_name(environ),
        secret_key=_secret(environ, "LMS_SECRET_KEY", keys_dir / "secret-key", new_token, environment),
        data_keys=KeyRing.parse(
            _secret(environ, "LMS_DATA_KEYS", keys_dir / "data-keys", KeyRing.new_line, environment)
        ),
        mail_url=_mail_url(environ, data_dir),
        workers=_number(environ, "LMS_WORKERS", os.cpu_count() or 1, 1, 256),
        proxy_hops=_number(environ, "LMS_PROXY_HOPS", 0, 0, 10),
    )


def _environment(environ: Mapping[str, str], default: Environment) -> Environment:
    value = environ.get("LMS_ENV") or default
    if value not in list(Environment):
        raise Misconfigured(f"LMS_ENV is {value!r}; it must be one of: {', '.join(Environment)}.")
    return Environment(value)


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise Misconfigured(f"{name} is {value!r}; it must be a whole number from {least} to {most}.")
    return int(value)


def _make_folder(name: str, folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise Misconfigured(f"{name}: the folder {folder} cannot be made or written to.")


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    value = environ.get("LMS_DATABASE_URL") or f"sqlite:///{data_dir / 'lms.sqlite'}"
    try:
        url = make_url(value)
    except ArgumentError:
        raise Misconfigured("LMS_DATABASE_URL is not a database address (sqlite:/// or postgresql://).") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise Misconfigured("LMS_DATABASE_URL names no file: SQLite in memory would lose people's work.")
        return value
    if url.get_backend_name() != "postgresql":
        raise Misconfigured(f"LMS_DATABASE_URL names {url.get_backend_name()}; SQLite and PostgreSQL are supported.")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _public_url(environ: Mapping[str, str], environment: Environment, port: int) -> str:
    value = (environ.get("LMS_PUBLIC_URL") or f"http://localhost:{port}").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise Misconfigured(f"LMS_PUBLIC_URL is {value!r}; it must be an address like https://learn.example.org.")
    if environment is Environment.PRODUCTION and parts.scheme != "https":
        raise Misconfigured("LMS_PUBLIC_URL must begin with https:// in production (LMS_ENV=demo for a demo).")
    return value


def _site_name(environ: Mapping[str, str]) -> Mapping[str, str]:
    """`Madar`, or `en=Madar;fr=Madar;ar=مدار`; one name alone stands for every language."""
    value = environ.get("LMS_SITE_NAME") or "en=Madar;fr=Madar;ar=مدار"
    if "=" not in value:
        return dict.fromkeys(LANGUAGES, value)
    names = dict(part.strip().split("=", 1) for part in value.split(";") if "=" in part)
    missing = [language for language in LANGUAGES if not names.get(language)]
    if missing:
        raise Misconfigured(f"LMS_SITE_NAME has no name for: {', '.join(missing)}.")
    return names


def _mail_url(environ: Mapping[str, str], data_dir: Path) -> str:
    value = environ.get("LMS_MAIL_URL") or (data_dir / "mail").as_uri()
    if urlsplit(value).scheme not in ("file", "smtp", "smtps"):
        raise Misconfigured("LMS_MAIL_URL must begin with file://, smtp:// or smtps://.")
    return value


def _check_keys_are_at_hand(database_url: str, keys_dir: Path) -> None:
    """New keys beside an old database would hide that the old ones are lost, and with them every sealed value."""
    url = make_url(database_url)
    has_database = url.get_backend_name() == "sqlite" and Path(str(url.database)).exists()
    if has_database and not any(keys_dir.iterdir()):
        raise Misconfigured(f"LMS_KEYS_DIR: {keys_dir} is empty, but there is a database: restore its keys folder.")


def _secret(
    environ: Mapping[str, str], name: str, default: Path, make: Callable[[], str], environment: Environment
) -> str:
    """A secret given as a value, as `file:PATH`, or made once in the keys folder."""
    value = environ.get(name) or f"file:{default}"
    if not value.startswith("file:"):
        return value
    path = Path(value.removeprefix("file:"))
    if not path.exists() and path == default:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make() + "\n")
    try:
        if environment is Environment.PRODUCTION and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Misconfigured(f"{name}: others can read {path}; run: chmod 600 {path}")
        return path.read_text().strip()
    except OSError:
        raise Misconfigured(f"{name}: the file {path} cannot be read.") from None
