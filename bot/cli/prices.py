"""kvitt prices: what services cost, and what they would leave to a customer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.ledger.money import Money
from billing.payers.claims import Code
from bot.cli.days import day_of
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import end_with_nothing, print_json, print_line, print_list, print_rejects, progress
from bot.importing.prices_file import import_prices
from handlers.payers import estimating, price_list

if TYPE_CHECKING:
    from billing.costs.estimates import CostEstimate

prices = typer.Typer(help="What services cost.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt prices``."""
    app.add_typer(prices, name="prices")


@prices.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A prices.csv: docs/coverage.md.")], json: _Json = False
) -> None:
    """Import a price list; lines that exist are updated."""
    with opened() as kvitt, progress() as show:
        tally = import_prices(kvitt.database, kvitt.installation, file, kvitt.clock, show)
    counts = tally.counts["prices"]
    if json:
        print_json(
            {"new": counts.new, "changed": counts.changed, "same": counts.same, "rejected": counts.rejected}
            | {"rejects": tally.lines, "notes": tally.notes}
        )
    else:
        known = f"{counts.changed} changed, {counts.same} as before"
        print_line(f"prices: {counts.new} new, {known}, {counts.rejected} set aside")
        print_rejects(tally.lines, tally.notes)
    end_with_nothing("imported", len(tally.rejects), tally.taken, json=json)


@prices.command("list")
def list_(json: _Json = False) -> None:
    """List all price lines, ended ones too."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = price_list.every(session)
    rows = (
        (
            one.code.system, one.code.code, one.description, Money(one.amount, one.currency).plain(),
            one.currency, one.network, one.valid_from, one.valid_to or "",
        )
        for one in found
    )  # fmt: skip
    columns = ("system", "code", "service", "amount", "currency", "network", "from", "to")
    print_list(found, columns, rows, "no prices: kvitt prices import FILE", json=json)


@prices.command("estimate")
def estimate(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    services: Annotated[list[str], typer.Argument(help="Codes, as SYSTEM:CODE.")],
    on: Annotated[str | None, typer.Option(help="The day of the service, as 2026-04-30.")] = None,
    json: _Json = False,
) -> None:
    """Estimate a customer's share of services by their prices, line by line, and what may change it."""
    codes = [_code(one) for one in services]
    with opened() as kvitt, kvitt.database.read() as session:
        day = day_of(on, "--on") if on else kvitt.today
        wanted = [(code, "1") for code in codes]
        found = estimating.quote(kvitt.context(session), customer, wanted, day)
    if found is None:
        raise estimating.NoListPrice(", ".join(services), day)
    made = found.estimate
    if json:
        print_json(record(made))
        return
    _print_estimate(made)


def _print_estimate(made: CostEstimate) -> None:
    for line in made.lines:
        left = _plain(line.left, made.currency)
        print_line(f"{line.description}: {_plain(line.price, made.currency)}, of which the customer {left}")
        for part in line.parts:
            names = ("forgone", "deductible", "copay", "coinsurance", "refused", "paid")
            amounts = {name: getattr(part, name) for name in names}
            parts = ", ".join(f"{name} {_plain(one, made.currency)}" for name, one in amounts.items() if one)
            why = f" (reason {part.reason})" if part.reason else ""
            print_line(f"  {part.payer_id}: {parts}{why}")
    print_line(f"the customer: {_plain(made.low, made.currency)} to {_plain(made.high, made.currency)}")
    for caution in made.cautions:
        whose = f" ({caution.payer_id})" if caution.payer_id else ""
        print_line(f"mind: {caution.kind.value.replace('_', ' ')}{whose}")
    for one in made.suggestions:
        amount = f" {_plain(one.amount, made.currency)}" if one.amount else ""
        print_line(f"cheaper: {one.kind.value.replace('_', ' ')}{amount}")


def _plain(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).plain()} {currency}"


def _code(text: str) -> Code:
    system, colon, code = text.partition(":")
    if not colon:
        raise typer.BadParameter(f"{text!r} is no code; write SYSTEM:CODE")
    return Code(system, code)
