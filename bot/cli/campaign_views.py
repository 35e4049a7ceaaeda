"""How a campaign is shown: to people as text, to programs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cli.json_rows import record
from bot.cli.output import amount, print_line, print_table

if TYPE_CHECKING:
    from bot.settings_tables import CostsTable
    from handlers.campaigns.preview import Preview
    from handlers.campaigns.results import ArmResult, Progress


def preview_row(found: Preview, costs: CostsTable) -> dict[str, Any]:
    """A campaign's preview for a program."""
    cost = costs.of_segments(found.segments)
    return {
        "campaign": found.kept.name,
        "state": found.kept.state.value,
        "members": len(found.selection.members),
        "to_write": sum(found.channels.values()),
        "arms": dict(found.arms),
        "later": dict(found.later),
        "channels": dict(found.channels),
        "left_out": found.selection.reasons,
        "segments": found.segments,
        "cost": str(cost) if cost is not None else None,
        "currency": costs.currency if cost is not None else None,
        "examples": [record(one) | {"channel": one.channel.value} for one in found.examples],
    }


def members_row(found: Preview) -> dict[str, Any]:
    """Everybody whom a campaign leaves out, for a program."""
    rows = [
        {"customer_id": one.person.person_id, "reason": one.look.reason} for one in found.selection.left_out
    ]
    return {"exclusions": rows}


def print_preview(found: Preview, costs: CostsTable) -> None:
    """A campaign's preview for a person."""
    row, span = preview_row(found, costs), found.campaign.window
    print_line(
        f"campaign {row['campaign']} ({row['state']}): {row['members']} people, {row['to_write']} to write to"
    )
    print_line(f"    from {span.first_day} to {span.last_day}, {found.campaign.pace.per_hour} an hour")
    print_line(
        "    "
        + (_counts_line(row["arms"]) or "nobody")
        + "; by "
        + (_counts_line(row["channels"]) or "no channel")
    )
    price = f", about {row['cost']} {row['currency']}" if row["cost"] else ""
    print_line(f"    {row['segments']} SMS segments{price}")
    if row["later"]:
        print_line(f"    not right now: {_counts_line(row['later'])}")
    print_line(f"left out: {_counts_line(row['left_out']) or 'nobody'}")
    for one in found.examples:
        print_line(f"[{one.arm}, {one.channel.value}, {one.language}] {one.text}")


def progress_row(found: Progress, *, waits: bool) -> dict[str, Any]:
    """A campaign's progress for a program."""
    kept = found.kept
    return {
        "campaign": kept.name,
        "state": kept.state.value,
        "reason": kept.reason,
        "started_at": kept.started_at,
        "next_batch_at": kept.next_batch_at,
        "ended_at": kept.ended_at,
        "waits_for_approval": waits,
        "members": dict(found.members),
        "left_out": dict(found.left_out),
        "batches": [record(one) for one in found.batches],
        "halts": [record(one) for one in found.halts],
        "arms": [record(one) for one in found.arms],
    }


def print_progress(found: Progress, *, waits: bool) -> None:
    """A campaign's progress for a person."""
    kept = found.kept
    why = f" ({kept.reason})" if kept.reason else ""
    print_line(
        f"campaign {kept.name} is {kept.state.value}{why}: {_counts_line(found.members) or 'not begun'}"
    )
    if found.left_out:
        print_line(f"left out: {_counts_line(found.left_out)}")
    if waits:
        waiting = [one.number for one in found.batches if one.approved_at is None]
        print_line(f"batch {waiting[0]} waits: kvitt campaigns approve {kept.name} --batch {waiting[0]}")
    for one in found.halts:
        print_line(
            f"arm {one.arm} stopped by itself: {one.measure.replace('_', ' ')} {one.harmed} of {one.sent}"
        )
    columns = (
        "arm", "turns", "sent", "delivered", "dropped", "replied", "paid", "amount", "opt-outs", "disputes",
        "complaints",
    )  # fmt: skip
    print_table(columns, [_cells(one) for one in found.arms], "no arms")


def _cells(one: ArmResult) -> tuple[object, ...]:
    money = ", ".join(amount(minor, currency) for currency, minor in sorted(one.amount.items()))
    return (
        one.arm,
        one.turns,
        one.sent,
        one.delivered,
        _counts_line(one.dropped) or "-",
        one.replied,
        one.paid,
        money or "-",
        one.opt_out,
        one.dispute,
        one.complaint,
    )


def _counts_line(counts: Any) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
