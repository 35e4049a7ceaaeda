"""Writes claim files in the format a payer takes, and checks each before it is released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from bot.claims import csv_claims, fhir_claims, x12_837p
from bot.claims.x12_check import check
from bot.importing.table import UnknownFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from billing.payers.filing import Filer, Filing
    from handlers.installation import Installation

FORMATS: Final = ("x12", "fhir", "csv")


class NobodyFiles(Refusal):
    """Claims cannot be released: X12 needs facts about the provider that the settings lack."""

    def __init__(self) -> None:
        super().__init__(
            "[claims] is not set in kvitt.toml: X12 names the provider, its numbers and the receiver; see "
            "docs/settings.md"
        )


def writer(
    form: str, installation: Installation, filer: Filer | None, now: datetime
) -> Callable[[Sequence[Filing], int], str]:
    """Return a writer of claim files, which raises if a file fails its check.

    Raises:
        UnknownFormat: there is no such format.
        NobodyFiles: the format needs a filer, and there is none.
    """
    here = now.astimezone(installation.creditor.zone)
    match form:
        case "csv":
            return lambda filings, _: csv_claims.write(filings)
        case "fhir":
            return lambda filings, _: fhir_claims.write(filings, installation.creditor.name, filer, here)
        case "x12":
            if filer is None:
                raise NobodyFiles
            sure = filer

            def x12(filings: Sequence[Filing], number: int) -> str:
                text = x12_837p.write(filings, sure, number, here)
                check(text)
                return text

            return x12
    raise UnknownFormat(form, FORMATS)
