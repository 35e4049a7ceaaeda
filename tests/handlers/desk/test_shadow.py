"""Tomorrow's list: what it names is what leaves, and asking for it writes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from billing.campaigns.campaigns import read
from billing.gate import SendingSwitch
from handlers.campaigns import campaign_run, campaigns
from handlers.desk import shadow
from storage import tables
from tests.world import an_installation

if TYPE_CHECKING:
    from handlers.desk.shadow import PlannedMessage
    from tests.world import World


def _tomorrow(world: World) -> list[PlannedMessage]:
    with world.database.read() as session:
        return shadow.leaving(world.context(session))


def _book(world: World) -> None:
    """One due tomorrow, one due today, one later, one who stopped, one on a plan with a note coming."""
    for number, days in enumerate((2, 3, 0, 2)):
        world.customer(f"p{number}", phone=f"+1503555100{number}")
        world.bill(f"B{number}", f"p{number}", due=world.now.date() - timedelta(days=days))
    world.says("STOP", "+15035551003")


def test_what_is_named_is_what_leaves(world: World) -> None:
    """The list names tomorrow's reminder with its hour and reason; just that leaves."""
    _book(world)
    (one,) = _tomorrow(world)
    assert (one.person_id, one.what, one.level, one.name) == ("p0", "reminder", 1, "friendly")
    assert one.why == "B0 was due 2026-02-28, 3 days before, and nothing was heard about it"
    assert one.at.isoformat() == "2026-03-03T17:00:00+00:00"
    world.run()
    world.deliver()
    world.now = one.at
    world.run()
    assert world.deliver() == 1
    assert len(world.screen("+15035551000")) == 1


def test_in_shadow_what_was_kept_back_stands_on_the_list_too(world: World) -> None:
    """Nothing has left for days, so all of it would tomorrow; the list itself writes nothing."""
    world.installation = an_installation(sending=SendingSwitch.SHADOW)
    _book(world)
    before = _rows(world)
    assert {one.person_id for one in _tomorrow(world)} == {"p0", "p1"}
    assert _rows(world) == before
    world.later(days=2)
    assert {one.person_id for one in _tomorrow(world)} == {"p0", "p1", "p2"}


def _rows(world: World) -> list[int | None]:
    with world.database.read() as session:
        every = (tables.Outbox, tables.Decision, tables.Step, tables.Audit)
        return [session.scalar(select(func.count()).select_from(one)) for one in every]


def test_a_note_before_an_instalment_stands_on_the_list(world: World) -> None:
    """And a reminder that it would put off does not."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    for text in ("payment plan", "1980-02-28", "3 months", "25", "yes"):
        world.says(text)
    world.now = world.now.replace(day=19)
    (one,) = _tomorrow(world)
    assert (one.what, one.name, one.why) == ("notice", "instalment_due", "names 2026-03-25")
    world.now = world.now.replace(day=18)
    assert _tomorrow(world) == []


def test_a_campaign_s_turns_stand_on_the_list_at_their_pace(world: World) -> None:
    """Whoever gets a reminder that day is not among them; what is named is what leaves."""
    world.installation = an_installation(sending=SendingSwitch.SHADOW)
    _book(world)
    listed = {
        "name": "spring",
        "message": "campaign.plan",
        "window": {"first_day": "2026-03-03", "last_day": "2026-03-06", "hours": ["10:00", "16:00"]},
        "pace": {"per_hour": 2},
    }
    with world.database.write() as session:
        campaigns.create(world.context(session), read(listed, "spring.toml"), "kim")
        campaigns.start(world.context(session), "spring", "kim")
    found = _tomorrow(world)
    assert [(one.what, one.at.isoformat()) for one in found] == [
        ("reminder", "2026-03-03T17:00:00+00:00"),
        ("reminder", "2026-03-03T17:00:00+00:00"),
        ("campaign", "2026-03-03T18:00:00+00:00"),
    ]
    world.installation = an_installation()
    world.now = found[-1].at
    assert campaign_run.run(world.database, world.installation, world.clock) >= 1
