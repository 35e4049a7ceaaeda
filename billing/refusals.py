"""What may be refused: every refusal is a type that writes its own sentence."""

from __future__ import annotations

from typing import Any, Final

_PLAIN_DECIMAL: Final = "write digits and a decimal point, like 1250.00"


class Refusal(Exception):
    """Something was asked for that the rules, the data or the configuration do not allow.

    The text is one line for a person: it names the thing, the place and what to do.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """A refusal crosses from one process to another as what it says, whatever it was made of."""
        return _again, (type(self), str(self), self.__dict__)


def _again(kind: type[Refusal], text: str, kept: dict[str, Any]) -> Refusal:
    made = kind.__new__(kind, text)
    made.args = (text,)
    made.__dict__.update(kept)
    return made


class CurrencyMismatch(Refusal):
    """A refusal: two amounts of different currencies met."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"amounts in {one} and {other} cannot be combined: keep one currency an account")


class BadAmount(Refusal):
    """A refusal: a text that should be an amount is none."""

    def __init__(self, text: str, currency: str, do: str = _PLAIN_DECIMAL) -> None:
        shown = text if len(text) <= 30 else text[:30] + "…"  # noqa: PLR2004
        super().__init__(f"{shown!r} is not an amount in {currency}: {do}")


class TooFine(BadAmount):
    """A refusal: an amount has more decimals than its currency."""

    def __init__(self, text: str, currency: str, places: int) -> None:
        do = f"write it with {places} decimals" if places else "write it without decimals"
        super().__init__(text, currency, f"it is finer than the currency; {do}")


class UnclearAmount(BadAmount):
    """A refusal: the point in an amount may stand before decimals or between thousands."""

    def __init__(self, text: str, currency: str) -> None:
        whole, _, part = text.partition(".")
        Refusal.__init__(
            self,
            f"{text!r} in {currency} may be {whole} or {whole}{part}: write it without a point, or with as "
            "many decimals as the currency has",
        )
