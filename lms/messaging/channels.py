"""How a message leaves: by SMTP, or into a folder where no mail server is set."""

import contextlib
import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from types import TracebackType
from urllib.parse import SplitResult, unquote, urlsplit

from lms.kernel.ids import new_id

TIMEOUT_SECONDS = 20.0
"""For one message from the first word to the last. The library's own limit begins anew with each byte that comes."""

CONNECT_SECONDS = 5.0
"""For each address of the mail server's name."""


def send(mail_url: str, message: EmailMessage, *, within: float = TIMEOUT_SECONDS) -> None:
    """Hand one message over. Raises OSError or smtplib.SMTPException when it did not leave.

    smtp:// asks for TLS after the greeting and refuses to go on without it. Whoever the machine trusts is trusted;
    SSL_CERT_FILE names a file of others, such as an authority of the house (docs/decisions/0020). within: seconds after
    which the line is cut, whatever the server was doing.
    """
    parts = urlsplit(mail_url)
    if parts.scheme == "file":
        _write(Path(unquote(parts.path)), message)
        return
    with _Limit(within) as limit:
        _talk(parts, message, limit)


def _talk(parts: SplitResult, message: EmailMessage, limit: "_Limit") -> None:
    context = ssl.create_default_context()
    is_wrapped = parts.scheme == "smtps"
    port = parts.port or (465 if is_wrapped else 587)
    server = _Server(parts.hostname or "localhost", port, limit=limit, context=context if is_wrapped else None)
    try:
        if not is_wrapped:
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
        with contextlib.suppress(smtplib.SMTPException):  # it was taken: how the server says goodbye changes nothing
            server.quit()
    finally:
        server.close()


class _Limit:
    """Cuts a line when its time is over. Raises TimeoutError in place of what comes of it."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._line: socket.socket | None = None
        self._is_over = False

    def watch(self, line: socket.socket) -> None:
        """Cut this one. A copy of it is kept: TLS takes the connection over and leaves an empty socket behind."""
        self._line = line.dup()
        if self._is_over:
            self._cut()

    def _cut(self) -> None:
        self._is_over = True
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "_Limit":
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._line is not None:
            self._line.close()
        if self._is_over and isinstance(fault, OSError):
            raise TimeoutError("the mail server took too long") from fault


class _Server(smtplib.SMTP):
    """A mail server whose line is watched from its first byte. context: for TLS before the greeting; else None."""

    def __init__(self, host: str, port: int, *, limit: _Limit, context: ssl.SSLContext | None) -> None:
        self._limit, self._context = limit, context
        super().__init__(host, port, timeout=CONNECT_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = socket.create_connection((host, port), timeout)
        self._limit.watch(line)
        line.settimeout(None)  # from here on the limit cuts
        return line if self._context is None else self._context.wrap_socket(line, server_hostname=host)


def _write(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f".{new_id().hex}"
    part.write_bytes(message.as_bytes(policy=SMTP))
    part.rename(folder / f"{part.name[1:]}.eml")
