"""What a talk comes to once its open conversation is over: kept wishes, and what was left for another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from billing.gate import Purpose
from handlers.agenda import Kept
from handlers.conversation import conversations, intents
from handlers.desk import handover
from handlers.talk import saved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.talk.conversation import Open
    from handlers.turn_context import Reply, Turn
    from storage.conversation.conversations import Conversation

_LEFT_FOR_ANOTHER: Final = frozenset({
    "payment_plan", "promise", "change_plan", "enrolment", "contact_details", "aid", "estimate", "bill_way",
    "new_insurance", "next_step", "obligations", "already_paid",
})  # fmt: skip
"""Conversations that go on after another one; the rest hold nothing that would be lost."""
_PAYING: Final = frozenset({"payment_plan", "promise", "change_plan", "hardship", "next_step"})
"""Ways to pay: what is agreed in one takes the place of another that was left for it."""


def leave_for(turn: Turn, row: Conversation, open_: Open, wish: str) -> None:
    """Keep a conversation that has answers, and is left for another wish, to go on with it afterwards."""
    flow = intents.STARTS[wish].flow if wish in intents.STARTS else wish
    if wish == "person" or open_.flow not in _LEFT_FOR_ANOTHER or not open_.answers:
        return
    if flow == open_.flow:
        return
    turn.agenda.leave(Kept(open_.flow, left=saved.whole(open_), customer_id=row.customer_id or ""))


def work_off(turn: Turn, reply: Reply) -> Reply:
    """The reply, and what is come to next where no question is open any more."""
    if not turn.agenda.kept and not turn.agenda.several:
        return reply
    if turn.reads.identity().not_the_customer:
        turn.agenda.clear()  # a person looks first who writes
    if turn.agenda.kept and any(one.key == "enrolment.done" for one in reply.sayings):
        turn.agenda.clear()
        return reply.before(Saying("later.once_checked"))
    while turn.agenda.kept and _may_go_on(turn, reply):
        following = _next(turn, turn.agenda.kept.pop(0))
        reply = replace(following.after(*reply.sayings), language=reply.language) if following else reply
    if turn.agenda.noted and turn.agenda.kept and turn.conversation():
        reply = reply.after(Saying(turn.agenda.noted))
    over = not turn.agenda.kept and _may_go_on(turn, reply)
    return reply.before(*_summary(turn)) if over else reply


def _may_go_on(turn: Turn, reply: Reply) -> bool:
    spoken = bool(reply.sayings) and reply.purpose is Purpose.REPLY
    return spoken and turn.conversation() is None and turn.reads.point().person_since is None


def _next(turn: Turn, kept: Kept) -> Reply | None:
    """The reply to one thing that was kept; none where it is no longer to be talked about."""
    flow_or_wish = kept.wish
    known = turn.now_identified
    answering = replace(turn, point=turn.reads.point(), said=kept.said)
    if (flow_or_wish in _PAYING or kept.wish in intents.AGREEING) and handover.asks_person_to_pay(answering):
        return None  # whether anything is to be paid is for a person to say now
    if kept.wish == "receipt" and ("already_paid", "still_open") in turn.agenda.settled:
        turn.agenda.note_outcome("receipt", "still_open")  # there is none before the payment is here
        return None
    if not kept.left:
        reply = conversations.granted(answering, intents.more_precise(answering, kept.wish), known)
        return reply.after(Saying("later.next", {"wish": _name(turn, kept.wish)})) if known else reply
    if turn.agenda.agreed and flow_or_wish in _PAYING:
        return None  # what was agreed instead takes its place
    if kept.customer_id and (known is None or known.id != kept.customer_id):
        return None  # it was somebody else's, or nobody has shown who they are any longer
    again = turn.context.installation.flows.ask_again(saved.whole_again(kept.left), turn.context.now)
    asked = conversations.save_conversation(
        answering, None, replace(again, said=again.said[-1:]), known if kept.customer_id else None
    )
    return asked.after(Saying("later.back", {"wish": _name(turn, kept.wish)})) if known else asked


def _summary(turn: Turn) -> list[Saying]:
    """What became of the wishes of one text, once the last of them is settled."""
    settled = dict(turn.agenda.settled)
    turn.agenda.clear()
    if len(settled) <= 1:
        return []
    facts = {
        state: _listed(_name(turn, wish) for wish, became in settled.items() if became == state)
        for state in ("done", "still_open", "as_it_was")
    }
    return [Saying("later.summary", {**facts})]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _name(turn: Turn, wish: str) -> str:
    """How a wish or a conversation is named in a sentence."""
    start = intents.STARTS.get(wish)
    flow = start.flow if start and start.flow != "report" else wish
    return turn.context.installation.words.say("later.name", turn.language, {"wish": flow})
