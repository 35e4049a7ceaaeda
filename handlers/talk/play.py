"""Plays a flow from its answers, from the top, until it meets a question without one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from billing.facts import Fact, Saying
from billing.refusals import Refusal
from handlers.talk.questions import Misread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping

    from billing.outcomes import Outcome
    from handlers.talk.questions import Answer, Question, Reader

T = TypeVar("T")
Flow: TypeAlias = "Callable[[Talk, Any], Coroutine[Any, Any, Outcome]]"


class AskedTwice(Refusal):
    """A flow asked for the same slot twice in one play."""

    def __init__(self, slot: str) -> None:
        super().__init__(f"the flow asks for {slot!r} twice: give each question a slot of its own")


class WaitedForTheWorld(Refusal):
    """A flow that is played awaited something else than a question."""

    def __init__(self, found: object) -> None:
        super().__init__(f"a flow may only await talk.ask, not {type(found).__name__}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The flow played waits for an answer; ``said`` is what was said since the last one."""

    question: Question[Any]
    said: tuple[Saying, ...]
    walked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The flow was played to its end and has decided."""

    outcome: Outcome
    said: tuple[Saying, ...]
    walked: tuple[str, ...]


class _Pause:
    """Awaited to stop the flow at a question."""

    def __init__(self, question: Question[Any]) -> None:
        self.question = question

    def __await__(self) -> Generator[_Pause, None, None]:
        yield self


class Talk:
    """What a flow holds: it says things, asks for answers, knows the languages, and can do nothing else."""

    def __init__(self, answers: Mapping[str, Answer], reader: Reader) -> None:
        self._answers = answers
        self._reader = reader
        self.said: list[Saying] = []
        self.walked: list[str] = []

    @property
    def languages(self) -> Mapping[str, str]:
        """The languages that can be chosen: the name of each choice with its code."""
        return self._reader.languages()

    def say(self, key: str, **facts: Fact) -> None:
        """Say something along with the next question or the end."""
        self.said.append(Saying(key, facts))

    def knows(self, slot: str) -> bool:
        """Whether a question has an answer of its own, or is to be asked whatever another answer said."""
        return slot in self._answers

    async def ask(self, question: Question[T]) -> T:
        """The answer to a question; the flow stops here until there is one that reads."""
        if question.slot in self.walked:
            raise AskedTwice(question.slot)
        kept = self._answers.get(question.slot)
        if kept is not None:
            with suppress(Misread):  # a rule may have tightened since: then it is asked again
                answer = question.read(kept, self._reader)
                self.walked.append(question.slot)
                self.said.clear()  # it was sent in an earlier turn
                return answer
        await _Pause(question)
        raise AssertionError("a paused flow is never resumed: it is played again from the top")


def play(flow: Flow, offer: object, answers: Mapping[str, Answer], reader: Reader) -> Waiting | Finished:
    """Play a flow with the answers so far.

    Raises:
        AskedTwice: the flow asks for one slot twice.
        WaitedForTheWorld: the flow awaits anything but a question.
    """
    talk = Talk(answers, reader)
    running = flow(talk, offer)
    try:
        met = running.send(None)
    except StopIteration as end:
        return Finished(end.value, tuple(talk.said), tuple(talk.walked))
    finally:
        running.close()
    if not isinstance(met, _Pause):
        raise WaitedForTheWorld(met)
    return Waiting(met.question, tuple(talk.said), tuple(talk.walked))
