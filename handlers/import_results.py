"""Results of imported rows, and refusals for ids that are not registered."""

from __future__ import annotations

from enum import StrEnum

from billing.refusals import Refusal


class ImportChange(StrEnum):
    """What a row did to the register."""

    NEW = "new"
    CHANGED = "changed"
    REPLACED = "replaced"
    """Changed, and a number or an e-mail address is retired for another one."""
    SAME = "same"


class UnknownCustomer(Refusal):
    """No customer has this id."""

    def __init__(self, customer_id: str, place: str = "") -> None:
        super().__init__(_at(place) + f"no customer {customer_id!r} is registered; import them first")


class UnknownPayer(Refusal):
    """A payer is named that is not in the register."""

    def __init__(self, payer_id: str, place: str = "") -> None:
        super().__init__(
            _at(place) + f"no payer {payer_id!r} is registered; import a coverage of theirs first"
        )


class UnknownBill(Refusal):
    """A bill is named that is not in the register, or none that is ``what`` is asked for."""

    def __init__(
        self, name: str, place: str = "", *, what: str = "bill", hint: str = "import it first"
    ) -> None:
        super().__init__(_at(place) + f"no {what} {name!r} is registered; {hint}")


def _at(place: str) -> str:
    """Where it is named: a column, an option; nothing where the line itself says so."""
    return f"{place}: " if place else ""
