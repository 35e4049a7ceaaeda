"""A price list out of a CSV file: each code, network and first day once.

Columns: ``code_system, code, description, amount, currency, valid_from``; and if wanted ``valid_to``,
``amount_to`` (where it may cost more), ``network`` (a price agreed with its payers), ``alike`` (services
that can replace each other share a word), ``words`` (other names for it, separated by semicolons), and
``description_sv`` and the like for its name in other languages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.costs.prices import Price
from billing.payers.claims import Code
from bot.importing.csv_files import parsed
from bot.importing.intake import silent
from bot.importing.table import CsvTable
from bot.importing.tally import BadField, Reject, Tally, keep_rejects
from handlers.payers import price_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.clock import Clock
    from bot.importing.fields import Fields
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

REQUIRED: Final = ("code_system", "code", "description", "amount", "currency", "valid_from")
_NAMED: Final = re.compile(r"description_([a-z]{2,3})")
BATCH: Final = 500


def import_prices(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    clock: Clock,
    progress: Callable[[str, int, int], None] = silent,
) -> Tally:
    """Save every line of a price list; an existing line is updated.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column; nothing was kept.
    """
    now = clock()
    table = CsvTable(file)
    table.require(REQUIRED)
    tally, prices = Tally(), list[Price]()
    for item in parsed(table, "", price, local_day(now, installation.creditor.zone)):
        if isinstance(item, Reject):
            tally.reject("prices", item)
        elif isinstance(item[1], Price):
            prices.append(item[1])
    counts = tally.counts["prices"]
    for begins in range(0, len(prices), BATCH):
        with database.write() as session:
            for change in price_list.save_prices(session, prices[begins : begins + BATCH]):
                setattr(counts, change.value, getattr(counts, change.value) + 1)
        progress("prices", min(begins + BATCH, len(prices)), len(prices))
    tally.notes += keep_rejects([file], tally.rejects)
    return tally


def price(fields: Fields) -> Price:
    """A line of ``prices.csv``."""
    currency = fields.currency("currency")
    amount = fields.money("amount", currency)
    if amount < 0:
        raise BadField("amount", "is below zero; a price cannot be negative")
    most = fields.money("amount_to", currency) if fields.text("amount_to") else None
    if most is not None and most < amount:
        raise BadField("amount_to", "is less than amount")
    begins, ends = fields.need_day("valid_from"), fields.day("valid_to")
    if ends and ends < begins:
        raise BadField("valid_to", f"{ends} is before valid_from {begins}")
    others = fields.others(REQUIRED)
    named = {found[1]: text for name, text in others if (found := _NAMED.fullmatch(name))}
    return Price(
        code=Code(fields.need("code_system"), fields.need("code")),
        description=fields.need("description"),
        amount=amount,
        currency=currency,
        valid_from=begins,
        valid_to=ends,
        amount_to=most,
        network=fields.text("network"),
        alike=fields.text("alike"),
        named=named,
        words=fields.text("words"),
    )
