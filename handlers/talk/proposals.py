"""Questions about what is proposed: yes, no, or what is to be different, which an answer may name at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from handlers.talk.questions import Answer, Question, QuestionBack, Reader, one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from billing.facts import Saying

_AMOUNT_OR_DAY: Final = ("amount", "day")
_NUMBERS: Final = frozenset("1234")
"""The numbers of choices: alone they are no other amount and no other day."""


def confirm(saying: Saying, other: Callable[[Answer, Reader], str], explained: Saying) -> Question[str]:
    """The question whether something is agreed: ``yes``, ``no``, ``leave``, or what is to be different.

    ``other`` reads what an answer asks for instead, or nothing (empty); ``explained`` answers a question.
    """
    choice = one_of("verdict", saying, "yes", *_AMOUNT_OR_DAY, "no")

    def chosen(answer: Answer, reader: Reader) -> str:
        said = choice.read(answer, reader)
        left = said == "no" and reader.choice(answer.text, answer.language, ("keep",)) == "keep"
        return "leave" if left else said

    return _instead(choice, chosen, other, explained)


def what_else(saying: Saying, other: Callable[[Answer, Reader], str], explained: Saying) -> Question[str]:
    """The question what is to be different, after a bare no; a second no leaves everything as it is."""
    choice = one_of("what_else", saying, *_AMOUNT_OR_DAY, "keep")

    def chosen(answer: Answer, reader: Reader) -> str:
        return reader.choice(answer.text, answer.language, ("no",)) or choice.read(answer, reader)

    return _instead(choice, chosen, other, explained)


def _instead(
    choice: Question[str],
    chosen: Callable[[Answer, Reader], str],
    other: Callable[[Answer, Reader], str],
    explained: Saying,
) -> Question[str]:
    """A choice that is read only where an answer neither asks nor names other terms itself."""

    def read(answer: Answer, reader: Reader) -> str:
        if reader.asks(answer.text, answer.language):
            raise QuestionBack(explained)
        picks = answer.text.strip(" .)#(") in _NUMBERS
        return ("" if picks else other(answer, reader)) or chosen(answer, reader)

    return replace(choice, read=read, fresh=True)
