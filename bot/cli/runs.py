"""kvitt run, kvitt runs: dunning runs and their approval."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot import garbage_collection
from bot.cli.days import refuse_edges
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_table
from handlers.desk import batches
from handlers.dunning import dunning_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from billing.dunning.dunning import BillVerdict

runs = typer.Typer(help="Dunning runs, and approval of their messages.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of dunning runs: ``kvitt run`` and ``kvitt runs``."""
    app.command("run")(run)
    app.add_typer(runs, name="runs")


def run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print every unpaid bill; write nothing.")
    ] = False,
    as_of: Annotated[str, typer.Option(help="Run as of this moment, as 2026-03-01T17:00:00Z.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a bill.")] = False,
) -> None:
    """Run dunning once: who gets what, and why."""
    with opened() as kvitt:
        garbage_collection.freeze_startup_objects()
        now = moment(as_of) if as_of else kvitt.now
        verdicts: Iterable[BillVerdict]
        if dry_run:
            verdicts = dunning_run.preview(kvitt.database, kvitt.installation, now)
        else:
            verdicts = dunning_run.run(kvitt.database, kvitt.installation, now).verdicts
        counts = Counter[str]()
        shown = []
        for verdict in verdicts:
            counts[verdict.verdict] += 1
            if json:
                print_json(_row(verdict))
            else:
                shown.append(_cells(verdict))
    if not json:
        columns = ("customer", "bill", "verdict", "level", "channel", "at", "reason")
        print_table(columns, shown, "nothing is due")
        if counts:
            print_line(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


@runs.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a run.")] = False,
) -> None:
    """List the last runs, with messages that wait for approval."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = batches.latest(session)
    if json:
        for one in found:
            row = {"run": one.id, "started_at": one.started_at, "sending": one.sending}
            print_json({**row, "counts": dict(one.counts), "approved_by": one.approved_by})
        return
    rows = [(one.id, one.started_at, one.sending, _messages(one.counts), one.approved_by) for one in found]
    print_table(("run", "started", "sending", "messages", "approved by"), rows, "no runs yet")


def _messages(counts: Mapping[str, int]) -> int:
    """How many bills a run wrote about."""
    return counts.get("remind", 0) + counts.get("notice", 0)


@runs.command("approve")
def approve(run_id: Annotated[int, typer.Argument(help="The run's number.")]) -> None:
    """Release a dunning run's queued messages (KVITT_SENDING=approve)."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = batches.approve(kvitt.context(session), run_id, kvitt.who(session))
    print_line(f"run {run_id}: {count} message{'s' if count != 1 else ''} may leave now")


def moment(text: str) -> datetime:
    """Read the moment of a dunning run from the command line, as UTC; without a zone it is taken as UTC.

    Raises:
        BadParameter: it is not an ISO 8601 moment, or one with which no deadline could be counted.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"--as-of {text!r} is no moment; write it like 2026-03-01T17:00:00Z"
        ) from None
    refuse_edges(found, text, "--as-of")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _row(verdict: BillVerdict) -> dict[str, object]:
    return {
        "customer_id": verdict.customer_id,
        "bill_id": verdict.bill_id,
        "verdict": verdict.verdict,
        "level": verdict.level,
        "channel": verdict.reach.channel.value if verdict.reach else None,
        "at": verdict.at,
        "reason": verdict.reason,
    }


def _cells(verdict: BillVerdict) -> tuple[object, ...]:
    row = _row(verdict)
    row["reason"] = str(row["reason"]).replace("_", " ")
    return tuple(row.values())
