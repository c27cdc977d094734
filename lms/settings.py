"""Settings: read from the environment once, at start. A wrong one stops the start with one sentence that names it.

The table of variables is docs/contract.md, section Environment.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import create_engine, inspect, literal, select, table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from lms.kernel.errors import Misconfigured
from lms.kernel.ids import new_token
from lms.kernel.sealed import KeyRing

LANGUAGES = ("en", "fr", "ar")
SECRET_LEAST = 32
NOT_BUILT_YET = ("LMS_REDIS_URL", "LMS_STORAGE_URL")
SECRETS = {"LMS_SECRET_KEY": "secret-key", "LMS_DATA_KEYS": "data-keys"}
"""What may be given as a value, and the file in the keys folder that holds it otherwise."""

LOGIN_PEPPER, PERSON_KEYS, CERTIFICATE_KEYS = "login-pepper", "person-keys.sqlite", "certificate-keys"
"""What else lies in the keys folder."""

PEOPLE = "accounts_person"
"""Their table, which is asked before there is an application."""

ASK_SECONDS = 5
"""How long a database server may take to say whether it has people."""


class Environment(StrEnum):
    """What the process is for."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many failed sign-ins are taken in `window_minutes` before the next is refused unread.

    per_pair: of one account from one source. A device that signed in before has a limit of its own: others' failures
    do not keep her out (docs/security/threat-model.md E2). alarm: failures of all together that are logged.
    checks_per_source: how many certificates are checked from one source, whatever the answers.
    """

    window_minutes: int = 15
    per_pair: int = 5
    per_account: int = 30
    per_device: int = 20
    per_source: int = 30
    alarm: int = 600
    checks_per_source: int = 60


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
    login_pepper: str
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
    def needs_factor(self) -> bool:
        """Whether roles of staff count only after a second factor. In a demo people look around without one."""
        return self.environment is not Environment.DEMO

    @property
    def public_host(self) -> str:
        """The host name people type."""
        return str(urlsplit(self.public_url).hostname)

    @property
    def keystore(self) -> Path | None:
        """The file of person keys; None where the database keeps them in a schema."""
        return self.keys_dir / PERSON_KEYS if self.database_url.startswith("sqlite") else None

    @property
    def certificate_keys_dir(self) -> Path:
        """The folder of the keys that sign certificates; `lms.certificates.signing` makes and reads them."""
        return self.keys_dir / CERTIFICATE_KEYS


def current_settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.extensions["settings"]
    return found


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
    _check_private(keys_dir, environment)
    database_url = _database_url(environ, data_dir)
    _check_keys_are_at_hand(environ, database_url, keys_dir)
    port = _number(environ, "LMS_PORT", 8000, 1, 65535)
    return Settings(
        environment=environment,
        data_dir=data_dir,
        keys_dir=keys_dir,
        database_url=database_url,
        migration_url=_database_address("LMS_MIGRATION_URL", environ.get("LMS_MIGRATION_URL") or database_url),
        host=environ.get("LMS_HOST") or "127.0.0.1",
        port=port,
        public_url=_public_url(environ, environment, port),
        site_name=_site_name(environ),
        secret_key=_secret(environ, "LMS_SECRET_KEY", keys_dir / SECRETS["LMS_SECRET_KEY"], new_token, environment),
        login_pepper=_secret({}, "login pepper", keys_dir / LOGIN_PEPPER, new_token, environment),
        data_keys=KeyRing.parse(
            _secret(environ, "LMS_DATA_KEYS", keys_dir / SECRETS["LMS_DATA_KEYS"], KeyRing.new_line, environment)
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


def _check_private(keys_dir: Path, environment: Environment) -> None:
    if environment is Environment.PRODUCTION and stat.S_IMODE(keys_dir.stat().st_mode) & 0o077:
        raise Misconfigured(f"LMS_KEYS_DIR: others can open {keys_dir}; run: chmod 700 {keys_dir}")


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    return _database_address("LMS_DATABASE_URL", environ.get("LMS_DATABASE_URL") or f"sqlite:///{data_dir}/lms.sqlite")


def _database_address(name: str, value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise Misconfigured(f"{name} is not a database address (sqlite:/// or postgresql://).") from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise Misconfigured(f"{name} names no file: SQLite in memory would lose people's work.")
        return value
    if url.get_backend_name() != "postgresql":
        raise Misconfigured(f"{name} names {url.get_backend_name()}; SQLite and PostgreSQL are supported.")
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


def _check_keys_are_at_hand(environ: Mapping[str, str], database_url: str, keys_dir: Path) -> None:
    """New keys beside people would hide that the old ones are lost: their sign-in, and every sealed value."""
    given = [file for name, file in SECRETS.items() if environ.get(name)]
    wanted = [*SECRETS.values(), LOGIN_PEPPER, CERTIFICATE_KEYS]
    if make_url(database_url).get_backend_name() == "sqlite":
        wanted.append(PERSON_KEYS)
    missing = [file for file in wanted if file not in given and not (keys_dir / file).exists()]
    if missing and _has_people(database_url):
        lacks = ", ".join(missing)
        raise Misconfigured(
            f"LMS_KEYS_DIR: {keys_dir} lacks {lacks}, but the database has people: restore what it had."
        )


def _has_people(database_url: str) -> bool:
    """Asked before there is an application, and only when keys are missing. Makes nothing."""
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and not Path(str(url.database)).exists():
        return False
    engine = create_engine(url, poolclass=NullPool, connect_args={} if is_sqlite else {"connect_timeout": ASK_SECONDS})
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(PEOPLE):
                return False
            return connection.execute(select(literal(1)).select_from(table(PEOPLE)).limit(1)).first() is not None
    except DBAPIError:
        raise Misconfigured(
            "LMS_DATABASE_URL does not answer, and LMS_KEYS_DIR lacks keys: whether to make them, only it can tell."
        ) from None


def _secret(
    environ: Mapping[str, str], name: str, default: Path, make: Callable[[], str], environment: Environment
) -> str:
    """A secret given as a value, as `file:PATH`, or made once in the keys folder."""
    value = environ.get(name) or f"file:{default}"
    if not value.startswith("file:"):
        if len(value) < SECRET_LEAST:
            raise Misconfigured(f"{name} has fewer than {SECRET_LEAST} characters.")
        return value
    path = Path(value.removeprefix("file:"))
    if not path.exists() and path == default:
        make_once(path, make())
    try:
        if environment is Environment.PRODUCTION and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Misconfigured(f"{name}: others can read {path}; run: chmod 600 {path}")
        found = path.read_text().strip()
    except OSError:
        raise Misconfigured(f"{name}: the file {path} cannot be read.") from None
    if len(found) < SECRET_LEAST:
        raise Misconfigured(f"{name}: {path} holds fewer than {SECRET_LEAST} characters.")
    return found


def make_once(path: Path, secret: str) -> None:
    """Write a new secret whole or not at all; of several processes that start together, one wins and all read it."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".") as file:  # made with mode 600
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
