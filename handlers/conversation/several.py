"""The wishes of a text that has more than one, each with its words, in the order they are met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT
from billing.ledger.money import Money
from handlers.agenda import Kept
from handlers.arrivals import ArrivalKind
from handlers.conversation import currencies, intents
from handlers.heard import DOUBTFUL, WRITTEN
from messages.understanding import understanding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.turn_context import Turn

_KNOWN: Final = frozenset({*intents.STARTS, *intents.PERSONAL, "pay", "person"}) - {
    "change_language",
    "representative",
}
"""What may be wished beside something else; who speaks for whom is asked before any wish."""
_CLEARLY: Final = 0.8
"""The least likelihood of a part of a text that is a wish of its own."""
_CLEAR_ALONE: Final = 0.95
"""The same for a part of one word: "paid, see receipt"."""
_AHEAD: Final = 1.5
"""Beside such a part, one less likely is a wish too if it is so many times likelier than anything else."""
_PERHAPS: Final = 0.1
"""The least likelihood of a wish of which a part holds what it needs: a day for a promise, a new number."""
_AGREEMENTS: Final = ("payment_plan", "change_plan", "promise", "extension")
"""Ways to pay later, of which one text means one: the first that is there counts."""
_PLANS: Final = ("payment_plan", "change_plan")
_MET: Final = ("already_paid",)
"""A payment is looked up before anything is said or agreed."""


def wishes_in(turn: Turn) -> list[Kept]:
    """The wishes of a text; none where it has not several.

    What the whole text clearly says and none of its parts does is one wish, which the parts only describe.
    """
    meaning, parts = turn.heard.meaning, _parts(turn)
    found = _one_agreement(_by_wish(parts), turn.said) if len(parts) > 1 else []
    known = {one.wish for one in found}
    whole = meaning.intent if meaning.score >= DOUBTFUL else ""
    if (
        len(known) <= 1
        or known.isdisjoint(intents.STARTS)
        or (whole and whole not in known and whole not in _AGREEMENTS)
    ):
        return []
    return sorted(found, key=_order)


def beside(turn: Turn, flow: str) -> list[Kept]:
    """The wishes of a text beside its answer to a question of a conversation."""
    parts = _parts(turn, answers_first=True)
    if len(understanding.parts(turn.said, turn.language)) <= 1:
        return []
    found = _one_agreement(_by_wish(parts), turn.said)
    own = {one for one, start in intents.STARTS.items() if start.flow == flow}
    found = [one for one in found if one.wish not in own]
    # "Yes, but I paid 200" agrees to nothing.
    apart = flow not in _AGREEING or all(one.wish in _APART for one in found)
    return found if apart else []


def apart_from(turn: Turn, wishes: Sequence[Kept]) -> str:
    """What is left of a text without the parts that state these wishes."""
    read = (turn.said[one.starts : one.ends].strip() for one in understanding.parts(turn.said, turn.language))
    return ", ".join(said for said in read if not any(said in one.said for one in wishes))


_APART: Final = frozenset(
    {
        "contact_details",
        "receipt",
        "bill_way",
        "explain_bill",
        "pay",
        "balance",
        "due_date",
        "insurance",
        "why",
    }
)
"""Wishes that say nothing about whether, or how, is paid."""


def others(turn: Turn) -> list[Kept]:
    """The wishes of a text beside something grave: only what has nothing to do with paying."""
    barred = {*HOLD_OF_INTENT, *_AGREEMENTS, *intents.PERSONAL, "pay", "person", "receipt", "explain_bill"}
    parts = _parts(turn)
    return [one for one in _by_wish(parts) if one.wish not in barred] if len(parts) > 1 else []


_AGREEING: Final = frozenset({"payment_plan", "change_plan", "promise", "hardship", "next_step"})
"""Conversations in which another way to pay later is an answer, or takes the place of what is agreed."""


def _parts(turn: Turn, *, answers_first: bool = False) -> list[tuple[str, str]]:
    """The parts of a text in their order, each with its wish; what is none belongs to the one before it.

    What comes before the first wish belongs to it, unless it answers a question (``answers_first``).
    """
    if turn.inbound.kind not in WRITTEN or turn.inbound.kind == ArrivalKind.BUTTON or turn.heard.word:
        return []
    text, language = turn.said, turn.language
    read = understanding.parts(text, language)
    sure = [_clear(one.likely, len(text[one.starts : one.ends].split())) for one in read]
    if not any(sure):
        return []
    found = list[tuple[str, int, int]]()
    for one, wish in zip(read, sure, strict=True):
        said = text[one.starts : one.ends]
        meant = (
            wish or (len(said.split()) > 1 and (_near(one.likely) or _holding(turn, said, one.likely))) or ""
        )
        if found and meant in {"", found[-1][0]}:
            found[-1] = (found[-1][0], found[-1][1], one.ends)
        else:
            found.append((meant, one.starts, one.ends))
    if found[0][0] == "" and len(found) > 1 and not answers_first:
        found[:2] = [(found[1][0], found[0][1], found[1][2])]
    return [(wish, text[starts:ends].strip()) for wish, starts, ends in found if wish]


def _clear(likely: Mapping[str, float], words: int) -> str:
    """The wish that a part clearly states; empty for none. A word alone must be clearer."""
    first = next(iter(likely), "")
    # Whether a plan is new or changed shows in whether one runs: both are one wish.
    worth = sum(likely.get(one, 0.0) for one in (_PLANS if first in _PLANS else (first,)))
    return first if first in _KNOWN and worth >= (_CLEARLY if words > 1 else _CLEAR_ALONE) else ""


def _near(likely: Mapping[str, float]) -> str:
    """The wish of a part that is likelier than anything else by far."""
    first, second = (*likely, "", "")[:2]
    ahead = first in _KNOWN and likely[first] >= max(0.5, _AHEAD * likely.get(second, 0.0))
    return first if ahead and first not in HOLD_OF_INTENT else ""


def _holding(turn: Turn, said: str, likely: Mapping[str, float]) -> str:
    """A likely wish of a part that holds what the wish needs: "rest on Friday", "it is 503 555 0188"."""
    reading = turn.context.installation.reading
    if likely.get("contact_details", 0.0) >= _PERHAPS:
        region = turn.context.creditor.country
        if reading.phone(said, region) or reading.email(said):
            return "contact_details"
    if likely.get("promise", 0.0) >= _PERHAPS:
        anything = Money(10**9, currencies.home_currency(turn))
        if reading.parts(said, turn.language, anything, turn.today()):
            return "promise"
    return ""


def _by_wish(parts: Sequence[tuple[str, str]]) -> list[Kept]:
    """One entry for each wish, with all that was said of it."""
    said = dict[str, list[str]]()
    for wish, words in parts:
        said.setdefault(wish, []).append(words)
    found = [Kept(wish, ", ".join(words)) for wish, words in said.items()]
    paying = any(one.wish in {*_AGREEMENTS, "already_paid", "hardship"} for one in found)
    # Ways to pay, and what is left, are told with an agreement, and after a payment was looked up.
    implied = {"pay", "balance", "why"} if paying else set()
    if "refund" in said:
        implied.add("already_paid")  # "I paid twice, I want it back"
    return [one for one in found if one.wish not in implied]


def _one_agreement(found: Sequence[Kept], text: str) -> list[Kept]:
    """The wishes with one way to pay later at most; where there were two, the whole text tells of it."""
    agreements = [one for one in found if one.wish in _AGREEMENTS]
    if len(agreements) <= 1:
        return list(found)
    kept = min(agreements, key=lambda one: _AGREEMENTS.index(one.wish))
    said = ", ".join(one.said for one in agreements) or text
    return [
        Kept(one.wish, said) if one is kept else one for one in found if one not in agreements or one is kept
    ]


def _order(one: Kept) -> int:
    """A payment first, then what is answered at once, then conversations; a person last, who takes over."""
    if one.wish in _MET:
        return 0
    if one.wish == "person":
        return 3
    return 2 if one.wish in intents.STARTS else 1
