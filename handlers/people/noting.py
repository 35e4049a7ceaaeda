"""Notes of the staff on a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.refusals import Refusal
from handlers import rights
from handlers.registered import registered
from messages.understanding import redaction
from storage.bills import references
from storage.desk import notes, staff
from storage.desk.notes import Note, NoteKind
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from handlers.context import Context

LONGEST: Final = 4000
"""Characters of a note."""


class NothingToNote(Refusal):
    """A note is empty or too long."""

    def __init__(self, length: int) -> None:
        why = f"has {length} characters, at most {LONGEST} fit" if length else "is empty"
        super().__init__(f"text: the note {why}")


def note(context: Context, customer_id: str, text: str, by: str) -> int:
    """Write a note on a customer, for colleagues; returns its id. Card numbers are masked.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownCustomer, WasErased: nobody of this id is registered.
        NothingToNote: the text is empty or too long.
    """
    by = rights.check(context.session, by, Right.WORK)
    registered(context.session, customer_id, "customer")
    return save_note(context, Note(customer_id, NoteKind.NOTE, context.now, by, masked(context, text)))


def save_note(context: Context, written: Note) -> int:
    """Save a note with its line in the audit trail; returns its id."""
    made = notes.add(context.session, written)
    detail: dict[str, object] = {"note": made, "kind": written.kind.value} | (
        {"acted": list(written.acted)} if written.acted else {}
    )
    entry = AuditEntry(context.now, written.written_by, "noted", f"customer:{written.customer_id}", detail)
    staff.write_down(context.session, entry)
    return made


def masked(context: Context, text: str) -> str:
    """A text as it is kept: without card numbers and security codes.

    Raises:
        NothingToNote: it is empty or too long.
    """
    text = redaction.clean(text, 2 * LONGEST)
    text = redaction.mask_codes(redaction.mask_cards(text, references.issued(context.session)))
    if not 0 < len(text) <= LONGEST:
        raise NothingToNote(len(text))
    return text
