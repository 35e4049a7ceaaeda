"""The order in which an inbound message is read: the first reading that makes a reply of it decides.

Opt-outs come before everything, words that hold everything before questions, the open question before a new
wish.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from handlers.conversation import (
    conversations,
    evidence,
    first_readings,
    later,
    open_question,
    shared_phone,
    speaker,
    wishes,
)
from handlers.conversation.carrier_events import from_the_carrier
from handlers.people import unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn_context import Reply, Turn

READING_ORDER: Final[tuple[Callable[[Turn], Reply | None], ...]] = (
    from_the_carrier,
    first_readings.from_a_payer,
    # These three count while a person has taken over, too.
    first_readings.opt_out_or_in,
    first_readings.new_number_confirmed,
    first_readings.grave_words,
    first_readings.card_number,
    first_readings.with_a_person,
    open_question.photo_of_card,
    evidence.photo,
    first_readings.without_words,
    first_readings.unspoken_language,
    first_readings.whether_to_pay,
    open_question.expired,
    open_question.whose_first,
    # Before the open question: on a shared phone it may be somebody else's.
    shared_phone.another_birth_date,
    shared_phone.someone_else,
    open_question.navigation,
    open_question.answer,
    open_question.automatic,
    open_question.digression,
    open_question.misread,
    wishes.stale_button,
    wishes.obligation,
    evidence.words,
    wishes.several,
    wishes.doubt,
    wishes.wish,
)
"""Each reading gives a reply, or None where the message is not for it; the last one always answers."""


def reply_to(turn: Turn) -> Reply:
    """The reply to one inbound message; a question about a failing number may be added to it."""
    turn, noted = speaker.note(turn)
    reply = next(reply for reading in READING_ORDER if (reply := reading(turn)) is not None)
    reply = later.work_off(turn, open_question.lapsed(turn, reply))
    evidence.note_photo(turn)
    if noted:
        return speaker.acknowledged(turn, reply)
    failing = unreachable.to_ask(turn, reply)
    if failing is None:
        return reply
    asked = conversations.go_on(
        turn, None, turn.context.installation.flows.start("failing_number", failing, turn.context.now)
    )
    return replace(asked.after(*reply.sayings), language=reply.language)
