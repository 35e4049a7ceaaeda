"""The two calls of Twilio's REST API that Kvitt makes, typed; the client of twilio-python stays in here."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from bot.channel import InDoubt, RefusalReason, Refused, TryLater
from bot.channels.twilio.codes import answer_to
from bot.channels.twilio.network import after_failure, wait_asked_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PAGE: Final = 1000
"""The most messages Twilio lists at once."""

_QUIET = logging.getLogger("kvitt.twilio")
_QUIET.setLevel(logging.WARNING)  # at INFO the library writes recipients' numbers


class Trouble(Exception):
    """A call to Twilio did not go well; the answer says what that means for a message being sent."""

    def __init__(self, answer: Refused | TryLater | InDoubt) -> None:
        super().__init__(f"twilio: {answer}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as Twilio lists it; an empty ``body`` means that Twilio redacts or discards it."""

    sid: str
    body: str
    created_at: datetime
    """UTC, whole seconds."""


@dataclass(frozen=True, slots=True)
class MessageForm:
    """A message as Twilio takes it: a text of ours, or an approved template with what fills it.

    ``validity`` is how many seconds it may wait in a queue (Twilio's 1 to 36,000).
    """

    text: str
    template: str = ""
    values: tuple[str, ...] = ()
    validity: int | None = None

    def content(self) -> dict[str, str]:
        """Its content, under the names of Twilio's client."""
        if not self.template:
            return {"body": self.text}
        numbered = {str(number): value for number, value in enumerate(self.values, start=1)}
        return {"content_sid": self.template, "content_variables": json.dumps(numbered)}


@dataclass(frozen=True, slots=True)
class TwilioSender:
    """Who sends: a number, with its channel's prefix, or a Messaging Service, which takes one of its pool."""

    number: str
    service: str = ""

    def named(self) -> dict[str, str]:
        """The sender of a new message, under the names of Twilio's client."""
        return {"messaging_service_sid": self.service} if self.service else {"from_": self.number}

    def filter(self) -> dict[str, str]:
        """What it sent, under the names of Twilio's client: of a pool all that the account sent."""
        return {} if self.service else {"from_": self.number}


class Api:
    """One Twilio account; blocking, and safe to call from several threads."""

    def __init__(self, account_sid: str, auth_token: str, url: str | None, timeout: float) -> None:
        self._wire = _Wire(url, timeout)
        self._client = Client(account_sid, auth_token, http_client=self._wire)

    def post(self, to: str, sender: TwilioSender, form: MessageForm, status_callback: str | None) -> str:
        """Hand a message over, once, and return its id; raises `Trouble`."""
        callback = {"status_callback": status_callback} if status_callback else {}
        valid = {"validity_period": form.validity} if form.validity else {}
        with _troubles():
            message = self._client.messages.create(
                to=to, **sender.named(), **form.content(), **callback, **valid
            )
            if message.sid:
                return str(message.sid)
        raise Trouble(InDoubt("unreadable"))

    def sent(self, to: str, sender: TwilioSender) -> list[ListedMessage]:
        """All that this sender sent to this address, newest first; raises `Trouble`.

        Twilio could filter on the day it sent a message, but a message still queued has none; nor has it a
        number of a Messaging Service's pool yet.
        """
        with _troubles():
            return [
                ListedMessage(message.sid, message.body or "", message.date_created)
                for message in self._client.messages.stream(to=to, page_size=PAGE, **sender.filter())
            ]

    def status(self, sid: str) -> tuple[str, str]:
        """The status of a message and its error code, empty without one; raises `Trouble`."""
        with _troubles():
            message = self._client.messages(sid).fetch()
            return str(message.status or ""), _number(message.error_code)
        raise AssertionError

    def close(self) -> None:
        """Close connections."""
        self._wire.session.close()


class _Wire(TwilioHttpClient):  # type: ignore[misc]
    """The library's transport, with a time-out, with the wait a busy Twilio asks for, and for any host."""

    def __init__(self, url: str | None, timeout: float) -> None:
        super().__init__(timeout=timeout, logger=_QUIET)
        self._base = urlsplit(url) if url else None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Make one request; raises `Trouble` for too many requests, as the library drops that header."""
        response = super().request(method, self.address(url), *args, **kwargs)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            answer = answer_to(response.status_code, _code_in(response.text) or str(response.status_code))
            if isinstance(answer, TryLater):
                answer = TryLater(wait_asked_for(response.headers) or answer.after, answer.code)
            raise Trouble(answer)
        return response

    def address(self, url: str) -> str:
        """The same path on the configured host."""
        if (base := self._base) is None:
            return url
        path = base.path.rstrip("/") + urlsplit(url).path
        return urlunsplit(urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc, path=path))


def _code_in(text: str) -> str:
    """The code in a refusal's body, if there is one."""
    try:
        return _number(json.loads(text)["code"])
    except (ValueError, LookupError, TypeError):
        return ""


def _number(code: object) -> str:
    """A code of Twilio's, which is a number: anything else may quote what somebody wrote."""
    text = str(code)
    return text if text.isascii() and text.isdecimal() else ""


def _refusal(error: TwilioRestException | TwilioServiceException) -> Refused | TryLater | InDoubt:
    """What a refusal means; its status may be any JSON, as the library takes it from the body."""
    try:
        status = int(error.status)
    except (ValueError, TypeError):
        return InDoubt("unreadable")
    return answer_to(status, _number(error.code) or str(status))


@contextmanager
def _troubles() -> Iterator[None]:
    """Turn whatever a provider or a network does into `Trouble`."""
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        raise Trouble(_refusal(error)) from error
    except UnicodeEncodeError as error:
        raise Trouble(Refused(RefusalReason.CONTENT, "encoding")) from error
    except (OSError, HTTPError) as error:
        raise Trouble(after_failure(error)) from error
    except (TwilioException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Trouble(InDoubt("unreadable")) from error
