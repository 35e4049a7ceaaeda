"""What Twilio's codes, statuses and silences mean for a message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from requests import exceptions as requests_errors
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from bot.channel import InDoubt, RefusalReason, Refused, TryLater
from bot.channels.twilio.code_table import MEANINGS
from bot.channels.twilio.codes import CODES, Unsure, answer_to, failure
from bot.channels.twilio.network import after_failure, wait_asked_for

if TYPE_CHECKING:
    from bot.channel import Sent

CONTENT, ADDRESS, OURS = RefusalReason.CONTENT, RefusalReason.ADDRESS, RefusalReason.CONFIGURATION
SENDER, UNKNOWN = RefusalReason.SENDER, RefusalReason.UNKNOWN
ANY_ADDRESS: Final = HTTPConnection("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("20003", OURS),
        ("20404", OURS),
        ("21211", ADDRESS),
        ("21408", RefusalReason.ROUTE),
        ("21606", SENDER),
        ("21212", SENDER),
        ("21659", SENDER),
        ("21608", OURS),
        ("21610", RefusalReason.OPTED_OUT),
        ("21612", RefusalReason.ROUTE),
        ("21614", ADDRESS),
        ("21635", ADDRESS),
        ("21617", CONTENT),
        ("30002", OURS),
        ("30004", CONTENT),
        ("30005", ADDRESS),
        ("30006", ADDRESS),
        ("30007", CONTENT),
        ("63016", RefusalReason.WINDOW),
        ("63014", RefusalReason.OPTED_OUT),
        ("63021", CONTENT),
        ("63013", CONTENT),
        ("63024", ADDRESS),
        ("30032", SENDER),
        ("30033", SENDER),
        ("30034", SENDER),
        ("30485", CONTENT),
        ("30501", SENDER),
        ("30750", SENDER),
        ("30899", SENDER),
    ],
)
def test_what_is_final_says_for_what_reason(code: str, reason: RefusalReason) -> None:
    """Each code that ends a message is laid to the one whose affair it is."""
    assert answer_to(400, code) == Refused(reason, code)


@pytest.mark.parametrize("code", ["20429", "30001", "30003", "30008", "30036", "63012", "63018"])
def test_what_passes_is_tried_again(code: str) -> None:
    """Each code that passes has a wait, a day at most."""
    answer = answer_to(400, code)
    assert isinstance(answer, TryLater)
    assert timedelta(seconds=10) <= answer.after <= timedelta(days=1)
    assert answer.code == code


def test_the_limit_of_whatsapp_waits_a_day() -> None:
    """Twilio asks to wait until 24 hours have passed."""
    assert answer_to(400, "63018") == TryLater(timedelta(hours=24), "63018")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "20500"),
        (503, "20503"),
        (400, "20500"),
        (400, "20503"),
        (408, "408"),
        (502, "502"),
        (500, "21610"),
        (200, "200"),
        (304, "304"),
        (0, "0"),
    ],
)
def test_what_may_have_been_taken_is_doubt(status: int, code: str) -> None:
    """A server's error proves nothing, whatever code it carries."""
    assert answer_to(status, code) == InDoubt(code)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_post_that_is_passed_on_was_not_read(status: int) -> None:
    """An API that points elsewhere is not the API."""
    assert answer_to(status, str(status)) == Refused(OURS, str(status))


@pytest.mark.parametrize(
    ("status", "reason"), [(400, UNKNOWN), (401, OURS), (403, OURS), (404, OURS), (422, UNKNOWN)]
)
def test_a_code_nobody_knows_goes_by_its_status(status: int, reason: RefusalReason) -> None:
    """Without a hint in the status nobody is blamed for a new code."""
    assert answer_to(status, "87654") == Refused(reason, "87654")


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_table_follows_its_line(code: str) -> None:
    """The table says what follows, and why in words an operator can read."""
    known = CODES[code]
    answer = answer_to(400, code)
    expected = {Refused: RefusalReason, TryLater: timedelta, InDoubt: Unsure}[type(answer)]
    assert isinstance(known.follows, expected)
    assert known.meaning == known.meaning.strip() != ""


@pytest.mark.parametrize("code", CODES)
def test_a_callbacks_code_is_read_in_the_same_table(code: str) -> None:
    """A late failure means what a refusal at once means; what was in doubt then is certain now."""
    said, follows = failure(code), CODES[code].follows
    assert said.meaning == CODES[code].meaning
    if isinstance(follows, RefusalReason):
        assert (said.cause, said.after) == (follows, None)
    else:
        assert said.cause is None
        assert said.after == (timedelta(minutes=10) if isinstance(follows, Unsure) else follows)


@pytest.mark.parametrize(
    ("code", "cause"),
    [("", None), ("x", None), ("4111111111111111", None), ("87654", UNKNOWN), ("30777", SENDER)],
)
def test_a_callbacks_code_that_is_in_no_line(code: str, cause: RefusalReason | None) -> None:
    """A new code is unknown, what is no code says nothing, and the registrations have their ranges."""
    assert failure(code).cause is cause


def test_no_code_is_in_two_lines() -> None:
    """One code, one verdict."""
    assert len(CODES) == sum(map(len, MEANINGS.values()))


def _gave_up(reason: Exception) -> requests_errors.ConnectionError:
    return requests_errors.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (requests_errors.ConnectTimeout(), TryLater(timedelta(seconds=30), "connect_timeout")),
        (requests_errors.ProxyError(), TryLater(timedelta(seconds=30), "proxy")),
        (
            _gave_up(NewConnectionError(ANY_ADDRESS, "refused")),
            TryLater(timedelta(seconds=30), "unreachable"),
        ),
        (requests_errors.ReadTimeout(), InDoubt("read_timeout")),
        (requests_errors.ConnectionError(ProtocolError("reset")), InDoubt("connection_lost")),
        (requests_errors.ConnectionError(), InDoubt("connection_lost")),
        (requests_errors.ChunkedEncodingError(), InDoubt("connection_lost")),
        (_gave_up(ProtocolError("reset")), InDoubt("connection_lost")),
        (OSError("anything"), InDoubt("connection_lost")),
        (requests_errors.InvalidURL(), Refused(OURS, "url")),
        (requests_errors.InvalidSchema(), Refused(OURS, "url")),
        (requests_errors.MissingSchema(), Refused(OURS, "url")),
    ],
)
def test_only_what_never_left_was_certainly_not_sent(error: Exception, answer: Sent) -> None:
    """A failure before the request left is harmless; every other one is doubt."""
    assert answer == after_failure(error)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ({}, None),
        ({"Retry-After": "0"}, timedelta(0)),
        ({"Retry-After": " 5 "}, timedelta(seconds=5)),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "86401"}, timedelta(days=1)),
    ],
)
def test_the_wait_a_server_asks_for_is_read(header: dict[str, str], wait: timedelta | None) -> None:
    """Seconds are read, at most a day of them; anything else is no wait."""
    assert wait == wait_asked_for(header)
