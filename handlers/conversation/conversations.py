"""Starts, continues and finishes conversations, and asks for identity before anything personal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from billing.gate import Purpose
from billing.outcomes import GiveEstimate, GoOn, Identify, ProveMore, SetLanguage
from handlers.conversation import identify, intents, offers, outcomes, running_plans, speaker
from handlers.conversation.agreements import FactsChanged
from handlers.conversation.identify import Shown
from handlers.desk import handover
from handlers.flows.identity import IdentityOffer
from handlers.flows.proof import ProofOffer
from handlers.payers import estimating
from handlers.people import consent
from handlers.talk import saved
from handlers.talk.conversation import Done, Going
from handlers.talk.questions import Answer
from handlers.turn_context import SILENCE, Reply, say
from storage.conversation import conversations
from storage.conversation.conversations import Conversation
from storage.delivery import lookups

if TYPE_CHECKING:
    from datetime import date, datetime

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.conversation.intents import OpenStart, Start
    from handlers.talk.conversation import Open
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


_WHO_ASKED: Final = frozenset(
    {
        "identity.ask",
        "identity.ask_parent",
        "identity.again",
        "identity.again_parent",
        "identity.again_own",
        "identity.still",
    }
)
"""The question who is writing, which is short where it is asked once more."""


def stop(turn: Turn) -> Reply:
    """Record an opt-out. The first is confirmed, a repeated one gets no reply (47 CFR 64.1200(a)(12))."""
    news = consent.stop(turn.context, turn.point.id, "text")
    return Reply((Saying("consent.stopped"),), (), Purpose.STOP_CONFIRMATION) if news else SILENCE


def grant(turn: Turn, intent: str, customer: Customer | None) -> Reply:
    """Answer an intent or start its conversation; a personal one asks for identity first.

    ``customer`` is None as long as the sender is not identified.
    """
    if intent in intents.AGREEING and handover.asks_person_to_pay(turn):
        return handover.to_a_person(turn, intents.WHETHER_TO_PAY)
    if intent == "already_paid":
        # Before the identity question: reminders must rest even if the sender never answers it.
        handover.pause_for_payment(turn)
    return _open_to(turn, intent, customer)


def _open_to(turn: Turn, intent: str, customer: Customer | None) -> Reply:
    start = intents.STARTS.get(intent)
    if isinstance(start, intents.OpenStart):
        return _begin_for_anybody(turn, start, customer)
    if start is None and intent not in intents.PERSONAL:
        return intents.answer(turn, intent, turn.person(customer) if customer else None)
    if customer is None:
        return _ask_who(turn, intent)
    return _open_to_customer(turn, intent, customer)


def _open_to_customer(turn: Turn, intent: str, customer: Customer) -> Reply:
    person = turn.person(customer)
    if intent not in intents.STARTS:
        return intents.answer(turn, intent, person)
    start = _meant(turn, intent, person)
    if isinstance(start, Saying):
        return say(start)
    if _needs_proof(turn, customer, start.flow):
        return _ask_second(turn, customer, intent)
    return _begin(turn, customer, person, start)


def _meant(turn: Turn, intent: str, person: PersonSnapshot) -> Start | Saying:
    """The conversation an intent means to somebody with or without a running plan; or all that is said."""
    meant = intent
    if intent in _PLANS:  # people call both a plan; which they mean shows in whether they have one
        meant = "change_plan" if running_plans.running_plan(person) else "payment_plan"
    if intent in _LATER and running_plans.on_time(turn, person):
        if (soon := offers.in_time(turn, person, local_today(turn))) is not None:
            return soon
        meant = "change_plan"  # another day than the plan has is a change of it
    start = intents.STARTS[meant]
    assert isinstance(start, intents.Start)
    return start


_PLANS: Final = frozenset({"payment_plan", "change_plan"})
_LATER: Final = frozenset({"promise", "extension"})


def _needs_proof(turn: Turn, customer: Customer, flow: str) -> bool:
    """Whether the postal code is asked for first; without one on file a person checks afterwards."""
    asked_for = flow in turn.context.policy.identity.proof_for
    return asked_for and bool(customer.postal_code) and not turn.point.proved(turn.context.now)


def ask_who(turn: Turn, *, again: bool = False) -> Reply:
    """Ask who is writing, on a phone that several share; the balance is told afterwards."""
    if (why := identify.refused(turn)) is not None:
        return refused(why)
    offer = identity_offer(turn, again=again)
    asked = turn.context.installation.flows.start("identity", offer, turn.context.now, then="balance")
    return save_conversation(turn, None, asked) if isinstance(asked, Going) else SILENCE


def begin_with(turn: Turn, customer: Customer) -> Reply:
    """Go on with somebody else, who has just shown who they are: what another had begun is left."""
    turn.agenda.clear()
    conversations.close(turn.context.session, turn.point.id, "left")
    return grant(replace(turn, point=turn.reads.point(), said=""), "balance", customer)


def _ask_who(turn: Turn, then: str) -> Reply:
    if (why := identify.refused(turn)) is not None:
        return refused(why)
    offer = identity_offer(turn, turn.said)
    return go_on(
        turn, None, turn.context.installation.flows.start("identity", offer, turn.context.now, then=then)
    )


def identity_offer(turn: Turn, said: str = "", *, again: bool = False) -> IdentityOffer:
    """The question who is writing; whose bill it is comes first where a text left that open."""
    unclear, child = speaker.whose_unclear(turn), speaker.names_a_child(turn)
    return IdentityOffer(again=again, said=said, whose_unclear=unclear, child=child)


def _ask_second(turn: Turn, customer: Customer, then: str) -> Reply:
    """Ask for the postal code, unless too many wrong ones were given."""
    if (why := identify.second_answer_refused(turn, customer)) is not None:
        return refused(why)
    offer = ProofOffer(said=turn.said)
    asked = turn.context.installation.flows.start("proof", offer, turn.context.now, then=then)
    return go_on(turn, None, asked, customer)


def refused(why: Shown) -> Reply:
    """What is said where nobody is taken for a customer: a lock, or that a person looks first."""
    return say(Saying("identity.locked" if why is Shown.LOCKED else "identity.person_first"))


def _begin(turn: Turn, customer: Customer, person: PersonSnapshot, start: Start) -> Reply:
    offer = start.offer(turn, person)
    if isinstance(offer, Saying):
        return say(offer)
    step = turn.context.installation.flows.start(start.flow, offer, turn.context.now)
    if start.answered and isinstance(step, Going) and turn.said:
        answer = Answer(turn.said, turn.language, local_today(turn), turn.context.now)
        first = turn.context.installation.flows.answered_first(
            step, answer, turn.context.now, outright=start.outright, throughout=start.throughout
        )
        return go_on(turn, None, first, customer)
    return go_on(turn, None, step, customer)


def _begin_for_anybody(turn: Turn, start: OpenStart, customer: Customer | None) -> Reply:
    spoken = turn.context.installation.reading.languages()
    named = turn.context.installation.reading.choice(turn.inbound.text, turn.language, tuple(spoken))
    if start.flow == "language" and named:
        return outcomes.carry_out(turn, customer, SetLanguage(spoken[named]))
    if start.flow == "representative" and speaker.names_relatives_only(turn):
        return _ask_who(replace(turn, point=turn.reads.point()), "balance")
    if start.flow == "representative":
        speaker.is_asked_by_what_right(turn)
    offer = start.offer(turn, turn.person(customer) if customer else None)
    return go_on(
        turn, None, turn.context.installation.flows.start(start.flow, offer, turn.context.now), customer
    )


def go_on(
    turn: Turn, row: Conversation | None, step: Going | Done, customer: Customer | None = None
) -> Reply:
    """Save the state of the conversation, or carry out its outcome."""
    if isinstance(step, Going):
        return save_conversation(turn, row, step, customer)
    customer = customer or turn.identified
    match step.outcome:
        case Identify():
            return _identify(turn, row, step.outcome)
        case ProveMore():
            return _prove(turn, row, step.outcome)
        case GoOn(wish, said):
            conversations.close(turn.context.session, turn.point.id, "finished")
            answering = replace(turn, said=said or _more_than_a_choice(turn.said))
            return granted(answering, wish, customer).after(*step.said)
        case GiveEstimate():
            return _estimated(turn, step.outcome, customer)
        case _:
            return _acted(turn, row, step, customer)


def _acted(turn: Turn, row: Conversation | None, step: Done, customer: Customer | None) -> Reply:
    if customer is None and type(step.outcome) not in outcomes.FOR_ANYBODY:
        conversations.close(turn.context.session, turn.point.id, "left")
        return _ask_who(turn, "balance")  # identity ran out while we talked
    return _carry_out(turn, row, step, customer)


def _more_than_a_choice(said: str) -> str:
    """The text, if it holds more than the chosen option: "100 a month instead"; else empty."""
    return said if len(said.split()) > 1 else ""


def granted(turn: Turn, wish: str, customer: Customer | None) -> Reply:
    """Continue with an intent that a conversation ended in."""
    if wish == "stop":
        return stop(turn)
    if wish in intents.OPEN_TO_ALL:
        return intents.answer(turn, wish, turn.person(customer) if customer else None)
    return grant(turn, wish, customer)


def _prove(turn: Turn, row: Conversation | None, answer: ProveMore) -> Reply:
    """Check the postal code; on success the intent that required it is granted in the same turn."""
    assert row is not None
    open_, customer = saved.unpack(row), turn.identified
    if customer is None:
        conversations.close(turn.context.session, turn.point.id, "left")
        return _ask_who(turn, open_.then)
    match identify.prove(turn, customer, answer.postal_code):
        case Shown.KNOWN:
            conversations.close(turn.context.session, turn.point.id, "finished")
            point = turn.reads.point()
            return grant(replace(turn, point=point, said=open_.offer.get("said", "")), open_.then, customer)
        case Shown.LOCKED | Shown.PERSON_FIRST as why:
            conversations.close(turn.context.session, turn.point.id, "left")
            return refused(why)
        case _:
            # Who has moved may give the new address here: it is not to be asked for again.
            home = turn.context.installation.reading.address(answer.postal_code)
            said = ", ".join(filter(None, (open_.offer.get("said", ""), home)))
            again = turn.context.installation.flows.start(
                "proof",
                ProofOffer(again=True, said=said),
                turn.context.now,
                then=open_.then,
            )
            return go_on(turn, row, again)


def _estimated(turn: Turn, asked: GiveEstimate, customer: Customer | None) -> Reply:
    """Give the estimate, then ask about the next step (another insurance, aid, a plan)."""
    conversations.close(turn.context.session, turn.point.id, "finished")
    given = estimating.give(turn, customer, asked)
    if given.next is None:
        return say(*given.sayings)
    asking = turn.context.installation.flows.start("next_step", given.next, turn.context.now)
    return go_on(turn, None, asking, customer).after(*given.sayings)


def _carry_out(turn: Turn, row: Conversation | None, step: Done, customer: Customer | None) -> Reply:
    try:
        reply = outcomes.carry_out(turn, customer, step.outcome)
    except FactsChanged as news:
        assert step.open is not None
        again = turn.context.installation.flows.reopen(
            step.open, news.offer, turn.context.now, drop=("verdict",)
        )
        return go_on(turn, row, again, customer).after(news.saying)
    conversations.close(turn.context.session, turn.point.id, "finished")
    if step.open is not None:
        became = outcomes.came_of(step.outcome, step.open, reply)
        turn.agenda.note_outcome(step.open.flow, became)
        turn.agenda.agreed = became != "as_it_was" and isinstance(step.outcome, outcomes.AGREED)
    return reply.after(*step.said)


def _identify(turn: Turn, row: Conversation | None, answer: Identify) -> Reply:
    """Check the identity answer; on success the intent that required it is granted in the same turn."""
    assert row is not None
    open_, flows = saved.unpack(row), turn.context.installation.flows
    said = open_.offer.get("said", "")
    own = "whose" in open_.answers or open_.offer.get("own", False)
    child = bool(open_.offer.get("child", False))
    asked = replace(identity_offer(turn, said), child=child)
    if asked.whose_unclear and not own:
        return go_on(turn, row, flows.start("identity", asked, turn.context.now, then=open_.then))
    finding = identify.check(turn, answer, own=own)
    match finding.shown:
        case Shown.KNOWN:
            assert finding.customer is not None
            conversations.close(turn.context.session, turn.point.id, "finished")
            if own:
                speaker.is_own_bill(turn)
            known = replace(turn, point=turn.reads.point(), said=said)
            return granted(known, open_.then or "balance", finding.customer)
        case Shown.LOCKED | Shown.PERSON_FIRST as why:
            conversations.close(turn.context.session, turn.point.id, "left")
            return refused(why)
        case Shown.WHOSE:
            whose = replace(identity_offer(speaker.leave_open(turn), said), child=child)
            return go_on(turn, row, flows.start("identity", whose, turn.context.now, then=open_.then))
        case Shown.SEVERAL:
            named = flows.hear(open_, answer_of(turn), turn.context.now)
            assert isinstance(named, Done)
            assert named.open is not None
            several = IdentityOffer(needs_name=True, said=said, own=own)
            return go_on(turn, row, flows.reopen(named.open, several, turn.context.now))
        case Shown.WRONG:
            more = bool(open_.offer.get("again", False))
            wrong = IdentityOffer(again=True, said=said, own=own, more=more, child=child)
            again = flows.start("identity", wrong, turn.context.now, then=open_.then)
            return go_on(turn, row, again)


def after_digression(turn: Turn, reply: Reply) -> Reply:
    """Add the open question, if any, after a reply to something else."""
    row = turn.conversation()
    if row is None or turn.point.person_since or row.expires_at <= turn.context.now:
        return reply
    return asked_again(turn, row, saved.unpack(row), reply)


def asked_again(turn: Turn, row: Conversation, open_: Open, reply: Reply) -> Reply:
    """The reply, then the open question again without its introduction, and not in the same words."""
    again = turn.context.installation.flows.ask_again(open_, turn.context.now)
    question = again.said[-1]
    if question.key in _WHO_ASKED:
        said: tuple[Saying, ...] = (Saying("identity.still"),)
    else:
        said = (Saying("talk.back_to_it"), question)
    return save_conversation(turn, row, replace(again, said=said)).after(*reply.sayings)


def save_conversation(
    turn: Turn, row: Conversation | None, step: Going, customer: Customer | None = None
) -> Reply:
    """Insert or update the open conversation and reply with its next question."""
    packed = saved.pack(step.open)
    expires = turn.context.now + timedelta(hours=turn.context.policy.talk.expires_hours)
    kept = Conversation(
        id=row.id if row else 0,
        contact_point_id=turn.point.id,
        customer_id=customer.id if customer else (row.customer_id if row else None),
        flow=step.open.flow,
        offer=packed["offer"],
        answers=packed["answers"],
        asked=step.open.asked,
        asked_at=step.open.asked_at,
        misreads=step.open.misreads,
        then=step.open.then,
        expires_at=expires,
        agenda=turn.agenda.packed(),
    )
    if row is None:
        if turn.conversation():
            conversations.close(turn.context.session, turn.point.id, "left")
        conversations.begin(turn.context.session, kept, turn.context.now)
    else:
        conversations.save(turn.context.session, kept)
    return Reply(tuple(step.said), tuple(step.options))


def answer_of(turn: Turn) -> Answer:
    """The text or pressed button, as an answer to the open question."""
    return Answer(turn.inbound.text, turn.language, local_today(turn), _spoken_at(turn))


def local_today(turn: Turn) -> date:
    """The day it is where the customer is: "tonight" is their own night."""
    known = turn.now_identified
    return turn.today(turn.person(known) if known else None)


def _spoken_at(turn: Turn) -> datetime:
    """When the question was sent that a pressed button answers; otherwise when the text came in."""
    carried_by = turn.inbound.asked_at
    sent = lookups.said_at(turn.context.session, turn.point.channel, carried_by) if carried_by else None
    return sent or turn.inbound.received_at
