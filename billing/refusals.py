"""What may be refused: every refusal is a type that writes its own sentence."""


class Refusal(Exception):
    """Something was asked for that the rules, the data or the configuration do not allow.

    The text is one line for a person: it names the thing, the place and what to do.
    """


class CurrencyMismatch(Refusal):
    """Two amounts of different currencies met."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"amounts in {one} and {other} cannot be combined: keep one currency an account")


class BadAmount(Refusal):
    """A text that should be an amount is none."""

    def __init__(self, text: str, currency: str) -> None:
        shown = text if len(text) <= 30 else text[:30] + "…"  # noqa: PLR2004
        super().__init__(
            f"{shown!r} is not an amount in {currency}: write digits and a decimal point, like 1250.00"
        )
