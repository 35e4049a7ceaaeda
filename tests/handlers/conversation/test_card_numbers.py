"""Card numbers that customers send: masked before they are stored, and wherever a part was copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from billing.accounts.channels import STAFF_CHAT, Channel
from handlers.arrivals import Arrival, ArrivalKind
from handlers.conversation import turn
from storage import tables
from storage.people import contact_points
from tests.tables import each_row

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.both_databases

PARTS = ("my card is 4242 4242", "4242", "42", "42 thanks")


def _texts(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.scalars(select(tables.Inbox.text).order_by(tables.Inbox.id)))


def _everything(world: World) -> str:
    """Every value of every table, as one text."""
    tables.load_all()
    kept: list[Any] = []
    with world.database.read() as session:
        for table in tables.Table.metadata.sorted_tables:
            kept += session.execute(select(table)).all()
    return "\n".join(map(str, kept))


def test_a_number_over_four_texts_is_masked_in_all_of_them(world: World) -> None:
    """With the last part the earlier ones lose their digits; the customer hears how to pay."""
    world.customer()
    for part in PARTS[:3]:
        world.says(part)
    assert "never send card numbers" in world.says(PARTS[3])
    assert _texts(world) == ["my card is ****", "****", "****", "****4242 thanks"]


def test_parts_of_one_burst_are_masked_too(world: World) -> None:
    """Texts that a provider hands over at once are looked at one after the other."""
    world.customer()
    arrivals = [world.phones[Channel.SMS].says("+15035550142", part, world.now) for part in PARTS]
    with world.database.write() as session:
        turn.receive_all(world.context(session), arrivals)
    assert _texts(world) == ["my card is ****", "****", "****", "****4242 thanks"]


def test_parts_are_masked_wherever_they_were_copied(world: World) -> None:
    """In answers and offers, cases and their events, messages, the staff chat, holds and the audit trail."""
    world.customer()
    world.bill()
    world.says("4242 4242 42")
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point is not None
        room = contact_points.at(session, STAFF_CHAT, "-100", (), "en", world.now)
        case = session.execute(
            insert(tables.Escalation).returning(tables.Escalation.id),
            {
                "key": "k", "kind": "person", "severity": 2, "reason": "said: 4242 4242 42", "outcome": "",
                "detail": {"said": ["4242 4242 42", {"a": "he wrote 4242 4242 42."}]}, "opened_at": world.now,
                "deadline": world.now, "stale": False, "contact_point_id": point.id,
            },
        ).scalar_one()  # fmt: skip
        quoted = {"key": "person.says", "facts": {"text": "you wrote 4242 4242 42, why?"}}
        message = {
            "purpose": "staff", "channel": "telegram", "sayings": [quoted], "content": 0, "language": "en",
            "text": "4242 4242 42", "choices": [], "state": "sent", "reason": "", "created_at": world.now,
            "not_before": world.now, "tries": 0, "code": "",
        }  # fmt: skip
        for number, to in enumerate((point.id, room)):
            values = {"key": f"m{number}", "reference": f"r{number}", "contact_point_id": to}
            session.execute(insert(tables.Outbox).values(message | values))
        event = {"escalation_id": case, "at": world.now, "actor": "kim", "what": "answered"}
        session.execute(insert(tables.CaseEvent).values(event | {"detail": {"text": "4242 4242 42?"}}))
        entry = {"at": world.now, "actor": "kim", "action": "a", "subject": "s"}
        session.execute(insert(tables.Audit).values(entry | {"detail": {"why": "4242 4242 42"}}))
    assert _everything(world).count("4242 4242 42") == 10
    world.says("424242")
    kept = _everything(world)
    assert "4242 4242 42" not in kept
    assert "he wrote ****." in kept
    assert "you wrote ****, why?" in kept
    with world.database.read() as session:
        assert session.scalars(select(tables.ErasurePermit)).all() == []


def test_what_was_there_before_keeps_its_digits(world: World) -> None:
    """A street number of the customer, and an older amount, are no copies of a part."""
    world.customer(address="4242 Elm Street")
    world.says("4242")
    world.says("4242 4242 4242")
    with world.database.read() as session:
        assert session.scalars(select(tables.Customer.address)).all() == ["4242 Elm Street"]


@each_row("kind", [ArrivalKind.TEXT, ArrivalKind.EDITED, ArrivalKind.MEDIA, ArrivalKind.STAFF])
def test_every_kind_of_text_is_masked(world: World, kind: ArrivalKind) -> None:
    """A caption, a changed text and a command of the staff are masked like a text."""
    text = f"{kind}: 4111 / 1111 / 1111 / 1111, cvc 123"
    arrival = Arrival(Channel.SMS, f"p-{kind}", f"+1503555{len(kind):04}", text, world.now, kind)
    with world.database.write() as session:
        turn.receive(world.context(session), arrival)
    assert _texts(world)[-1] == f"{kind}: ****1111, cvc ***"


def test_a_reference_of_ours_is_read_as_it_was_written(world: World) -> None:
    """A bill whose number would pass as a card's is named in a text, which is kept."""
    world.customer()
    world.bill("4242424242424242")
    world.says("I paid 4242424242424242")
    world.says("4242 4242")
    world.says("4242 4242")
    assert _texts(world) == ["I paid 4242424242424242", "4242 4242", "4242 4242"]
