"""What every channel promises, whoever is at the other end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from billing.accounts.channels import Channel
from bot.channel import Accepted, Enclosed, InDoubt, RefusalReason, Refused, Trace, TryLater
from tests.bot.channels.email_rig import EmailRig
from tests.bot.channels.line import Line, open_files, open_line
from tests.bot.channels.phone_rig import PhoneRig
from tests.bot.channels.rig import Behaviour, Delivered, Rig
from tests.bot.channels.telegram_rig import TelegramRig
from tests.bot.channels.twilio_rig import TwilioRig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from billing.accounts.channels import Capabilities
    from bot.channel import Sent

RIGS: Final[dict[str, Callable[[], Rig]]] = {
    "phone": partial(PhoneRig, Channel.SMS),
    "phone with buttons": partial(PhoneRig, Channel.TELEGRAM),
    "sms": partial(TwilioRig, Channel.SMS),
    "whatsapp": partial(TwilioRig, Channel.WHATSAPP),
    "telegram": TelegramRig,
    "email": EmailRig,
}
ANSWERS: Final = (Accepted, Refused, TryLater, InDoubt)

every_rig = pytest.mark.parametrize("make", RIGS.values(), ids=RIGS.keys())


@pytest.fixture(params=list(RIGS.values()), ids=list(RIGS))
def line(request: pytest.FixtureRequest) -> Iterator[Line[Rig]]:
    """A channel that works, with its far end."""
    with open_line(request.param) as opened:
        yield opened


@pytest.mark.parametrize(
    "text",
    [
        "Hello Ada",
        "Grüße, 你好, здравствуйте, مرحبا",
        "👩‍👩‍👧 paid 🎉",
        "1 & 2 = 3; 100% + <b>?#</b> \\n",
        "first\nsecond\n\nfourth",
        "x" * 1600,
    ],
)
def test_an_accepted_message_arrives_once_with_its_text(line: Line[Rig], text: str) -> None:
    """What was handed over is on the customer's screen, once, letter by letter."""
    assert isinstance(line.says(text), Accepted)
    assert line.rig.delivered() == [Delivered(line.rig.address, text)]


def test_every_message_has_an_id_of_its_own(line: Line[Rig]) -> None:
    """Two messages with the same words are two messages."""
    first, second = line.says("Hello"), line.says("Hello")
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert len({first.provider_id, second.provider_id, ""}) == 3


def test_messages_arrive_in_their_order(line: Line[Rig]) -> None:
    """What was handed over first is read first."""
    for text in ("one", "two", "three"):
        line.says(text)
    assert [message.text for message in line.rig.delivered()] == ["one", "two", "three"]


def test_many_messages_may_leave_at_once(line: Line[Rig]) -> None:
    """Sends beside each other do not get into each other's way."""
    texts = [f"number {number}" for number in range(12)]

    async def all_at_once() -> list[Sent]:
        sends = [line.rig.adapter.send(line.envelope(text)) for text in texts]
        return list(await asyncio.gather(*sends))

    answers = line.wait(all_at_once())
    assert all(isinstance(answer, Accepted) for answer in answers)
    assert sorted(texts) == sorted(message.text for message in line.rig.delivered())


def test_choices_become_buttons_where_there_are_buttons(line: Line[Rig]) -> None:
    """A choice is a button with its label, or nothing: elsewhere the text numbers the choices."""
    assert isinstance(line.says("Shall we?", ["Yes", "Nein, später 🙂"]), Accepted)
    buttons = ("Yes", "Nein, später 🙂") if _can(line).has_buttons else ()
    assert line.rig.delivered() == [Delivered(line.rig.address, "Shall we?", buttons)]


def test_a_message_is_edited_where_the_channel_edits(line: Line[Rig]) -> None:
    """Elsewhere the new text comes after the old one."""
    first = line.says("one")
    assert isinstance(first, Accepted)
    assert isinstance(line.send(replace(line.envelope("two"), edits=first.provider_id)), Accepted)
    shown = [message.text for message in line.rig.delivered()]
    assert shown == (["two"] if _can(line).edits else ["one", "two"])


def test_a_pdf_hangs_on_a_message_where_the_channel_attaches(line: Line[Rig]) -> None:
    """Elsewhere the text goes alone."""
    envelope = replace(line.envelope("Your bill"), enclosed=(Enclosed("bill.pdf", b"%PDF-1.7"),))
    assert isinstance(line.send(envelope), Accepted)
    assert line.rig.attached() == ([b"%PDF-1.7"] if _can(line).attaches else [])


def test_a_message_names_the_one_it_answers_where_the_channel_threads(line: Line[Rig]) -> None:
    """Elsewhere a chat has its order, and needs no names."""
    assert isinstance(line.send(replace(line.envelope(), answers="<1@lind.example>")), Accepted)
    assert line.rig.answered() == (["<1@lind.example>"] if _can(line).threads else [])


def test_only_fixed_wording_begins_where_the_channel_asks_for_it(line: Line[Rig]) -> None:
    """Free text to somebody who has not written is refused there, and nowhere else."""
    answer = line.send(replace(line.envelope(), heard_at=None))
    assert isinstance(answer, Refused) is _can(line).fixed_wording
    assert getattr(answer, "reason", RefusalReason.WINDOW) is RefusalReason.WINDOW


def test_every_electronic_channel_is_held_to_what_it_says() -> None:
    """A new channel without a rig has promised and shown nothing."""
    held = set()
    for make in RIGS.values():
        with open_line(make) as line:
            held.add(line.rig.adapter.name)
    assert held == {channel for channel in Channel if channel.electronic}


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour.OPTED_OUT, RefusalReason.OPTED_OUT),
        (Behaviour.BAD_ADDRESS, RefusalReason.ADDRESS),
        (Behaviour.MISCONFIGURED, RefusalReason.CONFIGURATION),
    ],
)
def test_a_refusal_says_whose_affair_it_is(
    line: Line[Rig], behaviour: Behaviour, reason: RefusalReason
) -> None:
    """The customer's wish, the customer's address and our set-up are told apart, and nothing arrives."""
    line.rig.behave(behaviour)
    answer = line.says("Hello")
    assert isinstance(answer, Refused)
    assert answer.reason is reason
    assert answer.code
    assert line.rig.delivered() == []


@pytest.mark.parametrize("behaviour", [Behaviour.BUSY, Behaviour.DOWN])
def test_what_was_certainly_not_taken_is_tried_later(line: Line[Rig], behaviour: Behaviour) -> None:
    """A provider that is busy or cannot be reached has nothing; the answer says when to come again."""
    line.rig.behave(behaviour)
    answer = line.says("Hello")
    assert isinstance(answer, TryLater)
    assert answer.after.total_seconds() > 0
    assert answer.code
    assert line.rig.delivered() == []


def test_a_lost_answer_leaves_doubt_and_no_second_message(line: Line[Rig]) -> None:
    """The message arrived once, yet nobody on our side can know it."""
    line.rig.behave(Behaviour.LOST_ANSWER)
    assert isinstance(line.says("Hello"), InDoubt)
    assert line.rig.delivered() == [Delivered(line.rig.address, "Hello")]


def test_a_message_in_doubt_is_found_where_the_provider_can_tell(line: Line[Rig]) -> None:
    """Asked about it, the provider gives its id, or says that it cannot tell."""
    line.rig.behave(Behaviour.LOST_ANSWER)
    envelope = line.envelope("Your bill 1001 is due")
    line.send(envelope)
    found = line.trace(envelope)
    if line.rig.can_trace:
        assert isinstance(found, Accepted)
        assert found.provider_id
    else:
        assert found is Trace.CANNOT_TELL


def test_a_trace_of_an_accepted_message_gives_the_id_it_had(line: Line[Rig]) -> None:
    """The provider names a message the same whether it was in doubt or not."""
    envelope = line.envelope("Your bill 1001 is due")
    sent = line.send(envelope)
    assert line.trace(envelope) == (sent if line.rig.can_trace else Trace.CANNOT_TELL)


def test_only_a_provider_that_can_tell_calls_a_message_absent(line: Line[Rig]) -> None:
    """A message that never left is absent, never found; who cannot list messages does not guess."""
    line.says("Something else")
    never_sent = line.envelope("Your bill 1001 is due")
    assert line.trace(never_sent) is (Trace.ABSENT if line.rig.can_trace else Trace.CANNOT_TELL)


def test_nobody_can_tell_while_the_provider_is_down(line: Line[Rig]) -> None:
    """A provider that cannot be asked has not said that a message is absent."""
    line.rig.behave(Behaviour.DOWN)
    assert line.trace(line.envelope("Your bill 1001 is due")) is Trace.CANNOT_TELL


@pytest.mark.parametrize("behaviour", [None, *Behaviour])
@pytest.mark.parametrize("text", ["Hello", "", "\x00\u202e", "\ud800", "y" * 100_000])
def test_an_adapter_never_raises(line: Line[Rig], behaviour: Behaviour | None, text: str) -> None:
    """Whatever the text and whatever the provider does, the answer says it."""
    if behaviour is not None:
        line.rig.behave(behaviour)
    envelope = line.envelope(text, ["Yes", "No"])
    assert isinstance(line.send(envelope), ANSWERS)
    assert isinstance(line.trace(envelope), (Accepted, Trace))


@pytest.mark.parametrize("address", ["", "0", "+", "nobody", "+1415555012\n3", "\ud800", "9" * 400])
def test_an_address_that_is_none_raises_nothing(line: Line[Rig], address: str) -> None:
    """Rubbish for an address is answered like everything else."""
    envelope = line.envelope(address=address)
    assert isinstance(line.send(envelope), ANSWERS)
    assert isinstance(line.trace(envelope), (Accepted, Trace))


def test_the_longest_message_arrives_and_a_longer_one_is_refused(line: Line[Rig]) -> None:
    """The limit that the table states is the limit that holds."""
    longest = "z" * _can(line).longest
    assert isinstance(line.says(longest), Accepted)
    answer = line.says(longest + "z")
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.CONTENT
    assert line.rig.delivered() == [Delivered(line.rig.address, longest)]


@pytest.mark.parametrize("text", ["", "\ud800"])
def test_a_text_that_cannot_be_sent_is_refused(line: Line[Rig], text: str) -> None:
    """Nothing at all, or half a character, is our fault and leaves no doubt."""
    answer = line.says(text)
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.CONTENT
    assert line.rig.delivered() == []


@every_rig
@pytest.mark.parametrize("behaviour", [None, *Behaviour])
def test_close_lets_go_of_everything(make: Callable[[], Rig], behaviour: Behaviour | None) -> None:
    """No connection and no task outlives an adapter, used or not, and closing twice is harmless."""
    held = open_files()
    with open_line(make) as line:
        if behaviour is not None:
            line.rig.behave(behaviour)
        line.says("Hello")
        line.wait(line.rig.adapter.close())
        assert line.wait(_tasks()) == 1
        line.wait(line.rig.adapter.close())
    assert open_files() == held


@every_rig
def test_an_adapter_never_used_closes_as_well(make: Callable[[], Rig]) -> None:
    """An adapter that sent nothing has nothing to hold on to."""
    held = open_files()
    with open_line(make):
        assert open_files() >= held
    assert open_files() == held


def _can(line: Line[Rig]) -> Capabilities:
    return line.rig.adapter.name.capabilities


async def _tasks() -> int:
    return len(asyncio.all_tasks())
