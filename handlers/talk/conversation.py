"""How a turn changes an open conversation: the rules that make replay safe (STYLE.md section 7)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter

from billing.outcomes import AskAgain, GoOn, HandToPerson
from handlers.talk.play import Finished, Waiting, play
from handlers.talk.questions import Misread, QuestionBack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from billing.facts import Saying
    from billing.outcomes import Outcome
    from handlers.talk.play import Flow
    from handlers.talk.questions import Answer, Reader

_NO_AMOUNT: Final = "talk.no_such_amount"
_UNREAD: Final = "talk.misread"
"""What a wish without an answer to the first question gets: the question itself is better."""


@dataclass(frozen=True, slots=True)
class Open:
    """An open conversation: its frozen offer, the answers by name, and the question that was asked."""

    flow: str
    offer: Mapping[str, Any]
    answers: Mapping[str, Answer]
    asked: str
    asked_at: datetime
    misreads: int = 0
    then: str = ""


@dataclass(frozen=True, slots=True)
class Going:
    """The conversation goes on; ``said`` ends with the question, ``options`` are its choices."""

    open: Open
    said: tuple[Saying, ...]
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The conversation has decided; ``open`` is its last state, to re-open it if the facts changed."""

    outcome: Outcome
    said: tuple[Saying, ...]
    open: Open | None = None


@dataclass(frozen=True, slots=True)
class NotRead:
    """The message was no answer to the conversation's open question; nothing has changed."""

    saying: Saying


@dataclass(frozen=True, slots=True)
class RegisteredFlow:
    """A flow of conversation and the kind of offer it is played with."""

    flow: Flow
    offer: type[Any]
    adapter: TypeAdapter[Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "adapter", TypeAdapter(self.offer))


_SECOND: Final[Mapping[str, str]] = {
    "talk.misread": "talk.misread_again",
    "talk.too_little": "talk.misread_again",
    "talk.no_name": "talk.misread_again",
    "talk.misread_amount": "talk.misread_amount_again",
    "talk.misread_day": "talk.misread_day_again",
    "talk.misread_day_of_month": "talk.misread_day_of_month_again",
    "talk.misread_choice": "talk.misread_choice_again",
    "talk.misread_bill": "talk.misread_bill_again",
    "talk.misread_phone": "talk.misread_phone_again",
    "talk.misread_email": "talk.misread_email_again",
    "talk.misread_hours": "talk.misread_hours_again",
    "identity.unread": "identity.unread_again",
}
"""What is said the second time in a row: nobody is asked twice in the same words."""


class Flows:
    """Every conversation there is, with the reader that their questions use."""

    def __init__(self, registered: Mapping[str, RegisteredFlow], reader: Reader) -> None:
        self._registered = registered
        self._reader = reader

    def start(self, flow: str, offer: object, now: datetime, then: str = "") -> Going | Done:
        """Begin a conversation with what it may agree to."""
        packed = self._registered[flow].adapter.dump_python(offer, mode="json")
        return self._play(Open(flow, packed, {}, "", now, then=then), now)

    def hear(self, open_: Open, answer: Answer, now: datetime) -> Going | Done | NotRead:
        """Take a message as the answer to the question that was asked."""
        replayed = self._replay(open_)
        if isinstance(replayed, Finished):
            return self._last_again(open_, now)
        question = replayed.question
        if question.slot != open_.asked or (question.fresh and answer.at < open_.asked_at):
            return self._going(open_, replayed, now)
        try:
            question.read(answer, self._reader)
        except QuestionBack as asked:
            return Going(replace(open_, asked_at=now), (asked.saying,), question.options)
        except Misread as misread:
            return NotRead(misread.saying)
        answers = {**open_.answers, question.slot: answer}
        taken = replace(open_, answers=answers, misreads=0)
        after = self._replay(taken)
        if isinstance(after, Finished) and after.walked[-1] != question.slot:
            return self._last_again(taken, now)  # only the turn that answers the last question decides
        return self._play(taken, now)

    def answered_first(
        self, going: Going, answer: Answer, now: datetime, *, outright: bool, throughout: bool
    ) -> Going | Done:
        """A conversation that has just begun, with what the text that began it answers already.

        One question takes its answer from that text, or (``throughout``) one after another as long as it
        holds one. A question in free words does not, as any text would answer it, nor does one that
        confirms; and the text ends the conversation only where that is allowed (``outright``). A value that
        cannot be taken is answered.
        """
        step = going
        while isinstance(replayed := self._replay(step.open), Waiting):
            question = replayed.question
            if question.fresh or question.free:
                return step
            heard = self.hear(step.open, answer, now)
            if isinstance(heard, NotRead):
                silent = heard.saying.key.startswith(_UNREAD) or heard.saying.key == _NO_AMOUNT
                return step if silent else replace(step, said=(*step.said[:-1], heard.saying))
            if isinstance(heard, Done):
                goes_on = isinstance(heard.outcome, GoOn) and bool(heard.outcome.said)
                return heard if outright or goes_on else step
            if heard.open.asked == step.open.asked:
                return step
            step = replace(heard, said=(*step.said[:-1], *heard.said))
            if not throughout:
                break
        return step

    def picks(self, open_: Open, answer: Answer) -> bool:
        """Whether a message is one of the choices that the open question offers."""
        replayed = self._replay(open_)
        if (
            isinstance(replayed, Finished)
            or replayed.question.slot != open_.asked
            or not replayed.question.options
        ):
            return False
        try:
            replayed.question.read(answer, self._reader)
        except Misread:
            return False
        return True

    def takes_any_words(self, open_: Open) -> bool:
        """Whether the open question takes words of any kind, so that a wish could be taken for its answer."""
        replayed = self._replay(open_)
        return isinstance(replayed, Waiting) and replayed.question.free

    def misread(self, open_: Open, not_read: NotRead, now: datetime, limit: int) -> Going | Done:
        """Say what was wrong and ask again; after ``limit`` in a row a person takes over."""
        counted = replace(open_, misreads=open_.misreads + 1)
        if counted.misreads >= limit:
            return Done(HandToPerson("misread"), (), counted)
        replayed = self._replay(counted)
        assert isinstance(replayed, Waiting)
        asked = replace(counted, asked=replayed.question.slot, asked_at=now)
        question = replayed.question
        unread = not_read.saying
        vague = unread.key == "talk.misread" or (unread.key == "talk.misread_choice" and not question.options)
        if open_.misreads and unread.key in _SECOND:
            return Going(asked, (replace(unread, key=_SECOND[unread.key]),), question.options)
        said = (unread, question.saying) if vague else (unread,)
        return Going(asked, said, question.options)

    def back(self, open_: Open, now: datetime) -> Going | None:
        """One question back; nothing where there is none."""
        walked = self._replay(open_).walked
        if not walked:
            return None
        return self.ask_again(_without(open_, [walked[-1]]), now)

    def start_over(self, open_: Open, now: datetime) -> Going:
        """From the first question, with the same offer."""
        return self.ask_again(replace(open_, answers={}, misreads=0), now)

    def reopen(self, open_: Open, offer: object, now: datetime, drop: Sequence[str] = ()) -> Going | Done:
        """Go on under a new offer, keeping the answers that are not dropped."""
        packed = self._registered[open_.flow].adapter.dump_python(offer, mode="json")
        return self._play(_without(replace(open_, offer=packed), drop), now)

    def _play(self, open_: Open, now: datetime) -> Going | Done:
        replayed = self._replay(open_)
        if isinstance(replayed, Waiting):
            return self._going(open_, replayed, now)
        if isinstance(replayed.outcome, AskAgain):
            return self._once_more(open_, replayed.walked, replayed.outcome, now)
        return Done(replayed.outcome, replayed.said, open_)

    def _once_more(self, open_: Open, walked: tuple[str, ...], wanted: AskAgain, now: datetime) -> Going:
        """One question of the flow again, or its answer taken from the last one."""
        last, slot = open_.answers[walked[-1]], wanted.slot
        if not wanted.drop and slot not in walked:
            raise ValueError(f"{slot!r} was never asked")
        without = _without(open_, [slot, *(wanted.drop or walked[walked.index(slot) :])])
        if not wanted.answered and slot in walked:
            return self.ask_again(without, now)
        # Without words of its own it is asked, even where another answer has told it before.
        given = last if wanted.answered else replace(last, text="")
        again = replace(without, answers={**without.answers, slot: given})
        replayed = self._replay(again)
        assert isinstance(replayed, Waiting)
        going = self._going(again, replayed, now)
        if not wanted.answered or replayed.question.slot != slot:
            return going
        try:
            replayed.question.read(last, self._reader)
        except Misread as misread:
            return replace(going, said=(misread.saying,))
        return going

    def ask_again(self, open_: Open, now: datetime) -> Going:
        """The open question once more: a digression is no misread."""
        replayed = self._replay(open_)
        return (
            self._going(open_, replayed, now)
            if isinstance(replayed, Waiting)
            else self._last_again(open_, now)
        )

    def _last_again(self, open_: Open, now: datetime) -> Going:
        """Stored answers complete a flow that a release shortened: its last question is asked again."""
        walked = self._replay(open_).walked
        replayed = self._replay(_without(open_, walked[-1:]))
        assert isinstance(replayed, Waiting)
        return self._going(_without(open_, walked[-1:]), replayed, now)

    def _going(self, open_: Open, waiting: Waiting, now: datetime) -> Going:
        asked = replace(open_, asked=waiting.question.slot, asked_at=now)
        return Going(asked, (*waiting.said, waiting.question.saying), waiting.question.options)

    def _replay(self, open_: Open) -> Waiting | Finished:
        registered = self._registered[open_.flow]
        return play(
            registered.flow, registered.adapter.validate_python(open_.offer), open_.answers, self._reader
        )


def _without(open_: Open, slots: Sequence[str]) -> Open:
    kept = {slot: answer for slot, answer in open_.answers.items() if slot not in slots}
    return replace(open_, answers=kept, misreads=0)
