"""The Messages resource of Twilio's REST API, as far as a client that sends and lists can see it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from email.utils import format_datetime
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from tests.fakes.twilio_server import TwilioServer, _Http

MESSAGES: Final = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages(?:/(\w+))?\.json")
ACCOUNT_PAGE: Final = re.compile(r"/2010-04-01/Accounts/(\w+)(/IncomingPhoneNumbers)?\.json")
ADDRESS: Final = re.compile(r"(whatsapp:)?\+[1-9]\d{6,14}")


class Ending(Enum):
    """How a scripted request ends."""

    ANSWER = auto()
    HANG = auto()
    """No answer, until the server stops."""
    DROP = auto()
    """The connection breaks without an answer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens to one send."""

    status: int
    code: int | None
    taken: bool
    ending: Ending
    retry_after: str | None
    to: str | None
    raw: str | None
    """The body of the answer, whatever it is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message Twilio accepted; addresses with their prefix, times in whole seconds of UTC."""

    sid: str
    to: str
    from_: str
    body: str
    status_callback: str
    created_at: datetime
    status: str = "queued"
    validity: str = ""
    """ValidityPeriod as it was asked for, in seconds."""
    template: str = ""
    """ContentSid, where a template was sent; the body is then its variables."""
    service: str = ""
    """MessagingServiceSid, where a pool sends it: which number is settled later."""
    error_code: int | None = None


class TwilioHandler(BaseHTTPRequestHandler):
    """One request; connections are not kept, so that nothing lingers when the server stops."""

    def do_POST(self) -> None:
        posted = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self._may_enter():
            return
        form = dict(parse_qsl(posted, keep_blank_values=True))
        turn = self._twilio.next_turn(form.get("To", ""))
        if turn is None:
            self._take(form)
            return
        if turn.taken:
            self._twilio.take(form)
        if turn.raw is not None:
            self._write(turn.status, turn.raw.encode(), {})
        elif turn.ending is Ending.HANG:
            self._http.stopping.wait(timeout=60)
        elif turn.ending is Ending.ANSWER:
            self._refuse(turn.status, turn.code, retry_after=turn.retry_after)

    def do_GET(self) -> None:
        if not self._may_enter():
            return
        path = urlsplit(self.path).path
        if page := ACCOUNT_PAGE.fullmatch(path):
            self._say(200, self._numbers() if page[2] else {"status": "active", "type": "Full"})
            return
        wanted = MESSAGES.fullmatch(path)
        if wanted is not None and wanted[2]:
            self._show(wanted[2])
            return
        scripted = self._twilio.next_listing()
        if scripted is None:
            self._list(self._twilio.messages)
        elif scripted < 400:
            self._list(())
        else:
            self._refuse(scripted, 20500)

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    @property
    def _http(self) -> _Http:
        return cast("_Http", self.server)

    @property
    def _twilio(self) -> TwilioServer:
        return self._http.twilio

    def _may_enter(self) -> bool:
        """Check credentials and address."""
        whole = urlsplit(self.path).path
        path = MESSAGES.fullmatch(whole) or ACCOUNT_PAGE.fullmatch(whole)
        pair = f"{self._twilio.account_sid}:{self._twilio.auth_token}"
        if self.headers["Authorization"] != "Basic " + base64.b64encode(pair.encode()).decode():
            self._refuse(401, 20003)
            return False
        if path is None or path[1] != self._twilio.account_sid:
            self._refuse(404, 20404)
            return False
        return True

    def _take(self, form: dict[str, str]) -> None:
        """Accept a message as Twilio does, or say what is wrong with it."""
        if not form.get("To"):
            self._refuse(400, 21604)
        elif not ADDRESS.fullmatch(form["To"]):
            self._refuse(400, 21211)
        elif "MessagingServiceSid" in form and form["MessagingServiceSid"] != self._twilio.service:
            self._refuse(404, 21701)
        elif "MessagingServiceSid" not in form and not self._is_own(form.get("From", "")):
            self._refuse(400, 21606)
        elif not (form.get("Body") or form.get("ContentSid")):
            self._refuse(400, 21602)
        elif len(form.get("Body", "")) > 1600:
            self._refuse(400, 21617)
        else:
            self._say(201, self._shown(self._twilio.take(form)))
        self._http.stopping.wait(timeout=self._twilio.latency)

    def _is_own(self, sender: str) -> bool:
        return sender.removeprefix("whatsapp:") == self._twilio.number

    def _numbers(self) -> dict[str, Any]:
        """The account's numbers that a listing asks for, each with where its texts are posted."""
        twilio = self._twilio
        asked = dict(parse_qsl(urlsplit(self.path).query)).get("PhoneNumber", twilio.number)
        mine = {
            "phone_number": twilio.number,
            "sms_url": twilio.inbound_url,
            "capabilities": {"sms": True, "mms": False, "voice": False},
        }
        return {"incoming_phone_numbers": [mine] if asked == twilio.number else []}

    def _show(self, sid: str) -> None:
        found = next((message for message in self._twilio.messages if message.sid == sid), None)
        if found is None:
            self._refuse(404, 20404)
        else:
            self._say(200, self._shown(found))

    def _list(self, messages: tuple[Taken, ...]) -> None:
        """One page, newest first, of the messages that pass the filters."""
        query = dict(parse_qsl(urlsplit(self.path).query))
        found = [
            message
            for message in reversed(messages)
            if message.to == query.get("To", message.to) and message.from_ == query.get("From", message.from_)
        ]
        page, size = int(query.get("Page", "0")), int(query.get("PageSize", "50"))
        here = found[page * size : (page + 1) * size]
        more = len(found) > (page + 1) * size
        path = urlsplit(self.path).path
        answer: dict[str, Any] = {
            "messages": [self._shown(message) for message in here],
            "uri": self.path,
            "first_page_uri": f"{path}?{urlencode({**query, 'Page': 0})}",
            "previous_page_uri": f"{path}?{urlencode({**query, 'Page': page - 1})}" if page else None,
            "next_page_uri": f"{path}?{urlencode({**query, 'Page': page + 1})}" if more else None,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(here) - 1, 0),
        }
        self._say(200, answer)

    def _shown(self, message: Taken) -> dict[str, Any]:
        """A message as Twilio writes it; the status callback is not among its fields."""
        account = self._twilio.account_sid
        uri = f"/2010-04-01/Accounts/{account}/Messages/{message.sid}"
        date = format_datetime(message.created_at)
        queued = message.status in {"queued", "accepted", "scheduled"}
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": date,
            "date_sent": None if queued else date,
            "date_updated": date,
            "direction": "outbound-api",
            "error_code": message.error_code,
            "error_message": None,
            "from": message.from_,
            "messaging_service_sid": message.service or None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }

    def _refuse(self, status: int, code: int | None, retry_after: str | None = None) -> None:
        """An error as Twilio words it; without a code, as something in between would."""
        body: dict[str, Any] = {"message": "no", "status": status}
        if code is not None:
            body |= {"code": code, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
        self._say(status, body, {"Retry-After": retry_after} if retry_after is not None else {})

    def _say(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._write(status, json.dumps(answer).encode(), headers or {})

    def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
