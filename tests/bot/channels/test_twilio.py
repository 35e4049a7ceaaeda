"""Twilio's own ways: callbacks, waits, refusals without words, and finding a message again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from bot.channel import Accepted, Envelope, InDoubt, RefusalReason, Refused, Trace, TryLater
from bot.channels.twilio import TwilioChannel
from bot.channels.twilio.adapter import with_reference
from bot.channels.twilio.api import PAGE, _Wire
from handlers.arrivals import DeliveryFate
from tests.bot.channels.line import NOW, Line, open_line
from tests.bot.channels.twilio_rig import STATUS_URL, TwilioRig
from tests.fakes.twilio_http import Ending
from tests.fakes.twilio_webhooks import ACCOUNT, NUMBER, SERVICE, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.channel import Sent

TEXT = "Bill 1001: 600.00 is due"


@pytest.fixture
def line() -> Iterator[Line[TwilioRig]]:
    """SMS through a Twilio of our own."""
    with open_line(TwilioRig) as opened:
        yield opened


def _taken(line: Line[TwilioRig], *texts: str) -> list[str]:
    """Messages that Twilio took, by id."""
    for text in texts:
        line.says(text)
    return [message.sid for message in line.rig.server.messages]


def test_whatsapp_addresses_carry_their_prefix() -> None:
    """Both ends of a WhatsApp message are marked as such."""
    with open_line(partial(TwilioRig, Channel.WHATSAPP)) as line:
        line.says(TEXT)
        [message] = line.rig.server.messages
    assert (message.to, message.from_) == ("whatsapp:+14155550123", "whatsapp:+14155550100")


def test_twilio_reports_to_an_address_that_names_the_message(line: Line[TwilioRig]) -> None:
    """The status callback carries the reference of its message."""
    line.send(replace(line.envelope(TEXT), reference="r/7&x"))
    assert [f"{STATUS_URL}?ref=r%2F7%26x"] == [
        message.status_callback for message in line.rig.server.messages
    ]


def test_without_a_status_address_nothing_is_reported() -> None:
    """A Kvitt that nobody can call does not ask to be called."""
    with open_line(partial(TwilioRig, status_url=None)) as line:
        assert isinstance(line.says(TEXT), Accepted)
        assert [message.status_callback for message in line.rig.server.messages] == [""]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://k.example/status", "https://k.example/status?ref=r1"),
        ("https://k.example/status?office=2", "https://k.example/status?office=2&ref=r1"),
        ("https://k.example/status#rc=3", "https://k.example/status?ref=r1#rc=3"),
    ],
)
def test_a_reference_joins_what_the_status_address_has(url: str, expected: str) -> None:
    """A query stays, and so does the fragment in which Twilio reads how often to retry."""
    assert expected == with_reference(url, "r1")


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", timedelta(seconds=7)),
        (None, timedelta(seconds=30)),
        ("soon", timedelta(seconds=30)),
        ("-1", timedelta(seconds=30)),
        ("٣", timedelta(seconds=30)),
        ("9" * 30, timedelta(hours=24)),
    ],
)
def test_a_busy_twilio_says_how_long_to_wait(
    line: Line[TwilioRig], asked: str | None, waited: timedelta
) -> None:
    """Its wait is kept, at most a day; without one that can be read it is half a minute."""
    header = asked.encode().decode("latin-1") if asked else None
    line.rig.server.answer_next(429, 20429, retry_after=header)
    assert line.says(TEXT) == TryLater(waited, "20429")


@pytest.mark.parametrize("raw", ["", "<html>Too many</html>", "[]", '"no"', "{}", '{"code": null}'])
def test_too_many_requests_need_no_words(line: Line[TwilioRig], raw: str) -> None:
    """The status alone says that nothing was taken."""
    line.rig.server.answer_next(429, raw=raw)
    assert line.says(TEXT) == TryLater(timedelta(seconds=30), "429")


def test_a_wait_does_not_soften_a_refusal(line: Line[TwilioRig]) -> None:
    """A code that is final stays final under the status of a busy server."""
    line.rig.server.answer_next(429, 21610, retry_after="3")
    assert line.says(TEXT) == Refused(RefusalReason.OPTED_OUT, "21610")


@pytest.mark.parametrize(
    ("status", "raw", "answer"),
    [
        (403, "", Refused(RefusalReason.CONFIGURATION, "403")),
        (403, "<html>Forbidden</html>", Refused(RefusalReason.CONFIGURATION, "403")),
        (403, '{"code": null, "message": "no"}', Refused(RefusalReason.CONFIGURATION, "403")),
        (404, "nginx", Refused(RefusalReason.CONFIGURATION, "404")),
        (302, "", Refused(RefusalReason.CONFIGURATION, "302")),
        (400, "{}", Refused(RefusalReason.CONTENT, "400")),
        (408, "", InDoubt("408")),
        (500, "", InDoubt("500")),
        (502, "Bad Gateway", InDoubt("502")),
        (503, '{"code": 20503}', InDoubt("20503")),
        (500, '{"code": 21610}', InDoubt("21610")),
        (201, "", InDoubt("unreadable")),
        (201, "{}", InDoubt("unreadable")),
        (201, "OK", InDoubt("unreadable")),
        (201, "[1]", InDoubt("unreadable")),
        (201, "null", InDoubt("unreadable")),
        (201, '{"sid": null}', InDoubt("unreadable")),
        (
            400,
            '{"type": "t", "title": "t", "status": 400, "code": 21610}',
            Refused(RefusalReason.OPTED_OUT, "21610"),
        ),
        (400, '{"type": "t", "title": "t", "status": "bad", "code": 21610}', InDoubt("unreadable")),
        (400, '{"type": "t", "title": "t", "status": null, "code": 21610}', InDoubt("unreadable")),
    ],
)
def test_answers_nobody_foresaw(line: Line[TwilioRig], status: int, raw: str, answer: Sent) -> None:
    """A refusal without Twilio's words goes by its status; an acceptance without an id is doubt."""
    line.rig.server.answer_next(status, raw=raw)
    assert answer == line.says(TEXT)


def test_what_stands_before_twilio_has_no_code(line: Line[TwilioRig]) -> None:
    """An error in Twilio's form that lacks its code goes by its status, too."""
    line.rig.server.answer_next(403)
    assert line.says(TEXT) == Refused(RefusalReason.CONFIGURATION, "403")


def test_a_server_error_is_never_taken_for_a_refusal(line: Line[TwilioRig]) -> None:
    """Twilio may have taken what it answers with 500, and can say so afterwards."""
    line.rig.server.answer_next(500, 20500, taken=True)
    envelope = line.envelope(TEXT)
    assert line.send(envelope) == InDoubt("20500")
    assert line.trace(envelope) == Accepted(line.rig.server.messages[0].sid)


def test_a_twilio_that_says_nothing_leaves_doubt() -> None:
    """An answer that does not come in time proves nothing; the message may be on its way."""
    with open_line(partial(TwilioRig, timeout=0.1)) as line:
        line.rig.server.answer_next(taken=True, ending=Ending.HANG)
        envelope = line.envelope(TEXT)
        assert line.send(envelope) == InDoubt("read_timeout")
        line.rig.server.wait_for_messages(1)
        assert line.trace(envelope) == Accepted(line.rig.server.messages[0].sid)


@pytest.mark.parametrize(
    ("api_url", "answer"),
    [
        ("ftp://127.0.0.1", Refused(RefusalReason.CONFIGURATION, "url")),
        ("http://", Refused(RefusalReason.CONFIGURATION, "url")),
        ("127.0.0.1", Refused(RefusalReason.CONFIGURATION, "url")),
        ("http://127.0.0.1:99999", Refused(RefusalReason.CONFIGURATION, "url")),
    ],
)
def test_an_address_that_is_no_api_is_a_matter_of_configuration(api_url: str, answer: Sent) -> None:
    """What can never be reached as it is written stops the channel, and does not raise."""
    made = partial(TwilioChannel, Channel.SMS, ACCOUNT, TOKEN, NUMBER, status_url=None)
    with open_line(TwilioRig) as line:
        adapter = made(api_url=api_url)
        envelope = line.envelope(TEXT)
        assert answer == line.wait(adapter.send(envelope))
        assert line.wait(adapter.trace(envelope)) is Trace.CANNOT_TELL
        line.wait(adapter.close())


def test_without_a_configured_api_twilios_own_is_asked() -> None:
    """Addresses are the library's unless the operator names another API."""
    wire = _Wire(None, 1)
    assert wire.address("https://api.twilio.com/x?y=1") == "https://api.twilio.com/x?y=1"


def test_the_path_of_the_configured_api_is_kept(line: Line[TwilioRig]) -> None:
    """An API behind a path of its own is asked there."""
    server = line.rig.server
    adapter = TwilioChannel(
        Channel.SMS, ACCOUNT, TOKEN, NUMBER, status_url=None, api_url=f"{server.url}/no/such/"
    )
    assert line.wait(adapter.send(line.envelope(TEXT))) == Refused(RefusalReason.CONFIGURATION, "20404")
    line.wait(adapter.close())


def test_a_listing_that_lags_is_read_twice(line: Line[TwilioRig]) -> None:
    """A message missing from the first listing and present in the second is found."""
    envelope = line.envelope(TEXT)
    sent = line.send(envelope)
    line.rig.server.list_next()
    assert line.trace(envelope) == sent


def test_what_is_missing_twice_is_absent(line: Line[TwilioRig]) -> None:
    """Two listings without the message prove its absence."""
    envelope = line.envelope(TEXT)
    line.send(envelope)
    line.rig.server.list_next(times=2)
    assert line.trace(envelope) is Trace.ABSENT


@pytest.mark.parametrize("failures", [(500,), (200, 500), (404,), (401,)])
def test_a_listing_that_fails_proves_nothing(line: Line[TwilioRig], failures: tuple[int, ...]) -> None:
    """Unless Twilio answers both times, nobody can tell."""
    for status in failures:
        line.rig.server.list_next(status)
    assert line.trace(line.envelope(TEXT)) is Trace.CANNOT_TELL


def test_what_twilio_forgot_the_words_of_cannot_be_called_absent(line: Line[TwilioRig]) -> None:
    """With redaction any message of that time may be the one."""
    envelope = line.envelope(TEXT)
    line.send(envelope)
    line.rig.server.redact()
    assert line.trace(envelope) is Trace.CANNOT_TELL


def test_the_same_words_of_another_day_are_another_message(line: Line[TwilioRig]) -> None:
    """Only a message made since ours was begun can be ours."""
    _taken(line, TEXT)
    later = replace(line.envelope(TEXT), begun_at=NOW + timedelta(seconds=3))
    assert line.trace(later) is Trace.ABSENT


@pytest.mark.parametrize("ahead", [timedelta(seconds=-1.9), timedelta(0), timedelta(hours=1)])
def test_twilios_clock_need_not_be_ours(line: Line[TwilioRig], ahead: timedelta) -> None:
    """A clock two seconds behind, or whole seconds where we have fractions, hides no message."""
    [sid] = _taken(line, TEXT)
    assert line.trace(replace(line.envelope(TEXT), begun_at=NOW - ahead)) == Accepted(sid)


def test_other_words_and_other_people_are_passed_over(line: Line[TwilioRig]) -> None:
    """The message is known by its words among all that this sender sent to this address."""
    line.send(line.envelope(TEXT, address="+14155550124"))
    *_, sid = _taken(line, "Bill 1002: 600.00 is due", TEXT)
    assert line.trace(line.envelope(TEXT)) == Accepted(sid)


def test_white_space_does_not_hide_a_message(line: Line[TwilioRig]) -> None:
    """A carrier may trim and fold spaces."""
    [sid] = _taken(line, "Bill 1001\n is due")
    assert line.trace(line.envelope(" Bill 1001 is  due\n")) == Accepted(sid)


def test_of_two_with_the_same_words_the_nearest_in_time_is_ours() -> None:
    """The message made soonest after ours was begun is taken for it."""
    hours = iter(range(3))
    with open_line(TwilioRig) as line:
        line.rig.server.clock = lambda: NOW + timedelta(hours=next(hours))
        _, second, _ = _taken(line, TEXT, TEXT, TEXT)
        begun = NOW + timedelta(hours=1)
        assert line.trace(replace(line.envelope(TEXT), begun_at=begun)) == Accepted(second)


def test_a_failed_message_was_taken_all_the_same(line: Line[TwilioRig]) -> None:
    """That it failed is for its callback to tell; it is not sent again."""
    [sid] = _taken(line, TEXT)
    line.rig.server.set_status(sid, "failed")
    assert line.trace(line.envelope(TEXT)) == Accepted(sid)


def test_a_message_is_found_behind_a_full_page(line: Line[TwilioRig]) -> None:
    """Somebody to whom thousands of messages went is searched to the end."""
    [sid] = _taken(line, TEXT)
    form = {"To": line.rig.address, "From": line.rig.server.number, "Body": "Another"}
    for _ in range(PAGE):
        line.rig.server.take(form)
    assert line.trace(line.envelope(TEXT)) == Accepted(sid)


def test_twilios_own_clock_dates_what_it_takes() -> None:
    """Times cross the wire as UTC, whatever the zone of this machine."""
    begun = datetime.now(UTC)  # noqa: TID251 - compared with a server's own clock
    with open_line(TwilioRig) as line:
        line.rig.server.clock = None
        envelope = Envelope("r1", line.rig.address, TEXT, begun)
        assert line.send(envelope) == line.trace(envelope)


def test_a_twilio_that_comes_back_is_used_again(line: Line[TwilioRig]) -> None:
    """An outage leaves nothing behind in the adapter."""
    line.rig.server.go_down()
    assert isinstance(line.says(TEXT), TryLater)
    line.rig.server.start()
    assert isinstance(line.says(TEXT), Accepted)


@pytest.mark.parametrize(
    ("left", "asked"),
    [
        (None, ""),
        (timedelta(hours=2), "7200"),
        (timedelta(seconds=0.5), "1"),
        (timedelta(hours=-1), "1"),
        (timedelta(days=2), "36000"),
    ],
)
def test_a_message_may_wait_only_until_the_hours_are_over(
    line: Line[TwilioRig], left: timedelta | None, asked: str
) -> None:
    """A carrier that cannot deliver in time throws the message away, within what Twilio allows to ask."""
    valid = NOW + left if left is not None else None
    assert isinstance(line.send(replace(line.envelope(TEXT), valid_until=valid)), Accepted)
    assert [asked] == [message.validity for message in line.rig.server.messages]


TEMPLATES = {"reminder.final": {"en": "HX" + "1" * 32, "sv": "HX" + "2" * 32}}
LONG_AGO = NOW - timedelta(hours=23, minutes=56)


def _reminder(line: Line[TwilioRig], **more: object) -> Envelope:
    known = {"key": "reminder.final", "language": "sv", "values": ("2", "3 maj 2026"), "heard_at": LONG_AGO}
    return replace(line.envelope(TEXT), **(known | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("heard_at", [None, LONG_AGO])
def test_outside_its_window_whatsapp_takes_an_approved_template(heard_at: datetime | None) -> None:
    """To somebody who has not written for a day a message goes as the template of its language."""
    with open_line(partial(TwilioRig, Channel.WHATSAPP, templates=TEMPLATES)) as line:
        assert isinstance(line.send(_reminder(line, heard_at=heard_at)), Accepted)
        [message] = line.rig.server.messages
    assert message.template == "HX" + "2" * 32
    assert message.body == '{"1": "2", "2": "3 maj 2026"}'


def test_inside_its_window_whatsapp_takes_our_own_words() -> None:
    """Who wrote today is answered freely, template or not."""
    with open_line(partial(TwilioRig, Channel.WHATSAPP, templates=TEMPLATES)) as line:
        line.send(_reminder(line, heard_at=NOW - timedelta(hours=23)))
        [message] = line.rig.server.messages
    assert (message.body, message.template) == (TEXT, "")


@pytest.mark.parametrize("more", [{"key": "reminder.firm"}, {"key": ""}, {"language": "es"}])
def test_without_a_template_whatsapp_is_not_even_asked(more: dict[str, str]) -> None:
    """What WhatsApp would certainly refuse fails at once, so that another way can be tried."""
    with open_line(partial(TwilioRig, Channel.WHATSAPP, templates=TEMPLATES)) as line:
        assert line.send(_reminder(line, **more)) == Refused(RefusalReason.WINDOW, "no_template")
        assert line.rig.server.messages == ()


def test_nobody_can_tell_by_its_words_whether_a_template_arrived() -> None:
    """A template's words are WhatsApp's: what went out then may be it; nothing proves its absence."""
    with open_line(partial(TwilioRig, Channel.WHATSAPP, templates=TEMPLATES)) as line:
        envelope = _reminder(line)
        assert line.trace(envelope) is Trace.ABSENT
        line.send(envelope)
        assert line.trace(envelope) is Trace.CANNOT_TELL


def test_sms_has_no_window(line: Line[TwilioRig]) -> None:
    """A text needs no template, however long ago somebody wrote."""
    assert isinstance(line.send(_reminder(line, heard_at=None)), Accepted)
    assert [message.body for message in line.rig.server.messages] == [TEXT]


def test_a_pool_sends_and_is_found_again() -> None:
    """With a Messaging Service no number is named, and a message in doubt is found though it has none yet."""
    with open_line(TwilioRig) as line:
        server = line.rig.server
        pool = TwilioChannel(
            Channel.SMS, ACCOUNT, TOKEN, NUMBER, status_url=None, api_url=server.url, service=SERVICE, pause=0
        )
        envelope = line.envelope(TEXT)
        server.answer_next(500, 20500, taken=True)
        assert line.wait(pool.send(envelope)) == InDoubt("20500")
        [message] = server.messages
        assert (message.service, message.from_) == (SERVICE, "")
        assert line.wait(pool.trace(envelope)) == Accepted(message.sid)
        assert isinstance(line.wait(pool.send(envelope)), Accepted)
        line.wait(pool.close())


@pytest.mark.parametrize(
    ("status", "code", "fate", "cause"),
    [
        ("delivered", None, DeliveryFate.DELIVERED, None),
        ("sent", None, DeliveryFate.SENT, None),
        ("undelivered", 30005, DeliveryFate.FAILED, RefusalReason.ADDRESS),
        ("failed", 30034, DeliveryFate.FAILED, RefusalReason.SENDER),
    ],
)
def test_twilio_is_asked_what_became_of_a_message(
    line: Line[TwilioRig], status: str, code: int | None, fate: DeliveryFate, cause: RefusalReason | None
) -> None:
    """What it says when asked is what its callback would have said."""
    [sid] = _taken(line, TEXT)
    line.rig.server.set_status(sid, status, code)
    found = line.wait(line.rig.adapter.status(sid, "ref-1"))
    assert found is not None
    assert (found.reference, found.provider_id, found.fate, found.cause) == ("ref-1", sid, fate, cause)


def test_what_twilio_does_not_say_is_open(line: Line[TwilioRig]) -> None:
    """A message that is still queued, one it does not know, and a Twilio that is away tell nothing."""
    [sid] = _taken(line, TEXT)
    assert line.wait(line.rig.adapter.status(sid, "r")) is None
    assert line.wait(line.rig.adapter.status("SM" + "0" * 32, "r")) is None
    line.rig.server.go_down()
    assert line.wait(line.rig.adapter.status(sid, "r")) is None
