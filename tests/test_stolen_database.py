"""A stolen database file: what identifies the people in it cannot be read there."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from rich.console import Console

from bot.demo import timelapse
from bot.demo.clinic import Clinic
from bot.demo.people import PEOPLE
from storage.database import schema
from storage.database.transaction import Database
from tests.keys import KEYS
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Databases

MONTHS: Final = (
    ("january", "enero", "januari"), ("february", "febrero", "februari"), ("march", "marzo", "mars"),
    ("april", "abril", "april"), ("may", "mayo", "maj"), ("june", "junio", "juni"),
    ("july", "julio", "juli"), ("august", "agosto", "augusti"), ("september", "septiembre", "september"),
    ("october", "octubre", "oktober"), ("november", "noviembre", "november"),
    ("december", "diciembre", "december"),
)  # fmt: skip


def _spellings(day: date) -> set[str]:
    """How people and files write a day: its numbers in every order, and the month's name or its beginning."""
    years, months, days = (
        {f"{day:%Y}", f"{day:%y}"},
        {f"{day:%m}", str(day.month)},
        {f"{day:%d}", str(day.day)},
    )
    found = {f"{day:%Y%m%d}", f"{day:%d%m%Y}", f"{day:%m%d%Y}"}
    for year in years:
        for month in months:
            for number in days:
                for between in "-/. ":
                    found |= {between.join(parts) for parts in (
                        (year, month, number), (number, month, year), (month, number, year),
                    )}  # fmt: skip
    names = {part for name in MONTHS[day.month - 1] for part in (name, name[:3])}
    for name in names:
        for number in days:
            found |= {f"{number} {name}", f"{number}. {name}", f"{name} {number}", f"{number} de {name}"}
    # Two digits in a row of few digits are found anywhere by chance.
    return {one for one in found if len(one) >= 6}


def _found(folder: Path, wanted: Iterable[str]) -> set[str]:
    """What is found in any file of the folder but those of the keys; capitals do not matter."""
    kept = b"\n".join(
        file.read_bytes().lower() for file in folder.iterdir() if file.is_file() and file.suffix != ".key"
    )
    return {one for one in wanted if one.lower().encode() in kept}


@pytest.mark.slow
def test_the_demo_people_are_not_born_in_a_stolen_file() -> None:
    """File, log and free pages of the demo after a hundred days and every identity question answered."""
    clinic = Clinic()
    folder = Path(str(clinic.database.engine.url.database)).parent
    asyncio.run(_played(clinic))
    born = {spelled for person in PEOPLE for spelled in _spellings(person.born)}
    assert _found(folder, born) == set()
    phones = {person.address for person in PEOPLE if person.address.startswith("+")}
    assert _found(folder, phones) == phones  # which are excepted: the search finds what is there
    clinic.close()


async def _played(clinic: Clinic) -> None:
    await timelapse.show(clinic, Console(file=StringIO()))
    for person in PEOPLE:
        for text in (
            "What do I owe?",
            f"{person.born:%d %B %Y}",
            f"{person.born:%m/%d/%Y}",
            f"{person.born}",
        ):
            await clinic.text(person, text)
        await clinic.advance(timedelta(days=1))


def test_numbers_that_customers_write_are_not_found(sqlite_databases: Databases) -> None:
    """A member number, a personal number and an account number, in whatever talk they were written."""
    database = Database(sqlite_databases(), KEYS)
    world = World(database)
    world.customer()
    world.bill()
    numbers = ("HX-7731904", "800228-1239", "DE89370400440532013000")
    for text in (
        "What do I owe?", "1980-02-28", "I have a new insurance", "Blue Harbor", numbers[0], "2026-01-01",
        f"my personal number is {numbers[1]}", f"I want to talk to a person, refund to {numbers[2]}",
        "this is wrong", f"the bill is for {numbers[1]}, not me",
    ):  # fmt: skip
        world.says(text)
    file = Path(str(database.engine.url.database))
    kept = b"".join(
        Path(f"{file}{end}").read_bytes() for end in ("", "-wal") if Path(f"{file}{end}").exists()
    )
    assert [number for number in numbers if number.encode() in kept] == []
    assert [spelled for spelled in _spellings(date(1980, 2, 28)) if spelled.encode() in kept.lower()] == []
    assert b"+15035550142" in kept
    database.close()


def test_a_plain_file_would_have_been_found(tmp_path: Path) -> None:
    """The search itself finds a day and a number, as text and as JSON."""
    (tmp_path / "plain.db").write_text(json.dumps({"said": "Born 28 February 1980, HX-7731904"}))
    assert _found(tmp_path, {*_spellings(date(1980, 2, 28)), "HX-7731904"}) == {
        "28 february",
        "28 feb",
        "HX-7731904",
    }


def test_free_pages_keep_nothing_after_the_rows_were_sealed(tmp_path: Path) -> None:
    """Texts that were deleted before the upgrade are gone from the file, and from its log."""
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    schema.ensure(database.engine)
    with database.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE leaving (words TEXT)")
        session.connection().exec_driver_sql(
            "INSERT INTO leaving SELECT 'born 1980-02-28' FROM sqlite_master"
        )
    with database.write() as session:
        session.connection().exec_driver_sql("DROP TABLE leaving")
    assert _found(tmp_path, {"1980-02-28"}) == {"1980-02-28"}
    schema.tidy(database.engine)
    assert _found(tmp_path, {"1980-02-28"}) == set()
    database.close()
