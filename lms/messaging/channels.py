"""How a message leaves: by SMTP, or into a folder where no mail server is set."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lms.kernel.ids import new_id

TIMEOUT_SECONDS = 20


def send(mail_url: str, message: EmailMessage) -> None:
    """Hand one message over. Raises OSError or smtplib.SMTPException when it did not leave.

    smtp:// asks for TLS after the greeting and refuses to go on without it.
    """
    parts = urlsplit(mail_url)
    if parts.scheme == "file":
        _write(Path(unquote(parts.path)), message)
        return
    host, port = parts.hostname or "localhost", parts.port
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port or 587, timeout=TIMEOUT_SECONDS)
    with server:
        if parts.scheme == "smtp":
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _write(folder: Path, message: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f".{new_id().hex}"
    part.write_bytes(message.as_bytes(policy=SMTP))
    part.rename(folder / f"{part.name[1:]}.eml")
