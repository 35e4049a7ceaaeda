"""Column types whose values are sealed in the database, and plain for whoever reads and writes them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import JSON, Column, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from storage.sealing.keys import MARK, of_dialect

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.sql.operators import OperatorType


def index_of(column: str, purpose: str) -> dict[str, str]:
    """Marks a column of keyed digests: of which sealed column of its table, and for which purpose."""
    return {INDEX_OF: column, PURPOSE: purpose}


def plain_of(column: str) -> dict[str, str]:
    """Marks a column of the release before whose plain values a sealed column has taken over."""
    return {PLAIN_OF: column}


PLAIN_OF: Final = "plain of"
INDEX_OF: Final = "index of"
PURPOSE: Final = "purpose"


class SealedCompared(TypeError):
    """A statement compares a sealed column with a value: the same value is sealed differently each time."""

    def __init__(self) -> None:
        super().__init__(
            "a sealed column cannot be compared in SQL: read it and compare in Python, "
            "or look it up by a keyed index (storage/sealing/vault.py)"
        )


class _Comparator(TypeDecorator.Comparator[Any]):
    """Refuses every condition on a sealed column but those on its being empty."""

    def operate(self, op: OperatorType, *other: Any, **more: Any) -> Any:
        """Build a condition.

        Raises:
            SealedCompared: it asks for more than emptiness.
        """
        if op in _HARMLESS or (op in _EQUALITY and _harmless(other[0])):
            return super().operate(op, *other, **more)
        raise SealedCompared


def _harmless(other: object) -> bool:
    """Whether emptiness is asked for; SQLAlchemy itself compares columns where it collects them."""
    return other is None or isinstance(other, Column) or (isinstance(other, str) and not other)


_HARMLESS: Final = {operators.is_, operators.is_not}
_EQUALITY: Final = {operators.eq, operators.ne}


class Sealed(TypeDecorator[str]):
    """A text that is sealed in the database.

    Values that are not sealed yet are read as they are. The empty text stays empty: that there is none is no
    secret, and conditions may ask for it.
    """

    impl = Text
    cache_ok = True
    comparator_factory = _Comparator

    def __init__(self, inner: TypeDecorator[str] | None = None) -> None:
        """With ``inner``, what that type makes of a text is sealed."""
        super().__init__()
        self.inner = inner

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal a text."""
        if value and self.inner is not None:
            value = self.inner.process_bind_param(value, dialect)
        return of_dialect(dialect).seal(value) if value else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Open a text."""
        return of_dialect(dialect).open(value) if value else value


class SealedDate(TypeDecorator[date]):
    """A day that is sealed in the database; only its being empty can be asked for there."""

    impl = Text
    cache_ok = True
    comparator_factory = _Comparator

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Seal a day."""
        return None if value is None else of_dialect(dialect).seal(value.isoformat())

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Open a day."""
        return None if value is None else date.fromisoformat(of_dialect(dialect).open(value))


class SealedJson(TypeDecorator[Any]):
    """A JSON value that is sealed in the database: kept there as one JSON string.

    Values that are not sealed yet are read as they are. An empty list or object stays what it is.
    """

    impl = JSON
    cache_ok = True
    comparator_factory = _Comparator

    def __init__(self, inner: TypeDecorator[Any] | None = None) -> None:
        """With ``inner``, what that type makes of a value is sealed."""
        super().__init__()
        self.inner = inner

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """JSONB on PostgreSQL, as before the columns were sealed."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Seal a value."""
        if value and self.inner is not None:
            value = self.inner.process_bind_param(value, dialect)
        return of_dialect(dialect).seal(to_json(value).decode()) if value else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Open a value."""
        if isinstance(value, str) and value.startswith(MARK):
            return from_json(of_dialect(dialect).open(value))
        return value
