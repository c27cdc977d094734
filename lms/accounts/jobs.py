"""Work of the worker that concerns people: delivering messages, sweeping what is over."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from lms.kernel.db import db, transaction
from lms.kernel.i18n import speaking
from lms.messaging import channels
from lms.messaging import queries as outbox
from lms.messaging.errors import PutOff, Undeliverable
from lms.messaging.rules import goes_at
from lms.settings import current_settings
from lms.web.formats import write_moment_in

from . import queries, vault
from .messages import TEMPLATES, Template
from .models import Person
from .rules.credentials import ContactKind
from .services import codes, sweeping

MESSAGE = outbox.MESSAGE
SWEEP = "accounts.sweep"


def deliver(payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message to one person, in her language, if she gave an address that can be written to.

    A code is found now, so that it stands nowhere before and the newest is sent. Raises Undeliverable where there is no
    address, or no open code any more, PutOff at night, CannotOpen when her key is gone, and what `channels.send`
    raises.
    """
    person = queries.find_recipient(payload["person"])
    address = vault.open_contact(person) if person is not None else None
    if person is None or address is None or person.contact_kind is not ContactKind.EMAIL:
        raise Undeliverable
    template = TEMPLATES[payload["template"]]
    by_day = goes_at(at, person.time_zone)
    if template.waits_for_day and by_day > at:
        raise PutOff(by_day)
    message = _letter(template, person.interface_language, address, _values(template, person, at))
    message["Message-ID"] = f"<{payload['key']}@{current_settings().public_host}>"
    message["Date"] = format_datetime(at)
    message["Auto-Submitted"] = "auto-generated"  # no mail program answers that its owner is away
    db.session.remove()  # no transaction stays open while another machine is waited for
    channels.send(current_settings().mail_url, message)


def _values(template: Template, person: Person, at: datetime) -> Mapping[str, str]:
    """What the text names. Raises Undeliverable when it brings a code and none is open."""
    if not template.has_code:
        return {}
    invitation = queries.open_invitations([person.id], at=at).get(person.id)
    code = codes.code_of(invitation) if invitation is not None and person.login_index is None else None
    if invitation is None or code is None:
        raise Undeliverable
    language = person.interface_language
    with speaking(language):
        until = write_moment_in(invitation.expires_at, person.time_zone)
    return {"code": code, "address": f"{current_settings().public_url}/{language}/enrol", "until": until}


def _letter(template: Template, language: str, address: str, values: Mapping[str, str]) -> EmailMessage:
    settings = current_settings()
    message = EmailMessage()
    message["From"] = Address(settings.site_name[language], "no-reply", settings.public_host)
    message["To"] = address
    with speaking(language):
        message["Subject"] = str(template.subject)
        message.set_content(str(template.text) % values)
    return message


def sweep(payload: Mapping[str, Any], at: datetime) -> None:
    """Delete dead sessions, old tries and ended invitations."""
    with transaction():
        sweeping.sweep(at=at)
