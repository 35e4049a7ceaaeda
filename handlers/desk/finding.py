"""Finding a person, a bill or a message, for the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.search_words import LEAST, Sought
from billing.refusals import Refusal
from storage.desk import search

if TYPE_CHECKING:
    from handlers.context import Context
    from storage.desk.search import SearchResult


class NothingToFind(Refusal):
    """What is searched for has too few letters and digits."""

    def __init__(self) -> None:
        super().__init__(
            f"what to find has at least {LEAST} letters or digits: a part of a name, the end of a phone "
            "number, a bill number or reference, a customer's id, or a word of a message"
        )


def find(context: Context, text: str, limit: int = search.PAGE) -> SearchResult:
    """People, bills and messages with a part of a name, a phone, a reference or a word; the newest first.

    What came in within the last seconds may not be there yet: it is indexed beside the turns.

    Raises:
        NothingToFind: the text is too short.
    """
    question = Sought.of(text)
    if not (question.words or question.phone or question.name or question.said):
        raise NothingToFind
    return search.search(context.session, text, limit)
