"""kvitt policy diff: compare what two policies would send to the open bills."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from billing import policy as policies
from bot.cli.opened import opened
from bot.cli.output import amount, print_json, print_line, print_table, progress
from bot.cli.runs import moment
from handlers.context import Context, fixed
from handlers.policy import diff as policy_diff

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from billing.policy import Policy
    from handlers.installation import Installation
    from handlers.policy.diff import Difference, PlannedMoment, PolicyChange, Side
    from storage.database.transaction import Database

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
SHOWN = 20
"""How many changes are shown one by one unless all are asked for."""


def add_to(policy: typer.Typer) -> None:
    """Add this command to the others about policies."""
    policy.command()(diff)


def diff(
    one: Annotated[str, typer.Argument(metavar="POLICY", help="A policy by name, or a file.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The policy to compare it with.")],
    days: Annotated[int, typer.Option(help="How many days to simulate.", min=1, max=3650)] = 120,
    at: Annotated[str, typer.Option(help="Begin at this moment, as 2026-03-01T17:00:00Z.")] = "",
    people: Annotated[bool, typer.Option("--all", help="Show every change, not the first 20.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Use the sample clinic instead of your own accounts.")
    ] = False,
    json: Json = False,
) -> None:
    """Simulate your accounts under two policies: who would get what, when, and at what cost.

    It is assumed that nobody pays or answers. Nothing is written, nothing is sent.
    """
    both = (policies.load(one), policies.load(other))
    begin = moment(at) if at else None
    with _book(demo=demo) as (kvitt, database, now), progress() as show, database.read() as session:
        start = begin or now
        found = policy_diff.compare(
            Context(session, kvitt, fixed(now)), both, start, start + timedelta(days=days), show
        )
    if json:
        _print_json(found, both)
        return
    print_line(f"{found.people} people from {start:%Y-%m-%d}, {days} days, if nobody pays or answers")
    print_table(("", one, other), _summary(found), "")
    print_line("")
    _print_changes(found, (one, other), None if people else SHOWN)


@contextmanager
def _book(*, demo: bool) -> Iterator[tuple[Installation, Database, datetime]]:
    """The book that is compared on, and the time there."""
    if not demo:
        with opened() as kvitt:
            yield kvitt.installation, kvitt.database, kvitt.now
        return
    from bot.demo.clinic import Clinic  # noqa: PLC0415 - slow to import

    clinic = Clinic()
    try:
        yield clinic.installation, clinic.database, clinic.clock()
    finally:
        clinic.close()


def _summary(found: Difference) -> Iterator[tuple[str, str, str]]:
    """Both sides, a line for each thing that either of them does."""
    left, right = found.sides
    for name, channel in sorted({*left.messages, *right.messages}, key=lambda key: _order(found, key)):
        what = f"{name.replace('_', ' ')} by {channel.capabilities.called}"
        yield what, str(left.messages[name, channel]), str(right.messages[name, channel])
    yield "SMS segments", str(left.segments), str(right.segments)
    yield "fees", _money(left.fees), _money(right.fees)
    yield "interest", _money(left.interest), _money(right.interest)
    yield "flagged for a collector", str(left.flagged), str(right.flagged)
    for reason in sorted(+left.cases | +right.cases):
        what = f"to the desk: {reason.replace('_', ' ')}"
        yield what, str(left.cases[reason]), str(right.cases[reason])


def _order(found: Difference, key: tuple[str, Any]) -> tuple[int, str]:
    """Messages in the order they first came up on either side."""
    for side in found.sides:
        if key in side.messages:
            return list(side.messages).index(key), key[1].value
    raise AssertionError(key)


def _money(sums: Counter[str]) -> str:
    return ", ".join(amount(minor, currency) for currency, minor in sorted(sums.items())) or "none"


def _print_changes(found: Difference, titles: tuple[str, str], most: int | None) -> None:
    shown = found.changes[:most]
    print_table(("customer", "bill", "what", *titles), (_row(one) for one in shown), "nothing would differ")
    left = len(found.changes) - len(shown)
    if left:
        print_line(f"and {left} more: --all shows them all")


def _row(change: PolicyChange) -> Sequence[str]:
    before, after = (_when(one, change) for one in (change.before, change.after))
    return change.person_id, change.bill_id, change.what, before, after


def _when(one: PlannedMoment | None, change: PolicyChange) -> str:
    """A moment on the customer's own clock, and the channel."""
    if one is None:
        return "-"
    channel = f" {one.channel.capabilities.called}" if one.channel else ""
    return f"{one.at.astimezone(change.zone):%Y-%m-%d %H:%M}{channel}"


def _print_json(found: Difference, both: tuple[Policy, Policy]) -> None:
    for used, side in zip(both, found.sides, strict=True):
        print_json(_side(found, used, side))
    for change in found.changes:
        print_json(
            {
                "customer_id": change.person_id,
                "bill_id": change.bill_id,
                "what": change.what,
                "before": _moment_json(change.before),
                "after": _moment_json(change.after),
            }
        )


def _side(found: Difference, used: Policy, side: Side) -> dict[str, Any]:
    return {
        "policy": used.name,
        "version": used.version,
        "people": found.people,
        "messages": [
            {"what": what, "channel": channel.value, "count": count}
            for (what, channel), count in side.messages.items()
        ],
        "segments": side.segments,
        "fees": dict(side.fees),
        "interest": dict(side.interest),
        "flagged": side.flagged,
        "cases": dict(+side.cases),
    }


def _moment_json(one: PlannedMoment | None) -> dict[str, Any] | None:
    return {"at": one.at, "channel": one.channel.value if one.channel else None} if one else None
