"""Deleting what is over."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from lms.accounts.models import AnsweredQuestion, FirstStep, Invitation, KnownDevice, Session, SignInAttempt
from lms.accounts.rules.factors import SECOND_STEP
from lms.accounts.rules.limits import DEVICE_KNOWN
from lms.accounts.rules.sessions import SESSION_IDLE_OWN, SESSION_IDLE_SHARED, SESSION_LONGEST
from lms.kernel.db import db
from lms.settings import current_settings


def sweep(*, at: datetime) -> None:
    """Delete what is over: dead sessions, tries older than a day, invitations older than their 14 days."""
    db.session.execute(delete(Session).where(Session.started_at <= at - SESSION_LONGEST))
    db.session.execute(delete(Session).where(Session.used_at <= at - SESSION_IDLE_OWN))
    db.session.execute(delete(Session).where(Session.shared.is_(True), Session.used_at <= at - SESSION_IDLE_SHARED))
    db.session.execute(delete(FirstStep).where(FirstStep.began_at <= at - SECOND_STEP))
    db.session.execute(delete(AnsweredQuestion).where(AnsweredQuestion.ends_at <= at))
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at <= at - timedelta(days=1)))
    is_use = SignInAttempt.account_key == SignInAttempt.source_key
    window = timedelta(minutes=current_settings().limits.window_minutes)
    db.session.execute(delete(SignInAttempt).where(is_use, SignInAttempt.at <= at - window))
    db.session.execute(delete(KnownDevice).where(KnownDevice.created_at <= at - DEVICE_KNOWN))
    db.session.execute(delete(Invitation).where(Invitation.expires_at <= at))
