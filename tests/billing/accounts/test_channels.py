"""Channels: what sets them apart."""

from __future__ import annotations

from billing.accounts.channels import Channel


def test_a_stop_closes_everything_but_the_post() -> None:
    """Every channel but the letter is electronic."""
    assert {channel for channel in Channel if not channel.electronic} == {Channel.LETTER}


def test_a_lone_cancel_is_an_opt_out_where_twilio_carries_the_text() -> None:
    """On SMS and WhatsApp the carrier takes *cancel* for a stop; elsewhere it may mean the plan."""
    assert {channel for channel in Channel if channel.carrier_takes_cancel} == {Channel.SMS, Channel.WHATSAPP}
