"""Who asks whether they may pay in some months asks for time or for parts: they promise no day."""

from __future__ import annotations

from messages.understanding.understanding import understand
from tests.tables import each_row


@each_row(
    ("language", "text"),
    [
        ("en", "can I pay in 3 months?"),
        ("en", "could we pay this in three months"),
        ("en", "is it ok to pay in 2 months"),
        ("en", "would it be possible to pay in 6 months?"),
        ("sv", "kan jag betala på 3 månader?"),
        ("sv", "kan jag betala om tre månader?"),
        ("sv", "går det att betala om två månader"),
        ("es", "¿puedo pagar en 3 meses?"),
        ("es", "¿podría pagar en tres meses?"),
        ("es", "¿puedo pagar dentro de 3 meses?"),
    ],
)
def test_a_question_for_months_is_no_promise(language: str, text: str) -> None:
    """It is heard as a wish for a plan, or for more time."""
    assert understand(text, language).intent in {"payment_plan", "extension"}


@each_row(
    ("language", "text"),
    [
        ("en", "I will pay in 3 months"),
        ("en", "can I pay on friday?"),
        ("en", "I'll pay in two weeks"),
        ("sv", "jag betalar om 3 månader"),
        ("sv", "kan jag betala på fredag?"),
        ("es", "voy a pagar en dos semanas"),
        ("es", "¿puedo pagar el viernes?"),
    ],
)
def test_a_day_is_still_a_promise(language: str, text: str) -> None:
    """Who says when they will pay, or asks for a day that is near, promises it, or is offered the time."""
    assert understand(text, language).intent in {"promise", "extension", "payment_plan"}
