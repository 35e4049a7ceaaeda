"""Whatever customers text, in any order: every message is answered at most once, and nothing falls over."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.policy import ContentClass
from storage import tables
from storage.database.transaction import Database
from tests.handlers.talk.test_any_text import TEXTS
from tests.keys import KEYS
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Callable

BORN = "1980-02-28"
TALK = st.lists(
    st.one_of(TEXTS, st.just(BORN), st.sampled_from(("plan", "balance", "back", "stop", "start")))
)
_POLICIES = st.sampled_from(("generic", "us"))


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 40), ("postgresql", 15)])
def test_every_message_is_answered_at_most_once(
    request: pytest.FixtureRequest, kind: str, examples: int
) -> None:
    """One reply to each text at the most, none with an amount for somebody unknown, no turn given up."""
    fixture = "sqlite_databases" if kind == "sqlite" else "postgres_databases"
    database = Database(request.getfixturevalue(fixture)(), KEYS)
    numbers = count(1)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(talk=TALK, policy=_POLICIES, telegram=st.booleans())
    def holds(talk: list[str], policy: str, telegram: bool) -> None:
        _held(database, next(numbers), talk, policy, Channel.TELEGRAM if telegram else Channel.SMS)

    run: Callable[[], None] = holds
    run()
    database.close()


def _held(database: Database, number: int, talk: list[str], policy: str, channel: Channel) -> None:
    world = World(database, an_installation(policy))
    phone = f"+1503555{number:04d}"
    world.customer(f"c{number}", phone=phone)
    world.bill(f"B{number}", f"c{number}")
    address = phone if channel is Channel.SMS else f"9{number:05d}"
    for said in talk:
        before = len(world.screen(address, channel))
        world.says(said, address, channel)
        assert len(world.screen(address, channel)) <= before + 1
    with database.read() as session:
        point = select(tables.ContactPoint.id).where(tables.ContactPoint.address == address)
        inbox = select(tables.Inbox.state).where(tables.Inbox.contact_point_id.in_(point))
        assert set(session.scalars(inbox)) <= {"done"}
        outbox = tables.Outbox
        for content, customer in session.execute(
            select(outbox.content, outbox.customer_id).where(outbox.contact_point_id.in_(point))
        ):
            assert customer is not None or content == ContentClass.NOTICE
