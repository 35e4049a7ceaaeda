"""What Twilio posts: who signed it, what a customer did, what became of a message of ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.accounts.channels import Channel
from bot.channels.twilio import arrival, genuine, report
from handlers.arrivals import Arrival, ArrivalKind, DeliveryFate, DeliveryReport, RefusalReason
from tests.bot.channels.line import NOW, open_line
from tests.bot.channels.twilio_rig import TwilioRig
from tests.fakes.twilio_webhooks import TOKEN, TwilioWebhooks

TWILIO: Final = TwilioWebhooks()
URL: Final = "https://kvitt.example/hooks/twilio/inbound?office=2"
ADA: Final = "+14155550123"
FORM: Final = TWILIO.inbound_form(ADA, "Grüße & 50 €", "SM1")


def test_what_twilio_signed_is_genuine() -> None:
    """A form signed with our token for our address is Twilio's."""
    assert genuine(TOKEN, URL, FORM, TWILIO.sign(URL, FORM))


def test_a_signature_is_what_twilio_documents() -> None:
    """An example that Twilio publishes checks out: fake and check do not only agree with each other."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert genuine("12345", url, form, "GvWf1cFY/Q7PnoempGyD5oXAezc=")


@pytest.mark.parametrize("signed", [URL.replace(".example", ".example:443"), URL])
def test_the_usual_port_makes_no_difference(signed: str) -> None:
    """Twilio may sign an address with the port of https or without it."""
    assert genuine(TOKEN, URL, FORM, TWILIO.sign(signed, FORM))


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("kvitt", "kvitl"),
        URL.replace("office=2", "office=3"),
        URL.replace("?office=2", ""),
        URL + "&ref=x",
        URL.replace("inbound", "status"),
    ],
)
def test_a_signature_for_another_address_is_worth_nothing(url: str) -> None:
    """A form replayed elsewhere, or with another query, is forged."""
    assert not genuine(TOKEN, url, FORM, TWILIO.sign(URL, FORM))


@pytest.mark.parametrize(
    "form",
    [
        FORM | {"Body": "Grüße & 500 €"},
        FORM | {"From": "+14155550124"},
        FORM | {"OptOutType": "STOP"},
        {name: value for name, value in FORM.items() if name != "NumMedia"},
        {},
    ],
)
def test_a_form_that_was_changed_is_forged(form: dict[str, str]) -> None:
    """A field changed, added or taken away breaks the signature."""
    assert not genuine(TOKEN, URL, form, TWILIO.sign(URL, FORM))


@pytest.mark.parametrize("signature", ["", " ", "nonsense", "é" * 28, "A" * 28, "A" * 100_000])
def test_rubbish_is_no_signature(signature: str) -> None:
    """An absent or invented signature is refused."""
    assert not genuine(TOKEN, URL, FORM, signature)


def test_another_accounts_signature_is_forged() -> None:
    """Another token signs otherwise."""
    assert not genuine(TOKEN, URL, FORM, TwilioWebhooks(auth_token="another").sign(URL, FORM))


def test_without_a_token_nothing_is_genuine() -> None:
    """A Kvitt without a token does not take what anybody signed with an empty one."""
    assert not genuine("", URL, FORM, TwilioWebhooks(auth_token="").sign(URL, FORM))


@pytest.mark.parametrize(
    ("url", "form"),
    [("https://kvitt.example:port/", FORM), ("https://[kvitt/", FORM), (URL, FORM | {"Body": "\ud800"})],
)
def test_what_cannot_be_signed_is_not_genuine(url: str, form: dict[str, str]) -> None:
    """An address that is none and half a character are refused, not raised."""
    assert not genuine(TOKEN, url, form, "A" * 28)


def test_an_sms_is_read() -> None:
    """Sender, words and id come out as they went in."""
    assert arrival(FORM, NOW) == Arrival(Channel.SMS, "SM1", ADA, "Grüße & 50 €", NOW)


def test_a_whatsapp_message_is_read() -> None:
    """The prefix becomes the channel, and the profile gives a name."""
    form = TWILIO.inbound_form(f"whatsapp:{ADA}", "hi", "SM2", ProfileName="Ada")
    assert arrival(form, NOW) == Arrival(Channel.WHATSAPP, "SM2", ADA, "hi", NOW, name="Ada")


def test_an_empty_text_is_a_text() -> None:
    """A customer may send nothing at all."""
    found = arrival(TWILIO.inbound_form(ADA, "", "SM3"), NOW)
    assert found == Arrival(Channel.SMS, "SM3", ADA, "", NOW)


def test_a_button_gives_its_value_and_its_message() -> None:
    """What was pressed is the payload, not the label, and the message that carried it is named."""
    form = TWILIO.inbound_form(
        f"whatsapp:{ADA}", "Yes, please", "SM4", ButtonPayload="yes", OriginalRepliedMessageSid="SM0"
    )
    assert arrival(form, NOW) == Arrival(
        Channel.WHATSAPP, "SM4", ADA, "yes", NOW, ArrivalKind.BUTTON, asked_at="SM0"
    )


def test_a_reply_to_a_message_is_no_button() -> None:
    """Quoting a message on WhatsApp leaves a text a text."""
    form = TWILIO.inbound_form(f"whatsapp:{ADA}", "why?", "SM5", OriginalRepliedMessageSid="SM0")
    assert arrival(form, NOW) == Arrival(Channel.WHATSAPP, "SM5", ADA, "why?", NOW)


@pytest.mark.parametrize(
    "more",
    [{"NumMedia": "1", "MediaUrl0": "https://x"}, {"NumMedia": "12"}, {"Latitude": "1", "Longitude": "2"}],
)
@pytest.mark.parametrize("caption", ["", "my receipt"])
def test_photos_and_places_are_media_with_their_caption(more: dict[str, str], caption: str) -> None:
    """What cannot be read is told from what can."""
    found = arrival(TWILIO.inbound_form(ADA, caption, "SM6", **more), NOW)
    assert found == Arrival(Channel.SMS, "SM6", ADA, caption, NOW, ArrivalKind.MEDIA)


@pytest.mark.parametrize(
    ("keyword", "kind"),
    [
        ("STOP", ArrivalKind.STOPPED),
        ("START", ArrivalKind.STARTED),
        ("HELP", ArrivalKind.ASKED_HELP),
        ("stop", ArrivalKind.STOPPED),
        ("", ArrivalKind.TEXT),
        ("SOMETHING", ArrivalKind.TEXT),
    ],
)
def test_what_twilio_has_taken_itself_is_marked(keyword: str, kind: ArrivalKind) -> None:
    """Opt-out management tells what it took, and the words stay for the record."""
    found = arrival(TWILIO.inbound_form(ADA, "Stoppa", "SM7", OptOutType=keyword), NOW)
    assert found == Arrival(Channel.SMS, "SM7", ADA, "Stoppa", NOW, kind)


def test_a_stop_with_a_photo_is_a_stop() -> None:
    """What Twilio took goes before everything else in the form."""
    found = arrival(TWILIO.inbound_form(ADA, "STOP", OptOutType="STOP", NumMedia="1"), NOW)
    assert found is not None
    assert found.kind is ArrivalKind.STOPPED


@pytest.mark.parametrize("media", ["", "0"])
def test_no_media_is_no_media(media: str) -> None:
    """A form that counts nothing carries a text."""
    found = arrival(TWILIO.inbound_form(ADA, "hi", NumMedia=media), NOW)
    assert found is not None
    assert found.kind is ArrivalKind.TEXT


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"Body": "hi"},
        {"From": ADA, "Body": "hi"},
        {"From": ADA, "MessageSid": "SM1"},
        FORM | {"MessageSid": ""},
        FORM | {"From": ""},
        FORM | {"From": "whatsapp:"},
        FORM | {"From": "messenger:12345"},
        FORM | {"From": "rcs:+14155550123"},
        FORM | {"From": "whatsapp:whatsapp:+14155550123"},
        TWILIO.status_form("SM1", ADA, "delivered"),
    ],
)
def test_what_is_no_message_is_nothing(form: dict[str, str]) -> None:
    """Forms without a sender, an id or words, and channels Kvitt does not speak, are passed over."""
    assert arrival(form, NOW) is None


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        ("sent", DeliveryFate.SENT),
        ("delivered", DeliveryFate.DELIVERED),
        ("read", DeliveryFate.DELIVERED),
        ("failed", DeliveryFate.FAILED),
        ("undelivered", DeliveryFate.FAILED),
        ("canceled", DeliveryFate.FAILED),
        ("Delivered", DeliveryFate.DELIVERED),
    ],
)
def test_a_status_is_read_with_its_reference(status: str, fate: DeliveryFate) -> None:
    """Word of a message names it twice: by our reference and by Twilio's id."""
    form = TWILIO.status_form("SM9", ADA, status)
    assert report(form, "ref-9") == DeliveryReport(Channel.SMS, "SM9", "ref-9", fate)


@pytest.mark.parametrize("status", ["queued", "accepted", "scheduled", "sending", "received", "", "odd"])
def test_a_status_that_tells_no_more_than_acceptance_is_nothing(status: str) -> None:
    """That Twilio has the message was known."""
    assert report(TWILIO.status_form("SM9", ADA, status), "ref-9") is None


@pytest.mark.parametrize(
    ("code", "cause", "hours"),
    [
        ("21610", RefusalReason.OPTED_OUT, None),
        ("63014", RefusalReason.OPTED_OUT, None),
        ("30005", RefusalReason.ADDRESS, None),
        ("63024", RefusalReason.ADDRESS, None),
        ("30003", None, 6),
        ("30008", None, 6),
        ("30007", RefusalReason.CONTENT, None),
        ("30032", RefusalReason.SENDER, None),
        ("30034", RefusalReason.SENDER, None),
        ("21612", RefusalReason.ROUTE, None),
        ("63016", RefusalReason.WINDOW, None),
        ("99999", RefusalReason.UNKNOWN, None),
        ("", None, None),
    ],
)
def test_a_late_failure_says_why(code: str, cause: RefusalReason | None, hours: int | None) -> None:
    """A wish, a dead number, our sender and our text are told from what passes."""
    form = TWILIO.status_form("SM9", f"whatsapp:{ADA}", "undelivered", code)
    after = None if hours is None else timedelta(hours=hours)
    found = report(form, "r")
    assert found is not None
    assert (found.code, found.cause, found.after) == (code, cause, after)


@pytest.mark.parametrize(
    "form",
    [
        {},
        TWILIO.status_form("", ADA, "sent"),
        TWILIO.status_form("SM9", "", "sent"),
        TWILIO.status_form("SM9", "messenger:1", "sent"),
        {"MessageStatus": "sent"},
    ],
)
def test_what_is_no_status_is_nothing(form: dict[str, str]) -> None:
    """A form that names no message of ours is passed over."""
    assert report(form, "") is None


def test_a_callback_comes_back_signed_with_the_reference_it_was_sent_with() -> None:
    """The address Twilio was given and the form it fills in make a report of the very message."""
    with open_line(TwilioRig) as line:
        envelope = line.envelope("Bill 1001")
        line.send(envelope)
        [message] = line.rig.server.messages
        form = line.rig.server.status_form(message.sid, message.to, "delivered")
        signature = line.rig.server.sign(message.status_callback, form)
    assert genuine(TOKEN, message.status_callback, form, signature)
    [reference] = parse_qs(urlsplit(message.status_callback).query)["ref"]
    assert report(form, reference) == DeliveryReport(
        Channel.SMS, message.sid, envelope.reference, DeliveryFate.DELIVERED
    )


@given(
    st.dictionaries(
        st.sampled_from(
            ["From", "To", "Body", "MessageSid", "MessageStatus", "OptOutType", "NumMedia", "ButtonPayload"]
        ),
        st.text(max_size=20) | st.sampled_from([ADA, f"whatsapp:{ADA}", "sent", "STOP", "1"]),
    )
)
def test_no_form_raises(form: dict[str, str]) -> None:
    """Whatever is in the fields, a form is read or passed over."""
    found, reported = arrival(form, NOW), report(form, "r")
    assert found is None or (found.address and found.provider_id == _stored(form["MessageSid"]))
    assert reported is None or reported.provider_id == _stored(form["MessageSid"])


def _stored(said: str) -> str:
    """What no database stores is a mark."""
    return "".join("\ufffd" if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in said)
