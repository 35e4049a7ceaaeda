"""The patient's share under a coverage, from optional columns of ``coverages.csv``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from billing.payers.claims import Code
from billing.payers.coverage import CoverageTerms
from bot.importing.tally import BadField
from handlers.payers.covering import pack_terms

if TYPE_CHECKING:
    from bot.importing.fields import Fields

COLUMNS: Final = (
    "coverage_kind", "currency", "plan", "deductible", "copay", "coinsurance_percent", "out_of_pocket_max",
    "ceiling", "needs_authorisation", "excluded", "network", "in_network",
)  # fmt: skip
_AMOUNTS: Final = ("deductible", "copay", "out_of_pocket_max", "ceiling")
_PERCENT: Final = re.compile(r"(?P<whole>\d{1,3})(?:\.(?P<part>\d{1,2}))?")
_ALL: Final = 10_000
"""All of an amount, in hundredths of a percent."""


def terms(fields: Fields) -> dict[str, Any]:
    """The terms given in a row, packed; empty if there are none.

    A ``ceiling`` of ``law`` is the one that the policy has.
    """
    by_law = fields.text("ceiling").lower() == "law"
    named = [name for name in _AMOUNTS if not (by_law and name == "ceiling")]
    amounts = {name: _amount(fields, name) for name in named}
    stated = CoverageTerms(
        plan=fields.text("plan"),
        deductible=amounts["deductible"] or 0,
        copay=amounts["copay"] or 0,
        out_of_pocket_max=amounts["out_of_pocket_max"],
        ceiling=None if by_law else amounts["ceiling"],
        coinsurance=_percent(fields),
        needs_authorisation=_codes(fields, "needs_authorisation"),
        excluded=_codes(fields, "excluded"),
        network=fields.text("network"),
        in_network=not fields.text("in_network") or fields.yes("in_network"),
    )
    if not any(fields.text(name) for name in COLUMNS[2:]):
        return {}
    return pack_terms(stated, ceiling_by_law=by_law)


def _amount(fields: Fields, name: str) -> int | None:
    if not fields.text(name):
        return None
    found = fields.money(name, fields.currency("currency"))
    if found < 0:
        raise BadField(name, "is below zero")
    return found


def _percent(fields: Fields) -> int:
    text = fields.text("coinsurance_percent")
    found = _PERCENT.fullmatch(text) if text else None
    hundredths = int(found["whole"]) * 100 + int((found["part"] or "").ljust(2, "0")) if found else 0
    if text and (found is None or hundredths > _ALL):
        raise BadField("coinsurance_percent", f"{text!r} is no percentage; write 20 or 12.5")
    return hundredths


def _codes(fields: Fields, name: str) -> frozenset[Code]:
    """Codes as ``SYSTEM:CODE``, semicolons between."""
    found = [one.strip() for one in fields.text(name).split(";") if one.strip()]
    for one in found:
        if ":" not in one:
            raise BadField(name, f"{one!r} is no code; write SYSTEM:CODE, several with semicolons")
    return frozenset(Code(*one.split(":", 1)) for one in found)
