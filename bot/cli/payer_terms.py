"""kvitt payers: how each payer is billed, and when it is reminded."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from billing.whole_numbers import whole_number
from bot.cli.opened import opened
from bot.cli.output import print_line, print_list
from bot.cli.whole_numbers import LONGEST_DAYS
from handlers.payers import terms

payers = typer.Typer(help="Payers, and what was agreed with them.", no_args_is_help=True)

_NONE = "none"


def add_to(app: typer.Typer) -> None:
    """Add the commands about payers' terms, ``kvitt payers``."""
    app.add_typer(payers, name="payers")


@payers.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List payers: form of billing, addresses, and the days on which each is reminded."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = terms.listed(session)
    rows = (
        (
            one.id, one.name, one.kind, one.terms.form, one.terms.email,
            one.terms.address.replace("\n", "; "), ", ".join(str(day) for day in one.terms.remind_days),
        )
        for one in found
    )  # fmt: skip
    columns = ("payer", "name", "kind", "form", "e-mail", "address", "reminded after days")
    print_list(found, columns, rows, "no payer is registered: import coverages first", json=json)


@payers.command("terms")
def agree(
    payer: Annotated[str, typer.Argument(help="The payer's id.")],
    form: Annotated[str | None, typer.Option(help=f"How it is billed: {', '.join(terms.FORMS)}.")] = None,
    email: Annotated[str | None, typer.Option(help="Its e-mail address for invoices and reminders.")] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Its postal address, lines with semicolons, the country's two letters last."),
    ] = None,
    remind: Annotated[
        str | None, typer.Option(help="Days after filing on which it is reminded, like 30,45; or none.")
    ] = None,
    file_days: Annotated[
        int | None, typer.Option(max=LONGEST_DAYS, help="Deadline for filing, in days after the service.")
    ] = None,
    answer_days: Annotated[
        int | None, typer.Option(max=LONGEST_DAYS, help="Deadline for its answer, in days after filing.")
    ] = None,
    appeal_days: Annotated[
        int | None, typer.Option(max=LONGEST_DAYS, help="Deadline for an appeal, in days after a denial.")
    ] = None,
) -> None:
    """Save the terms agreed with a payer; options left out stay unchanged."""
    values: dict[str, Any] = {
        "form": form,
        "email": email.strip() if email is not None else None,
        "address": _lines(address) if address is not None else None,
        "remind_days": _days(remind) if remind is not None else None,
        "file_days": file_days,
        "answer_days": answer_days,
        "appeal_days": appeal_days,
    }
    changes = {name: value for name, value in values.items() if value is not None}
    with opened() as kvitt, kvitt.database.write() as session:
        agreed = terms.agree(kvitt.context(session), payer, changes, kvitt.who(session))
    days = ", ".join(str(day) for day in agreed.remind_days) or "never"
    print_line(f"{payer}: billed as {agreed.form}, reminded after days: {days}")


def _lines(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.split(";") if line.strip())


def _days(text: str) -> tuple[int, ...]:
    if text.strip() == _NONE:
        return ()
    found = [whole_number(part.strip()) for part in text.split(",")]
    days = tuple(one for one in found if one is not None and one <= LONGEST_DAYS)
    if len(days) < len(found):
        raise typer.BadParameter(f"--remind {text}: write days after filing, like 30,45; or none")
    return days
