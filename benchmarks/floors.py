"""Two floors: the least that a page of equal size costs under the same server, database and settings.

Floor 1 is a bare Flask page with one SELECT through sqlite3 or psycopg. Floor 2 is what most people would build: a page
for somebody who is signed in, with Flask-SQLAlchemy and Flask-Login, its session in a signed cookie, the user and the
content each read by primary key, and a Jinja template around it. Neither compresses, translates, asks who may do what,
or sets a header of safety.

    python -m benchmarks.floors --number 2 --database sqlite:////tmp/floor.sqlite --bytes 15000 \\
        --gunicorn '{"bind": "127.0.0.1:8100", "workers": 2, "worker_class": "gthread", "threads": 4}'
"""

import argparse
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from gunicorn.app.base import BaseApplication
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .acts import FLOOR_END

SENTENCE = "<p>The parties agree on a line, on who watches it, and on what is done when it is crossed.</p>\n"
TEMPLATE = (
    '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{{ page.title }}</title></head>\n'
    "<body>\n<p>{{ current_user.name }}</p>\n<h1>{{ page.title }}</h1>\n{{ page.body|safe }}\n</body>\n</html>\n"
)
TABLE = "benchmark_page"
NUMBER = 1


class Base(DeclarativeBase):
    """Of the second floor's tables."""


db = SQLAlchemy(model_class=Base)


class Member(UserMixin, db.Model):  # type: ignore[misc, name-defined]
    """Somebody who is signed in."""

    __tablename__ = "benchmark_member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Page(db.Model):  # type: ignore[misc, name-defined]
    """What is read."""

    __tablename__ = TABLE
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


def content(size: int) -> str:
    """A text of so many bytes that ends as whole pages end."""
    room = size - len(FLOOR_END) - len("<p></p>")
    return (SENTENCE * (room // len(SENTENCE) + 1))[:room] + f"<p>{FLOOR_END}</p>"


class FloorServer(BaseApplication):
    """gunicorn with the options of the product's own server. Nothing of the product is imported: it would join in."""

    def __init__(self, app: Flask, options: Mapping[str, Any]) -> None:
        self._app, self._options = app, options
        BaseApplication.__init__(self)

    def load_config(self) -> None:
        assert self.cfg is not None
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def first_floor(database_url: str) -> Flask:
    """A bare page with one SELECT."""
    app = Flask("floor")
    read = reader(database_url)

    @app.get("/")
    def page() -> ResponseReturnValue:
        title, body = read()
        return f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n{body}\n"

    return app


def reader(database_url: str) -> Callable[[], tuple[str, str]]:
    """Reads the page's row, over one connection for each thread."""
    mine = threading.local()
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    question = "?" if is_sqlite else "%s"
    statement = f"SELECT title, body FROM {TABLE} WHERE id = {question}"

    def connect() -> Any:
        if is_sqlite:
            return sqlite3.connect(str(url.database))
        # Needed only with PostgreSQL, and installed only then.
        import psycopg  # noqa: PLC0415

        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True)

    def read() -> tuple[str, str]:
        if not hasattr(mine, "connection"):
            mine.connection = connect()
        found: tuple[str, str] = mine.connection.execute(statement, (NUMBER,)).fetchone()
        return found

    return read


def second_floor(database_url: str) -> Flask:
    """A page for somebody who is signed in."""
    app = make_app(database_url)
    app.secret_key = "only a benchmark " * 2
    template = app.jinja_env.from_string(TEMPLATE)
    login = LoginManager(app)

    @login.user_loader
    def load(number: str) -> Member | None:
        return db.session.get(Member, int(number))

    @app.get("/enter/<int:number>")
    def enter(number: int) -> ResponseReturnValue:
        login_user(db.session.get_one(Member, number))
        return "", 204

    @app.get("/")
    @login_required
    def page() -> ResponseReturnValue:
        return render_template(template, page=db.session.get_one(Page, NUMBER))

    return app


def make_app(database_url: str) -> Flask:
    """An application with the tables of the floors."""
    app = Flask("floor")
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    app.config["SQLALCHEMY_DATABASE_URI"] = url.render_as_string(hide_password=False)
    db.init_app(app)
    return app


def fill(database_url: str, size: int) -> None:
    """Make the tables anew, with one page of so many bytes and one member."""
    app = make_app(database_url)
    with app.app_context():
        db.drop_all()
        db.create_all()
        db.session.add(Page(id=NUMBER, title="A lesson", body=content(size)))
        db.session.add(Member(id=NUMBER, name="A member"))
        db.session.commit()
        db.engine.dispose()


def body_size(page_size: int, number: int) -> int:
    """How large the stored text is so that the whole page has this size."""
    if number == 1:
        return page_size - len("<!doctype html>\n<title>A lesson</title>\n<h1>A lesson</h1>\n\n")
    around = TEMPLATE.replace("{{ page.body|safe }}", "").replace("{{ page.title }}", "A lesson")
    return page_size - len(around.replace("{{ current_user.name }}", "A member").rstrip("\n"))


def main() -> None:
    """Serve a floor."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--number", type=int, choices=(1, 2), required=True)
    options.add_argument(
        "--database",
        default=os.environ.get("FLOOR_DATABASE_URL"),
        help="address of a database for the floors alone; FLOOR_DATABASE_URL without it",
    )
    options.add_argument("--bytes", type=int, required=True, help="size of the whole page")
    options.add_argument("--gunicorn", type=json.loads, required=True, metavar="JSON", help="options of the server")
    asked = options.parse_args()
    if not asked.database:
        options.error("where are the floors to lie? --database")
    fill(asked.database, body_size(asked.bytes, asked.number))
    app = (first_floor, second_floor)[asked.number - 1](asked.database)
    BaseApplication.run(FloorServer(app, asked.gunicorn))


if __name__ == "__main__":
    main()
