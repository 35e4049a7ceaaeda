"""Kvitt's own CSV files: customers, coverages, bills and charges, row by row."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from billing.bills.bills import BillState
from billing.refusals import Refusal
from bot.importing import columns, coverage_terms, preferences
from bot.importing.fields import Fields
from bot.importing.stages import ChargeLine, ImportStage
from bot.importing.table import CsvTable, FileRefused, carried_over
from bot.importing.tally import SUFFIX, BadField, Reject
from handlers.bills.bills import BillRow
from handlers.payers.planning import ServiceRow
from handlers.people.register import Coverage, CustomerRow, Payer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from bot.importing.stages import Item, Kind, Row
    from bot.importing.tally import SourceRow
    from handlers.people.register import Consent

_KINDS: Final[tuple[Kind, ...]] = ("payments", "charges", "coverages", "services", "bills", "customers")
"""In the order in which a file's columns are compared with theirs: those with more to ask for first."""
REQUIRED: Final[Mapping[Kind, tuple[str, ...]]] = {kind: columns.kinds()[kind].required for kind in _KINDS}
OPTIONAL: Final[Mapping[Kind, tuple[str, ...]]] = {kind: columns.kinds()[kind].optional for kind in _KINDS}
BILL_STATES = (BillState.ISSUED, BillState.OPEN)
"""As another system issued it, or to be issued by our billing run."""
PAYER_KINDS = ("insurer", "agency", "employer", "other")


class NothingToImport(Refusal):
    """The paths given hold no file that can be imported."""

    def __init__(self, paths: Iterable[Path]) -> None:
        super().__init__(
            f"{', '.join(map(str, paths))}: nothing to import; expected customers.csv, coverages.csv, "
            "bills.csv, charges.csv or services.csv"
        )


class NoSuchPath(Refusal):
    """The path of a CSV file or folder does not exist."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: no such file or folder")


class UnknownTable(FileRefused):
    """Neither the name nor the header of a file shows its kind."""

    def __init__(self, file: Path) -> None:
        expected = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in REQUIRED.items())
        super().__init__(
            file,
            f"neither its name nor its columns show its kind; expected {expected}. For another system's "
            f"export kvitt import --guess {file.name} proposes a mapping",
        )


class GuardMisspelt(FileRefused):
    """A file has a column that seems to protect people, under a name that is not known."""

    def __init__(self, file: Path, name: str, near: str) -> None:
        super().__init__(
            file,
            f"column {name!r}: did you mean {near}? It protects people, so nothing is imported without it: "
            "name it so, or otherwise if it is something else",
        )


def stages(
    tables: dict[Kind, list[CsvTable]], today: date, consents: tuple[Consent, ...]
) -> tuple[list[ImportStage], list[Path]]:
    """What the tables hold in the order it is registered; and the files they were."""

    def stage(kind: Kind, read: Callable[[Fields], Row]) -> ImportStage:
        found = tables[kind]
        items = chain.from_iterable(parsed(table, REQUIRED[kind][0], read, today) for table in found)
        return ImportStage(kind, sum(table.rows for table in found), items)

    people = ImportStage(
        "customers",
        sum(table.rows for table in tables["customers"]),
        _guarantors_first(tables["customers"], today, consents),
    )
    files = [table.file for found in tables.values() for table in found]
    rest = [
        stage("coverages", coverage),
        stage("bills", bill),
        stage("charges", charge),
        stage("services", service),
    ]
    return [one for one in (people, *rest) if one.total], files


def tables_in(paths: Sequence[Path]) -> tuple[dict[Kind, list[CsvTable]], list[str]]:
    """The files by kind, and notes for the operator.

    Raises:
        NoSuchPath: a path does not exist.
        NothingToImport: there is no file to import.
        FileRefused: a file cannot be read, or lacks a required column.
    """
    tables: dict[Kind, list[CsvTable]] = {kind: [] for kind in REQUIRED}
    for file in _files(paths):
        table = CsvTable(file)
        kind = kind_of(table)
        table.require(REQUIRED[kind], kind)
        tables[kind].append(table)
    notes = [f"{table.file.name}: left alone; use kvitt payments import" for table in tables.pop("payments")]
    if not any(tables.values()):
        raise NothingToImport(paths)
    for kind, found in tables.items():
        for table in found:
            notes += [*table.notes, *_unused(kind, table)]
    return tables, notes


def kind_of(table: CsvTable) -> Kind:
    """The kind of a file, by its name, else by its columns.

    Raises:
        UnknownTable: neither fits a kind.
    """
    words = set(re.split(r"[^a-z]+", table.file.name.lower()))
    for kind in REQUIRED:
        if kind in words:
            return kind
    for kind, names in REQUIRED.items():
        if set(names) <= set(table.columns):
            return kind
    raise UnknownTable(table.file)


def parsed(table: CsvTable, key: str, read: Callable[[Fields], Row | None], today: date) -> Iterator[Item]:
    """Every row of a CSV file as a record or a reject; a row may also give None.

    A row that repeats an earlier one is taken again, which changes nothing; one that contradicts an earlier
    one with the same ``key`` is set aside. Without a key rows are not compared.
    """
    seen: dict[str, SourceRow] = {}
    for place in table:
        try:
            fields = Fields.of(place, today, table.empty_days)
            row = read(fields)
            if key:
                _agree(key, fields.text(key), seen.setdefault(fields.text(key), place), place)
        except BadField as refusal:
            yield Reject.because(place, refusal)
        else:
            if row is not None:
                yield place, row


def _agree(key: str, named: str, first: SourceRow, place: SourceRow) -> None:
    if first.values != place.values:
        raise BadField(key, f"{named!r} is on line {first.line} with other content; keep one of them")


def customer(fields: Fields, consents: tuple[Consent, ...] = ()) -> CustomerRow:
    """A person of ``customers.csv``."""
    country = fields.country("country", "region")
    named = fields.need("customer_id")
    return CustomerRow(
        id=named,
        name=fields.need("name"),
        birth_date=fields.past_day("birth_date"),
        phone=fields.text("phone"),
        email=fields.email("email"),
        language=fields.language("language"),
        timezone=fields.zone("timezone"),
        country=country,
        region=fields.region("region", country),
        address=fields.text("address"),
        postal_code=fields.text("postal_code"),
        city=fields.text("city"),
        guarantor_id=fields.text("guarantor_id") if fields.text("guarantor_id") != named else None,
        died_on=_died_on(fields),
        note=_note(fields),
        consents=(*preferences.consents(fields), *consents),
        concerns=_concerns(fields),
        opted_out=preferences.opted_out(fields),
        prefers=preferences.hours(fields),
    )


def coverage(fields: Fields) -> Coverage:
    """A coverage of ``coverages.csv``."""
    kind = fields.one_of("payer_kind", PAYER_KINDS, "insurer")
    starts_on, ends_on = fields.need_day("starts_on"), fields.day("ends_on")
    if ends_on and ends_on < starts_on:
        raise BadField("ends_on", f"{ends_on} is before starts_on {starts_on}")
    return Coverage(
        id=fields.need("coverage_id"),
        customer_id=fields.need("customer_id"),
        payer=Payer(fields.need("payer_id"), fields.need("payer_name"), kind),
        member_id=fields.text("member_id"),
        priority=fields.rank("priority"),
        starts_on=starts_on,
        ends_on=ends_on,
        kind=fields.text("coverage_kind"),
        terms=coverage_terms.terms(fields),
    )


def service(fields: Fields) -> ServiceRow:
    """A planned service of ``services.csv``."""
    return ServiceRow(
        id=fields.need("service_id"),
        customer_id=fields.need("customer_id"),
        service_on=fields.need_day("service_on"),
        code_system=fields.need("code_system"),
        code=fields.need("code"),
        description=fields.text("description"),
        quantity=fields.quantity("quantity"),
    )


def bill(fields: Fields) -> BillRow:
    """A bill of ``bills.csv``; one that is open has no days yet: the billing run sets them."""
    currency = fields.currency("currency")
    state = BillState(fields.one_of("state", BILL_STATES, BillState.ISSUED))
    if state is BillState.OPEN:
        issued_on = fields.day("issued_on") or fields.today
        due_on = fields.day("due_on") or issued_on
    else:
        issued_on, due_on = fields.need_day("issued_on"), fields.need_day("due_on")
    if due_on < issued_on:
        raise BadField("due_on", f"{due_on} is before issued_on {issued_on}")
    sent_on = fields.day("sent_on")
    if sent_on and state is BillState.OPEN:
        raise BadField("sent_on", f"is {sent_on}, but state is open: what was sent is issued")
    return BillRow(
        id=fields.need("bill_id"),
        customer_id=fields.need("customer_id"),
        issued_on=issued_on,
        due_on=due_on,
        currency=currency,
        total=fields.positive("amount", currency),
        description=fields.text("description"),
        state=state,
        sent_on=sent_on,
        fee_agreed=fields.yes("fee_agreed_at_origin"),
        estimate=fields.money("estimate_amount", currency) if fields.text("estimate_amount") else None,
        ledger=fields.ledger("ledger"),
    )


def charge(fields: Fields) -> ChargeLine:
    """A line of ``charges.csv``; its amount is read once the bill's currency is known."""
    return ChargeLine(
        id=fields.need("charge_id"),
        bill_id=fields.need("bill_id"),
        position=fields.line,
        service_on=fields.need_day("service_on"),
        description=fields.need("description"),
        unit_amount=fields.need("unit_amount"),
        unit_column="unit_amount",
        quantity=fields.quantity("quantity"),
        code_system=fields.text("code_system"),
        code=fields.text("code"),
    )


def _guarantors_first(
    tables: Sequence[CsvTable], today: date, consents: tuple[Consent, ...]
) -> Iterator[Item]:
    """Customers without a guarantor first, then their dependants, who refer to them."""

    def read(fields: Fields) -> CustomerRow:
        return customer(fields, consents)

    for dependent in (False, True):
        for table in tables:
            for item in parsed(table, "customer_id", read, today):
                if isinstance(item, Reject):
                    if not dependent:
                        yield item
                elif isinstance(item[1], CustomerRow) and bool(item[1].guarantor_id) is dependent:
                    yield item


def _files(paths: Sequence[Path]) -> list[Path]:
    """The files meant, each once; in a folder every CSV file but the lists of rejects."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NoSuchPath(path)
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
            found += [file for file in inside if not file.name.endswith(SUFFIX)]
        else:
            found.append(path)
    return each_once(found)


def each_once(files: Iterable[Path]) -> list[Path]:
    """The files without those that are named a second time, in whatever spelling."""
    return list({file.resolve(): file for file in reversed(list(files))}.values())[::-1]


def _unused(kind: Kind, table: CsvTable) -> Iterator[str]:
    """Note unknown columns: only customers store them (as tags), other kinds ignore them.

    Raises:
        GuardMisspelt: one seems to be a column that protects people.
    """
    known = {*columns.kinds()[kind].known, *carried_over(table.columns), ""}
    unknown = [name for name in table.columns if name not in known]
    fate = "it was kept as a tag" if kind == "customers" else "it was not kept"
    rest, there = [], frozenset(table.columns)
    for name in unknown:
        near = columns.meant(kind, name, there)
        if not near:
            rest.append(name)
        elif columns.kinds()[kind].column(near).guards:
            raise GuardMisspelt(table.file, name, near)
        else:
            yield f"{table.file.name}: column {name!r}: did you mean {near}? {fate}; rename it there"
    if rest and kind != "customers":
        yield f"{table.file.name}: column {', '.join(rest)} is not known here and was not kept"


def _died_on(fields: Fields) -> date | None:
    died_on, birth_date = fields.past_day("died_on"), fields.past_day("birth_date")
    if died_on and birth_date and died_on < birth_date:
        raise BadField("died_on", f"{died_on} is before birth_date {birth_date}")
    return died_on


def _concerns(fields: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for concern in filter(None, (part.strip() for part in fields.text("concerns").split(";"))):
        kind, _, detail = (part.strip() for part in concern.partition(":"))
        if not kind:
            raise BadField("concerns", f"{concern!r} has no kind; write kind or kind:detail")
        found[kind.lower()] = detail
    return found


def _note(fields: Fields) -> str:
    known = columns.kinds()["customers"].known | fields.carried_over
    return "; ".join(
        filter(None, [fields.text("note"), *(f"{name}={value}" for name, value in fields.others(known))])
    )
