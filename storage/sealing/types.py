"""Column types whose values are sealed in the database, and plain for whoever reads and writes them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json
from sqlalchemy import JSON, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from storage.sealing.keys import MARK, of_dialect

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class Sealed(TypeDecorator[str]):
    """A text that is sealed in the database.

    Values that are not sealed yet are read as they are. The empty text stays empty: that there is none is no
    secret, and conditions may ask for it.
    """

    impl = Text
    cache_ok = True

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
