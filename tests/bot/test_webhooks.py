"""Webhooks: signed ones are stored once and answered; others change nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot import processes
from bot.settings import Settings
from storage import tables
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState
from tests.fakes.live import served
from tests.web_parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

TOKEN, SECRET = "token", "telegram-secret"
PUBLIC = "https://bills.example.org"
MESSAGES, STATUS, TELEGRAM = (
    "/webhooks/twilio/messages",
    "/webhooks/twilio/status",
    "/webhooks/telegram",
)

_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/'


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """A client of the web application, in front of a real database and simulated phones."""
    settings = Settings.model_validate(
        {
            "twilio_account_sid": "AC1",
            "twilio_auth_token": TOKEN,
            "twilio_from": "+15035550100",
            "twilio_messaging_service": "MG1",
            "public_url": PUBLIC,
            "telegram_token": "1:t",
            "telegram_mode": "webhook",
            "telegram_webhook_secret": SECRET,
        }
    )
    parts = parts_of(world, settings)
    with served(processes.application(parts)) as address, httpx.Client(base_url=address) as opened:
        yield opened


def _post(client: httpx.Client, path: str, form: dict[str, str], token: str = TOKEN) -> Any:
    signature = RequestValidator(token).compute_signature(f"{PUBLIC}{path}", form)
    return client.post(path, data=form, headers={"X-Twilio-Signature": signature})


def _message(sid: str = "SM1", text: str = "hello") -> dict[str, str]:
    return {"MessageSid": sid, "From": "+15035550142", "To": "+15035550100", "Body": text, "NumMedia": "0"}


def _kept(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(tables.Inbox)) or 0


def test_a_signed_message_is_kept_once_however_often_it_comes(world: World, client: httpx.Client) -> None:
    """Twilio repeats itself: the answer is 200 each time, the message counts once."""
    for _ in range(3):
        answer = _post(client, MESSAGES, _message())
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/xml")
    assert _kept(world) == 1


@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": "x"}, {"X-Twilio-Signature": ""}])
def test_an_unsigned_message_is_refused_and_not_kept(
    world: World, client: httpx.Client, headers: dict[str, str]
) -> None:
    """Anybody can post; only what is signed with our token counts."""
    for path in (MESSAGES, STATUS):
        assert client.post(path, data=_message(), headers=headers).status_code == 403
    assert _post(client, MESSAGES, _message(), token="another").status_code == 403
    assert _kept(world) == 0


def test_a_signed_post_of_another_account_is_refused(world: World, client: httpx.Client) -> None:
    """One token may be another account's, too."""
    answer = _post(client, MESSAGES, _message() | {"AccountSid": "AC2"})
    assert answer.status_code == 403
    assert "KVITT_TWILIO_ACCOUNT_SID" in answer.text
    assert _kept(world) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"To": "+15035550199"},
        {"To": "whatsapp:+15035550100"},
        {"To": "+15035550199", "MessagingServiceSid": "MG2"},
        {"From": "messenger:77", "To": "+15035550199"},
    ],
)
def test_what_is_for_another_sender_is_logged_and_answered_with_nothing(
    world: World, client: httpx.Client, changes: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Twilio signs for every number of an account: it is not ours to answer, and no fault to post again."""
    answer = _post(client, MESSAGES, _message() | changes)
    assert (answer.status_code, answer.text.rpartition(">")[0]) == (200, _NOTHING)
    report = {"MessageSid": "SM1", "MessageStatus": "failed", "To": "+15035550142", "From": "+15035550199"}
    assert _post(client, STATUS, report).status_code == 204
    assert _kept(world) == 0
    assert "twilio.not_our_sender" in "".join(capsys.readouterr())


def test_a_number_of_our_pool_is_ours(world: World, client: httpx.Client) -> None:
    """A Messaging Service receives on many numbers; Twilio names the service in each post."""
    pooled = {"To": "+15035550199", "MessagingServiceSid": "MG1"}
    assert _post(client, MESSAGES, _message() | pooled).status_code == 200
    assert _kept(world) == 1


@pytest.mark.parametrize("sid", [None, "", "4111111111111111", "SM4111111111111111", "x" * 201, "a\0b", "é"])
def test_what_is_no_id_of_a_message_is_not_kept(world: World, client: httpx.Client, sid: str | None) -> None:
    """The id is kept plain: a signed post with a payment card's number in its place is refused."""
    form = {name: value for name, value in (_message() | {"MessageSid": sid}).items() if value is not None}
    report = {**form, "From": form["To"], "To": form["From"], "MessageStatus": "failed"}
    for path, posted in ((MESSAGES, form), (STATUS, report)):
        answer = _post(client, path, posted)
        assert (answer.status_code, answer.text.split()[0]) == (400, "MessageSid")
        assert "1111" not in answer.text
    assert _kept(world) == 0


@pytest.mark.parametrize("sender", ["+4111111111111111", "whatsapp:4111 1111 1111 1111"])
def test_a_sender_longer_than_any_number_is_not_kept(world: World, client: httpx.Client, sender: str) -> None:
    """No phone has sixteen digits (E.164), and addresses are kept plain."""
    assert _post(client, MESSAGES, _message() | {"From": sender}).status_code == 200
    assert _kept(world) == 0


def test_an_update_numbered_by_a_card_counts_once_without_it(world: World, client: httpx.Client) -> None:
    """Whatever a provider calls a message: a digest of it is kept where it is the number of a card."""
    ada = {"id": 77, "is_bot": False, "first_name": "Ada"}
    chat = {"id": 77, "type": "private", "first_name": "Ada"}
    message = {"message_id": 1, "date": 1_772_000_000, "chat": chat, "from": ada, "text": "hello"}
    known = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for _ in range(2):
        update = {"update_id": 4111111111111111, "message": message}
        assert client.post(TELEGRAM, json=update, headers=known).status_code == 200
    with world.database.read() as session:
        (kept,) = session.scalars(select(tables.Inbox.provider_id)).all()
    assert "4111111111111111" not in kept


def test_an_id_whose_digits_look_like_a_card_is_an_id(world: World, client: httpx.Client) -> None:
    """Ids of today have thirty-two hex digits, and some of them are bound to."""
    assert _post(client, MESSAGES, _message("SM4111111111111111abcdefabcdefabcd")).status_code == 200
    assert _kept(world) == 1


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded; charset=utf-16", b"a=b", 415),
        ("application/x-www-form-urlencoded", b"a=%ff", 400),
        ("application/x-www-form-urlencoded", b"a=\xff", 400),
        ("application/x-www-form-urlencoded", b"a=1&a=2", 400),
        ("application/x-www-form-urlencoded", b"&a" * 300, 400),
        ("application/x-www-form-urlencoded", b"", 403),
    ],
)
def test_what_is_no_form_is_refused_in_a_sentence(
    client: httpx.Client, content_type: str, body: bytes, status: int
) -> None:
    """Another type, another character set, nothing readable, one field twice."""
    for path in (MESSAGES, STATUS):
        answer = client.post(path, content=body, headers={"Content-Type": content_type})
        assert answer.status_code == status
        assert 10 < len(answer.text) < 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "NONSENSE"])
def test_a_webhook_takes_posts_alone(client: httpx.Client, method: str) -> None:
    """Any other method is answered with 405 and the one that there is."""
    answer = client.request(method, MESSAGES)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_text_with_what_no_database_stores_is_kept(world: World, client: httpx.Client) -> None:
    """A NUL in one message does not cost those that are stored with it."""
    assert (
        _post(client, MESSAGES, _message() | {"ProfileName": "A\0da", "From": "+1503\0"}).status_code == 200
    )
    assert _kept(world) == 1


def test_a_message_larger_than_any_is_refused(world: World, client: httpx.Client) -> None:
    """Nobody fills the memory with one post."""
    assert _post(client, MESSAGES, _message(text="x" * 100_000)).status_code == 413
    assert _kept(world) == 0


def test_a_status_callback_settles_the_message_it_names(world: World, client: httpx.Client) -> None:
    """A failed delivery is known by our reference, and is not believed unsigned."""
    world.customer()
    world.says("hello")
    with world.database.read() as session:
        message = outbox.get(session, 1)
    path = f"{STATUS}?ref={message.reference}"
    form = {
        "MessageSid": str(message.provider_id),
        "MessageStatus": "undelivered",
        "ErrorCode": "30005",
        "To": "+15035550142",
        "From": "+15035550100",
    }
    assert _post(client, path, form).status_code == 204
    with world.database.read() as session:
        assert outbox.get(session, 1).state is OutboxState.FAILED
        reached = session.scalar(select(tables.ContactPoint.unreachable_at))
    assert reached is not None


def test_telegram_is_known_by_its_secret(world: World, client: httpx.Client) -> None:
    """An update without the secret is refused; with it it is kept, once."""
    update = {
        "update_id": 7,
        "message": {
            "message_id": 1,
            "date": 1_772_000_000,
            "chat": {"id": 77, "type": "private", "first_name": "Ada"},
            "from": {"id": 77, "is_bot": False, "first_name": "Ada"},
            "text": "hello",
        },
    }
    assert client.post(TELEGRAM, json=update).status_code == 403
    known = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for _ in range(2):
        assert client.post(TELEGRAM, json=update, headers=known).status_code == 200
    assert _kept(world) == 1


def test_telegram_is_heard_about_our_own_bot_alone(world: World, client: httpx.Client) -> None:
    """With the secret, but another bot that was blocked, or whose message carried the button."""
    ada = {"id": 77, "is_bot": False, "first_name": "Ada"}
    chat = {"id": 77, "type": "private", "first_name": "Ada"}
    known = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for number, status in ((2, 403), (1, 200)):
        bot = {"id": number, "is_bot": True, "first_name": "Bot"}
        old, new = {"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}
        blocked = {"chat": chat, "from": ada, "date": 1, "old_chat_member": old, "new_chat_member": new}
        answer = client.post(TELEGRAM, json={"update_id": number, "my_chat_member": blocked}, headers=known)
        assert answer.status_code == status
        assert _kept(world) == (status == 200)
    carried = {
        "message_id": 1,
        "date": 1,
        "chat": chat,
        "text": "?",
        "from": {**ada, "id": 2, "is_bot": True},
    }
    press = {"id": "1", "from": ada, "chat_instance": "1", "data": "yes", "message": carried}
    answer = client.post(TELEGRAM, json={"update_id": 9, "callback_query": press}, headers=known)
    assert answer.status_code == 403


_NO_CHAT = (
    b'{"update_id": 1, "callback_query": {"id": "1", "data": "x", "chat_instance": "x", "from": '
    b'{"id": 7, "is_bot": false, "first_name": "A"}, "message": {"message_id": 6, "date": 1772474400}}}'
)
_PRESSED_A_NUMBER = (
    b'{"update_id": 1, "callback_query": {"id": "1", "data": -1, "chat_instance": "x", "from": {"id": 7, '
    b'"is_bot": false, "first_name": "A"}, "message": {"message_id": 6, "date": 1772474400, "text": "?", '
    b'"chat": {"id": 7, "type": "private"}}}}'
)
_HALF_A_CHANGE = (
    b'{"update_id": 1, "my_chat_member": {"chat": {"id": 7, "type": "private"}, "date": 1, "from": '
    b'{"id": 7, "is_bot": false, "first_name": "A"}, "old_chat_member": 1, "new_chat_member": 2}}'
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[1]",
        b'{"update_id": "x"}',
        b"[" * 5000,
        _NO_CHAT,
        _PRESSED_A_NUMBER,
        _HALF_A_CHANGE,
    ],
)
def test_rubbish_from_telegram_is_taken_calmly(world: World, client: httpx.Client, body: bytes) -> None:
    """What is no update is acknowledged, so that it does not come again, and changes nothing."""
    known = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert client.post(TELEGRAM, content=body, headers=known).status_code == 200
    assert _kept(world) == 0


def test_health_and_readiness(world: World, client: httpx.Client) -> None:
    """Alive is about the process, ready about the database and its schema."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    from sqlalchemy import text  # noqa: PLC0415 - one use

    with world.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert client.get("/readyz").status_code == 503


def test_a_message_is_answered_after_it_was_acknowledged(world: World, client: httpx.Client) -> None:
    """The turn runs by itself; what a dead process left is caught up with."""
    world.customer()
    assert _post(client, MESSAGES, _message()).status_code == 200
    pause = threading.Event()
    for _ in range(500):
        if world.deliver():
            break
        pause.wait(0.01)
    assert len(world.screen()) == 1
