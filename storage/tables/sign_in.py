"""Signing in to the pages of the desk: passwords, sessions, wrong tries; and forms: keys and drafts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table
from storage.tables.written import WrittenJson


class DeskLogin(Table):
    """How a user of the staff signs in to the pages, and what they chose there."""

    __tablename__ = "desk_logins"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    password: Mapped[str | None]
    """Argon2id with its parameters and salt; None until one was chosen."""
    password_made_by: Mapped[str | None]
    """Whose token chose it, and may know it; their own name where an invitation was opened."""
    password_at: Mapped[datetime | None]
    totp: Mapped[str] = mapped_column(Sealed())
    """The secret of their one-time codes; empty where they use none."""
    totp_next: Mapped[str] = mapped_column(Sealed())
    """One that is not confirmed by a code yet."""
    totp_step: Mapped[int]
    """The time step of the last code that was used: no code counts twice."""
    invitation: Mapped[str | None] = mapped_column(unique=True)
    """SHA-256 of the link to choose a password with, until it is used."""
    invited_until: Mapped[datetime | None]
    language: Mapped[str]
    """The language they chose for the pages; empty for that of their browser."""
    keys_off: Mapped[bool]
    """Whether they switched the keyboard's shortcuts off."""


class DeskSession(Table):
    """A browser in which somebody is signed in."""

    __tablename__ = "desk_sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the random id in the cookie."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    """To the minute."""
    address: Mapped[str]
    """Where it was opened from."""
    browser: Mapped[str]


class DeskTry(Table):
    """Wrong tries to sign in by one name, or from one address; the table is bounded."""

    __tablename__ = "desk_tries"
    __table_args__ = (UniqueConstraint("kind", "mark"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """``name`` or ``address``."""
    mark: Mapped[str]
    """SHA-256: what is typed as a name may be a password."""
    tries: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class DeskFormKey(Table):
    """A form that was carried out: posted again, it leads to the same page and does nothing."""

    __tablename__ = "desk_form_keys"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    leads_to: Mapped[str]


class DeskDraft(Table):
    """What a user typed into a form and has not sent."""

    __tablename__ = "desk_drafts"
    __table_args__ = (UniqueConstraint("user_id", "form"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form: Mapped[str]
    """The address that the form posts to."""
    fields: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()))
    saved_at: Mapped[datetime] = mapped_column(index=True)
