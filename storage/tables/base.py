"""What every table shares: how moments, amounts and packed values are kept.

Times are UTC, amounts are minor units, days are local days of whoever they concern. "Only once" is
always a unique key here, never a check in code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. SQLite keeps no zone, so every moment goes in and comes out as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; hand SQLite plain UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a stored moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Every moment comes out as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId: Final = BigInteger().with_variant(Integer, "sqlite")
Packed: Final = JSON().with_variant(JSONB, "postgresql")


class Table(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: Final = {
        datetime: UtcDateTime,
        str: Text,
        int: BigId,
        dict[str, Any]: Packed,
        list[str]: Packed,
        list[dict[str, Any]]: Packed,
    }


def only_one_where(name: str, column: str, condition: str) -> Index:
    """At most one row a value among those for which a condition holds."""
    return Index(name, column, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


def where(name: str, column: str, condition: str) -> Index:
    """An index over the rows for which a condition holds, so that its size is what is due."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))
