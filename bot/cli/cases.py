"""kvitt escalations: cases for a person, and what the person does about them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from billing.accounts.cases import Urgency
from billing.refusals import Refusal
from bot.cli import messages as shown
from bot.cli.days import day_of
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list, print_table
from bot.clock import system_clock
from handlers.desk import queue
from storage.desk.case_queue import MOST, PAGE, PLACEMENT, QueueFilter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from handlers.desk.hold_fates import HoldFate
    from handlers.desk.queue import CaseStory
    from storage.delivery.threads import WrittenText
    from storage.desk.escalations import Escalation

escalations = typer.Typer(help="Cases that need a person.", no_args_is_help=True)

_Case = Annotated[int, typer.Argument(help="The case's number.")]
_Json = Annotated[bool, typer.Option("--json", help="The case afterwards, as one JSON object.")]
_Lift = Annotated[bool, typer.Option("--lift", help="Lift the hold that the case is about.")]
_UntilDay = Annotated[
    str | None, typer.Option("--keep-until", help="Keep that hold until this day, like 2026-04-01.")
]
_HandOn = Annotated[str, typer.Option("--hand-on", help="Keep that hold; this colleague looks after it.")]
_Text = Annotated[str, typer.Argument(help="The text for the customer.")]


class OneFate(Refusal):
    """More than one thing was to become of a hold."""

    def __init__(self) -> None:
        super().__init__("a hold is lifted, kept until a day, or handed on: write one of these")


def add_to(app: typer.Typer) -> None:
    """Add the commands about cases for a person, ``kvitt escalations``."""
    app.add_typer(escalations, name="escalations")


class _Group(StrEnum):
    """The groups of the queue, as an option names them."""

    DANGER = "danger"
    WAITING = "waiting"
    GRAVE = "grave"
    REST = "rest"


@escalations.command("list")
def list_(
    owner: Annotated[str | None, typer.Option(help="Only what this colleague has.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Only what nobody has taken.")] = False,
    group: Annotated[_Group | None, typer.Option(help="Only this part of the queue.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, like dispute.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only what is about this customer.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only what is past its deadline.")] = False,
    put_off: Annotated[bool, typer.Option("--put-off", help="Only what is put off.")] = False,
    after: Annotated[int | None, typer.Option(help="What follows this case, the last of a page.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most cases to print.")] = PAGE,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a case.")] = False,
) -> None:
    """List open cases: danger, who waits for an answer, what is grave, the rest by deadline.

    Bills for collectors are one line: kvitt placements list has them all.
    """
    name = kind.replace(" ", "_") if kind else None
    chosen = QueueFilter(
        owner="" if nobody else owner,
        urgency=Urgency[group.name] if group else None,
        kind=name,
        customer_id=customer,
        late=late,
        put_off=True if put_off else None,
        placements=name == PLACEMENT,
    )
    with opened() as kvitt, kvitt.database.read() as session:
        context, now = kvitt.context(session), kvitt.now
        page = (
            queue.page(context, chosen, limit=limit)
            if after is None
            else queue.page_after(context, chosen, after, limit)
        )
        folded = 0 if chosen.placements or after is not None else queue.placements(context, chosen)
    found = page.cases
    columns = ("case", "kind", "severity", "customer", "bill", "deadline", "waits since", "owner", "why")
    empty = "" if folded else "nothing needs a person"
    print_list([_plain(case, now) for case in found], columns, _rows(found, now), empty, json=json)
    if json:
        return
    if page.after:
        print_line(f"there are more: kvitt escalations list --after {found[-1].id}, with the same options")
    if folded:
        print_line(
            f"{_capped(folded)} bills wait to be placed with a collector, or not: kvitt placements list"
        )


def _rows(found: Sequence[Escalation], now: datetime) -> Iterator[Sequence[object]]:
    for case in found:
        yield (
            case.id,
            case.kind.replace("_", " "),
            case.severity,
            case.customer_id,
            case.bill_id,
            f"{case.deadline:%Y-%m-%d %H:%MZ}{' overdue' if case.overdue(now) else ''}",
            case.unanswered_since,
            case.owner,
            f"put off until {case.snoozed_until:%Y-%m-%d}" if case.snoozes(now) else case.reason,
        )


def _capped(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count)


@escalations.command("show")
def show(case: _Case, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show one case: what the customer wrote, and its history."""
    from handlers.desk import messages  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.read() as session:
        story = queue.story(session, case)
        texts = messages.of_case(session, story.case)
    if json:
        _print_story(story, kvitt.now, texts)
        return
    found = story.case
    whose = f"{found.owner} has it" if found.owner else "nobody has taken it"
    state = f"closed by {found.closed_by}: {found.outcome}" if found.closed_at else whose
    print_line(f"case {found.id}: {found.kind.replace('_', ' ')}, severity {found.severity}, {state}")
    print_line(f"    {found.reason}; answer by {found.deadline:%Y-%m-%d %H:%MZ}")
    if found.unanswered_since:
        print_line(f"    the customer waits for an answer since {_day(found.unanswered_since)}")
    for name, value in (("customer", found.customer_id), ("bill", found.bill_id), *found.detail.items()):
        if value:
            print_line(f"    {name}: {value}")
    rows = [(event.at, event.actor, event.what.value, _facts_line(event.detail)) for event in story.events]
    print_table(("at", "who", "did", "with"), rows, "nothing happened to it yet")
    if texts:
        print_line("")
        print_table(shown.COLUMNS, shown.rows(texts), "")


@escalations.command("take")
def take(case: _Case, json: _Json = False) -> None:
    """Assign a case to yourself; a case that a colleague has taken stays theirs."""
    from handlers.desk import cases  # noqa: PLC0415 - slow to load, and the list needs none of it

    with opened() as kvitt, kvitt.database.write() as session:
        cases.take(kvitt.context(session), case, kvitt.who(session))
        _done(session, case, f"case {case} is yours", json=json)


@escalations.command("answer")
def answer(
    case: _Case,
    text: _Text,
    close: Annotated[bool, typer.Option("--close", help="Close the case with this answer.")] = False,
    lift: _Lift = False,
    keep_until: _UntilDay = None,
    hand_on: _HandOn = "",
    json: _Json = False,
) -> None:
    """Answer the customer in a case."""
    from handlers.desk import cases  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.write() as session:
        by, fate = kvitt.who(session), _fate(lift, keep_until, hand_on)
        cases.answer(kvitt.context(session), case, by, text, and_close=close, fate=fate)
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
        until = cases.snooze(kvitt.context(session), case, kvitt.who(session), days)
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
        cases.give_back(kvitt.context(session), case, kvitt.who(session), reason)
        _done(session, case, f"case {case} is in the queue again", json=json)


@escalations.command("close")
def close(
    case: _Case,
    outcome: Annotated[str, typer.Option(help="The outcome.")] = "settled",
    lift: _Lift = False,
    keep_until: _UntilDay = None,
    hand_on: _HandOn = "",
    json: _Json = False,
) -> None:
    """Close a case, and say what becomes of its hold; the bot answers again once no other case is open."""
    from handlers.desk import cases  # noqa: PLC0415

    with opened() as kvitt, kvitt.database.write() as session:
        by, fate = kvitt.who(session), _fate(lift, keep_until, hand_on)
        cases.close(kvitt.context(session), case, by, outcome, fate=fate)
        _done(session, case, f"case {case} is closed", json=json)


def _fate(lift: bool, keep_until: str | None, hand_on: str) -> HoldFate | None:
    """What becomes of the hold that a case is about; None where nothing is said."""
    if lift + bool(keep_until) + bool(hand_on) > 1:
        raise OneFate
    if not (lift or keep_until or hand_on):
        return None
    from handlers.desk.hold_fates import HoldFate  # noqa: PLC0415

    return HoldFate(lift, day_of(keep_until, "--keep-until") if keep_until else None, hand_on)


def _done(session: Any, case: int, said: str, *, json: bool) -> None:
    if json:
        from handlers.desk import messages  # noqa: PLC0415

        story = queue.story(session, case)
        _print_story(story, system_clock(), messages.of_case(session, story.case))
    else:
        print_line(said)


def _print_story(story: CaseStory, now: datetime, texts: Sequence[WrittenText]) -> None:
    events, said = [record(event) for event in story.events], [record(text) for text in texts]
    print_json(_plain(story.case, now) | {"history": events, "messages": said})


def _plain(case: Escalation, now: datetime) -> dict[str, Any]:
    """A case as JSON, with what is worked out from it."""
    late = int(case.late(now).total_seconds()) // 60
    row: dict[str, Any] = record(case)
    return row | {"urgency": case.urgency.name.lower(), "late_minutes": late}


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


def _facts_line(facts: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value)
