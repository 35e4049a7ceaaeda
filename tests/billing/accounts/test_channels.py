"""Channels: what sets them apart."""

from __future__ import annotations

from collections import Counter

from billing.accounts.channels import AddressKind, Channel


def test_a_stop_closes_everything_but_the_post() -> None:
    """Every channel but the letter is electronic."""
    assert {channel for channel in Channel if not channel.electronic} == {Channel.LETTER}


def test_a_lone_cancel_is_an_opt_out_where_twilio_carries_the_text() -> None:
    """On SMS and WhatsApp the carrier takes *cancel* for a stop; elsewhere it may mean the plan."""
    taken = {channel for channel in Channel if channel.capabilities.carrier_takes_cancel}
    assert taken == {Channel.SMS, Channel.WHATSAPP}


def test_one_channel_reaches_every_address_of_its_kind() -> None:
    """A bare number, mail address or letterbox leads to one channel; a chat has to be begun there."""
    reaching = Counter(
        channel.capabilities.address for channel in Channel if channel.capabilities.reaches_all
    )
    assert reaching == {AddressKind.PHONE: 1, AddressKind.EMAIL: 1, AddressKind.POST: 1}


def test_a_link_into_a_chat_has_the_text_and_where_to() -> None:
    """A bill's page opens the chat with the customer's words already written."""
    links = [channel.capabilities.chat_url for channel in Channel if channel.capabilities.chat_url]
    opened = [one.format(address="bills", phone="+15035550100", digits="1503", text="Hi") for one in links]
    assert all("Hi" in one and ("bills" in one or "1503" in one) for one in opened)
