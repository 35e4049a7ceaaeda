"""The simulated handset: what is on its screen, what comes from it, and the carrier in between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from billing.accounts.channels import Channel
from bot.channel import Accepted, Choice, Envelope, RefusalReason, Refused, Trace, TryLater
from bot.channels.phone import PhoneChannel, PhoneMessage
from handlers.arrivals import Arrival, ArrivalKind
from tests.bot.channels.line import NOW

if TYPE_CHECKING:
    from bot.channel import Sent

ADA: Final = "+14155550123"
BO: Final = "+14155550124"
YES_NO: Final = (Choice("Yes", "yes"), Choice("No", "no"))


def _envelope(text: str = "Hello", address: str = ADA, choices: tuple[Choice, ...] = ()) -> Envelope:
    return Envelope(f"ref {text} {address}", address, text, NOW, choices)


def _send(phone: PhoneChannel, envelope: Envelope) -> Sent:
    return asyncio.run(phone.send(envelope))


def test_every_handset_has_its_own_screen() -> None:
    """A message is on one screen, with its words, its buttons and its time."""
    phone = PhoneChannel(Channel.TELEGRAM)
    sent = _send(phone, _envelope(choices=YES_NO))
    assert isinstance(sent, Accepted)
    assert phone.handset(ADA) == (PhoneMessage(sent.provider_id, "Hello", YES_NO, NOW),)
    assert phone.handset(BO) == ()


def test_a_message_is_shown_to_whoever_watches() -> None:
    """The console and the demo see a message as it appears."""
    seen: list[tuple[str, PhoneMessage]] = []
    phone = PhoneChannel(Channel.SMS, on_message=lambda address, message: seen.append((address, message)))
    _send(phone, _envelope())
    assert seen == [(ADA, phone.handset(ADA)[0])]


def test_ids_are_never_used_twice() -> None:
    """Two programs on one database, two channels, and what goes out and comes in are all told apart."""
    phones = [PhoneChannel(Channel.SMS), PhoneChannel(Channel.SMS), PhoneChannel(Channel.TELEGRAM)]
    ids = {message.id for phone in phones for message in _shown(phone)}
    ids |= {phone.says(ADA, "hi", NOW).provider_id for phone in phones}
    assert len(ids) == 9


def _shown(phone: PhoneChannel) -> tuple[PhoneMessage, ...]:
    _send(phone, _envelope("one"))
    _send(phone, _envelope("two"))
    return phone.handset(ADA)


def test_ids_can_be_foretold_in_a_test() -> None:
    """A named session counts from one."""
    phone = PhoneChannel(Channel.SMS, session="t")
    assert _send(phone, _envelope()) == Accepted("sms-out-t-1")
    assert phone.says(ADA, "hi", NOW).provider_id == "sms-in-t-2"


def test_a_customer_writes() -> None:
    """What is typed on a handset comes in as a text."""
    phone = PhoneChannel(Channel.WHATSAPP, session="t")
    assert phone.says(ADA, "50", NOW) == Arrival(Channel.WHATSAPP, "whatsapp-in-t-1", ADA, "50", NOW)


def test_a_customer_presses_the_newest_button_of_that_value() -> None:
    """The press names the message that carried it."""
    phone = PhoneChannel(Channel.TELEGRAM, session="t")
    for text in ("one", "two"):
        _send(phone, _envelope(text, choices=YES_NO))
    _send(phone, _envelope("three"))
    assert phone.presses(ADA, "yes", NOW) == Arrival(
        Channel.TELEGRAM,
        "telegram-in-t-4",
        ADA,
        "yes",
        NOW,
        ArrivalKind.BUTTON,
        asked_at="telegram-out-t-2",
    )


def test_a_press_of_what_is_not_there_names_no_message() -> None:
    """A button nobody offered comes in all the same, as a forged one would."""
    phone = PhoneChannel(Channel.TELEGRAM)
    assert phone.presses(ADA, "yes", NOW).asked_at == ""


@pytest.mark.parametrize(
    ("name", "longest"), [(Channel.SMS, 1600), (Channel.WHATSAPP, 1600), (Channel.TELEGRAM, 4096)]
)
def test_a_simulated_channel_is_as_narrow_as_the_real_one(name: Channel, longest: int) -> None:
    """What fits the handset fits the provider."""
    phone = PhoneChannel(name)
    assert isinstance(_send(phone, _envelope("x" * longest)), Accepted)
    assert _send(phone, _envelope("x" * (longest + 1))) == Refused(RefusalReason.CONTENT, "too_long")


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_a_text_of_nothing_is_refused(text: str) -> None:
    """Providers take no empty message."""
    assert _send(PhoneChannel(Channel.SMS), _envelope(text)) == Refused(RefusalReason.CONTENT, "empty")


def test_a_trick_concerns_one_address_until_it_is_fixed() -> None:
    """The carrier refuses, is busy and loses answers for one handset only, and delivers again after."""
    phone = PhoneChannel(Channel.SMS)
    phone.carrier.refuse(ADA, RefusalReason.OPTED_OUT, "21610")
    assert _send(phone, _envelope()) == Refused(RefusalReason.OPTED_OUT, "21610")
    phone.carrier.busy(ADA)
    assert isinstance(_send(phone, _envelope()), TryLater)
    assert isinstance(_send(phone, _envelope(address=BO)), Accepted)
    phone.carrier.fix(ADA)
    phone.carrier.fix(ADA)
    assert isinstance(_send(phone, _envelope()), Accepted)


def test_switched_on_again_everything_gets_through() -> None:
    """An outage is over when it is over, and what was not taken is known to be absent."""
    phone = PhoneChannel(Channel.SMS)
    phone.switch_off()
    lost = _envelope("lost")
    assert isinstance(_send(phone, lost), TryLater)
    assert asyncio.run(phone.trace(lost)) is Trace.CANNOT_TELL
    phone.switch_on()
    assert asyncio.run(phone.trace(lost)) is Trace.ABSENT
    assert isinstance(_send(phone, lost), Accepted)


def test_a_message_sent_twice_is_on_the_screen_twice() -> None:
    """A fault of ours is to be seen, not hidden; a trace gives the first."""
    phone = PhoneChannel(Channel.SMS)
    first = _send(phone, _envelope())
    _send(phone, _envelope())
    assert len(phone.handset(ADA)) == 2
    assert asyncio.run(phone.trace(_envelope())) == first
