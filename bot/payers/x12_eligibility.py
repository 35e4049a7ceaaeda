"""A payer that is asked by X12 files: the question waits for ``kvitt eligibility export``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.payers.eligibility import CoverageQuestion


def asks_by_file(question: CoverageQuestion) -> None:
    """A payer that takes eligibility inquiries by X12 file: the answer comes later, in a 271."""
