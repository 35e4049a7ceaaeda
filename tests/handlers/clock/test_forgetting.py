"""What was said is forgotten when the policy says so, and never while anything is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from billing.accounts.holds import HoldKind
from billing.policy.parts import Retention
from handlers.clock import forgetting
from handlers.delivery import letters
from handlers.desk import cases, holding
from storage import tables
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.desk.forgetting import digest
from tests.letters import a_writing_world, owes, rows
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

DAYS = 100


def _forgetful(database: Database) -> World:
    installation = an_installation()
    rules = Retention(source="a test", messages_days=DAYS)
    return World(
        database, replace(installation, policy=installation.policy.model_copy(update={"retention": rules}))
    )


@pytest.fixture
def world(database: Database) -> World:
    """A clinic that keeps what was said for a hundred days, where Ada asked, was answered and paid."""
    world = _forgetful(database)
    world.customer()
    world.bill()
    world.says("how much do I owe?")
    world.says("1980-02-28")
    world.pays("B1", 60000)
    return world


def _forget(world: World) -> int:
    return forgetting.forget(world.database, world.installation, world.clock)


def _texts(world: World) -> list[str]:
    return [row.text for row in (*rows(world, tables.Inbox), *rows(world, tables.Outbox))]


def test_old_texts_are_forgotten_and_what_was_done_stays(world: World) -> None:
    """Texts, facts and buttons go; ids, times, keys, states and what proves the text stay, and all money."""
    before = rows(world, tables.Outbox)
    entries = [(one.id, one.amount) for one in rows(world, tables.Entry)]
    decided = len(rows(world, tables.Decision))
    world.later(days=DAYS + 1)
    assert _forget(world) == len(before) + len(rows(world, tables.Inbox))
    assert set(_texts(world)) == {""}
    for was, row in zip(before, rows(world, tables.Outbox), strict=True):
        assert (row.key, row.reference, row.sent_at, row.state) == (
            was.key,
            was.reference,
            was.sent_at,
            was.state,
        )
        assert [one["key"] for one in row.sayings] == [one["key"] for one in was.sayings]
        assert not any(one["facts"] for one in row.sayings)
        assert row.choices == []
    left = {(one.kind, one.row_id): one for one in rows(world, tables.Forgotten)}
    first = left["outbox", before[0].id]
    assert (first.length, first.digest) == (len(before[0].text), digest(before[0].reference, before[0].text))
    assert [(one.id, one.amount) for one in rows(world, tables.Entry)] == entries
    assert len(rows(world, tables.Decision)) == decided
    assert _forget(world) == 0


def test_what_is_young_is_kept(world: World) -> None:
    """A day too early nothing goes; the last that was booked counts, not only the text's own age."""
    world.later(days=DAYS - 1)
    assert _forget(world) == 0
    with world.database.write() as session:
        session.execute(update(tables.Inbox).values(received_at=world.now - timedelta(days=900)))
    assert _forget(world) == 0
    assert "" not in _texts(world)


def test_nothing_is_forgotten_while_a_bill_is_owed(world: World) -> None:
    """An account that is not settled keeps all that was said; once it is, the days begin anew."""
    world.bill("B2", amount=5000)
    world.later(days=DAYS + 1)
    assert _forget(world) == 0
    world.pays("B2", 5000)
    world.later(days=31)
    assert _forget(world) == 0
    world.later(days=DAYS)
    assert _forget(world) > 0
    assert set(_texts(world)) == {""}


@pytest.mark.parametrize("kind", [HoldKind.LEGAL, HoldKind.DISPUTE])
def test_a_hold_keeps_everything(world: World, kind: HoldKind) -> None:
    """While a lawyer, a dispute or any hold stands nothing is forgotten; it is looked at again later."""
    with world.database.write() as session:
        subject = holding.of_customer(session, "ada")
        holding.place(world.context(session), subject, kind, "a letter came", None, "rita")
    world.later(days=DAYS + 1)
    assert _forget(world) == 0
    assert {one.why for one in rows(world, tables.Retained)} == {"held"}
    [hold] = rows(world, tables.Hold)
    with world.database.write() as session:
        holding.lift(world.context(session), hold.id, "rita", "settled")
    assert _forget(world) == 0
    world.later(days=31)
    assert _forget(world) > 0
    assert not rows(world, tables.Retained)


def test_an_open_case_keeps_its_words_and_those_of_whom_it_concerns(world: World) -> None:
    """What a customer told the desk goes when the case was closed long enough ago, not before."""
    case = Case(
        "complaint:ada", "complaint", "unhappy", world.now, customer_id="ada", detail={"said": "rude"}
    )
    with world.database.write() as session:
        escalations.open_case(session, case, world.now)
    world.later(days=DAYS + 1)
    assert _forget(world) == 0
    with world.database.write() as session:
        [opened] = escalations.queue(session)
        cases.close(world.context(session), opened.id, "rita", "called Ada back", lift=True)
    world.later(days=31)
    assert _forget(world) > 0
    assert rows(world, tables.Escalation)[0].detail == {"said": "rude"}
    world.later(days=DAYS)
    _forget(world)
    [row] = rows(world, tables.Escalation)
    assert (row.key, row.kind, row.detail, row.reason, row.outcome) == (
        "complaint:ada",
        "complaint",
        {},
        "",
        "",
    )


def test_a_strangers_words_go_by_their_age(world: World) -> None:
    """Who is in no register has nothing open."""
    world.says("hello?", "+12065550199")
    world.bill("B2", amount=5000)
    world.later(days=DAYS + 1)
    assert _forget(world) == 2


def test_what_waits_is_never_forgotten(world: World) -> None:
    """A message that is still to leave keeps its words, however old it is."""
    with world.database.write() as session:
        session.execute(update(tables.Outbox).values(state="queued"))
    world.later(days=DAYS + 1)
    _forget(world)
    assert all(row.text for row in rows(world, tables.Outbox))


def test_a_letter_loses_what_was_printed_on_it(database: Database) -> None:
    """The page goes with its message; its reference and days stay."""
    world = a_writing_world(database)
    rules = Retention(source="a test", messages_days=DAYS)
    policy = world.installation.policy.model_copy(update={"retention": rules})
    world.installation = replace(world.installation, policy=policy)
    owes(world)
    with world.database.write() as session:
        batch_id = letters.gather(world.context(session), world.now.date(), "desk")
        assert batch_id
        letters.printed(world.context(session), batch_id, "desk")
        letters.posted(world.context(session), batch_id, None, "desk")
    world.pays("B-ada", 60000)
    world.later(days=DAYS + 1)
    _forget(world)
    [letter] = rows(world, tables.Letter)
    assert (letter.reference, letter.page) == ("1-001", {})


def test_a_policy_without_days_keeps_everything(world: World) -> None:
    """Nobody forgets what no policy told them to."""
    kept = world.installation.policy.model_copy(update={"retention": None})
    world.installation = replace(world.installation, policy=kept)
    world.later(days=9000)
    assert _forget(world) == 0


def test_batches_go_on_until_nothing_is_due(world: World) -> None:
    """A small batch is only a smaller step: all that is due goes, each once."""
    world.later(days=DAYS + 1)
    count = len(_texts(world))
    assert forgetting.forget(world.database, world.installation, world.clock, batch=1) == count
    assert len(rows(world, tables.Forgotten)) == count
