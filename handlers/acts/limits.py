"""What several acts ask for, and the limits they share, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.acts.shape import Field, FieldKind

if TYPE_CHECKING:
    from handlers.context import Context

REASON: Final = Field("reason", FieldKind.WORDS, "The reason, for the audit trail.")
WHY: Final = Field("reason", FieldKind.WORDS, "The reason, for the audit trail.", needed=False)
DAY: Final = Field("day", FieldKind.DAY, "The new due day, as 2026-04-30.")


def extension_limit(context: Context) -> str:
    """How far a rep moves a due day alone."""
    rules = context.policy.corrections
    alone = f"up to {rules.move_approve_after_days} days after the first due day"
    return f"{alone}; {rules.move_most_days} with approval"


def credit_limit(context: Context) -> str:
    """How much a rep credits alone."""
    return f"up to {context.policy.corrections.credit_approve_above} a bill"
