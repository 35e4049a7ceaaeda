"""What Twilio's codes, statuses and silences mean for a message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from requests import exceptions as requests_errors
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from bot.channel import InDoubt, RefusalReason, Refused, TryLater
from bot.channels.twilio.codes import CODES, Unsure, answer_to, follows
from bot.channels.twilio.network import after_failure, wait_asked_for

if TYPE_CHECKING:
    from bot.channel import Sent

CONTENT, ADDRESS, OURS = RefusalReason.CONTENT, RefusalReason.ADDRESS, RefusalReason.CONFIGURATION
ANY_ADDRESS: Final = HTTPConnection("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("20003", OURS),
        ("20404", OURS),
        ("21211", ADDRESS),
        ("21408", OURS),
        ("21606", OURS),
        ("21212", OURS),
        ("21659", OURS),
        ("21608", OURS),
        ("21610", RefusalReason.OPTED_OUT),
        ("21612", ADDRESS),
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
    ("status", "reason"), [(400, CONTENT), (401, OURS), (403, OURS), (404, OURS), (422, CONTENT)]
)
def test_a_code_nobody_knows_goes_by_its_status(status: int, reason: RefusalReason) -> None:
    """A new code is final; without a hint in the status it is laid to our text."""
    assert answer_to(status, "87654") == Refused(reason, "87654")


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_table_follows_its_line(code: str) -> None:
    """The table says what follows, and why in words an operator can read."""
    known = CODES[code]
    answer = answer_to(400, code)
    expected = {Refused: RefusalReason, TryLater: timedelta, InDoubt: Unsure}[type(answer)]
    assert isinstance(known.follows, expected)
    assert known.meaning == known.meaning.strip() != ""


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("21610", RefusalReason.OPTED_OUT, True),
        ("21610", RefusalReason.ADDRESS, False),
        ("30003", RefusalReason.ADDRESS, False),
        ("99999", RefusalReason.CONTENT, False),
        ("", RefusalReason.OPTED_OUT, False),
    ],
)
def test_a_callbacks_code_is_read_in_the_same_table(code: str, reason: RefusalReason, expected: bool) -> None:
    """A late failure means what a refusal at once means."""
    assert follows(code, reason) is expected


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
