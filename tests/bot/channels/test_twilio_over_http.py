"""Every code of Twilio's table over real HTTP, refused at once or by callback, and WhatsApp's templates."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from bot import processes
from bot.channel import Accepted, InDoubt, RefusalReason, Refused, TryLater
from bot.channels.twilio.codes import CODES, Unsure
from bot.settings import Settings
from storage import tables
from tests.bot.channels.line import NOW, open_line
from tests.bot.channels.twilio_rig import TwilioRig
from tests.fakes.live import served
from tests.fakes.twilio_webhooks import TwilioWebhooks
from tests.web_parts import parts_of

if TYPE_CHECKING:
    from tests.world import World

PUBLIC = "https://bills.example.org"
STATUS = "/webhooks/twilio/status"
TWILIO = TwilioWebhooks()
NUMBER = "+15035550142"
NEW_CODE = "87654"


def test_every_code_that_refuses_a_send_has_its_verdict() -> None:
    """Answered by a server with each code in turn: refused for its reason, to be tried again, or in doubt."""
    with open_line(TwilioRig) as line:
        for code, known in CODES.items():
            line.rig.server.answer_next(400, int(code))
            answer = line.says("Hello")
            match known.follows:
                case RefusalReason():
                    assert answer == Refused(known.follows, code, known.meaning)
                case timedelta():
                    assert answer == TryLater(known.follows, code)
                case Unsure():
                    assert answer == InDoubt(code)
        assert line.rig.delivered() == []


def _rows(world: World, table: type[Any]) -> list[Any]:
    with world.database.read() as session:
        found = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
    return found


@pytest.mark.slow
def test_every_code_that_a_callback_brings_has_its_verdict(world: World) -> None:
    """Posted with its signature about a message that was sent: what is kept of it follows the table.

    An unknown code is one case, however often it comes.
    """
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    world.deliver()
    (message,) = _rows(world, tables.Outbox)
    settings = Settings.model_validate(
        {
            "twilio_account_sid": TWILIO.account_sid, "twilio_auth_token": TWILIO.auth_token,
            "twilio_from": TWILIO.number, "public_url": PUBLIC, "telegram_token": "1:t",
            "telegram_mode": "webhook", "telegram_webhook_secret": "secret",
        }
    )  # fmt: skip
    address = f"{STATUS}?ref={message.reference}"
    form = partial(TWILIO.status_form, "SM1", NUMBER, "undelivered")
    with served(processes.application(parts_of(world, settings))) as server:
        for code in (*CODES, NEW_CODE, NEW_CODE):
            _sent_again(world, message)
            answer = TWILIO.post(f"{server}{address}", form(code), f"{PUBLIC}{address}")
            assert answer.status_code < 300
            assert _verdict(world) == _expected(code), code
    kinds = Counter(case.kind for case in _rows(world, tables.Escalation))
    assert kinds["unknown_code"] == 1


def _sent_again(world: World, message: Any) -> None:
    """The message as it was when the provider had just accepted it, and the customer to be reached."""
    with world.database.write() as session:
        row = session.get(tables.Outbox, message.id)
        assert row
        row.state, row.reason, row.code, row.tries, row.not_before = "sent", "", "", 1, message.not_before
        row.sent_at, row.settled_at = message.sent_at, message.settled_at
        row.expires_at, row.provider_id = message.expires_at, message.provider_id


def _verdict(world: World) -> str:
    (row,) = [one for one in _rows(world, tables.Outbox) if one.level is not None][:1]
    return "waits" if row.state == "queued" else str(row.state)


def _expected(code: str) -> str:
    """Whether a message with this code waits for another try, or has failed for good."""
    known = CODES.get(code)
    waits = {RefusalReason.SENDER, RefusalReason.CONFIGURATION, RefusalReason.UNKNOWN, RefusalReason.ROUTE}
    if known is None or not isinstance(known.follows, RefusalReason) or known.follows in waits:
        return "waits"
    return "failed"


def test_a_template_goes_outside_the_24_hours_and_free_words_within() -> None:
    """Over real HTTP: a ContentSid with its variables and no body, or a body and no ContentSid."""
    template = "HX" + "1" * 32
    made = partial(TwilioRig, Channel.WHATSAPP, templates={"reminder.final": {"en": template}})
    with open_line(made) as line:
        envelope = replace(line.envelope("Pay 12.00"), key="reminder.final", language="en", values=("12.00",))
        for heard in (None, NOW - timedelta(hours=30), NOW - timedelta(hours=2)):
            assert isinstance(line.send(replace(envelope, heard_at=heard)), Accepted)
        line.rig.server.answer_next(400, 63016)
        refused = line.send(replace(envelope, heard_at=NOW - timedelta(hours=2)))
        assert isinstance(refused, Refused)
        assert refused.reason is RefusalReason.WINDOW
        sent = [(one.template, one.body) for one in line.rig.server.messages]
    outside = (template, '{"1": "12.00"}')
    assert sent == [outside, outside, ("", "Pay 12.00")]
