"""kvitt claims: claims on payers, their answers, and what follows from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from billing.ledger.money import Money
from billing.payers.claim_entries import breakdown
from billing.payers.claims import Adjustment, AdjustmentGroup, AnswerLine, Claim, ClaimVerdict, PayerAnswer
from bot.cli import claim_files, claim_reminders
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import amount, print_error, print_json, print_line, print_list, print_table
from handlers.payers import claims as desk
from handlers.payers import filing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.cli.opened import CommandContext
    from handlers.payers.claim_file import LockedClaim
    from storage.payers.claims import ClaimRecord

claims = typer.Typer(help="Claims on payers, and their answers.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number, like C17-1.")]
Json = Annotated[bool, typer.Option("--json", help="JSON.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")]
On = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The date of it; today unless given.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt claims``."""
    app.add_typer(claims, name="claims")
    claim_files.add_to(claims)
    claim_reminders.add_to(claims)


@claims.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Include closed claims.")] = False,
    json: Json = False,
) -> None:
    """List open claims, with the next day on which a person must check each."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = desk.listed(session, everything=everything)
    rows = (
        (
            kept.claim.key,
            kept.claim.state.value,
            kept.claim.payer_id,
            kept.claim.bill_id,
            kept.claim.customer_id,
            amount(kept.claim.amount, kept.claim.currency),
            kept.claim.filed_on,
            kept.look_on,
            kept.reason,
        )
        for kept in found
    )
    columns = ("claim", "state", "payer", "bill", "customer", "amount", "filed", "look on", "why")
    print_list(map(_as_json, found), columns, rows, "no claim is open", json=json)


@claims.command("show")
def show(key: Key, json: Json = False) -> None:
    """Show one claim: lines, dates, answers, and what its bill amounts to now."""
    with opened() as kvitt, kvitt.database.write() as session:
        file, answers = desk.story(kvitt.context(session), key)
        if json:
            print_json(_story(file, answers))
            return
        _show(file, answers)


@claims.command("open")
def open_(
    bill: Annotated[str, typer.Argument(help="The bill whose charges are claimed.")],
    json: Json = False,
) -> None:
    """Make claims for the rest of a bill on the next payers in order."""
    with opened() as kvitt, kvitt.database.write() as session:
        found = desk.open_for(kvitt.context(session), bill, kvitt.who(session))
    if not found and not json:
        print_line(f"bill {bill}: no payer is left, nothing is left to claim, or a claim is open")
    for claim in found:
        _print(kvitt, claim, f"claim {claim.key} is ready: {_asked(claim)}", json=json)


@claims.command("file")
def file(
    key: Key,
    on: On = None,
    reference: Annotated[str, typer.Option(help="The payer's reference for it.")] = "",
    anyway: Annotated[
        str,
        typer.Option(
            "--anyway", metavar="REASON", help="The reason to file it although the payer would refuse it."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Record that a claim was sent to its payer; a claim that the payer would refuse is held back."""
    day = on.date() if on else None
    with opened() as kvitt:
        with kvitt.database.write() as session:
            done = filing.file_one(kvitt.context(session), key, kvitt.who(session), day, reference, anyway)
        filed = done.claim.filed_on is not None
        for finding in done.findings:
            print_error(f"{key}: {'filed anyway' if filed else 'held back'}: {finding}")
        if filed or json:
            _print(kvitt, done.claim, f"claim {key} is filed: {_asked(done.claim)}", json=json)
    if not filed:
        raise typer.Exit(1)


@claims.command("answer")
def answer(
    key: Key,
    answer_id: Annotated[
        str, typer.Option("--id", help="The answer's own number; the same number is booked once.")
    ],
    paid: Annotated[str, typer.Option(help="The amount the payer pays, like 1250.00.")] = "0",
    adjusted: Annotated[
        list[str] | None, typer.Option("--adjust", help="Why it does not pay the rest: CO:45:200.00.")
    ] = None,
    verdict: Annotated[
        ClaimVerdict, typer.Option(help="The status of the claim as a whole.")
    ] = ClaimVerdict.PAID,
    on: On = None,
    json: Json = False,
) -> None:
    """Book a payer's answer to a claim as a whole: paid, denied, pended or reversed."""
    with opened() as kvitt, kvitt.database.write() as session:
        by = kvitt.who(session)
        claim = desk.find(session, key)
        lines = _answer_lines(claim, paid, adjusted or [], verdict)
        day = on.date() if on else kvitt.now.astimezone(kvitt.installation.creditor.zone).date()
        said = PayerAnswer("desk", answer_id, key, verdict, claim.currency, day, lines)
        booked = desk.answer(kvitt.context(session), said, by)
        done = desk.find(session, key)
    _print(
        kvitt,
        done,
        f"claim {key}: answer {answer_id} {booked.value}; it is {done.state.value}",
        json=json,
    )


@claims.command("resend")
def resend(key: Key, why: Why = "", json: Json = False) -> None:
    """Replace it by a corrected claim, which is then to be filed."""
    with opened() as kvitt, kvitt.database.write() as session:
        done = desk.resend(kvitt.context(session), key, kvitt.who(session), why)
    _print(kvitt, done, f"claim {done.key} takes the place of {key}: {_asked(done)}", json=json)


@claims.command("appeal")
def appeal(key: Key, why: Why = "", json: Json = False) -> None:
    """Record an appeal to the payer against a denied claim."""
    _decide(desk.appeal, key, why, "is appealed", json=json)


@claims.command("bill-person")
def bill_person(key: Key, why: Why = "", json: Json = False) -> None:
    """Leave a claim's denied amount to the patient; refused where the denial puts it on us (group CO)."""
    _decide(
        desk.bill_person,
        key,
        why,
        "is closed: what was denied goes to the next payer, or to the patient",
        json=json,
    )


@claims.command("pass-on")
def pass_on(key: Key, why: Why = "", json: Json = False) -> None:
    """Claim the denied amount from the next payer."""
    _decide(desk.pass_on, key, why, "is closed: the next payer is asked", json=json)


@claims.command("forgo")
def forgo(key: Key, why: Why = "", json: Json = False) -> None:
    """Forgo the denied amount of a claim: neither a payer nor the patient owes it."""
    _decide(desk.forgo, key, why, "is closed: what was denied is forgone", json=json)


@claims.command("void")
def void(key: Key, why: Why = "", json: Json = False) -> None:
    """Withdraw a claim that has no answer yet."""
    _decide(desk.void, key, why, "is void", json=json)


def _decide(action: Callable[..., Claim], key: str, why: str, said: str, *, json: bool) -> None:
    with opened() as kvitt, kvitt.database.write() as session:
        done = action(kvitt.context(session), key, kvitt.who(session), why)
    _print(kvitt, done, f"claim {key} {said}", json=json)


def _answer_lines(
    claim: Claim, paid: str, adjusted: Sequence[str], verdict: ClaimVerdict
) -> tuple[AnswerLine, ...]:
    if verdict in {ClaimVerdict.PENDED, ClaimVerdict.REVERSED}:
        return ()
    adjustments = tuple(_adjustment(one, claim.currency) for one in adjusted)
    return (AnswerLine(None, claim.amount, Money.typed(paid, claim.currency).minor, adjustments),)


def _adjustment(written: str, currency: str) -> Adjustment:
    group, _, rest = written.partition(":")
    reason, _, sum_ = rest.partition(":")
    if group not in {one.value for one in AdjustmentGroup} or not reason:
        raise typer.BadParameter(f"--adjust {written}: write group:reason:amount, like CO:45:200.00")
    return Adjustment(AdjustmentGroup(group), reason, Money.typed(sum_, currency).minor)


def _asked(claim: Claim) -> str:
    return f"{claim.payer_id} is asked for {amount(claim.amount, claim.currency)}"


def _print(kvitt: CommandContext, claim: Claim, said: str, *, json: bool) -> None:
    if not json:
        print_line(said)
        return
    with kvitt.database.write() as session:
        file, answers = desk.story(kvitt.context(session), claim.key)
        print_json(_story(file, answers))


def _as_json(kept: ClaimRecord) -> dict[str, Any]:
    packed: dict[str, Any] = _flat(record(kept.claim))
    return packed | {
        "amount": kept.claim.amount,
        "look_on": kept.look_on,
        "reason": kept.reason,
        "created_at": kept.created_at,
    }


def _story(file: LockedClaim, answers: Sequence[PayerAnswer]) -> dict[str, Any]:
    outcome = file.outcome()
    return _as_json(file.kept) | {
        "asked_now": file.book.asked,
        "answers": [_flat(record(one)) for one in answers],
        "reminders": [_flat(record(one)) for one in file.steps],
        "proposed": {step.value: minor for step, minor in outcome.steps.items()} if outcome else {},
        "bill": record(breakdown(file.book.entries)),
    }


def _flat(value: Any) -> Any:
    """Tuples as lists in their order: what is printed keeps the order of lines."""
    if isinstance(value, dict):
        return {name: _flat(one) for name, one in value.items()}
    return [_flat(one) for one in value] if isinstance(value, tuple | list) else value


def _show(file: LockedClaim, answers: Sequence[PayerAnswer]) -> None:
    claim = file.claim
    why = f": {file.kept.reason}" if file.kept.reason else ""
    print_line(f"claim {claim.key} about bill {claim.bill_id}: {claim.state.value}{why}")
    print_line(f"    {_asked(claim)}, {amount(file.book.asked, claim.currency)} now")
    days: dict[str, date | None] = {
        "file by": claim.file_by,
        "filed on": claim.filed_on,
        "answer by": claim.answer_by,
        "appeal by": claim.appeal_by,
        "look on": file.kept.look_on,
    }
    for name, day in days.items():
        if day:
            print_line(f"    {name} {day}")
    outcome = file.outcome()
    for step, minor in (outcome.steps if outcome else {}).items():
        print_line(f"    proposed: {step.value.replace('_', ' ')}, {amount(minor, claim.currency)}")
    lines = [
        (line.position, line.service_on, line.code.system, line.code.code, line.description,
         amount(line.amount, claim.currency))
        for line in claim.lines
    ]  # fmt: skip
    print_table(("line", "day", "system", "code", "what", "amount"), lines, "it has no lines")
    if steps := file.steps:
        sent = [
            (one.number, one.channel, amount(one.amount, claim.currency), one.state.value,
             one.settled_at or "", one.outbox_id or "", one.reason)
            for one in steps
        ]  # fmt: skip
        print_table(("reminder", "by", "amount", "state", "at", "message", "why"), sent, "")
    rows = [
        (
            one.answered_on,
            one.source,
            one.id,
            one.verdict.value,
            amount(one.paid, claim.currency),
            _reasons(one),
        )
        for one in answers
    ]
    print_table(("answered", "source", "id", "verdict", "paid", "adjusted"), rows, "nothing was answered yet")


def _reasons(answer: PayerAnswer) -> str:
    found = [one for line in answer.lines for one in line.adjustments]
    return ", ".join(
        f"{one.group.value}-{one.reason} {Money(one.amount, answer.currency).plain()}" for one in found
    )
