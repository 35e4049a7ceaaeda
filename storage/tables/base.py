"""What every table shares: how moments, amounts and JSON values are stored, and partial indexes.

Times are UTC, amounts are minor units, days are local days of the customer unless a column says otherwise.
"Only once" is always a unique key here, never a check in code.
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
    """A moment, stored and read as UTC. SQLite keeps no zone, so the conversion is done here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite gets it without a zone.

        Raises:
            TypeError: the moment has no zone, so which instant it means is unknown.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a stored moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read the stored moment as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits; SQLite numbers rows by itself only where the key is its plain ``INTEGER``."""
Packed: Final = JSON().with_variant(JSONB, "postgresql")
"""A JSON value; PostgreSQL can look inside it (``JSONB``)."""


class Table(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        # Constraints get fixed names: a migration can drop one only by its name, on both databases.
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
    """A unique partial index: at most one row per value of ``column`` among those that meet ``condition``.

    It guards states such as "one open promise per account" while closed rows may be many.
    """
    return Index(name, column, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


def where(name: str, column: str, condition: str) -> Index:
    """A partial index over the rows that meet ``condition``.

    A queue query then costs what is waiting, however many finished rows the table has.
    """
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))
