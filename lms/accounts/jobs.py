"""Work of the worker that concerns people: delivering messages, sweeping what is over."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from flask_babel import force_locale

from lms.kernel.db import db, transaction
from lms.messaging import channels
from lms.settings import current_settings

from . import queries, services, vault
from .messages import TEMPLATES, Template
from .rules import ContactKind

MESSAGE = "message"
SWEEP = "accounts.sweep"


def deliver(payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message to one person, in her language, if she gave an address that can be written to.

    Raises CannotOpen when her key is gone, and what `channels.send` raises.
    """
    person = queries.find_recipient(payload["person"])
    address = vault.open_contact(person) if person is not None else None
    if person is None or address is None or person.contact_kind is not ContactKind.EMAIL:
        return
    message = _letter(TEMPLATES[payload["template"]], person.interface_language, address)
    message["Message-ID"] = f"<{payload['key']}@{current_settings().public_host}>"
    message["Date"] = format_datetime(at)
    db.session.remove()  # no transaction stays open while another machine is waited for
    channels.send(current_settings().mail_url, message)


def _letter(template: Template, language: str, address: str) -> EmailMessage:
    settings = current_settings()
    message = EmailMessage()
    message["From"] = Address(settings.site_name[language], "no-reply", settings.public_host)
    message["To"] = address
    with force_locale(language):
        message["Subject"] = str(template.subject)
        message.set_content(str(template.text))
    return message


def sweep(payload: Mapping[str, Any], at: datetime) -> None:
    """Delete dead sessions, old tries and ended invitations."""
    with transaction():
        services.sweep(at=at)
