"""A bill far above its estimate: said before anything is demanded, and stopped once it is disputed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.dunning.good_faith import business_days, dispute_until, exceeds, give_by
from billing.policy import GoodFaith
from handlers.people.register import Consent
from storage import tables
from storage.dunning import holds
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

RULES = GoodFaith(source="45 CFR 149.610, 149.620")


def out(world: World) -> list[str]:
    """What was written unsolicited, in order."""
    with world.database.read() as session:
        row = tables.Outbox
        rows = session.scalars(
            select(row.sayings).where(row.purpose == "out", row.state == "sent").order_by(row.sent_at)
        )
        return [sayings[0]["key"] for sayings in rows]


def a_world(database: Database, estimate: int | None = 50_000, **more: object) -> World:
    """A provider of care in the United States, and a bill of 900 that is soon due."""
    world = World(database, an_installation("us+care"))
    fresh = (Consent(Channel.SMS, date(2026, 2, 25), "signed form"),)
    world.customer(consents=more.get("consents", fresh))
    world.bill(amount=90_000, due=world.now.date() + timedelta(days=1), estimate=estimate)
    return world


def test_the_notice_comes_before_the_first_reminder_and_once(database: Database) -> None:
    """With the last day to dispute it, no amount, and the reminders as ever after it."""
    world = a_world(database)
    world.live(20)
    found = out(world)
    assert found[0] == "notice.estimate_exceeded"
    assert found.count("notice.estimate_exceeded") == 1
    assert "reminder.friendly" in found
    (first, *_) = [message.text for message in world.screen()]
    assert "June 1, 2026" in first
    assert "$" not in first


@pytest.mark.parametrize("estimate", [None, 50_001])
def test_a_bill_within_its_estimate_is_like_any_other(database: Database, estimate: int | None) -> None:
    """Up to a cent below 400 above it, or without an estimate, nothing is said of it."""
    world = a_world(database, estimate)
    world.live(10)
    assert "notice.estimate_exceeded" not in out(world)
    assert "reminder.friendly" in out(world)


def test_a_disputed_estimate_stops_everything_until_a_person_lifts_it(database: Database) -> None:
    """A stop state of its own on that bill: no reminder, no fee."""
    world = a_world(database)
    world.live(2)
    for text in ("DISPUTE", "you said it would be 500"):
        world.says(text)
    with database.read() as session:
        kinds = {(hold.kind, hold.bill_id) for hold in holds.active_holds(session, ["ada"], world.now)["ada"]}
    assert (HoldKind.GFE_DISPUTE, "B1") in kinds
    world.live(60)
    assert [key for key in out(world) if key.startswith("reminder")] == []


def test_whom_no_notice_reaches_a_person_tells(database: Database) -> None:
    """Nothing is demanded meanwhile; it is a case."""
    world = a_world(database, consents=())
    world.live(10)
    assert out(world) == []
    assert "estimate_exceeded" in " ".join(case.key for case in world.queue())


def test_after_the_days_to_dispute_the_bill_is_like_any_other(database: Database) -> None:
    """Nobody is told of a right that is over."""
    world = World(database, an_installation("us+care"))
    world.customer()
    world.bill(amount=90_000, due=world.now.date() - timedelta(days=95), estimate=50_000)
    world.live(3)
    assert "notice.estimate_exceeded" not in out(world)
    assert any(key.startswith("reminder") for key in out(world))


def test_the_days_to_give_an_estimate_are_business_days() -> None:
    """From three ahead within one, from ten ahead within three, on request within three."""
    wednesday = date(2026, 7, 1)
    assert give_by(RULES, wednesday) == date(2026, 7, 7)  # the third is a holiday, observed
    assert give_by(RULES, wednesday, date(2026, 7, 6)) is None
    assert give_by(RULES, wednesday, date(2026, 7, 7)) == date(2026, 7, 2)
    assert business_days(wednesday, date(2026, 7, 16), "US") == 10
    assert give_by(RULES, wednesday, date(2026, 7, 16)) == date(2026, 7, 7)
    assert business_days(wednesday, wednesday, "US") == 0


def test_four_hundred_above_is_above() -> None:
    """To the cent, and only where there is an estimate."""
    assert exceeds(RULES, 90_000, 50_000, "USD")
    assert not exceeds(RULES, 89_999, 50_000, "USD")
    assert not exceeds(RULES, 90_000, None, "USD")
    assert dispute_until(RULES, date(2026, 1, 1)) == date(2026, 5, 1)
