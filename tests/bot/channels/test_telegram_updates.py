"""What a Telegram update means: what people wrote, pressed and sent, and what is nothing for Kvitt."""

from __future__ import annotations

import copy
from collections import UserDict
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.accounts.channels import Channel
from bot.telegram_updates import arrival, message_reference, update_of
from handlers.arrivals import Arrival, ArrivalKind
from tests.bot.channels.line import NOW
from tests.fakes.telegram_server import TelegramServer

if TYPE_CHECKING:
    from collections.abc import Iterator, KeysView

CHAT: Final = 31337
PHOTO: Final = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
VOICE: Final = {"file_id": "f", "file_unique_id": "u", "duration": 3}
PLACE: Final = {"longitude": 18.06, "latitude": 59.33}

Body = dict[str, Any]


@pytest.fixture(scope="module")
def telegram() -> Iterator[TelegramServer]:
    """Somewhere for customers to write."""
    with TelegramServer() as server:
        yield server


def _read(body: Body) -> Arrival | None:
    update = update_of(body)
    assert update is not None
    return arrival(update, NOW)


def _came(body: Body, text: str, kind: ArrivalKind = ArrivalKind.TEXT, asked_at: str = "") -> Arrival:
    return Arrival(Channel.TELEGRAM, str(body["update_id"]), str(CHAT), text, NOW, kind, "Ada", asked_at)


@pytest.mark.parametrize(
    "text", ["50", "när är räkningen?", "👍", "1/2", "a /start b", "//", "/", "x" * 4096]
)
def test_a_text_is_read_as_it_was_written(telegram: TelegramServer, text: str) -> None:
    """Words, sender and name come out as they went in, and the update's number is the id."""
    body = telegram.customer_writes(CHAT, text)
    assert _read(body) == _came(body, text)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/balance", "balance"),
        ("/balance@kvitt_bot", "balance"),
        ("/pay 50", "pay 50"),
        ("/pay@kvitt_bot   50  ", "pay 50"),
        ("/STOP", "STOP"),
        ("/start", "start"),
        ("/start two words", "start two words"),
        ("/start näe", "start näe"),
        ("/plan\n50", "plan 50"),
    ],
)
def test_a_command_is_read_as_its_word(telegram: TelegramServer, written: str, read: str) -> None:
    """The menu's commands are short for words that people may write themselves."""
    body = telegram.customer_writes(CHAT, written)
    assert _read(body) == _came(body, read)


@pytest.mark.parametrize("written", ["/start Ab-9_z", "/START Ab-9_z", "/start@kvitt_bot Ab-9_z"])
def test_a_deep_link_gives_its_token(telegram: TelegramServer, written: str) -> None:
    """Whoever opens a link starts the bot with the token that was in it."""
    body = telegram.customer_writes(CHAT, written)
    assert _read(body) == _came(body, "Ab-9_z", ArrivalKind.LINK)


def test_no_token_is_longer_than_telegram_lets_it_be(telegram: TelegramServer) -> None:
    """More than 64 characters were typed, not opened."""
    body = telegram.customer_writes(CHAT, "/start " + "a" * 65)
    assert _read(body) == _came(body, "start " + "a" * 65)


def test_a_button_gives_its_value_and_its_message(telegram: TelegramServer) -> None:
    """What was pressed is the value, and the message that carried it is named."""
    body = telegram.customer_presses(CHAT, 17, "confirm:yes")
    assert _read(body) == _came(body, "confirm:yes", ArrivalKind.BUTTON, message_reference(CHAT, 17))


def test_a_button_under_a_message_too_old_to_see_counts(telegram: TelegramServer) -> None:
    """Telegram does not show an old message again, yet says which one it was."""
    body = copy.deepcopy(telegram.customer_presses(CHAT, 17, "yes"))
    old = body["callback_query"]["message"]
    body["callback_query"]["message"] = {"chat": old["chat"], "message_id": 17, "date": 0}
    assert _read(body) == _came(body, "yes", ArrivalKind.BUTTON, message_reference(CHAT, 17))


@pytest.mark.parametrize(
    ("content", "caption"),
    [
        ({"photo": PHOTO}, ""),
        ({"photo": PHOTO, "caption": "my receipt"}, "my receipt"),
        ({"voice": VOICE}, ""),
        ({"location": PLACE}, ""),
        ({"contact": {"phone_number": "+14155550123", "first_name": "Ada"}}, ""),
        ({"document": {"file_id": "f", "file_unique_id": "u"}, "caption": "the letter"}, "the letter"),
    ],
)
def test_photos_voices_and_places_are_media(
    telegram: TelegramServer, content: dict[str, object], caption: str
) -> None:
    """What cannot be read is told from what can, and its caption is kept."""
    body = telegram.customer_sends(CHAT, **content)
    assert _read(body) == _came(body, caption, ArrivalKind.MEDIA)


def test_ones_own_number_that_is_shared_is_a_contact(telegram: TelegramServer) -> None:
    """The app vouches for a number its owner shares; somebody else's is only a card in an album."""
    mine = {"phone_number": "14155550123", "first_name": "Ada", "user_id": CHAT}
    body = telegram.customer_sends(CHAT, contact=mine)
    assert _read(body) == _came(body, "+14155550123", ArrivalKind.CONTACT)
    theirs = telegram.customer_sends(CHAT, contact={**mine, "user_id": CHAT + 1})
    assert _read(theirs) == _came(theirs, "", ArrivalKind.MEDIA)


def test_an_edit_is_told_from_a_text(telegram: TelegramServer) -> None:
    """What was answered already is not answered again as if it were new."""
    body = telegram.customer_edits(CHAT, "60")
    assert _read(body) == _came(body, "60", ArrivalKind.EDITED)


def test_blocking_the_bot_is_a_stop(telegram: TelegramServer) -> None:
    """Nobody has to write stop to somebody they shut out."""
    body = telegram.customer_blocks(CHAT)
    assert _read(body) == _came(body, "", ArrivalKind.STOPPED)


def test_letting_the_bot_in_again_is_no_consent(telegram: TelegramServer) -> None:
    """Who unblocks the bot has asked for nothing yet."""
    assert _read(telegram.customer_unblocks(CHAT)) is None


def test_a_group_is_not_heard(telegram: TelegramServer) -> None:
    """Nothing about a bill belongs where strangers read: words, buttons and being thrown out pass by."""
    group = {"id": -100, "type": "group", "title": "Neighbours"}
    pressed = copy.deepcopy(telegram.customer_presses(CHAT, 17, "yes"))
    pressed["callback_query"]["message"]["chat"] = group
    thrown_out = copy.deepcopy(telegram.customer_blocks(CHAT))
    thrown_out["my_chat_member"]["chat"] = group
    for body in (telegram.group_writes(-100, "/start token"), pressed, thrown_out):
        assert _read(body) is None


def test_what_carries_no_news_is_nothing(telegram: TelegramServer) -> None:
    """A pinned message, a game's button and a kind of update yet to be invented pass by."""
    game = copy.deepcopy(telegram.customer_presses(CHAT, 17, "yes"))
    del game["callback_query"]["data"]
    inline = copy.deepcopy(telegram.customer_presses(CHAT, 17, "yes"))
    del inline["callback_query"]["message"]
    for body in (
        telegram.customer_sends(CHAT, new_chat_title="Ours"),
        telegram.post(something_new={"id": 1}),
        game,
        inline,
    ):
        assert _read(body) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": "hello"},
        {"update_id": 1, "message": {"text": "no chat"}},
        {"update_id": 1, "callback_query": {"id": "1"}},
        {"update_id": 1, "message": {"message_id": 1, "date": 10**30, "chat": {"id": 1, "type": "private"}}},
        {"update_id": 1, "my_chat_member": {"chat": {"id": 1, "type": "private"}}},
        {"no": "update"},
        {1: 2},
    ],
)
def test_rubbish_is_nothing(body: Body) -> None:
    """What cannot be read is passed over."""
    update = update_of(body)
    assert update is None or arrival(update, NOW) is None


@pytest.mark.parametrize("body", [None, [], [1], "text", 7])
def test_json_that_is_no_update_is_nothing(body: Any) -> None:
    """A body need not be an object at all."""
    assert update_of(body) is None


class _Bottomless(UserDict[str, Any]):
    def keys(self) -> KeysView[str]:
        raise RecursionError


def test_a_body_nested_without_end_is_nothing() -> None:
    """Depth alone brings nothing down."""
    assert update_of(_Bottomless()) is None


def test_an_update_that_cannot_be_understood_is_nothing(telegram: TelegramServer) -> None:
    """What the library lets through and cannot be read after all is passed over, too."""
    body = copy.deepcopy(telegram.customer_writes(CHAT, "hello"))
    body["message"]["text"] = 7
    update = update_of(body)
    assert update is not None
    assert arrival(update, NOW) is None


RUBBISH: Final[st.SearchStrategy[object]] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just([{}])
)


@given(st.data())
def test_no_update_raises(telegram: TelegramServer, data: st.DataObject) -> None:
    """Whatever stands in whichever field, an update is read or passed over."""
    bodies = [
        telegram.customer_writes(CHAT, "/start abc"),
        telegram.customer_presses(CHAT, 17, "yes"),
        telegram.customer_sends(CHAT, photo=PHOTO, caption="my receipt"),
        telegram.customer_blocks(CHAT),
    ]
    body = copy.deepcopy(data.draw(st.sampled_from(bodies)))
    here: Any = body
    while True:
        field = data.draw(st.sampled_from(sorted(here)))
        if not (isinstance(here[field], dict) and here[field] and data.draw(st.booleans())):
            break
        here = here[field]
    here[field] = data.draw(RUBBISH)
    update = update_of(body)
    if update is not None:
        arrival(update, NOW)
