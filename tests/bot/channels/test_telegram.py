"""Telegram's own ways: ids, buttons, refusals, moved groups, webhooks and the bot's set-up."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from structlog.testing import capture_logs

from bot.channel import Accepted, Choice, Envelope, InDoubt, RefusalReason, Refused, TryLater
from bot.channels.telegram import TelegramChannel, deep_link
from bot.telegram_errors import ERRORS, TelegramCode, TelegramNotSetUp
from bot.telegram_updates import message_reference
from handlers.arrivals import ArrivalKind
from messages.writing.menu import menu
from tests.bot.channels.line import NOW, Line, open_line
from tests.bot.channels.telegram_rig import CHAT, TelegramRig
from tests.fakes.telegram_server import ServerBehaviour

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from typing import Any

    from bot.channel import Sent

GROUP: Final = -100_200_300


@pytest.fixture
def line() -> Iterator[Line[TelegramRig]]:
    """A bot on a Telegram of our own."""
    with open_line(TelegramRig) as opened:
        yield opened


def _with(choices: tuple[Choice, ...], address: str = str(CHAT)) -> Envelope:
    return Envelope("r1", address, "Shall we?", NOW, choices)


def test_an_id_names_chat_and_message(line: Line[TelegramRig]) -> None:
    """Telegram numbers messages anew in every chat."""
    answer = line.says("Hello")
    [sent] = line.rig.server.sent
    assert answer == Accepted(message_reference(CHAT, sent.message_id))


def test_a_button_carries_its_value(line: Line[TelegramRig]) -> None:
    """The label is seen and the value comes back; each button has a row of its own."""
    line.send(_with((Choice("Ja, gärna", "confirm:yes"), Choice("Nej", "confirm:no"))))
    [sent] = line.rig.server.sent
    assert sent.buttons == (("Ja, gärna", "confirm:yes"), ("Nej", "confirm:no"))


def test_links_are_not_unfolded(line: Line[TelegramRig]) -> None:
    """A bill shows no preview of its payment page, and its marks stay marks."""
    line.says("Pay at https://pay.example *now* <b>")
    [sent] = line.rig.server.sent
    assert '"is_disabled":true' in str(sent.asked["link_preview_options"]).replace(" ", "")
    assert "parse_mode" not in sent.asked


@pytest.mark.parametrize("value", ["", "x" * 65, "å" * 33, "\ud800"])
def test_a_value_that_no_button_holds_is_refused(line: Line[TelegramRig], value: str) -> None:
    """A button holds 1 to 64 bytes; anything else is our fault and is not even tried."""
    answer = line.send(_with((Choice("Yes", value),)))
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.CONTENT


def test_a_value_of_64_bytes_arrives(line: Line[TelegramRig]) -> None:
    """The limit itself is allowed."""
    assert isinstance(line.send(_with((Choice("Yes", "å" * 32),))), Accepted)


@pytest.mark.parametrize("address", ["+14155550123", "ada", "@ada", "", "1.5", "٣", "1\n", "1" * 17])
def test_only_a_chats_number_is_an_address(line: Line[TelegramRig], address: str) -> None:
    """Names and telephone numbers are no chats."""
    answer = line.send(_with((), address))
    assert answer == Refused(RefusalReason.ADDRESS, "not a chat id")


@pytest.mark.parametrize(
    ("behaviour", "answer"),
    [
        (ServerBehaviour.BLOCKED, Refused(RefusalReason.OPTED_OUT, "Forbidden: bot was blocked by the user")),
        (ServerBehaviour.DEACTIVATED, Refused(RefusalReason.ADDRESS, "Forbidden: user is deactivated")),
        (ServerBehaviour.NO_CHAT, Refused(RefusalReason.ADDRESS, "Chat not found")),
        (ServerBehaviour.UNAUTHORISED, Refused(RefusalReason.CONFIGURATION, "InvalidToken")),
        (
            ServerBehaviour.CONFLICT,
            Refused(RefusalReason.CONFIGURATION, "Conflict: terminated by other getUpdates request"),
        ),
        (ServerBehaviour.BUSY, TryLater(timedelta(seconds=7), "429")),
    ],
)
def test_a_refusal_is_read(line: Line[TelegramRig], behaviour: ServerBehaviour, answer: Sent) -> None:
    """Each of Telegram's refusals says whose affair it is, and a busy Telegram how long to wait."""
    line.rig.server.behave(behaviour)
    assert answer == line.says("Hello")


def test_a_firewall_is_not_the_customer(line: Line[TelegramRig]) -> None:
    """A refusal that is no answer of the Bot API opts nobody out."""
    line.rig.server.behave(ServerBehaviour.FIREWALL)
    answer = line.says("Hello")
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.CONFIGURATION


@pytest.mark.parametrize("behaviour", [ServerBehaviour.BROKEN, ServerBehaviour.CUT])
def test_a_message_taken_without_a_word_is_in_doubt(
    line: Line[TelegramRig], behaviour: ServerBehaviour
) -> None:
    """Whatever came back instead of an acceptance, the message is on the screen."""
    line.rig.server.behave(behaviour)
    assert isinstance(line.says("Hello"), InDoubt)
    assert len(line.rig.delivered()) == 1


def test_a_yes_that_cannot_be_read_is_a_yes(line: Line[TelegramRig]) -> None:
    """Telegram said that it took the message, and only its id is not known: it is not sent again."""
    line.rig.server.behave(ServerBehaviour.GARBLED)
    assert line.says("Hello") == Accepted("")
    assert len(line.rig.delivered()) == 1


@pytest.mark.parametrize("known", ERRORS, ids=lambda known: f"{known.status} {known.words}")
def test_every_error_of_the_table_follows_its_line(line: Line[TelegramRig], known: TelegramCode) -> None:
    """Each description that Telegram gives has one verdict, over real HTTP."""
    line.rig.server.refuse_next("sendMessage", known.status, f"Error: {known.words or 'something new'} there")
    answer = line.says("Hello")
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.meaning) == (known.follows, known.meaning)
    assert line.rig.delivered() == []


def test_a_telegram_that_says_nothing_leaves_doubt() -> None:
    """An answer that does not come in time proves nothing."""
    with open_line(partial(TelegramRig, timeout=0.15)) as line:
        line.rig.server.behave(ServerBehaviour.SILENT)
        assert line.says("Hello") == InDoubt("ReadTimeout")
        line.rig.server.wait_for(lambda server: server.sent)
        line.rig.server.close()


def test_one_customers_block_is_not_anothers(line: Line[TelegramRig]) -> None:
    """A refusal concerns one chat."""
    line.rig.server.customer_blocks(CHAT + 1)
    assert isinstance(line.send(_with((), str(CHAT + 1))), Refused)
    assert isinstance(line.says("Hello"), Accepted)


def test_a_group_that_moved_is_followed(line: Line[TelegramRig]) -> None:
    """The message arrives once, and its id names the new chat."""
    line.rig.server.moves(GROUP, CHAT)
    answer = line.send(_with((), str(GROUP)))
    [sent] = line.rig.server.sent
    assert answer == Accepted(message_reference(CHAT, sent.message_id))


def test_a_group_that_moved_is_followed_only_once(line: Line[TelegramRig]) -> None:
    """Two chats that point at each other end in a refusal."""
    line.rig.server.moves(GROUP, GROUP - 1)
    line.rig.server.moves(GROUP - 1, GROUP)
    answer = line.send(_with((), str(GROUP)))
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.ADDRESS


def test_a_refusal_by_the_new_chat_is_read(line: Line[TelegramRig]) -> None:
    """What the moved group answers counts like any answer."""
    line.rig.server.moves(GROUP, CHAT)
    line.rig.server.behave(ServerBehaviour.BLOCKED, CHAT)
    answer = line.send(_with((), str(GROUP)))
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.OPTED_OUT


def test_the_name_of_the_bot_makes_a_link(line: Line[TelegramRig]) -> None:
    """Opening the link starts the bot with a token."""
    assert line.wait(line.rig.adapter.username()) == "kvitt_bot"
    assert deep_link("kvitt_bot", "Ab-9_z") == "https://t.me/kvitt_bot?start=Ab-9_z"


def test_a_menu_of_commands_is_shown(line: Line[TelegramRig]) -> None:
    """The menu is in the language of the customer's app, or for all."""
    line.wait(line.rig.adapter.set_commands(menu("en")))
    assert line.rig.server.commands == {"language": "", "menu": menu("en")}
    line.wait(line.rig.adapter.set_commands({"saldo": "Vad som är kvar"}, "sv"))
    assert line.rig.server.commands == {"language": "sv", "menu": {"saldo": "Vad som är kvar"}}


def test_a_webhook_is_set_with_its_secret(line: Line[TelegramRig]) -> None:
    """Telegram is told where to post, what to show for itself, and what to post at all."""
    line.wait(line.rig.adapter.set_webhook("https://kvitt.example/hooks/telegram", "s3cret"))
    asked = line.rig.server.webhook
    assert (asked["url"], asked["secret_token"]) == ("https://kvitt.example/hooks/telegram", "s3cret")
    assert {"message", "callback_query", "my_chat_member"} <= set(_words(asked["allowed_updates"]))


def _words(listed: object) -> list[str]:
    return str(listed).replace('"', " ").replace("'", " ").replace(",", " ").strip("[]").split()


def _set_up(adapter: TelegramChannel, step: str) -> Coroutine[Any, Any, object]:
    match step:
        case "webhook":
            return adapter.set_webhook("https://kvitt.example/", "s")
        case "commands":
            return adapter.set_commands(menu("en"))
        case _:
            return adapter.username()


@pytest.mark.parametrize(
    ("step", "down"),
    [("webhook", False), ("commands", False), ("commands", True), ("username", False), ("username", True)],
)
def test_a_set_up_that_fails_says_what_to_look_at(step: str, down: bool) -> None:
    """The operator reads which setting to check, and never the token itself."""
    with open_line(partial(TelegramRig, token="4242:mistyped")) as line:
        if down:
            line.rig.server.close()
        with pytest.raises(TelegramNotSetUp, match="KVITT_TELEGRAM_TOKEN") as refusal:
            line.wait(_set_up(line.rig.adapter, step))
    assert "mistyped" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_webhooks_body_is_read(line: Line[TelegramRig]) -> None:
    """What Telegram posts is what it would have been asked for."""
    adapter, server = line.rig.adapter, line.rig.server
    found = adapter.parse_webhook(server.customer_writes(CHAT, "50"), NOW)
    assert found is not None
    assert (found.address, found.text, found.received_at) == (str(CHAT), "50", NOW)
    assert adapter.parse_webhook(server.group_writes(GROUP, "50"), NOW) is None
    assert adapter.parse_webhook({"rubbish": True}, NOW) is None


def _press(line: Line[TelegramRig]) -> dict[str, Any]:
    """A customer presses the button under the only message."""
    line.send(_with((Choice("Yes", "yes"),)))
    return line.rig.server.customer_presses(CHAT, line.rig.server.sent[0].message_id, "yes")


def test_a_pressed_button_is_released_and_goes(line: Line[TelegramRig]) -> None:
    """The customer's app stops waiting, and nobody presses twice."""
    body = _press(line)
    found = line.rig.adapter.parse_webhook(body, NOW)
    assert found is not None
    assert (found.kind, found.text) == (ArrivalKind.BUTTON, "yes")
    line.wait(line.rig.adapter.acknowledge(body))
    assert line.rig.server.answered == [body["callback_query"]["id"]]
    assert line.rig.server.sent[0].buttons == ()


def test_the_id_of_a_message_is_the_one_its_button_names(line: Line[TelegramRig]) -> None:
    """A press finds the question it answers."""
    sent = line.send(_with((Choice("Yes", "yes"),)))
    assert isinstance(sent, Accepted)
    pressed = line.rig.server.customer_presses(CHAT, line.rig.server.sent[0].message_id, "yes")
    found = line.rig.adapter.parse_webhook(pressed, NOW)
    assert found is not None
    assert found.asked_at == sent.provider_id


def test_a_button_released_twice_raises_nothing(line: Line[TelegramRig]) -> None:
    """Telegram repeats what it is not sure of, and forgets a press after a while."""
    body = _press(line)
    with capture_logs() as logs:
        line.wait(line.rig.adapter.acknowledge(body))
        assert logs == []
        line.wait(line.rig.adapter.acknowledge(body))
    assert [entry["event"] for entry in logs] == ["telegram.button_not_released"]


def test_acknowledging_never_raises(line: Line[TelegramRig]) -> None:
    """Texts, rubbish and a Telegram that is gone are all the same to it."""
    body = _press(line)
    no_message = {**body, "callback_query": {**body["callback_query"]}}
    del no_message["callback_query"]["message"]
    line.rig.server.close()
    for posted in (line.rig.server.customer_writes(CHAT, "50"), {"rubbish": True}, no_message, body):
        line.wait(line.rig.adapter.acknowledge(posted))
    assert line.rig.server.answered == []


def test_thirty_messages_a_second_leave_at_once(line: Line[TelegramRig]) -> None:
    """Up to its limit the bot does not hold anything back, and chats do not wait for one another."""

    async def all_at_once() -> list[Sent]:
        sends = [line.rig.adapter.send(_with((), str(CHAT + number))) for number in range(30)]
        return await asyncio.wait_for(asyncio.gather(*sends), 5)

    assert all(isinstance(answer, Accepted) for answer in line.wait(all_at_once()))


def test_no_log_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    """The token is part of every address the bot asks, and addresses are often logged."""
    caplog.set_level(logging.INFO)
    with capture_logs() as logs, open_line(TelegramRig) as line:
        line.says("Hello")
        line.rig.server.behave(ServerBehaviour.UNAUTHORISED)
        line.says("Hello")
        assert line.rig.server.token not in caplog.text + str(logs)
