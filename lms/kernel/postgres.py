"""PostgreSQL: what it is told about waiting, and a connection that does not wait for ever.

A server that is stopped or stuck keeps its connections open and says nothing; the driver would wait until it says
something, and every thread of ours with it. No setting of PostgreSQL or of TCP helps: the kernel of the frozen machine
acknowledges for it. So each wait has an end on our side too (docs/reliability.md, R6). The driver is an extra of the
installation, so it is taken from the engine and not imported.
"""

from datetime import timedelta
from typing import Any, ClassVar

from flask import has_request_context
from sqlalchemy import Engine, event

from .waiting import PATIENCE, REQUEST_PATIENCE, is_silent, milliseconds, note_silence, usual_patience

ANSWER_BY_ITSELF = timedelta(milliseconds=500)
"""The server ends by itself what takes too long, and says so; our end is for a server that cannot."""


class EndsWaiting:
    """What a connection of the driver learns: a request waits so long for the server and no longer."""

    pgconn: Any
    fault: ClassVar[type[Exception]]

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server. A connection that did not answer in time is closed: nobody knows what it will say."""
        driver: Any = super()
        if timeout is not None or not has_request_context():
            return driver.wait(gen, interval, timeout)
        try:
            return driver.wait(gen, interval, (usual_patience() + ANSWER_BY_ITSELF).total_seconds())
        except self.fault as fault:
            if getattr(fault, "sqlstate", None) is None:  # not an answer of the server
                note_silence()
                self.pgconn.finish()
            raise


def teach(engine: Engine) -> None:
    """Make the engine's connections wait as we do."""
    driver: Any = engine.dialect.loaded_dbapi
    connection: Any = type("Connection", (EndsWaiting, driver.Connection), {"fault": driver.OperationalError})

    def on_connecting(dialect: object, record: object, arguments: Any, options: Any) -> Any:
        if is_silent():
            raise driver.OperationalError("the database did not answer a moment ago")
        try:
            return connection.connect(*arguments, **options)
        except driver.errors.ConnectionTimeout:
            note_silence()
            raise

    event.listen(engine, "do_connect", on_connecting)
    event.listen(engine, "connect", _on_connect)


def _on_connect(connection: Any, record: object) -> None:
    """A connection that a request opens serves requests: work without a person has processes of its own."""
    lock, statement = PATIENCE, timedelta(0)
    if has_request_context():
        lock, statement = REQUEST_PATIENCE * 3 / 4, REQUEST_PATIENCE
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {milliseconds(lock)}")
    connection.execute(f"SET statement_timeout = {milliseconds(statement)}")
    connection.autocommit = False
