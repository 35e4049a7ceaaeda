"""kvitt escalations: cases for a person, and what the person does about them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opened import opened, who
from bot.cli.output import print_json, print_line, print_list, print_table
from handlers.desk import queue

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.queue import CaseStory

escalations = typer.Typer(help="Cases that need a person.", no_args_is_help=True)

_Case = Annotated[int, typer.Argument(help="The case's number.")]
_Json = Annotated[bool, typer.Option("--json", help="The case afterwards, as one JSON object.")]
_Text = Annotated[str, typer.Argument(help="The text for the customer.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands about cases for a person, ``kvitt escalations``."""
    app.add_typer(escalations, name="escalations")


@escalations.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a case.")] = False,
) -> None:
    """List open cases by severity, then by deadline; snoozed ones come last."""
    with opened() as kvitt, kvitt.database.read() as session:
        found, now = queue.waiting(kvitt.context(session)), kvitt.now
    rows = (
        (
            case.id,
            case.kind.replace("_", " "),
            case.severity,
            case.customer_id,
            case.bill_id,
            f"{case.deadline:%Y-%m-%d %H:%MZ}{' overdue' if case.overdue(now) else ''}",
            case.owner,
            f"put off until {case.snoozed_until:%Y-%m-%d}" if case.snoozes(now) else case.reason,
        )
        for case in found
    )
    columns = ("case", "kind", "severity", "customer", "bill", "deadline", "owner", "why")
    print_list(found, columns, rows, "nothing needs a person", json=json)


@escalations.command("show")
def show(case: _Case, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show one case: what the customer wrote, and its history."""
    with opened() as kvitt, kvitt.database.read() as session:
        story = queue.story(session, case)
    if json:
        _print_story(story)
        return
    found = story.case
    whose = f"{found.owner} has it" if found.owner else "nobody has taken it"
    state = f"closed by {found.closed_by}: {found.outcome}" if found.closed_at else whose
    print_line(f"case {found.id}: {found.kind.replace('_', ' ')}, severity {found.severity}, {state}")
    print_line(f"    {found.reason}; answer by {found.deadline:%Y-%m-%d %H:%MZ}")
    for name, value in (("customer", found.customer_id), ("bill", found.bill_id), *found.detail.items()):
        if value:
            print_line(f"    {name}: {value}")
    rows = [(event.at, event.actor, event.what.value, _facts_line(event.detail)) for event in story.events]
    print_table(("at", "who", "did", "with"), rows, "nothing happened to it yet")


@escalations.command("take")
def take(case: _Case, json: _Json = False) -> None:
    """Assign a case to yourself; a case that a colleague has taken stays theirs."""
    from handlers.desk import cases  # noqa: PLC0415 - slow to load, and the list needs none of it

    with opened() as kvitt, kvitt.database.write() as session:
        cases.take(kvitt.context(session), case, who())
        _done(session, case, f"case {case} is yours", json=json)


@escalations.command("answer")
def answer(
    case: _Case,
    text: _Text,
    close: Annotated[bool, typer.Option("--close", help="Close the case with this answer.")] = False,
    json: _Json = False,
) -> None:
    """Answer the customer in a case."""
    from handlers.desk import cases  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.write() as session:
        cases.answer(kvitt.context(session), case, who(), text, and_close=close)
        closed = ", and the case closed" if close else ""
        _done(session, case, f"case {case}: the answer is queued{closed}", json=json)


@escalations.command("reply")
def reply(case: _Case, text: _Text) -> None:
    """Answer the customer in a case, and leave it open."""
    answer(case, text)


@escalations.command("snooze")
def snooze(
    case: _Case,
    days: Annotated[int, typer.Option(min=1, max=30, help="For how many days.")] = 1,
    json: _Json = False,
) -> None:
    """Snooze a case; it returns to the queue by itself."""
    from handlers.desk import cases  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.write() as session:
        until = cases.snooze(kvitt.context(session), case, who(), days)
        _done(session, case, f"case {case} comes back on {_day(until)}", json=json)


@escalations.command("return")
def return_(
    case: _Case,
    reason: Annotated[str, typer.Option(help="The reason, for the colleague who takes it next.")] = "",
    json: _Json = False,
) -> None:
    """Give a case back to the queue."""
    from handlers.desk import cases  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.write() as session:
        cases.give_back(kvitt.context(session), case, who(), reason)
        _done(session, case, f"case {case} is in the queue again", json=json)


@escalations.command("close")
def close(
    case: _Case,
    outcome: Annotated[str, typer.Option(help="The outcome.")] = "settled",
    lift: Annotated[bool, typer.Option("--lift", help="Also lift the hold that the case is about.")] = False,
    json: _Json = False,
) -> None:
    """Close a case; the bot answers the customer again once no other case of theirs is open."""
    from handlers.desk import cases  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.write() as session:
        cases.close(kvitt.context(session), case, who(), outcome, lift=lift)
        _done(session, case, f"case {case} is closed", json=json)


def _done(session: Any, case: int, said: str, *, json: bool) -> None:
    if json:
        _print_story(queue.story(session, case))
    else:
        print_line(said)


def _print_story(story: CaseStory) -> None:
    events = [asdict(event) for event in story.events]
    print_json(asdict(story.case) | {"history": events})


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


def _facts_line(facts: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value)
