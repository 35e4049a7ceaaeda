"""kvitt holds: stop demands for a customer, an account or a bill, for a reason and a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from billing.accounts.holds import kind_named
from billing.calendar import start_of_day
from bot.cli.days import day_of
from bot.cli.opened import opened, who
from bot.cli.output import print_line, print_list
from handlers.desk import holding

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from billing.accounts.account_state import RegisteredStop
    from billing.accounts.holds import Hold
    from handlers.desk.holding import Subject
    from storage.dunning.holds import KeptHold

holds = typer.Typer(help="Stop demands for a customer, an account or a bill.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt holds``."""
    app.add_typer(holds, name="holds")


@holds.command("list")
def list_(
    customer: Annotated[str | None, typer.Argument(help="Only this customer's.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Include holds that ended or were lifted.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a hold.")] = False,
) -> None:
    """List active holds, those from the register too; with --all also ended ones, and how they ended."""
    with opened() as kvitt, kvitt.database.read() as session:
        now = kvitt.now
        kept = holding.history(session, customer)
        stops = holding.in_register(kvitt.context(session), customer)
    found = [one for one in kept if everything or one.state(now) == "standing"]
    printed = [*(_as_json(one, now) for one in found), *(_stop_as_json(stop) for stop in stops)]
    columns = ("hold", "kind", "customer", "covers", "until", "placed by", "state", "why")
    rows = [*(_row(one, now) for one in found), *(_stop_row(stop) for stop in stops)]
    print_list(printed, columns, rows, "no hold is active", json=json)


def _as_json(one: KeptHold, now: datetime) -> dict[str, object]:
    hold = one.hold
    about: dict[str, object] = {
        "hold": hold.id,
        "customer_id": one.customer_id,
        "account_id": hold.account_id,
    }
    about |= {"last_day": hold.last_day} if hold.last_day else {}
    why = {"bill_id": hold.bill_id, "kind": hold.kind.value, "reason": hold.reason}
    when = {"until": hold.until, "placed_at": one.placed_at, "placed_by": one.placed_by}
    over = {"state": one.state(now), "lifted_at": one.lifted_at, "lifted_by": one.lifted_by}
    return about | why | when | over


def _row(one: KeptHold, now: datetime) -> tuple[object, ...]:
    hold = one.hold
    return (
        hold.id,
        hold.kind.value.replace("_", " "),
        one.customer_id,
        hold.bill_id or hold.account_id or "everything",
        hold.until or _ending(hold),
        one.placed_by,
        one.state(now) + (f" by {one.lifted_by}" if one.lifted_by else ""),
        hold.reason,
    )


def _ending(hold: Hold) -> str:
    """What ends a hold that does not end by itself."""
    if hold.last_day:
        return f"{hold.last_day}, then a person lifts it"
    if hold.kind.traits.last_day:
        return "the treatment ends"
    return "a person lifts it" if hold.kind.is_stop_state else "lifted"


def _stop_as_json(stop: RegisteredStop) -> dict[str, object]:
    """A stop set in the register, as a hold without a number: only a new import can lift it."""
    about: dict[str, object] = {"hold": None, "customer_id": stop.customer_id, "account_id": stop.account_id}
    why = {"bill_id": None, "kind": stop.kind.value, "reason": stop.reason}
    when = {"until": None, "placed_at": None, "placed_by": "register"}
    return about | why | when | {"state": "standing", "lifted_at": None, "lifted_by": None}


def _stop_row(stop: RegisteredStop) -> tuple[object, ...]:
    ends, by = "the register changes", "register"
    return (None, stop.kind.value, stop.customer_id, stop.account_id, ends, by, "standing", stop.reason)


@holds.command("place")
def place(
    kind: Annotated[str, typer.Option(help="dispute, hardship, legal, deceased, manual …")],
    reason: Annotated[str, typer.Option(help="The reason, for the audit trail.")],
    customer: Annotated[str | None, typer.Option(help="Hold everything about this customer.")] = None,
    account: Annotated[str | None, typer.Option(help="Hold this account.")] = None,
    bill: Annotated[str | None, typer.Option(help="Hold this bill.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day of the hold, as 2026-04-30.")] = None,
    crisis: Annotated[
        bool,
        typer.Option("--crisis", help="A moratorium for a mental-health crisis: it waits for treatment."),
    ] = False,
) -> None:
    """Stop demands until a day, or until a user lifts the hold; a moratorium always until a user lifts it."""
    if sum(one is not None for one in (customer, account, bill)) != 1:
        raise typer.BadParameter("name what is held: exactly one of --customer, --account, --bill")
    wanted = kind_named(kind)
    if crisis and (until or not wanted.traits.last_day):
        raise typer.BadParameter(
            "--crisis is for a moratorium without --until: its last day is not known yet"
        )
    with opened() as kvitt, kvitt.database.write() as session:
        subject = _subject(session, customer, account, bill)
        ends = _end(until, kvitt.installation.creditor.zone) if until else None
        holding.place(kvitt.context(session), subject, wanted, reason, ends, who(), treatment=crisis)
    last = f"through {until}" if until else "until a user lifts the hold"
    print_line(f"{subject.name.replace(':', ' ')} is held ({wanted.value}) {last}")


@holds.command("treatment-ended")
def treatment_ended(
    hold: Annotated[int, typer.Argument(help="The number of a moratorium placed with --crisis.")],
    on: Annotated[str, typer.Option(help="The day the treatment ended, as 2026-04-30.")],
) -> None:
    """Record the end of a treatment: the moratorium has its last day so many days later."""
    with opened() as kvitt, kvitt.database.write() as session:
        last_day = holding.treatment_ended(kvitt.context(session), hold, day_of(on, "--on"), who())
    print_line(f"hold {hold} has its last day on {last_day}: a user is asked to lift it then")


@holds.command("lift")
def lift(
    hold: Annotated[int, typer.Argument(help="The hold's number.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
) -> None:
    """End a hold now."""
    with opened() as kvitt, kvitt.database.write() as session:
        kept = holding.lift(kvitt.context(session), hold, who(), reason)
    print_line(f"hold {hold} ({kept.hold.kind.value}) is lifted")


def _subject(session: Session, customer: str | None, account: str | None, bill: str | None) -> Subject:
    if bill is not None:
        return holding.of_bill(session, bill)
    if account is not None:
        return holding.of_account(session, account)
    assert customer is not None
    return holding.of_customer(session, customer)


def _end(until: str, zone: ZoneInfo) -> datetime:
    """The moment after the last day, by the creditor's clock."""
    return start_of_day(day_of(until, "--until") + timedelta(days=1), zone)
