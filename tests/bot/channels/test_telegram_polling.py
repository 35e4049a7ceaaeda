"""Polling: every update is stored once, none is confirmed before it is, and stopping leaves nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from structlog.testing import capture_logs

from bot.channel import Choice, Envelope
from bot.channels.telegram import TelegramChannel
from tests.bot.channels.line import NOW, Line, open_files, open_line, open_loop
from tests.bot.channels.telegram_rig import CHAT, TelegramRig
from tests.fakes.telegram_server import ServerBehaviour, TelegramServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping, Sequence
    from typing import Any

    from handlers.arrivals import Arrival

QUICK: Final = (timedelta(seconds=0.01),)


class Inbox:
    """Stores what comes, fails as often as it is told to, or waits until it may go on."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.failures = 0
        self.attempts = 0
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, found: Arrival) -> None:
        """Store one, or not."""
        self.attempts += 1
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")
        self.stored.append(found.text)


@pytest.fixture
def line() -> Iterator[Line[TelegramRig]]:
    """A bot on a Telegram of our own that answers within a second."""
    with open_line(partial(TelegramRig, timeout=1)) as opened:
        yield opened


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the server's thread brings it about
            await asyncio.sleep(0.005)


async def _listen(
    line: Line[TelegramRig], inbox: Inbox, patience: Sequence[timedelta] = QUICK
) -> TelegramChannel:
    await line.rig.adapter.listen(inbox.take, lambda: NOW, patience)
    return line.rig.adapter


def _events(logs: Sequence[MutableMapping[str, Any]]) -> list[str]:
    return [entry["event"] for entry in logs]


def test_every_update_is_stored_once_and_in_order(line: Line[TelegramRig]) -> None:
    """What was written before and while the bot listens arrives once, and Telegram may forget it."""

    async def act() -> list[str]:
        inbox, server = Inbox(), line.rig.server
        for text in ("one", "two", "three"):
            server.customer_writes(CHAT, text)
        adapter = await _listen(line, inbox)
        await _until(lambda: len(inbox.stored) == 3)
        server.customer_writes(CHAT, "four")
        await _until(lambda: len(inbox.stored) == 4 and not server.unconfirmed)
        await adapter.stop_listening()
        return inbox.stored

    assert line.wait(act()) == ["one", "two", "three", "four"]


def test_only_what_kvitt_reads_is_asked_for(line: Line[TelegramRig]) -> None:
    """Telegram is told which kinds of update to send."""

    async def act() -> None:
        adapter = await _listen(line, Inbox())
        await _until(lambda: line.rig.server.polls)
        await adapter.stop_listening()

    line.wait(act())
    assert "my_chat_member" in str(line.rig.server.polls[0]["allowed_updates"])


def test_nothing_is_confirmed_before_it_is_stored(line: Line[TelegramRig]) -> None:
    """While storing takes its time Telegram keeps the update, and those behind it."""

    async def act() -> None:
        inbox, server = Inbox(), line.rig.server
        inbox.open.clear()
        server.customer_writes(CHAT, "one")
        server.customer_writes(CHAT, "two")
        adapter = await _listen(line, inbox)
        await _until(lambda: inbox.attempts)
        assert len(server.unconfirmed) == 2
        assert inbox.attempts == 1
        inbox.open.set()
        await _until(lambda: not server.unconfirmed)
        await adapter.stop_listening()
        assert inbox.stored == ["one", "two"]

    line.wait(act())


@pytest.mark.parametrize("failures", [1, 2, 10])
def test_storing_that_fails_is_tried_until_it_works(line: Line[TelegramRig], failures: int) -> None:
    """However long the database is away, nothing is lost and nothing overtakes."""

    async def act() -> list[str]:
        inbox, server = Inbox(), line.rig.server
        inbox.failures = failures
        server.customer_writes(CHAT, "one")
        server.customer_writes(CHAT, "two")
        adapter = await _listen(line, inbox, QUICK * 3)
        await _until(lambda: not server.unconfirmed)
        await adapter.stop_listening()
        return inbox.stored

    with capture_logs() as logs:
        assert line.wait(act()) == ["one", "two"]
    levels = [entry["log_level"] for entry in logs if entry["event"] == "telegram.not_stored"]
    assert levels == ["warning"] * min(failures, 3) + ["error"] * max(failures - 3, 0)
    assert "the database is away" not in str(logs)


def test_an_update_not_stored_when_polling_stops_comes_again(line: Line[TelegramRig]) -> None:
    """Stopped in the middle of failing, the bot leaves the update with Telegram for the next start."""

    async def act() -> list[str]:
        inbox, server = Inbox(), line.rig.server
        inbox.failures = 1
        server.customer_writes(CHAT, "one")
        adapter = await _listen(line, inbox, [timedelta(hours=1)])
        await _until(lambda: inbox.attempts)
        await adapter.stop_listening()
        assert len(server.unconfirmed) == 1
        assert inbox.stored == []
        await _listen(line, inbox)
        await _until(lambda: not server.unconfirmed)
        await adapter.stop_listening()
        return inbox.stored

    assert line.wait(act()) == ["one"]


def test_what_is_being_stored_is_finished(line: Line[TelegramRig]) -> None:
    """Stopping waits for the store, so nothing is torn in the middle."""

    async def act() -> list[str]:
        inbox = Inbox()
        inbox.open.clear()
        line.rig.server.customer_writes(CHAT, "one")
        adapter = await _listen(line, inbox)
        await _until(lambda: inbox.attempts)
        stopping = asyncio.create_task(adapter.stop_listening())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        inbox.open.set()
        await stopping
        return inbox.stored

    assert line.wait(act()) == ["one"]


def test_what_is_nothing_for_kvitt_is_confirmed_all_the_same(line: Line[TelegramRig]) -> None:
    """A group's chatter, and what cannot be read at all, hold up nobody and do not come back."""

    async def act() -> None:
        inbox, server = Inbox(), line.rig.server
        adapter = await _listen(line, inbox)
        server.group_writes(-100, "hello")
        server.post(message={"rubbish": True})
        server.customer_writes(CHAT, "one")
        await _until(lambda: not server.unconfirmed)
        await adapter.stop_listening()
        assert inbox.stored == ["one"]

    line.wait(act())


def test_a_pressed_button_is_released_once_it_is_stored(line: Line[TelegramRig]) -> None:
    """The customer's app stops waiting when the press is safe, not before."""

    async def act() -> None:
        inbox, server = Inbox(), line.rig.server
        inbox.open.clear()
        await line.rig.adapter.send(Envelope("r", str(CHAT), "Well?", NOW, (Choice("Yes", "yes"),)))
        server.customer_presses(CHAT, server.sent[0].message_id, "yes")
        adapter = await _listen(line, inbox)
        await _until(lambda: inbox.attempts)
        assert server.answered == []
        inbox.open.set()
        await _until(lambda: server.answered)
        await adapter.stop_listening()
        assert inbox.stored == ["yes"]
        assert server.sent[0].buttons == ()

    line.wait(act())


def test_stopping_leaves_nothing_behind(line: Line[TelegramRig]) -> None:
    """No task goes on; stopping again, and stopping what never began, is harmless."""

    async def act() -> int:
        await line.rig.adapter.stop_listening()
        adapter = await _listen(line, Inbox())
        await _until(lambda: line.rig.server.polls)
        await adapter.stop_listening()
        await adapter.stop_listening()
        return len(asyncio.all_tasks())

    assert line.wait(act()) == 1


@pytest.mark.parametrize("polls", [0, 1, 2])
def test_closing_stops_listening(polls: int) -> None:
    """Closed at any moment, even before the first poll, an adapter lets go of everything."""
    held = open_files()
    with open_line(partial(TelegramRig, timeout=1)) as line:

        async def act() -> int:
            adapter = await _listen(line, Inbox())
            for _ in range(polls):
                line.rig.server.customer_writes(CHAT, "one")
            await _until(lambda: len(line.rig.server.polls) >= polls)
            await adapter.close()
            return len(asyncio.all_tasks())

        assert line.wait(act()) == 1
    assert open_files() == held


def test_a_bot_that_starts_before_telegram_waits_for_it() -> None:
    """Unreachable at first, Telegram is asked again until it answers."""
    with TelegramServer() as gone:
        port = int(gone.url.rpartition(":")[2])
    with open_loop() as run, capture_logs() as logs:
        inbox = Inbox()
        adapter = TelegramChannel(gone.token, gone.url, timedelta(seconds=1))

        async def begin() -> None:
            await adapter.listen(inbox.take, lambda: NOW, QUICK)
            await _until(lambda: "telegram.unreachable" in _events(logs))

        run(begin())
        with TelegramServer(port) as back:
            back.customer_writes(CHAT, "one")
            run(_until(lambda: inbox.stored and not back.unconfirmed))
            run(adapter.close())
    assert inbox.stored == ["one"]


def test_a_webhook_is_set_when_telegram_is_back() -> None:
    """A process that starts while Telegram is away serves the other channels, and asks until it answers."""
    with TelegramServer() as gone:
        port = int(gone.url.rpartition(":")[2])
    with open_loop() as run, capture_logs() as logs:
        adapter = TelegramChannel(gone.token, gone.url, timedelta(seconds=1))
        run(adapter.set_webhook("https://kvitt.example/hooks/telegram", "s3cret", QUICK))
        with TelegramServer(port) as back:
            run(_until(lambda: "telegram.reached" in _events(logs)))
            run(adapter.close())
    assert back.webhook["url"] == "https://kvitt.example/hooks/telegram"
    assert _events(logs) == ["telegram.unreachable", "telegram.reached"]


def test_stopping_before_telegram_was_reached_is_clean(line: Line[TelegramRig]) -> None:
    """A bot that still knocks stops knocking."""

    async def knock() -> None:
        line.rig.server.close()
        await _listen(line, Inbox(), [timedelta(hours=1)])
        await _until(lambda: "telegram.unreachable" in _events(logs))

    async def tasks() -> int:
        return len(asyncio.all_tasks())

    with capture_logs() as logs:
        line.wait(knock())
        line.wait(line.rig.adapter.stop_listening())
    assert line.wait(tasks()) == 1


def test_a_refused_token_ends_polling_with_a_word() -> None:
    """Asking again would not help; the log says it, without the token."""
    with open_line(partial(TelegramRig, token="4242:mistyped")) as line, capture_logs() as logs:

        async def act() -> int:
            adapter = await _listen(line, Inbox())
            await _until(lambda: "telegram.token_refused" in _events(logs))
            await adapter.stop_listening()
            return len(asyncio.all_tasks())

        assert line.wait(act()) == 1
    assert _events(logs) == ["telegram.token_refused"]
    assert "mistyped" not in str(logs)


def test_a_telegram_that_goes_away_is_logged_and_does_not_hold_up_the_stop() -> None:
    """After an error the next poll is a while away; stopping does not wait for it."""
    with open_line(partial(TelegramRig, timeout=0.2)) as line, capture_logs() as logs:

        async def act() -> int:
            adapter = await _listen(line, Inbox())
            await _until(lambda: line.rig.server.polls)
            line.rig.server.close()
            await _until(lambda: "telegram.polling" in _events(logs))
            async with asyncio.timeout(5):
                await adapter.stop_listening()
            return len(asyncio.all_tasks())

        assert line.wait(act()) == 1


def test_sending_goes_on_while_the_bot_listens(line: Line[TelegramRig]) -> None:
    """A poll that waits holds up no message, and a customer's block stops only what is for them."""

    async def act() -> None:
        inbox = Inbox()
        adapter = await _listen(line, inbox)
        await _until(lambda: line.rig.server.polls)
        line.rig.server.behave(ServerBehaviour.BLOCKED, CHAT + 1)
        await asyncio.gather(
            *(adapter.send(Envelope(f"r{n}", str(CHAT + n), "Hello", NOW)) for n in range(3))
        )
        await adapter.stop_listening()

    line.wait(act())
    assert {message.address for message in line.rig.delivered()} == {str(CHAT), str(CHAT + 2)}


@pytest.mark.parametrize("method", ["getUpdates", "deleteWebhook", "getMe"])
def test_a_busy_telegram_is_waited_for_without_a_traceback(
    line: Line[TelegramRig], caplog: pytest.LogCaptureFixture, method: str
) -> None:
    """429 to whatever the bot asks for is one line of ours, and what was written then comes in after all."""
    server, inbox = line.rig.server, Inbox()
    server.refuse_next(method, 429, "Too Many Requests: retry after 0", retry_after=0)
    server.customer_writes(CHAT, "hello")

    async def listen() -> None:
        await line.rig.adapter.listen(inbox.take, lambda: NOW, QUICK)
        await _until(lambda: inbox.stored)

    line.wait(listen())
    assert inbox.stored == ["hello"]
    assert "Traceback" not in caplog.text
