"""kvitt run, kvitt runs: dunning runs and their approval."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot import garbage_collection
from bot.cli.days import refuse_edges
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_table
from handlers.desk import batches
from handlers.dunning import dunning_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from billing.dunning.dunning import BillVerdict
    from storage.dunning.runs import RunText

runs = typer.Typer(help="Dunning runs, and approval of their messages.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of dunning runs: ``kvitt run`` and ``kvitt runs``."""
    app.command("run")(run)
    app.add_typer(runs, name="runs")


def run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print every unpaid bill; write nothing.")
    ] = False,
    at: Annotated[str, typer.Option(help="Run as of this moment, as 2026-03-01T17:00:00Z.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a bill.")] = False,
) -> None:
    """Run dunning once: who gets what, and why."""
    with opened() as kvitt:
        garbage_collection.freeze_startup_objects()
        now = moment(at) if at else kvitt.now
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
    """List the last runs: bills written about, the messages they made, and who approved them."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = batches.latest(session)
        made = batches.messages_of(session, found)
    if json:
        for one in found:
            row = {"run": one.id, "started_at": one.started_at, "sending": one.sending}
            row |= {"counts": dict(one.counts), "messages": made.get(one.id, 0)}
            print_json({**row, "approved_by": one.approved_by})
        return
    rows = [
        (one.id, one.started_at, one.sending, _bills(one.counts), made.get(one.id, 0), one.approved_by)
        for one in found
    ]
    columns = ("run", "started", "sending", "bills", "messages", "approved by")
    print_table(columns, rows, "no runs yet; kvitt serve begins one every minute")


def _bills(counts: Mapping[str, int]) -> int:
    """How many bills a run wrote about; several of a person go into one message."""
    return counts.get("remind", 0) + counts.get("notice", 0)


@runs.command("show")
def show(
    run_id: Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a text.")] = False,
) -> None:
    """Print each text of a dunning run, and what became of it: what its approval lets leave."""
    with opened() as kvitt, kvitt.database.read() as session:
        run, texts = batches.texts(kvitt.context(session), run_id)
    if json:
        for one in texts:
            print_json(record(one))
        return
    for one in texts:
        _print_text(one)
    own = sum(one.run_id is not None for one in texts)
    waiting = sum(one.state == "queued" and one.approved_by is None for one in texts)
    print_line(
        f"run {run.id}, {run.started_at:%Y-%m-%d %H:%MZ}, policy {run.policy}: "
        f"{_counted(_bills(run.counts), 'bill')}, {_counted(own, 'message')}"
    )
    if others := len(texts) - own:
        print_line(f"{_counted(others, 'message')} of no run: approved with any")
    if waiting and run.sending == "approve" and run.approved_at is None:
        print_line(f"kvitt runs approve {run.id} lets {_counted(waiting, 'message')} leave")


def _print_text(one: RunText) -> None:
    print_line(f"{one.number}  to {one.customer_id or '-'} by {one.channel}, {one.address}: {one.state}")
    for line in one.text.splitlines():
        print_line(f"    {line}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


@runs.command("approve")
def approve(run_id: Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")]) -> None:
    """Release a dunning run's queued messages (KVITT_SENDING=approve)."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = batches.approve(kvitt.context(session), run_id, kvitt.who(session))
    print_line(f"run {run_id}: {_counted(count, 'message')} may leave now")


def moment(text: str) -> datetime:
    """Read the moment of a dunning run from the command line, as UTC; without a zone it is taken as UTC.

    Raises:
        BadParameter: it is not an ISO 8601 moment, or one with which no deadline could be counted.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--at {text!r} is no moment; write it like 2026-03-01T17:00:00Z") from None
    refuse_edges(found, text, "--at")
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
