"""A letter that says what its message says, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.outgoing import WrittenLetter
from messages.documents import documents
from messages.documents.documents import Addressee, LetterSheet
from storage.people import customers

if TYPE_CHECKING:
    from datetime import date

    from handlers.context import Context
    from storage.delivery.outbox import Message


def write(context: Context, message: Message, address: str, reference: str, post_on: date) -> WrittenLetter:
    """The sayings of a message to a customer as a letter, dated on the day of posting (``post_on``)."""
    assert message.customer_id
    person = customers.find(context.session, message.customer_id)
    assert person
    said = [context.installation.words.say(one.key, message.language, one.facts) for one in message.sayings]
    sheet = LetterSheet(message.language, reference, post_on, said, [], None)
    page = documents.page(context.creditor, Addressee(person.name, address, person.id), sheet)
    return WrittenLetter(message.sayings, "\n\n".join(said), page, None)
