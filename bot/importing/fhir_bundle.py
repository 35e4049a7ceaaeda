"""A FHIR R4 bundle as resources to look up, whose fields know their path for error messages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from billing.given_files import regular
from billing.ledger.money import Money, exponent
from bot.importing.table import FileRefused
from bot.importing.tally import BadField, SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

LARGEST: Final = Decimal(10**13)
"""No amount is larger, in whole units: databases keep 64 bits."""
COLUMNS: Final = ("resourceType", "id")
_MONTH_OR_YEAR: Final = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a FHIR resource with its path; an absent one is a node without a value."""

    value: Any
    path: str

    def __getitem__(self, name: str) -> Node:
        """The value under a name."""
        found = self.value.get(name) if isinstance(self.value, dict) else None
        return Node(found, f"{self.path}.{name}" if self.path else name)

    def each(self) -> list[Node]:
        """The members of a list; none where it is absent.

        Raises:
            BadField: it is no list.
        """
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise BadField(self.path, "is no list")
        return [Node(value, f"{self.path}[{at}]") for at, value in enumerate(self.value)]

    @property
    def first(self) -> Node:
        """The first member of a list; without a value where there is none."""
        return next(iter(self.each()), Node(None, self.path))

    @property
    def text(self) -> str:
        """A text; empty where it is absent.

        Raises:
            BadField: it is no text.
        """
        if self.value is None:
            return ""
        if not isinstance(self.value, str) or "\0" in self.value:
            raise BadField(self.path, "is no text")
        return self.value.strip()

    @property
    def need(self) -> str:
        """A text that must be there.

        Raises:
            BadField: it is absent, or no text.
        """
        found = self.text
        if not found:
            raise BadField(self.path, "is missing")
        return found

    @property
    def number(self) -> Decimal | None:
        """A number as it was written; none where it is absent.

        Raises:
            BadField: it is no number, or larger than any amount.
        """
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            raise BadField(self.path, "is no number")
        found = Decimal(self.value)
        if not abs(found) < LARGEST:
            raise BadField(self.path, "is larger than any bill; check the decimal point")
        return found

    def amount(self, currency: str) -> Decimal | None:
        """An amount of money in minor units, as fine as it was written; none where it is absent.

        Raises:
            BadField: it is no number, or in another currency than ``currency``.
        """
        found = self["value"].number
        if found is None:
            return None
        stated = self["currency"].text or currency
        if stated != currency:
            raise BadField(f"{self.path}.currency", f"found {stated}, but the total is in {currency}")
        return found.scaleb(exponent(currency))

    def first_day(self) -> date | None:
        """The first day of a year or a month that is written without a day; None where a day is written."""
        written = self.text
        whole = _MONTH_OR_YEAR.fullmatch(written)
        return date(int(whole[1]), int(whole[2] or 1), 1) if whole else None

    def day(self, zone: ZoneInfo | None) -> date:
        """The day of a moment or a date where the patient lives; without a zone, where it was written.

        Raises:
            BadField: it is absent or no moment.
        """
        written = self.need
        try:
            if len(written) == len("2021-08-23"):
                return date.fromisoformat(written)
            moment = datetime.fromisoformat(written)
        except ValueError:
            raise BadField(self.path, f"{written[:40]!r} is no moment") from None
        return moment.astimezone(zone).date() if zone and moment.tzinfo else moment.date()


@dataclass(frozen=True, slots=True)
class Resource(Node):
    """A resource with the entry of the bundle it is in."""

    place: SourceRow


class Bundle:
    """The resources of one file."""

    def __init__(self, file: Path) -> None:
        """Read a file.

        Raises:
            FileRefused: it cannot be opened, is no JSON, or no bundle of FHIR resources.
        """
        self.file = file
        self._resources: list[Resource] = []
        self._by_reference: dict[str, Resource] = {}
        entries = _read(file).get("entry", [])
        if not isinstance(entries, list):
            raise FileRefused(file, "entry is no list; it must hold the resources of the bundle")
        for number, entry in enumerate(entries, 1):
            self._add(number, entry)

    def of(self, kind: str) -> Iterator[Resource]:
        """The resources of one type, in the order of the file."""
        return (one for one in self._resources if one.value.get("resourceType") == kind)

    def find(self, reference: str, within: Node | None = None) -> Node:
        """What a reference points at, in the bundle or contained in a resource; else without a value."""
        if reference.startswith("#") and within is not None:
            contained = (one for one in within["contained"].each() if f"#{one['id'].text}" == reference)
            return next(contained, Node(None, reference))
        return self._by_reference.get(reference, Node(None, reference))

    def _add(self, number: int, entry: Any) -> None:
        found = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
            raise FileRefused(self.file, f"entry {number} holds no resource")
        kind, named = found["resourceType"], str(found.get("id", ""))
        resource = Resource(found, kind, SourceRow(self.file, number, COLUMNS, (kind, named)))
        self._resources.append(resource)
        self._by_reference.setdefault(f"{kind}/{named}", resource)
        self._by_reference.setdefault(f"urn:uuid:{named}", resource)
        if isinstance(entry.get("fullUrl"), str):
            self._by_reference[entry["fullUrl"]] = resource


def minor(amount: Decimal) -> int:
    """An amount of a FHIR bundle rounded to the minor unit."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def plain(amount: int, currency: str) -> str:
    """Minor units of a FHIR bundle's amount as a plain decimal."""
    return Money(amount, currency).plain()


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(
            regular(file).read_text(encoding="utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant
        )
    except OSError as error:
        raise FileRefused(file, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise FileRefused(file, "is not UTF-8 text; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise FileRefused(file, f"{where}: is no JSON ({error.msg})") from None
    except (RecursionError, ValueError, InvalidOperation):
        raise FileRefused(file, "is no JSON that can be read; export the bundle again") from None
    if not isinstance(found, dict) or found.get("resourceType") != "Bundle":
        raise FileRefused(file, "is no FHIR bundle; its resourceType must be Bundle")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)
