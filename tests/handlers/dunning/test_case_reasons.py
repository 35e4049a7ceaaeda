"""The reason of a case says what happened, day by day, and claims nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from billing import policy
from handlers.desk import cases
from handlers.dunning import case_reasons

if TYPE_CHECKING:
    from tests.world import World


def _reasons(world: World) -> dict[str | None, str]:
    return {case.bill_id: case.reason for case in world.queue() if case.kind == "placement"}


def test_who_never_wrote_is_flagged_with_the_days_of_the_reminders(world: World) -> None:
    """Two bills due at once are one message a level, the final one too, and a case each."""
    world.customer()
    for bill_id in ("B1", "B2"):
        world.bill(bill_id, due=world.now.date())
    world.live(90)
    texts = [message.text for message in world.screen()]
    assert len(texts) == 4
    assert "our last reminder about 2 unpaid bills" in texts[-1]
    said = (
        "4 reminders went out (2026-03-05, 2026-03-16, 2026-04-01, 2026-04-16 by sms); nothing has come from "
        "the customer's numbers or chats. Place it with a collector, or return it"
    )
    assert _reasons(world) == {"B1": said, "B2": said}


def test_who_wrote_and_missed_a_plan_is_not_said_to_be_silent(world: World) -> None:
    """The last text, the plan that ended, the promise and the dispute with its end are in the reason."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    for text in ("this bill is wrong", "it was one visit"):
        world.says(text)
    (case,) = world.queue()
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "rep", "explained", lift=True)
    for text in ("I'll pay on friday", "1980-02-28", "200", "yes"):
        world.says(text)
    while world.now.date() < date(2026, 3, 15):
        world.live(1)
    for text in ("payment plan", "1980-02-28", "3 months", "25", "yes"):
        world.says(text)
    world.live(75)
    world.says("hello")
    world.live(30)
    (said,) = _reasons(world).values()
    assert "4 reminders went out (" in said
    assert "the last text from the customer came on 2026-05-29, after the last of them" in said
    assert "a plan ended on 2026-04-02, an instalment had not come in full" in said
    assert "a promise to pay by 2026-03-06 was not kept" in said
    assert "on 2026-03-02 they said that a bill is wrong, that case was closed on 2026-03-02" in said
    assert "unanswered" not in said


def test_other_reasons_name_what_was_looked_at() -> None:
    """The ways that are shut, the days without a sign: never more than the rule has checked."""
    rules = policy.load("us")
    assert "(telegram, sms)" in case_reasons.why("no_usable_channel", rules, rules.levels[0].channels)
    assert "()" not in case_reasons.why("no_usable_channel", rules, ())
    assert "for 60 days" in case_reasons.why("number_unconfirmed", rules, rules.levels[-1].channels)
    assert "wants no messages" in case_reasons.why("stopped", rules, ())
    assert "above its estimate" in case_reasons.why("estimate_exceeded", rules, ())
    assert "time zone" in case_reasons.why("unknown_zone", rules, ())
