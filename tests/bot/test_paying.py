"""Cards: a link leads on to a page for what is owed; what Stripe signs is booked, once, over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import func, select

from bot.checkout import StripeCheckout
from bot.clock import system_clock
from bot.web import app
from bot.web.paying import Paying
from handlers.conversation import paying
from handlers.payments import refunds
from storage import tables
from tests.fakes.live import served
from tests.fakes.stripe_server import stripe_server
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.database.transaction import Database
    from tests.fakes.stripe_server import StripeServer

SECRET = "whsec_test"
PATH = "/webhooks/stripe"


class Rig:
    """A clinic that takes cards, its web server, and a Stripe."""

    def __init__(self, world: World, client: httpx.Client, stripe: StripeServer) -> None:
        self.world, self.client, self.stripe = world, client, stripe
        self.count = 0

    def post(self, body: bytes, signature: str) -> int:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return self.client.post(PATH, content=body, headers=headers).status_code

    def posts(
        self, kind: str, about: dict[str, Any], event_id: str = "", created: float | None = None
    ) -> int:
        """Stripe posts a signed event."""
        self.count += 1
        now = int(system_clock().timestamp())
        event = {
            "id": event_id or f"evt_{self.count}",
            "object": "event",
            "type": kind,
            "created": int(self.world.now.timestamp()) if created is None else created,
            "data": {"object": about},
        }
        body = json.dumps(event).encode()
        return self.post(body, signed(body, now))

    def paid(self, amount: int = 60000, payment: str = "pi_1", event_id: str = "", **more: Any) -> int:
        """A checkout was paid."""
        session = {
            "id": "cs_1",
            "payment_intent": payment,
            "payment_status": "paid",
            "amount_total": amount,
            "currency": "usd",
            "metadata": {"kvitt": "1", "account_id": "A-ada", "bill_id": "B1"},
        }
        return self.posts("checkout.session.completed", session | more, event_id)


def signed(body: bytes, at: int, secret: str = SECRET) -> str:
    """A signature as Stripe makes one."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@pytest.fixture
def rig(database: Database) -> Iterator[Rig]:
    """Ada with a bill of 600.00, in a clinic that takes cards."""
    world = World(database)
    world.installation = replace(
        world.installation, link_secret="s3cret", pay_url="https://bills.example/pay/"
    )
    world.customer()
    world.bill()
    with stripe_server() as stripe:
        checkout = StripeCheckout(
            "sk_test", stripe.url, "Elm Street Clinic", "https://bills.example/pay/done"
        )
        routes = Paying(world.database, world.installation, world.clock, checkout, SECRET).routes
        with served(app.build(world.database, routes)) as url, httpx.Client(base_url=url) as client:
            yield Rig(world, client, stripe)


def test_the_link_in_a_chat_leads_to_a_page_for_what_is_owed_now(rig: Rig) -> None:
    """The link names the bill alone; the page asks for what is left when it is followed, and is made once."""
    rig.world.says("balance")
    rig.world.says("28 February 1980")
    said = rig.world.says("how can I pay?")
    (link,) = [word for word in said.split() if word.startswith("https://bills.example/pay/")]
    path = link.removeprefix("https://bills.example")
    rig.world.pays("B1", 10000)
    answer = rig.client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://pay.example/1")
    asked = rig.stripe.asked[0]
    assert asked["line_items[0][price_data][unit_amount]"] == "50000"
    assert asked["metadata[bill_id]"] == asked["payment_intent_data[metadata][bill_id]"] == "B1"
    assert rig.client.get(path).headers["location"] == "https://pay.example/1"
    assert len(rig.stripe.asked) == 1
    rig.world.pays("B1", 50000)
    assert "Nothing is open" in rig.client.get(path).text


def test_who_has_not_shown_who_they_are_gets_no_link(rig: Rig) -> None:
    """A stranger on the phone is told the ways to pay, and no link of anybody."""
    assert "/pay/" not in rig.world.says("how can I pay?")


def test_a_link_that_we_did_not_make_leads_nowhere(rig: Rig) -> None:
    """Another name under a signature of ours is refused, and Stripe is not asked."""
    good = paying.token("b:B1", "s3cret")
    other = paying.token("b:B1", "other")
    for token in (other, good[:-1] + "x", "x" + good[1:], "..", "%00", "a" * 500):
        assert rig.client.get(f"/pay/{token}").status_code == 404
    assert not rig.stripe.asked


def test_when_stripe_does_not_answer_somebody_says_so(rig: Rig) -> None:
    """No traceback: a page that asks to try again."""
    rig.stripe.refuses = True
    answer = rig.client.get(f"/pay/{paying.token('b:B1', 's3cret')}")
    assert (answer.status_code, "try again" in answer.text) == (503, True)


def test_a_paid_checkout_is_booked_once_however_often_it_is_told(rig: Rig) -> None:
    """The same event twice, and the same payment under two events, are one payment."""
    assert [rig.paid(event_id="evt_a"), rig.paid(event_id="evt_a"), rig.paid()] == [200] * 3
    assert (
        rig.posts(
            "checkout.session.async_payment_succeeded",
            {
                "payment_intent": {"id": "pi_1"},
                "payment_status": "paid",
                "amount_total": 60000,
                "currency": "usd",
            }
            | {"metadata": {"account_id": "A-ada"}},
        )
        == 200
    )
    assert rig.world.owed() == 0
    with rig.world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.Payment)) == 1


@pytest.mark.parametrize("created", [253402300799, -62135596800, 10**30, 1e300, -1])
def test_money_of_a_time_that_cannot_be_is_booked_now(rig: Rig, created: float) -> None:
    """At either end of the calendar, and past it: the money came, so it is booked and acknowledged."""
    paid = {"payment_intent": "pi_1", "payment_status": "paid", "amount_total": 60000, "currency": "usd"}
    kind, about = "checkout.session.completed", paid | {"metadata": {"account_id": "A-ada"}}
    assert rig.posts(kind, about, created=created) == 200
    assert rig.world.owed() == 0


def test_a_checkout_that_is_not_paid_yet_books_nothing(rig: Rig) -> None:
    """A slow way to pay is booked when the money has come."""
    rig.paid(payment_status="unpaid")
    assert rig.world.owed() == 60000


def test_what_stripe_did_not_sign_is_refused(rig: Rig) -> None:
    """Wrong secret, changed body, old signature, none at all: 400, and nothing is booked."""
    now = int(system_clock().timestamp())
    body = json.dumps({"id": "evt", "type": "checkout.session.completed", "data": {"object": {}}}).encode()
    for signature in (
        signed(body, now, "other"),
        signed(body, now - 3600),
        signed(body, now + 3600),
        signed(body + b" ", now),
        "",
        "t=x,v1=y",
    ):
        assert rig.post(body, signature) == 400
    assert rig.post(body, signed(body, now + 60)) == 200  # a clock that is a little ahead
    for broken in (b'{"created":NaN}', b'{"a":Infinity}', b"{", b"[" * 90_000):
        assert rig.post(broken, signed(broken, now)) == 400
    assert rig.post(b"\xff", signed(b"\xff", now)) == 400
    assert rig.post(b"[]", signed(b"[]", now)) == 400


def test_a_body_without_end_is_refused(rig: Rig) -> None:
    """Nothing larger than any event is kept, whether or not it says how long it is."""
    parts = (b"x" * 65536 for _ in range(20))
    answer = rig.client.post(PATH, content=parts, headers={"Stripe-Signature": "t=1,v1=1"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("customer.created", {"id": "cus_1"}),
        ("charge.refunded", {"id": "ch_1"}),
        (
            "charge.refunded",
            {"id": "ch", "payment_intent": "pi_1", "amount_refunded": 1e30, "currency": "usd"},
        ),
        (
            "charge.refunded",
            {"id": "c", "payment_intent": "pi_1", "amount_refunded": 10**30, "currency": "usd"},
        ),
        ("charge.refunded", {"id": {}, "payment_intent": "pi_1", "amount_refunded": 1, "currency": "usd"}),
        ("charge.refunded", {"id": "a\0", "payment_intent": "pi_1", "amount_refunded": 1, "currency": "usd"}),
        ("checkout.session.completed", {"payment_status": "paid", "metadata": 1}),
        ("charge.refunded", {"id": "ch", "payment_intent": "pi_1", "amount_refunded": "all", "currency": 1}),
        ("checkout.session.completed", {"payment_status": "paid", "metadata": {"account_id": "A-ada"}}),
    ],
)
def test_events_of_no_use_are_acknowledged(rig: Rig, kind: str, about: dict[str, Any]) -> None:
    """Unknown kinds and broken objects change nothing and are not sent again."""
    assert rig.posts(kind, about) == 200
    assert rig.world.owed() == 60000


def test_what_stripe_pays_back_is_booked_and_what_we_let_go_is_not_booked_twice(rig: Rig) -> None:
    """Stripe tells all that was paid back so far; our own refund comes back as its news."""
    rig.paid(70000)
    assert (rig.world.owed(), rig.world.owed(None)) == (0, -10000)
    with rig.world.database.write() as session:
        one = refunds.request(rig.world.context(session), 1, "40.00", "", "sam")
        refunds.approve(rig.world.context(session), one.id, "mia")
    refunded = {"id": "ch_1", "payment_intent": "pi_1", "currency": "usd"}
    rig.posts("charge.refunded", refunded | {"amount_refunded": 4000})
    assert (rig.world.owed(), rig.world.owed(None)) == (0, -6000)
    with rig.world.database.read() as session:
        assert session.scalar(select(tables.Refund.state)) == "sent"
    rig.posts("charge.refunded", refunded | {"amount_refunded": 4000})
    assert rig.world.owed(None) == -6000
    rig.posts("charge.refunded", refunded | {"amount_refunded": 15000})
    assert (rig.world.owed(), rig.world.owed(None)) == (5000, 0)


@pytest.mark.parametrize(("status", "owed"), [("won", 0), ("lost", 60000), ("warning_closed", 0)])
def test_a_dispute_holds_the_bill_until_it_is_decided(rig: Rig, status: str, owed: int) -> None:
    """Opened: owed again, held, before the desk, once. Won: as it was. Lost: the debt stays."""
    rig.paid()
    dispute = {"id": "dp_1", "payment_intent": "pi_1", "amount": 60000, "currency": "usd", "reason": "fraud"}
    rig.posts("charge.dispute.created", dispute)
    rig.posts("charge.dispute.created", dispute)
    assert rig.world.owed() == 60000
    assert [case.kind for case in rig.world.queue()] == ["chargeback"]
    rig.world.later(days=3)
    assert [verdict.verdict for verdict in rig.world.preview()] == ["held"]
    rig.posts("charge.dispute.closed", dispute | {"status": status})
    rig.posts("charge.dispute.closed", dispute | {"status": "lost"})
    assert rig.world.owed() == owed
    assert rig.world.queue() == []
    assert all(verdict.verdict != "held" for verdict in rig.world.preview())


@pytest.mark.parametrize(("status", "owed"), [("won", 0), ("lost", 60000)])
def test_a_dispute_may_be_decided_before_it_is_opened(rig: Rig, status: str, owed: int) -> None:
    """Events come in any order and more than once: the decision counts, and nothing stays held."""
    rig.paid()
    dispute = {"id": "dp_1", "payment_intent": "pi_1", "amount": 60000, "currency": "usd", "reason": "fraud"}
    for kind in ("charge.dispute.closed", "charge.dispute.created", "charge.dispute.closed"):
        assert rig.posts(kind, dispute | {"status": status}) == 200
    assert rig.world.owed() == owed
    assert rig.world.queue() == []
    rig.world.later(days=3)
    assert all(verdict.verdict != "held" for verdict in rig.world.preview())


def test_a_dispute_in_another_currency_comes_before_the_desk(rig: Rig) -> None:
    """What it is worth in the payment's currency is no guess of ours."""
    rig.paid()
    dispute = {"id": "dp_1", "payment_intent": "pi_1", "amount": 60000, "currency": "sek"}
    assert rig.posts("charge.dispute.created", dispute) == 200
    assert rig.world.owed() == 0
    assert [case.kind for case in rig.world.queue()] == ["provider_event"]


def test_a_dispute_about_money_of_others_comes_before_the_desk(rig: Rig) -> None:
    """It is acknowledged, and a person looks it up."""
    dispute = {"id": "dp_9", "payment_intent": "pi_9", "amount": 1, "currency": "usd"}
    assert rig.posts("charge.dispute.created", dispute) == 200
    assert [case.kind for case in rig.world.queue()] == ["provider_event"]
