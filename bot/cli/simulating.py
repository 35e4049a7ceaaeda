"""kvitt simulate: try a policy on simulated people before real customers get messages."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import amount, print_json, print_line, print_table, progress
from bot.outgoing_file import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.simulate.simulation import Simulation

FAILED = 1


def add_to(app: typer.Typer) -> None:
    """Add ``kvitt simulate``."""
    app.command("simulate")(simulate)


def simulate(
    policy: Annotated[
        str, typer.Option(help="The policy to try: a name, with overlays (us+nyc), or a file.")
    ],
    against: Annotated[str, typer.Option(help="Another policy to compare with, on the same people.")] = "",
    customers: Annotated[int, typer.Option(min=1, help="How many people.")] = 200,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days.")] = 365,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a page with charts to this file.")] = None,
) -> None:
    """Try a policy with simulated people and carriers; exit 1 if any promise is broken."""
    from bot.simulate import report as page  # noqa: PLC0415 - loads a lot
    from bot.simulate import simulation  # noqa: PLC0415

    names = [policy, against] if against else [policy]
    done: list[Simulation] = []
    with progress() as show:
        for name in names:
            shown = partial(show, name)
            done += [simulation.simulate(name, customers, days, seed, people_of=policy, show=shown)]
    if report is not None:
        write_text(report, page.page(done))
    if json:
        found = done[0].as_json()
        print_json(found | {"against": done[1].as_json()} if against else found)
    else:
        _print(done)
        if report is not None:
            print_line(f"report: {report}")
    if any(one.failed for one in done):
        sys.exit(FAILED)


def _print(done: Sequence[Simulation]) -> None:
    first = done[0]
    print_line(f"{first.customers} customers, {first.days} days, seed {first.seed}")
    print_table(
        ("outcome", *(one.policy for one in done), *(["difference"] * (len(done) > 1))), _rows(done), ""
    )
    print_line("")
    from bot.simulate.invariants import EVERY, NOT_CHECKED  # noqa: PLC0415

    rows = [
        (
            one.number,
            one.name,
            *(each.cases[one.number] for each in done),
            " / ".join(_result(each, one.number) for each in done),
        )
        for one in EVERY
    ]
    print_table(("no", "invariant", *(f"cases {one.policy}" for one in done), "violations"), rows, "")
    print_line("")
    for number, why in NOT_CHECKED.items():
        print_line(f"not checked: {number}, {why}")
    for each in done:
        for number, sentences in each.violations.items():
            for what in sentences:
                print_line(f"VIOLATION {number} ({each.policy}): {what}")
    checked = f"{len(EVERY)} of {len(EVERY) + len(NOT_CHECKED)} invariants checked"
    violations = f"{sum(each.violated.total() for each in done)} violations"
    idle = ", ".join(
        f"{len(each.not_exercised)}{f' under {each.policy}' if len(done) > 1 else ''}" for each in done
    )
    print_line(f"{checked}, {violations}, not exercised: {idle}")


def _result(one: Simulation, number: int) -> str:
    """The number of violations, or in words: none, or the case never came up."""
    return str(one.violated[number] or one.result(number).words)


def _rows(done: Sequence[Simulation]) -> list[tuple[object, ...]]:
    figures = [one.outcomes.as_json() for one in done]
    rows: list[tuple[object, ...]] = []
    for name in figures[0]:
        if name in {"currency", "heard_by_level"}:
            continue
        values = [each[name] for each in figures]
        shown = [_shown(name, value, one) for value, one in zip(values, done, strict=True)]
        if len(done) > 1 and None not in values:
            shown.append(_shown(name, round(values[1] - values[0], 2), done[1], sign=True))
        rows.append((name.replace("_", " "), *shown))
    return rows


def _shown(name: str, value: float | None, one: Simulation, *, sign: bool = False) -> str:
    if value is None:
        return "-"
    plus = "+" if sign and value > 0 else ""
    if name in {"billed", "paid", "placed_amount"}:
        return plus + amount(int(value), one.outcomes.currency)
    return f"{plus}{value}"
