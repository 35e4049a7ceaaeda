"""kvitt codes: code systems, their codes by day, and what each payer wants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.payers.claims import Code
from billing.payers.code_forms import BadCode, CodeForm, system_named
from billing.payers.coding import ALWAYS, on_day
from billing.refusals import Refusal
from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import (
    amount,
    end_with_nothing,
    print_error,
    print_json,
    print_line,
    print_list,
    print_rejects,
)
from bot.importing.code_files import SHAPES, columns_named, import_codes, import_crosswalk
from handlers.payers import coding
from storage.payers import codes as kept

if TYPE_CHECKING:
    from billing.payers.coding import KnownCode
    from bot.importing.code_files import CodesFound

codes = typer.Typer(help="Codes of services and diagnoses.", no_args_is_help=True)

System = Annotated[str, typer.Option("--system", help="The code system, such as ICD-10-CM or our-tariff.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Day = Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD; today if left out.")]


class NoSuchCode(Refusal):
    """The code that was asked for is not loaded."""

    def __init__(self, system: str, code: str) -> None:
        super().__init__(f"{code} ({system}): no such code is loaded; see kvitt codes list --system")


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt codes``."""
    for name, command in (
        ("import", import_), ("list", list_), ("show", show), ("check", check), ("crosswalk", crosswalk),
    ):  # fmt: skip
        codes.command(name)(command)
    app.add_typer(codes, name="codes")


def import_(
    file: Annotated[Path, typer.Argument(help="The list: CSV, or in its publisher's own format.")],
    system: System,
    version: Annotated[str, typer.Option(help="The version's name, such as 2026.")] = "",
    valid_from: Annotated[str, typer.Option(help="The first day it is valid, YYYY-MM-DD.")] = "",
    like: Annotated[
        CodeForm | None,
        typer.Option(help="The form of its codes, if it does not follow from the system's name."),
    ] = None,
    pattern: Annotated[
        str, typer.Option(help="The form of a local system's codes, as a regular expression.")
    ] = "",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="Your column for one of ours, like code=HCPC; may be repeated."),
    ] = None,
    shape: Annotated[str, typer.Option("--format", help=f"{', '.join(SHAPES)}.")] = "csv",
    add: Annotated[
        bool, typer.Option("--add", help="Only add codes; codes missing from the file stay valid.")
    ] = False,
    json: Json = False,
) -> None:
    """Load a version of a code system; codes that it no longer lists end the day before."""
    chosen = system_named(system.strip(), like, pattern, version.strip())
    first = day_of(valid_from, "--valid-from") if valid_from else None
    with opened() as kvitt:
        found = import_codes(
            kvitt.database, kvitt.installation, file, chosen, first, kvitt.clock,
            shape=shape, columns=columns_named(column or ()), whole=not add,
        )  # fmt: skip
    _print_codes(found, json=json)


def crosswalk(
    file: Annotated[
        Path, typer.Argument(help="CSV: payer_id, from_system, from_code, to_system, to_code, modifiers, …")
    ],
    json: Json = False,
) -> None:
    """Load a crosswalk: the code each payer wants instead; an empty payer_id means every payer."""
    with opened() as kvitt:
        found = import_crosswalk(kvitt.database, kvitt.installation, file, kvitt.clock)
    _print_codes(found, json=json)


def list_(
    system: Annotated[str, typer.Option("--system", help="The codes of one system.")] = "",
    like: Annotated[
        str, typer.Option("--containing", help="Only codes whose description contains this.")
    ] = "",
    on: Day = "",
    limit: Annotated[int, typer.Option(min=1, help="The most rows to print.")] = 50,
    json: Json = False,
) -> None:
    """List the loaded code systems, or the codes of one that are valid on a day."""
    rows: list[tuple[object, ...]]
    with opened() as kvitt, kvitt.database.read() as session:
        if not system:
            loaded, sizes = kept.systems(session), kept.sizes(session)
            rows = [
                (one.name, one.form.value, one.version, sizes.get(one.name, 0)) for one in loaded.values()
            ]
            names = ("system", "form", "version", "codes")
        else:
            day = day_of(on, "--on") if on else kvitt.today
            found = kept.listed(session, system, day, like, limit)
            rows = [(one.code, one.description, _price(one), _period(one)) for one in found]
            names = ("code", "description", "price", "holds")
    text = (dict(zip(names, row, strict=True)) for row in rows)
    print_list(text, names, rows, "no codes: load some with kvitt codes import", json=json)


def show(code: Annotated[str, typer.Argument(help="The code.")], system: System, json: Json = False) -> None:
    """Show a code: its versions, and what each payer wants instead."""
    with opened() as kvitt, kvitt.database.read() as session:
        named = Code(system, coding.normal(session, system, code))
        rows, instead = coding.known(session, named), kept.crosswalks(session, {named})
    if not rows and not instead:
        raise NoSuchCode(system, code)
    if json:
        for row in rows:
            print_json(
                {"code": row.code, "system": row.system, "description": row.description,
                 "valid_from": row.valid_from, "valid_to": row.valid_to, "version": row.version,
                 "billable": row.billable, "unit_amount": row.unit_amount, "currency": row.currency}
            )  # fmt: skip
        return
    for row in rows:
        print_line(f"{row.code}  {_period(row)}  {row.version}  {row.description} {_price(row)}".rstrip())
    for one in instead:
        wanted = " ".join((one.target.code, *one.modifiers))
        print_line(f"  {one.payer_id or 'every payer'}: {wanted} ({one.target.system})")


def check(code: Annotated[str, typer.Argument(help="The code.")], system: System, on: Day = "") -> None:
    """Check whether a code is well-formed and valid on a day."""
    with opened() as kvitt, kvitt.database.read() as session:
        try:
            written = coding.normal(session, system, code)
        except BadCode as refusal:
            print_error(str(refusal))
            raise typer.Exit(1) from None
        day = day_of(on, "--on") if on else kvitt.today
        rows = coding.known(session, Code(system, written))
        loaded = coding.is_loaded(session, system)
    found = on_day(rows, day)
    if found:
        print_line(f"{written}: {found.description or 'well written'}, holds on {day}")
    elif not loaded:
        print_line(f"{written}: well written; {system} is not loaded, so nobody can say whether it exists")
    else:
        print_error(f"{written}: {'does not hold' if rows else 'is not listed'} on {day}")
        raise typer.Exit(1)


def _print_codes(found: CodesFound, *, json: bool) -> None:
    c = found.counts
    lines = [str(one) for one in found.rejects]
    if json:
        print_json(
            {"new": c.new, "changed": c.changed, "same": c.same, "ended": found.ended, "rejected": c.rejected,
             "rejects": lines, "notes": found.notes}
        )  # fmt: skip
    else:
        known = f"{c.changed} changed, {c.same} as before, {found.ended} ended"
        print_line(f"{c.new} new, {known}, {c.rejected} set aside")
        print_rejects(lines, found.notes)
    end_with_nothing("imported", c.rejected, c.new + c.changed + c.same, json=json)


def _period(row: KnownCode) -> str:
    first = "always" if row.valid_from == ALWAYS else str(row.valid_from)
    return f"{first} to {row.valid_to}" if row.valid_to else f"since {first}"


def _price(row: KnownCode) -> str:
    if row.unit_amount is None:
        return ""
    a_unit = f"/{row.unit}" if row.unit else ""
    return f"{amount(row.unit_amount, row.currency)}{a_unit}"
