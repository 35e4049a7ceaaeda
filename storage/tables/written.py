"""Column types for what people write: no card number reaches the database, whichever way a text takes.

A number that we issued ourselves as a reference remains: the database is asked, which happens only for texts
that have a number like that of a card.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, Text, bindparam, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from billing import number_runs
from billing.bills.reference_numbers import bill_number_of
from billing.card_numbers import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Dialect, Engine
    from sqlalchemy.sql.operators import OperatorType
    from sqlalchemy.types import TypeEngine

_connection: ContextVar[Connection | None] = ContextVar("connection", default=None)
"""Where the statement runs whose values are converted."""
_ISSUED: Final = text(
    "SELECT 1 FROM bills WHERE id = :digits OR invoice_number = :digits OR number = :number UNION ALL "
    "SELECT 1 FROM customers WHERE id = :digits UNION ALL "
    "SELECT 1 FROM accounts WHERE id = :digits UNION ALL "
    "SELECT 1 FROM claims WHERE key = :digits LIMIT 1"
).bindparams(bindparam("digits", type_=Text()), bindparam("number"))
_NO_NUMBER: Final = -1
_SHORTEST: Final = 6
_FEW_DIGITS: Final = re.compile(number_runs.DIGIT * 3)
"""The least that a security code, let alone a number, has of digits; most texts have less."""


def issued_by(connection: Connection) -> Callable[[str], bool]:
    """Whether digits are a reference of ours: a bill, an OCR number, a customer, an account or a claim."""

    def issued(digits: str) -> bool:
        number = bill_number_of(digits)
        values = {"digits": digits, "number": _NO_NUMBER if number is None else number}
        return connection.execute(_ISSUED, values).first() is not None

    return issued


def watch(engine: Engine) -> None:
    """Let the types of an engine's statements ask which references are ours."""
    event.listen(engine, "before_execute", watched)


def watched(connection: Connection, *_: Any) -> None:
    """Values are converted for a statement of this connection from here on."""
    _connection.set(connection)


def cleared(value: str) -> str:
    """A text as it may be stored by the statement that runs now."""
    if len(value) < _SHORTEST or _FEW_DIGITS.search(value) is None:
        return value
    connection = _connection.get()
    if connection is None or connection.closed:
        return masked(value)
    return masked(value, issued_by(connection))


def cleared_json(value: Any) -> Any:
    """A JSON value as it may be stored: every text in it is cleared; the same object if nothing is in it."""
    match value:
        case str():
            return cleared(value)
        case dict():
            found = {cleared(key): cleared_json(one) for key, one in value.items()}
            return value if all(one is value.get(key) for key, one in found.items()) else found
        case list() | tuple():
            listed = [cleared_json(one) for one in value]
            return value if all(one is other for one, other in zip(value, listed, strict=True)) else listed
    return value


class Written(TypeDecorator[str]):
    """A text that somebody wrote, or that quotes what somebody wrote."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Mask card numbers in a text."""
        return cleared(value) if value else value


class WrittenJson(TypeDecorator[Any]):
    """A JSON value with texts that somebody wrote."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """JSONB on PostgreSQL, which can look inside it."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> Any:
        """As for any JSON value."""
        return self.impl_instance.coerce_compared_value(op, value)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Mask card numbers in every text of a value."""
        return cleared_json(value) if value else value


def is_written(kind: TypeEngine[Any]) -> bool:
    """Whether values of a column's type are cleared, before they are sealed as well."""
    return isinstance(getattr(kind, "inner", None) or kind, Written | WrittenJson)
