"""A Telegram server for tests: the Bot API over real HTTP on loopback, and the people a bot talks to.

Start it in a test, give its ``url`` and ``token`` to Kvitt (in this process or another), then act as the
customers: ``customer_writes``, ``customer_presses``; ``sent`` is what is on their screens.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

_DATE = 1_795_000_000
_BOT_ID = 4242


class ServerBehaviour(Enum):
    """What the server does to a message; a refusal's value is its status and description."""

    FINE = ()
    BLOCKED = (403, "Forbidden: bot was blocked by the user")
    DEACTIVATED = (403, "Forbidden: user is deactivated")
    NO_CHAT = (400, "Bad Request: chat not found")
    BUSY = (429, "Too Many Requests: retry after 7")
    UNAUTHORISED = (401, "Unauthorized")
    CONFLICT = (409, "Conflict: terminated by other getUpdates request")
    FIREWALL = (403, "<html>Forbidden</html>")
    """Somebody on the way answers, not Telegram."""
    BROKEN = (500, "Internal Server Error")
    """Takes the message, then says 500."""
    GARBLED = (200, "true")
    """Takes the message, then answers something that is no message."""
    CUT = "cut"
    """Takes the message, then hangs up."""
    SILENT = "silent"
    """Takes the message, then says nothing until the client has gone."""


_AFTER_TAKING = {ServerBehaviour.BROKEN, ServerBehaviour.GARBLED, ServerBehaviour.CUT, ServerBehaviour.SILENT}


@dataclass
class Sent:
    """A message on a customer's screen; ``buttons`` are (label, data) and vanish when taken away."""

    chat_id: int
    message_id: int
    text: str
    buttons: tuple[tuple[str, str], ...]
    asked: dict[str, Any]


class _Answered(Exception):
    def __init__(self, behaviour: ServerBehaviour) -> None:
        self.behaviour = behaviour


class _NotOk(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        self.status, self.description, self.parameters = status, description, parameters


class TelegramServer:
    """The Bot API of one bot; a context manager that leaves no thread and no socket behind."""

    def __init__(self, port: int = 0, token: str = f"{_BOT_ID}:pretend", username: str = "kvitt_bot") -> None:
        self.token, self.username = token, username
        self.sent: list[Sent] = []
        self.answered: list[str] = []
        self.commands: dict[str, Any] = {}
        self.webhook: dict[str, Any] = {}
        self.polls: list[dict[str, Any]] = []
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self._updates: list[dict[str, Any]] = []
        self._next_update, self._next_message = 700_000_001, 1
        self._queries: set[str] = set()
        self._moved: dict[int, int] = {}
        self._behaviours: dict[int | None, ServerBehaviour] = {}
        self._refusals: dict[str, list[_NotOk]] = {}
        self._http = _Http(self, port)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening: new connections are refused. Closing twice is harmless."""
        if self.closing.is_set():
            return
        with self.changed:
            self.closing.set()
            self.changed.notify_all()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def behave(self, behaviour: ServerBehaviour, chat_id: int | None = None) -> None:
        """Treat messages like this from now on: those to one chat, or all."""
        with self.changed:
            self._behaviours[chat_id] = behaviour

    def refuse_next(self, method: str, status: int, description: str, **parameters: int) -> None:
        """Refuse the next call of a method of the Bot API."""
        with self.changed:
            self._refusals.setdefault(method, []).append(_NotOk(status, description, **parameters))

    def moves(self, chat_id: int, new_chat_id: int) -> None:
        """Turn a group into a supergroup with another id."""
        with self.changed:
            self._moved[chat_id] = new_chat_id

    def becomes_supergroup(self, chat_id: int, new_chat_id: int, where: str) -> dict[str, Any]:
        """Turn a group into a supergroup, and say so in the old chat or in the new one."""
        self.moves(chat_id, new_chat_id)
        if where == "old":
            group = {"id": chat_id, "type": "group", "title": "Staff"}
            return self.post(message=self._message(group, migrate_to_chat_id=new_chat_id))
        return self.post(message=self._message(_chat(new_chat_id), migrate_from_chat_id=chat_id))

    def wait_for(self, condition: Callable[[Self], object], seconds: float = 10) -> None:
        """Block until ``condition`` holds, checked at every change; fails after ``seconds``."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), seconds), "it did not come to pass"

    @property
    def unconfirmed(self) -> list[int]:
        """The ids of the updates that Telegram still holds for the bot."""
        with self.changed:
            return [update["update_id"] for update in self._updates]

    # What people do; each gives back the update as a webhook would carry it.

    def customer_writes(self, chat_id: int, text: str, name: str = "Ada") -> dict[str, Any]:
        """A customer sends a text in a private chat."""
        return self.post(message=self._message(_private(chat_id, name), text=text))

    def customer_sends(self, chat_id: int, **content: object) -> dict[str, Any]:
        """A customer sends a photo, a place …: ``customer_sends(1, photo=PHOTO, caption="my bill")``."""
        return self.post(message=self._message(_private(chat_id), **content))

    def customer_edits(self, chat_id: int, text: str) -> dict[str, Any]:
        """A customer changes what they wrote earlier."""
        return self.post(edited_message=self._message(_private(chat_id), text=text, edit_date=_DATE))

    def customer_presses(self, chat_id: int, message_id: int, data: str) -> dict[str, Any]:
        """A customer presses a button under a message."""
        chat = _private(chat_id)
        message = self._message(chat, text="…") | {"message_id": message_id}
        with self.changed:
            query = str(self._next_update)
            self._queries.add(query)
        press = {"id": query, "from": _person(chat), "chat_instance": "1", "data": data, "message": message}
        return self.post(callback_query=press)

    def customer_blocks(self, chat_id: int) -> dict[str, Any]:
        """A customer blocks the bot; sending to them is refused until they unblock it."""
        self.behave(ServerBehaviour.BLOCKED, chat_id)
        return self._membership(chat_id, "member", "kicked")

    def customer_unblocks(self, chat_id: int) -> dict[str, Any]:
        """A customer lets the bot in again."""
        self.behave(ServerBehaviour.FINE, chat_id)
        return self._membership(chat_id, "kicked", "member")

    def group_writes(self, chat_id: int, text: str) -> dict[str, Any]:
        """A person writes in a group that has the bot."""
        group = {"id": chat_id, "type": "supergroup", "title": "Neighbours"}
        return self.post(message=self._message(group, text=text))

    def colleague_writes(self, chat_id: int, user_id: int, text: str) -> dict[str, Any]:
        """A member of staff writes in their group, or in a private chat."""
        message = self._message(_chat(chat_id), text=text) | {"from": _person({"id": user_id})}
        return self.post(message=message)

    def colleague_presses(self, chat_id: int, user_id: int, message_id: int, data: str) -> dict[str, Any]:
        """A member of staff presses a button under a message in their group."""
        message = self._message(_chat(chat_id), text="…") | {"message_id": message_id}
        with self.changed:
            query = str(self._next_update)
            self._queries.add(query)
        who = _person({"id": user_id})
        press = {"id": query, "from": who, "chat_instance": "1", "data": data, "message": message}
        return self.post(callback_query=press)

    def post(self, **content: object) -> dict[str, Any]:
        """Add any update, numbered and ready to be fetched."""
        with self.changed:
            update = {"update_id": self._next_update, **content}
            self._next_update += 1
            self._updates.append(update)
            self.changed.notify_all()
        return update

    # What the bot asks; one method of the Bot API each.

    def answer(self, path: str, asked: dict[str, Any]) -> object:
        """The result of one call; refusals are raised."""
        bot, _, method = path.removeprefix("/bot").partition("/")
        with self.changed:
            behaviour = self._behaviours.get(None, ServerBehaviour.FINE)
            if bot != self.token or behaviour is ServerBehaviour.UNAUTHORISED:
                raise _NotOk(*ServerBehaviour.UNAUTHORISED.value)
            if self._refusals.get(method):
                raise self._refusals[method].pop(0)
            calls: dict[str, Callable[[dict[str, Any]], object]] = {
                "getMe": self._get_me,
                "sendMessage": self._send_message,
                "getUpdates": self._get_updates,
                "answerCallbackQuery": self._answer_callback_query,
                "editMessageReplyMarkup": self._edit_message_reply_markup,
                "editMessageText": self._edit_message_text,
                "setWebhook": self._set_webhook,
                "deleteWebhook": self._delete_webhook,
                "getWebhookInfo": lambda _: {"url": "", "pending_update_count": 0, **self.webhook},
                "setMyCommands": self._set_my_commands,
                "close": lambda _: True,
            }
            if method not in calls:
                raise _NotOk(404, "Not Found")
            try:
                return calls[method](asked)
            finally:
                self.changed.notify_all()

    def _get_me(self, _: dict[str, Any]) -> object:
        return {"id": _BOT_ID, "is_bot": True, "first_name": "Kvitt", "username": self.username}

    def _send_message(self, asked: dict[str, Any]) -> object:
        chat_id, text = int(asked["chat_id"]), asked.get("text", "")
        behaviour = self._behaviours.get(chat_id, self._behaviours.get(None, ServerBehaviour.FINE))
        if behaviour is not ServerBehaviour.FINE and behaviour not in _AFTER_TAKING:
            raise _Answered(behaviour)
        if chat_id in self._moved:
            raise _NotOk(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=self._moved[chat_id])
        buttons = tuple((b["text"], b["callback_data"]) for row in _keyboard(asked) for b in row)
        if not 1 <= len(text) <= 4096:
            raise _NotOk(400, "Bad Request: message is too long" if text else "Bad Request: text is empty")
        if any(not 1 <= len(data.encode()) <= 64 for _, data in buttons):
            raise _NotOk(400, "Bad Request: BUTTON_DATA_INVALID")
        message = self._message(_private(chat_id), text=text)
        self.sent.append(Sent(chat_id, message["message_id"], text, buttons, asked))
        if behaviour in _AFTER_TAKING:
            self.changed.notify_all()
            raise _Answered(behaviour)
        return message

    def _get_updates(self, asked: dict[str, Any]) -> object:
        if self.webhook:
            raise _NotOk(409, "Conflict: can't use getUpdates method while webhook is active")
        self.polls.append(asked)
        self.changed.notify_all()
        offset = int(asked.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        wait = min(float(asked.get("timeout", 0)), 1)
        self.changed.wait_for(lambda: self._updates or self.closing.is_set(), wait)
        return list(self._updates)

    def _answer_callback_query(self, asked: dict[str, Any]) -> object:
        if asked["callback_query_id"] not in self._queries:
            raise _NotOk(400, "Bad Request: query is too old or query ID is invalid")
        self._queries.remove(asked["callback_query_id"])
        self.answered.append(asked["callback_query_id"])
        return True

    def _edit_message_text(self, asked: dict[str, Any]) -> object:
        found = self._to_edit(asked)
        buttons = tuple((b["text"], b["callback_data"]) for row in _keyboard(asked) for b in row)
        if (asked["text"], buttons) == (found.text, found.buttons):
            raise _NotOk(
                400, "Bad Request: message is not modified: specified new message content is the same"
            )
        found.text, found.buttons = asked["text"], buttons
        return self._message(_private(found.chat_id), text=found.text) | {"message_id": found.message_id}

    def _to_edit(self, asked: dict[str, Any]) -> Sent:
        wanted = (int(asked["chat_id"]), int(asked["message_id"]))
        if wanted[0] in self._moved:
            new_chat = self._moved[wanted[0]]
            raise _NotOk(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=new_chat)
        found = next((one for one in self.sent if (one.chat_id, one.message_id) == wanted), None)
        if found is None:
            raise _NotOk(400, "Bad Request: message to edit not found")
        return found

    def _edit_message_reply_markup(self, asked: dict[str, Any]) -> object:
        found = self._to_edit(asked)
        found.buttons = tuple((b["text"], b["callback_data"]) for row in _keyboard(asked) for b in row)
        return self._message(_private(found.chat_id), text=found.text) | {"message_id": found.message_id}

    def _set_webhook(self, asked: dict[str, Any]) -> object:
        self.webhook = asked
        return True

    def _delete_webhook(self, _: dict[str, Any]) -> object:
        self.webhook = {}
        return True

    def _set_my_commands(self, asked: dict[str, Any]) -> object:
        self.commands = {
            "language": asked.get("language_code", ""),
            "menu": {one["command"]: one["description"] for one in _plain(asked["commands"])},
        }
        return True

    def _message(self, chat: Mapping[str, object], **content: object) -> dict[str, Any]:
        with self.changed:
            number, self._next_message = self._next_message, self._next_message + 1
        return {"message_id": number, "date": _DATE, "chat": chat, "from": _person(chat), **content}

    def _membership(self, chat_id: int, old: str, new: str) -> dict[str, Any]:
        chat, bot = _private(chat_id), self._get_me({})
        was, now = {"status": old, "user": bot}, {"status": new, "user": bot, "until_date": 0}
        change = {"chat": chat, "from": _person(chat), "date": _DATE}
        return self.post(
            my_chat_member={**change, "old_chat_member": was | {"until_date": 0}, "new_chat_member": now}
        )


def _private(chat_id: int, name: str = "Ada") -> dict[str, object]:
    return {"id": chat_id, "type": "private", "first_name": name}


def _chat(chat_id: int) -> dict[str, object]:
    """A private chat has its person's number; a group's is negative."""
    return {"id": chat_id, "type": "supergroup", "title": "Staff"} if chat_id < 0 else _private(chat_id)


def _person(chat: Mapping[str, object]) -> dict[str, object]:
    return {"id": chat["id"], "is_bot": False, "first_name": chat.get("first_name", "Somebody")}


def _keyboard(asked: dict[str, Any]) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = _plain(asked.get("reply_markup", {})).get("inline_keyboard", [])
    return rows


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class _Http(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, telegram: TelegramServer, port: int) -> None:
        self.telegram = telegram
        super().__init__(("127.0.0.1", port), _Server)


class _Server(BaseHTTPRequestHandler):
    server: _Http
    timeout = 10

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = dict(parse_qsl(url.query))
        if self.headers.get("Content-Type", "").startswith("application/json"):
            asked |= json.loads(body)
        else:
            asked |= dict(parse_qsl(body))
        try:
            self._say(200, {"ok": True, "result": self.server.telegram.answer(url.path, asked)})
        except _NotOk as refusal:
            self._refuse(refusal)
        except _Answered as scripted:
            self._act(scripted.behaviour)

    do_GET = do_POST  # noqa: N815

    def _act(self, behaviour: ServerBehaviour) -> None:
        match behaviour:
            case ServerBehaviour.CUT:
                pass
            case ServerBehaviour.SILENT:
                self.server.telegram.closing.wait()
            case ServerBehaviour.FIREWALL:
                self._write(403, ServerBehaviour.FIREWALL.value[1], "text/html")
            case ServerBehaviour.GARBLED:
                self._say(200, {"ok": True, "result": True})
            case ServerBehaviour.BUSY:
                self._refuse(_NotOk(*ServerBehaviour.BUSY.value, retry_after=7))
            case _:
                self._refuse(_NotOk(*behaviour.value))

    def _refuse(self, refusal: _NotOk) -> None:
        said = {"ok": False, "error_code": refusal.status, "description": refusal.description}
        self._say(refusal.status, said | ({"parameters": refusal.parameters} if refusal.parameters else {}))

    def _say(self, status: int, said: dict[str, Any]) -> None:
        self._write(status, json.dumps(said), "application/json")

    def _write(self, status: int, text: str, kind: str) -> None:
        payload = text.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a test's output is its own."""
