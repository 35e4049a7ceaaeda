"""Keyed digests: finds equal values without keeping them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.sealing import keys

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def index(session: Session, purpose: str, value: str) -> str:
    """The digest (64 hex digits) of a value for one purpose; different purposes never match.

    That of ``stop`` is under a key that ``kvitt keys rotate`` never changes; others change with the keys,
    so that they are looked up by :func:`indexes`.
    """
    return keys.of_dialect(session.get_bind().dialect).index(purpose, value)


def indexes(session: Session, purpose: str, value: str) -> list[str]:
    """Every digest that a row may have for a value: more than one while keys are rotated."""
    return keys.of_dialect(session.get_bind().dialect).indexes(purpose, value)
