"""Work of the worker that concerns people: delivering messages, sweeping what is over."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from flask_babel import force_locale

from lms.kernel.db import transaction
from lms.messaging import channels
from lms.web.cookies import settings

from . import queries, services, vault
from .messages import TEMPLATES
from .rules import ContactKind

MESSAGE = "message"
SWEEP = "accounts.sweep"


def deliver(payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message to one person, in her language, if she gave an address that can be written to."""
    person = queries.find_recipient(payload["person"])
    if person is None or person.contact_kind is not ContactKind.EMAIL:
        return
    address = vault.open_contact(person)
    if address is None:
        return
    template = TEMPLATES[payload["template"]]
    site = settings().site_name[person.interface_language]
    host = settings().public_url.partition("://")[2].partition(":")[0]
    message = EmailMessage()
    with force_locale(person.interface_language):
        message["Message-ID"] = f"<{payload['key']}@{host}>"
        message["From"] = f"{site} <no-reply@{host}>"
        message["To"] = address
        message["Subject"] = str(template.subject)
        message.set_content(str(template.text))
    channels.send(settings().mail_url, message)


def sweep(payload: Mapping[str, Any], at: datetime) -> None:
    """Delete dead sessions, old tries and ended invitations."""
    with transaction():
        services.sweep(at=at)
