"""kvitt placements: bills handed to a collector, from the flag to the end."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from billing.accounts.snapshot import PlacementState
from billing.collection.placement import RECALL_REASONS
from billing.ledger.money import Money
from bot.cli import collecting
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import amount, print_json, print_line, print_list
from handlers.collection import collector, placement_life

if TYPE_CHECKING:
    from handlers.collection.placement_life import Life, PlacementLine
    from storage.collection.placements import Placement

placements = typer.Typer(help="Bills on their way to a collector and back.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="PLACEMENT", help="The placement's key, such as B1-P1.")]
Json = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
if TYPE_CHECKING:
    Reason = StrEnum
else:  # the choices of an option are an enum, and the table of holds knows which there are
    Reason = StrEnum("Reason", {name.upper(): name for name in RECALL_REASONS})
Named = Annotated[str, typer.Option("--collector", help="Which collector; may be left out if there is one.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt placements``."""
    app.add_typer(placements, name="placements")
    collecting.add_to(placements)


@placements.command("list")
def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Include those with a collector and those that ended.")
    ] = False,
    json: Json = False,
) -> None:
    """List placements that need a step (decide, export, report or close), the oldest first."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = placement_life.lines(session, everything=everything)
    if not everything:
        found = [line for line in found if line.placement.state.undecided or line.next_step]
    rows = (
        (
            line.placement.key,
            line.placement.bill_id,
            amount(line.owed, line.placement.currency),
            line.placement.flagged_at,
            line.placement.state.value.replace("_", " "),
            line.placement.collector or "-",
            line.next_step or "-",
        )
        for line in found
    )
    columns = ("placement", "bill", "amount", "flagged", "state", "collector", "next")
    print_list(map(_row, found), columns, rows, "no placement needs a step", json=json)


@placements.command("show")
def show(key: Key, json: Json = False) -> None:
    """Show a placement's history: who did what, and why."""
    with opened() as kvitt, kvitt.database.read() as session:
        life = placement_life.life(session, key)
    if json:
        print_json(_whole(life))
        return
    kept = life.line.placement
    owed = amount(life.line.owed, kept.currency)
    print_line(f"{kept.key}: bill {kept.bill_id}, {kept.state.value.replace('_', ' ')}, {owed} owed")
    print_line(
        f"collector {kept.collector or '-'}; {_contract(kept)}; next: {life.line.next_step or 'nothing'}"
    )
    print_line(
        f"{kept.flagged_at:%Y-%m-%d %H:%MZ} kvitt flagged it over {amount(kept.amount, kept.currency)}"
    )
    for entry in life.audit_entries:
        facts = ", ".join(f"{name} {value}" for name, value in entry.detail.items() if _says(value))
        print_line(
            f"{entry.at:%Y-%m-%d %H:%MZ} {entry.actor} {entry.action.replace('_', ' ')}"
            + (f": {facts}" if facts else "")
        )
    for row in life.collector_lines:
        print_line(
            f"reported on {row['on']}: {row['event']} {Money(int(row['amount']), kept.currency).plain()}"
        )
    for one in life.remittances:
        gross, fee = amount(one.gross, one.currency), Money(one.fee, one.currency).plain()
        expected = Money(one.expected_fee, one.currency).plain()
        print_line(
            f"{one.collected_on} {one.kind} {one.remittance_id}: {gross}, fee {fee} (contract {expected})"
        )


@placements.command("approve")
def approve(
    bill: Annotated[str, typer.Argument(help="The bill to place.")], collector_name: Named = ""
) -> None:
    """Place a flagged bill with a collector; above the contract's amount a second person approves, too."""
    with opened() as kvitt, kvitt.database.write() as session:
        state = collector.approve(kvitt.context(session), bill, kvitt.who(session), collector_name)
    if state is PlacementState.APPROVED_ONCE:
        print_line(f"bill {bill} needs a second person's approval before it goes to the collector")
    else:
        print_line(f"bill {bill} is placed; Kvitt writes about it no more")


@placements.command("return")
def return_(
    bill: Annotated[str, typer.Argument(help="The bill to return.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "returned by the desk",
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days nothing is demanded.")] = 30,
) -> None:
    """Return a bill flagged for placement to the desk: no demand for some days, then the first level."""
    with opened() as kvitt, kvitt.database.write() as session:
        collector.give_back(kvitt.context(session), bill, kvitt.who(session), reason, days)
    print_line(f"bill {bill} is returned; nothing is demanded for {days} days")


@placements.command("acknowledge")
def acknowledge(
    keys: Annotated[
        list[str], typer.Argument(metavar="PLACEMENT", help="The placements the collector has confirmed.")
    ],
    reference: Annotated[str, typer.Option(help="The collector's own reference.")] = "",
) -> None:
    """Record that the collector confirmed receipt of placements."""
    with opened() as kvitt, kvitt.database.write() as session:
        for key in sorted(set(keys)):
            collector.acknowledge(kvitt.context(session), key, kvitt.who(session), reference)
    print_line(f"acknowledged: {', '.join(sorted(set(keys)))}")


@placements.command("recall")
def recall(
    key: Key,
    reason: Annotated[Reason, typer.Option(help="Why it comes back.")],
    words: Annotated[str, typer.Option("--note", help="In your own words, for the audit trail.")] = "",
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days nothing is demanded.")] = 30,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Recall it although the collector reports activity (a payment, plan or dispute)."
        ),
    ] = False,
) -> None:
    """Recall a placed bill from its collector; the next report informs the collector."""
    with opened() as kvitt, kvitt.database.write() as session:
        free = collector.recall(
            kvitt.context(session),
            key,
            kvitt.who(session),
            RECALL_REASONS[reason.value],
            words,
            days=days,
            force=force,
        )
    charge = "" if free else "; the contract's free days are over, so they may charge for it"
    print_line(f"placement {key} is recalled: the next kvitt placements report informs the collector{charge}")


@placements.command("close")
def close(
    key: Key,
    how: Annotated[str, typer.Option("--as", help="paid, or returned (the collector sells it back).")],
    reason: Annotated[
        str, typer.Option(help="The reason, for the audit trail.")
    ] = "sold back by the collector",
    days: Annotated[
        int | None,
        typer.Option(min=1, max=365, help="When reminders begin again; without it a person lifts the hold."),
    ] = None,
) -> None:
    """End a placement: paid, or sold back by the collector."""
    if how not in {"paid", "returned"}:
        raise typer.BadParameter(f"--as {how}: write paid or returned")
    with opened() as kvitt, kvitt.database.write() as session:
        context = kvitt.context(session)
        if how == "paid":
            collector.close_paid(context, key, kvitt.who(session))
        else:
            collector.close_returned(context, key, kvitt.who(session), reason, days=days)
    print_line(f"placement {key} is closed: {how}")


@placements.command("write-off")
def write_off(
    key: Key, reason: Annotated[str, typer.Option(help="The reason, for the audit trail.")] = "given up"
) -> None:
    """Write off what is left of a bill after its placement with a collector."""
    with opened() as kvitt, kvitt.database.write() as session:
        by = kvitt.who(session)
        kept = placement_life.life(session, key).line.placement
        given_up = collector.write_off(kvitt.context(session), key, by, reason)
    print_line(f"placement {key}: {amount(given_up, kept.currency)} is written off")


def _row(line: PlacementLine) -> dict[str, object]:
    more = {"owed": line.owed, "handed_over_in": line.handed_over_in, "next": line.next_step}
    row: dict[str, object] = record(line.placement)
    return row | more


def _whole(life: Life) -> dict[str, object]:
    return _row(life.line) | {
        "deeds": [record(entry) for entry in life.audit_entries],
        "remittances": [record(one) for one in life.remittances],
        "told": life.collector_lines,
    }


def _contract(kept: Placement) -> str:
    terms = kept.terms
    if not terms:
        return "no contract is kept with it"
    return f"{terms['statement_of_work']}, {terms['percent']} % of {terms['basis']}"


def _says(value: object) -> bool:
    return value not in (None, "", [], {}, False)
