"""The time-lapse: a plan is agreed, a payment comes in between, silence ends at the desk."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich import box
from rich.align import Align
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.demo.people import PEOPLE, ZONE
from handlers.desk.overview import lines
from storage.desk import escalations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import Console

    from bot.demo.clinic import Bubble, Clinic
    from bot.demo.people import Sample
    from handlers.desk.overview import AccountLine

ADA, BO, CARLA = PEOPLE[:3]
COLOURS: Final = {ADA.id: "cyan", BO.id: "magenta", CARLA.id: "green"}
TALK: Final = (
    "hi, what's this about? how much do I owe",
    "1984-02-28",
    "why is it so much?",
    "can I pay in parts",
    "3 months",
    "on the 15th",
    "yes please",
)
BUBBLE: Final = 62
DAYS: Final = 100
STATES: Final = {
    "on_plan": "on a plan",
    "flagged": "flagged: a person decides",
    "settled": "settled",
    "current": "not due yet",
    "overdue": "overdue",
}


async def show(clinic: Clinic, console: Console) -> None:
    """Play the time-lapse on a console."""
    console.print()
    console.print(Rule("[bold]Kvitt[/] · the billing representative you can text", style="blue"))
    console.print(Align.center(Text("A sample clinic, three customers, one hundred days.", style="dim")))
    console.print()
    with _timeline(clinic, console):
        await _until_reminded(clinic)
    _heading(console, f"{ADA.name} texts back")
    with _conversation(clinic, console, ADA):
        for text in TALK:
            await clinic.text(ADA, text)
    _heading(console, "The days go by")
    with _timeline(clinic, console):
        await _days(clinic, 4)
        clinic.pay("B-1003", 18000, "D-1")
        _event(console, clinic.clock(), CARLA, "pays $180.00: the reminders stop")
        await _days(clinic, DAYS, instalments=3)
    _ending(clinic, console)


async def _until_reminded(clinic: Clinic) -> None:
    while not clinic.screens[ADA.address]:
        await clinic.advance(timedelta(days=1))


async def _days(clinic: Clinic, days: int, instalments: int = 0) -> None:
    """Let days go by; Ada pays her instalments."""
    for _ in range(days):
        local = clinic.clock().astimezone(ZONE)
        if instalments and local.day == _PAY_DAY:
            clinic.pay("ada", 20000, f"A-{local.date()}")
            instalments -= 1
        await clinic.advance(timedelta(days=1))


_PAY_DAY: Final = 15


@contextmanager
def _conversation(clinic: Clinic, console: Console, person: Sample) -> Iterator[None]:
    """Show one handset's messages as they arrive, as bubbles."""

    def bubble(address: str, one: Bubble) -> None:
        if address == person.address:
            console.print(_bubble(one))

    clinic.on_bubble = bubble
    yield
    clinic.on_bubble = _nothing


@contextmanager
def _timeline(clinic: Clinic, console: Console) -> Iterator[None]:
    """Show what is sent to anybody, a line each."""
    people = {person.address: person for person in PEOPLE}

    def event(address: str, one: Bubble) -> None:
        person = people[address]
        if person.id in COLOURS and not one.mine:
            _event(console, one.at, person, one.text.splitlines()[0], sent=True)

    clinic.on_bubble = event
    yield
    clinic.on_bubble = _nothing


def _nothing(_address: str, _bubble: Bubble) -> None:
    """Show nothing."""


def _event(console: Console, at: datetime, person: Sample, what: str, *, sent: bool = False) -> None:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(min_width=17, style="dim", no_wrap=True)
    row.add_column(min_width=12, style=f"bold {COLOURS[person.id]}", no_wrap=True)
    row.add_column(width=1)
    row.add_column(ratio=1)
    mark = Text("▸", style="blue") if sent else Text("●", style="green")
    row.add_row(f"{at.astimezone(ZONE):%a %b %d, %H:%M}", person.name, mark, what)
    console.print(row)


def _bubble(one: Bubble) -> Align:
    body = Text(one.text)
    width = min(BUBBLE, max(len(line) for line in one.text.splitlines() or [""]) + 4)
    style = "green" if one.mine else "blue"
    panel = Panel(body, box=box.ROUNDED, border_style=style, width=max(width, 12), padding=(0, 1))
    return Align(panel, "right" if one.mine else "left")


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Rule(Text(text, style="bold"), align="left", style="blue"))


def _ending(clinic: Clinic, console: Console) -> None:
    with clinic.database.read() as session:
        found = list(lines(clinic.context(session)))
        cases = [case for case in escalations.queue(session) if case.customer_id in COLOURS]
    _heading(console, "Where it ends")
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for column in ("customer", "left to pay", "state", "levels reached"):
        table.add_column(column, justify="right" if column == "left to pay" else "left")
    for line in found:
        if line.customer_id in COLOURS:
            table.add_row(*_row(line))
    console.print(table)
    names = {line.customer_id: line.name for line in found}
    for case in cases:
        who = names.get(case.customer_id or "", "")
        console.print(f"[bold red]●[/] For the desk, {who}, bill {case.bill_id}: {case.reason}.")
    console.print("  [dim]kvitt placements approve hands it to a collector; nothing else does.[/]")
    console.print()


def _row(line: AccountLine) -> tuple[str, str, str, str]:
    left = f"${line.balance / 100:,.2f}"
    return line.name, left, STATES.get(line.state, line.state), str(line.level or "-")
