"""kvitt import --open-items: the bills of a ledger kept elsewhere follow what is open there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from billing.ledger.open_items import ListedChange
from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import amount, print_json, print_line, print_table
from bot.importing.fields import ledger_name
from bot.importing.mapping import load as load_mapping
from bot.importing.open_items_file import take_file
from bot.importing.tally import BadField

if TYPE_CHECKING:
    from pathlib import Path

    from billing.ledger.open_items import ListVerdict
    from handlers.payments.open_items import TakenList

_SAYS: Final = {
    ListedChange.LOWER: "lower there: settled",
    ListedChange.GONE: "gone there: settled",
    ListedChange.BACK: "open there again: owed again",
    ListedChange.HIGHER: "higher there: a person is asked",
    ListedChange.KNOWN_HERE: "paid or credited here, not there yet",
}
_MOST: Final = 50
"""Bills that are printed one by one; --json has all of them."""


def take(
    paths: list[Path],
    ledger: str,
    as_of: str,
    anyway: str,
    map_file: Path | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Take a list of open items.

    Raises:
        typer.BadParameter: it is not one file, or the ledger or the day is missing.
    """
    if len(paths) != 1:
        raise typer.BadParameter("--open-items takes one file: the whole list of one ledger")
    if not ledger or not as_of:
        raise typer.BadParameter(
            "--open-items needs --ledger NAME and --as-of DAY: whose list it is, and when"
        )
    try:
        name = ledger_name("--ledger", ledger)
    except BadField as refusal:
        raise typer.BadParameter(str(refusal)) from None
    day = day_of(as_of, "--as-of")
    mapping = load_mapping(map_file) if map_file else None
    with opened() as kvitt:
        # What is doubted a person decides on; a list that is as it should be needs nobody, as any import.
        by = kvitt.sign_in() if anyway.strip() else kvitt.who_if_anybody()
        taken = take_file(
            kvitt.database,
            kvitt.installation,
            paths[0],
            name,
            day,
            kvitt.clock,
            by,
            anyway=anyway.strip(),
            mapping=mapping,
            dry_run=dry_run,
        )
    if json:
        print_json(_as_json(taken, name, as_of, dry_run=dry_run))
    else:
        _print(taken, name, as_of, dry_run=dry_run)


def _print(taken: TakenList, ledger: str, as_of: str, *, dry_run: bool) -> None:
    changed = [one for one in taken.verdicts if one.what is not ListedChange.SAME]
    rows = [
        (one.bill.bill_id, _SAYS[one.what], _money(one.bill.principal, one), _money(one.after, one))
        for one in changed[:_MOST]
    ]
    if rows:
        print_table(("bill", "what", "before", "after"), rows, "")
    if len(changed) > _MOST:
        print_line(f"and {len(changed) - _MOST} more: --json has all of them")
    counts = taken.counts
    parts = [f"{counts[what]} {what.value.replace('_', ' ')}" for what in ListedChange]
    print_line(f"ledger {ledger}, {as_of}: {', '.join(parts)}")
    _named(taken.unknown, "no bill here, left alone")
    _named(taken.unissued, "not issued here, left alone")
    for doubt in taken.doubts:
        print_line(f"taken although {doubt}")
    if dry_run:
        print_line("dry run: nothing was saved")


def _named(names: tuple[str, ...], what: str) -> None:
    if names:
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        print_line(f"{what}: {', '.join(names[:_FEW])}{more}")


_FEW: Final = 10


def _money(minor: int, one: ListVerdict) -> str:
    return amount(minor, one.bill.currency)


def _as_json(taken: TakenList, ledger: str, as_of: str, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "ledger": ledger,
        "as_of": as_of,
        **{what.value: count for what, count in taken.counts.items()},
        "bills": [
            {
                "bill_id": one.bill.bill_id,
                "what": one.what.value,
                "currency": one.bill.currency,
                "before_minor": one.bill.principal,
                "after_minor": one.after,
                "there_minor": one.open,
                "asked": one.ask,
            }
            for one in taken.verdicts
            if one.what is not ListedChange.SAME
        ],
        "unknown": list(taken.unknown),
        "not_issued": list(taken.unissued),
        "doubts": list(taken.doubts),
    }
