"""Two policies on the live book: the forecast is what a run would do, and the difference is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from billing import policy
from billing.accounts.channels import Channel
from billing.dunning.forecast import forecast
from handlers import snapshot
from handlers.bills.bills import BillRow, add_bill
from handlers.dunning.reschedule import reschedule
from handlers.people.register import Consent
from handlers.policy.diff import compare
from storage import tables
from tests.world import World, an_installation

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from handlers.policy.diff import Difference
    from storage.database.transaction import Database

DAYS = 150


def _book(world: World) -> None:
    """Somebody on a plan who was reminded, somebody with a child and several bills, somebody out of reach."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    world.deliver()
    for text in ("payment plan", "1980-02-28", "3 months", "25", "yes"):
        world.says(text)
    world.customer("bo", phone="+15035550143", timezone="America/New_York")
    world.customer("kid", birth_date=date(2020, 1, 1), guarantor_id="bo", phone="")
    world.bill("B2", "bo", amount=250000, due=world.now.date() + timedelta(days=20))
    world.bill("B3", "bo", amount=900, due=world.now.date() - timedelta(days=20))
    world.bill("B4", "kid", due=world.now.date() + timedelta(days=3))
    world.customer("cy", phone="+15035550144", consent=False)
    world.bill("B5", "cy")


def _next(world: World) -> datetime | None:
    with world.database.read() as session:
        return session.scalar(select(func.min(tables.Account.next_action_at)))


def _happened(world: World, since: int) -> list[tuple[str, str, str]]:
    """What left unsolicited and what was raised, by when and for whom."""
    with world.database.read() as session:
        sent, case = tables.Outbox, tables.Escalation
        rows = session.execute(
            select(sent.sent_at, sent.customer_id, sent.sayings).where(sent.purpose == "out", sent.id > since)
        )
        found = [
            (f"{at:%Y-%m-%d %H:%M}", who, sayings[0]["key"].partition(".")[2]) for at, who, sayings in rows
        ]
        raised = session.execute(select(case.opened_at, case.customer_id, case.kind))
        found += [
            (f"{at:%Y-%m-%d %H:%M}", who, kind)
            for at, who, kind in raised
            if kind in {"placement", "no_usable_channel"}
        ]
    return sorted(found)


def test_a_forecast_is_what_the_runs_do(world: World) -> None:
    """For people who say and pay nothing: the same messages and cases at the same moments."""
    _book(world)
    start, until = world.now, world.now + timedelta(days=DAYS)
    with world.database.read() as session:
        since = session.scalar(select(func.max(tables.Outbox.id))) or 0
        people = snapshot.load(world.context(session, start), ["ada", "bo", "cy"])
    foreseen = [
        (f"{event.at:%Y-%m-%d %H:%M}", person.person_id, "placement" if event.flags else event.what)
        for person in people
        for event in forecast(person, world.installation.policy, world.installation.available, start, until)
    ]
    while (at := _next(world)) is not None and at <= until:
        world.now = max(at, world.now)
        world.run()
        world.deliver()
        if _next(world) == at:
            world.now += timedelta(minutes=1)
    assert len(foreseen) > 12
    assert sorted(foreseen) == _happened(world, since)


def _se(database: Database) -> World:
    """A Swedish clinic with letters: two customers, of whom one agreed to fees."""
    every = frozenset({Channel.SMS, Channel.TELEGRAM, Channel.LETTER})
    world = World(database, an_installation("se", available=every))
    for number, (who, agreed) in enumerate((("ada", True), ("bo", False))):
        world.customer(
            who,
            phone=f"+4670174060{number}",
            country="SE",
            region="",
            address=f"{number} Storgatan",
            postal_code="11455",
            city="Stockholm",
            consents=(Consent(Channel.SMS, date(2026, 1, 1), "signed form"),),
        )
        due = world.now.date() + timedelta(days=10)
        with world.database.write() as session:
            row = BillRow(f"B{who}", who, due - timedelta(days=30), due, "SEK", 90000, fee_agreed=agreed)
            add_bill(world.context(session), row)
            reschedule(world.context(session), [who])
    return world


def _compare(world: World, one: str, other: str) -> Difference:
    both = (policy.load(one), policy.load(other))
    with world.database.read() as session:
        return compare(world.context(session), both, world.now, world.now + timedelta(days=DAYS))


def test_the_same_policy_twice_differs_in_nothing(database: Database) -> None:
    """Both sides are equal, nothing is a change, and nothing was written."""
    world = _se(database)
    found = _compare(world, "se", "se")
    assert found.changes == []
    assert found.sides[0] == found.sides[1]
    assert found.people == 2
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.Outbox)) == 0
        assert session.scalar(select(func.count()).select_from(tables.Step)) == 0


def test_fees_interest_and_flags_are_counted(database: Database) -> None:
    """The reminder fee of the one who agreed to it, a demand fee each, interest, two bills flagged."""
    world = _se(database)
    side = _compare(world, "se", "se").sides[0]
    assert dict(side.messages) == {
        ("friendly", Channel.SMS): 2,
        ("reminder", Channel.LETTER): 2,
        ("firm", Channel.SMS): 2,
        ("final", Channel.LETTER): 2,
    }
    assert side.fees == {"SEK": 6000 + 2 * 18000}
    assert side.interest["SEK"] > 0
    assert side.flagged == 2
    assert side.segments > 0
    assert +side.cases == {}


def test_what_one_policy_would_do_otherwise_is_told_bill_by_bill(database: Database, tmp_path: Path) -> None:
    """A level moved by a policy, and a level that another does not have."""
    world = _se(database)
    file = tmp_path / "mine.toml"
    file.write_text('extends = "se"\n[[levels]]\nname = "friendly"\nafter_due_days = 5\nwait_days = 9\n')
    found = _compare(world, "se", str(file))
    assert [(one.bill_id, one.what) for one in found.changes] == [("Bada", "friendly"), ("Bbo", "friendly")]
    (first, _) = found.changes
    assert first.before
    assert first.after
    assert first.before.channel is first.after.channel is Channel.SMS
    assert first.after.at - first.before.at == timedelta(days=1)  # day 3 is a Sunday
    other = _compare(world, "se", "generic")
    assert {("final", Channel.LETTER), ("final", Channel.SMS)} <= {
        (one.what, side.channel) for one in other.changes for side in (one.before, one.after) if side
    }


def test_many_people_are_told_about_as_they_are_done(database: Database) -> None:
    """Progress counts people against all there are."""
    world = _se(database)
    progress: list[tuple[str, int, int]] = []
    both = (policy.load("se"), policy.load("generic"))
    with world.database.read() as session:
        compare(world.context(session), both, world.now, world.now, lambda *one: progress.append(one))
    assert progress == [("people", 2, 2)]


def test_a_letter_that_nobody_prints_is_a_case(database: Database) -> None:
    """Without letters set up the final of the Swedish policy comes before the desk instead."""
    world = _se(database)
    world.installation = replace(world.installation, available=frozenset({Channel.SMS}))
    side = _compare(world, "se", "se").sides[0]
    assert side.cases == {"no_usable_channel": 2}
    assert side.flagged == 0


def test_a_fee_that_is_owed_once_is_foreseen_once(database: Database, tmp_path: Path) -> None:
    """Two levels that charge one fee, which is allowed once a bill: the second finds it booked."""
    world = _se(database)
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "se"\n[[levels]]\nname = "firm"\nchannels = ["letter"]\n'
        'fee = "reminder"\ninterest = true\n'
    )
    one, both = _compare(world, "se", str(file)).sides
    assert one.fees == both.fees
    assert abs(one.interest["SEK"] - both.interest["SEK"]) <= 2, "in two parts, not twice"
