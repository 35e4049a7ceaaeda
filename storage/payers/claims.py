"""Claims on payers, and payers' answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.payers.claims import (
    Adjustment,
    AdjustmentGroup,
    AnswerLine,
    Claim,
    ClaimLine,
    ClaimState,
    ClaimVerdict,
    Code,
    PayerAnswer,
)
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

OPEN = tuple(state.value for state in ClaimState if state.open)
_PLAIN = tuple(one.name for one in fields(Claim) if one.name not in {"state", "lines", "diagnoses"})


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A claim as it is stored: a person must check it on ``look_on``; ``reason`` explains its state."""

    claim: Claim
    number: int
    look_on: date | None
    reason: str
    created_at: datetime


def add(session: Session, claim: Claim, number: int, look_on: date | None, now: datetime) -> None:
    """Insert a claim."""
    session.add(tables.Claim(**_values(claim), number=number, look_on=look_on, reason="", created_at=now))
    session.flush()


def add_all(session: Session, claims: Sequence[tuple[Claim, int]], now: datetime) -> None:
    """Insert many closed claims, each with its number."""
    rows = [_values(claim) | {"number": number, "reason": "", "created_at": now} for claim, number in claims]
    names = tuple(rows[0]) if rows else ()
    insert_rows(session, tables.Claim, names, [tuple(row.values()) for row in rows])


def change(session: Session, claim: Claim, look_on: date | None, reason: str) -> None:
    """Update a claim."""
    row = tables.Claim
    values = {name: getattr(claim, name) for name in ("their_reference", *_DAYS)}
    values |= {"state": claim.state.value, "look_on": look_on, "reason": reason}
    session.execute(update(row).where(row.key == claim.key).values(**values))


def look_again(session: Session, key: str, look_on: date | None) -> None:
    """Set the day on which a person must check a claim next."""
    row = tables.Claim
    session.execute(update(row).where(row.key == key).values(look_on=look_on))


_DAYS = ("file_by", "filed_on", "answer_by", "appeal_by")


def find(session: Session, key: str) -> ClaimRecord | None:
    """One claim; ``None`` if it does not exist."""
    return next(iter(_kept(session, tables.Claim.key == key)), None)


def of_bill(session: Session, bill_id: str) -> list[ClaimRecord]:
    """Every claim about a bill, in the order in which the payers are asked."""
    return _kept(session, tables.Claim.bill_id == bill_id)


def in_states(
    session: Session, states: Collection[ClaimState], payer_id: str | None = None
) -> list[ClaimRecord]:
    """The claims in these states, on all payers or one."""
    row = tables.Claim
    conditions: list[ColumnElement[bool]] = [row.state.in_([state.value for state in states])]
    if payer_id is not None:
        conditions.append(row.payer_id == payer_id)
    return _kept(session, *conditions)


def due(session: Session, today: date, limit: int) -> list[ClaimRecord]:
    """The claims to be checked by a day, the longest due first."""
    row = tables.Claim
    found = (
        select(row.key)
        .where(row.look_on.is_not(None), row.look_on <= today)
        .order_by(row.look_on, row.key)
        .limit(limit)
    )
    keys = list(session.scalars(found))
    kept = {one.claim.key: one for one in _kept(session, one_of(row.key, keys))}
    return [kept[key] for key in keys]


def with_open(session: Session, bill_ids: Collection[str]) -> set[str]:
    """Those of these bills with a claim that a payer, or the desk, must still act on."""
    row = tables.Claim
    found = select(row.bill_id).where(one_of(row.bill_id, bill_ids), row.state.in_(OPEN)).distinct()
    return set(session.scalars(found))


def with_any(session: Session, bill_ids: Collection[str]) -> set[str]:
    """Those of these bills that have a claim."""
    row = tables.Claim
    return set(session.scalars(select(row.bill_id).where(one_of(row.bill_id, bill_ids)).distinct()))


def next_number(session: Session, bill_id: str, sequence: int) -> int:
    """The number of the next claim on one payer's place for a bill."""
    row = tables.Claim
    taken = select(func.max(row.number)).where(row.bill_id == bill_id, row.sequence == sequence)
    return (session.scalar(taken) or 0) + 1


def keep_answer(session: Session, answer: PayerAnswer, now: datetime) -> int | None:
    """Insert an answer to a claim; returns its id, or ``None`` if the source's id exists."""
    return insert_once(session, tables.ClaimAnswer, _answer_values(answer) | {"recorded_at": now})


def keep_answers(session: Session, answers: Sequence[PayerAnswer], now: datetime) -> None:
    """Insert many answers to claims whose source ids are certainly new."""
    rows = [_answer_values(answer) | {"recorded_at": now} for answer in answers]
    names = tuple(rows[0]) if rows else ()
    insert_rows(session, tables.ClaimAnswer, names, [tuple(row.values()) for row in rows])


def answer_of_source(session: Session, source: str, source_id: str) -> PayerAnswer | None:
    """The answer to a claim that a source gave under an id, if it did."""
    row = tables.ClaimAnswer
    return next(iter(_answers(session, row.source == source, row.source_id == source_id)), None)


def answers_of(session: Session, key: str) -> list[PayerAnswer]:
    """Every answer to a claim, in the order received."""
    return _answers(session, tables.ClaimAnswer.claim_key == key)


def _kept(session: Session, *conditions: ColumnElement[bool]) -> list[ClaimRecord]:
    row = tables.Claim
    found = session.scalars(
        select(row)
        .where(*conditions)
        .order_by(row.bill_id, row.sequence, row.number)
        .execution_options(populate_existing=True)
    )
    return [ClaimRecord(_claim(one), one.number, one.look_on, one.reason, one.created_at) for one in found]


def _claim(row: tables.Claim) -> Claim:
    values = {name: getattr(row, name) for name in _PLAIN}
    return Claim(
        **values,
        state=ClaimState(row.state),
        lines=tuple(map(_line, row.lines)),
        diagnoses=tuple(Code(**one) for one in row.diagnoses),
    )


def _values(claim: Claim) -> dict[str, Any]:
    return {name: getattr(claim, name) for name in _PLAIN} | {
        "state": claim.state.value,
        "amount": claim.amount,
        "lines": [_packed(line) for line in claim.lines],
        "diagnoses": [asdict(code) for code in claim.diagnoses],
    }


def _packed(line: ClaimLine) -> dict[str, Any]:
    return asdict(line) | {"service_on": line.service_on.isoformat(), "modifiers": list(line.modifiers)}


def _line(packed: Mapping[str, Any]) -> ClaimLine:
    values = {
        "service_on": date.fromisoformat(packed["service_on"]),
        "code": Code(**packed["code"]),
        "modifiers": tuple(packed["modifiers"]),
    }
    return ClaimLine(**{**packed, **values})


def _answers(session: Session, *conditions: ColumnElement[bool]) -> list[PayerAnswer]:
    answer, claim = tables.ClaimAnswer, tables.Claim
    found = session.execute(
        select(answer, claim.currency)
        .join(claim, claim.key == answer.claim_key)
        .where(*conditions)
        .order_by(answer.id)
    )
    return [
        PayerAnswer(
            source=row.source,
            id=row.source_id,
            claim_key=row.claim_key,
            verdict=ClaimVerdict(row.verdict),
            currency=currency,
            answered_on=row.answered_on,
            lines=tuple(map(_answer_line, row.lines)),
            their_reference=row.their_reference,
            payment_reference=row.payment_reference,
        )
        for row, currency in found
    ]


def _answer_values(answer: PayerAnswer) -> dict[str, Any]:
    return {
        "claim_key": answer.claim_key,
        "source": answer.source,
        "source_id": answer.id,
        "verdict": answer.verdict.value,
        "answered_on": answer.answered_on,
        "paid": answer.paid,
        "lines": _packed_answer(answer.lines),
        "their_reference": answer.their_reference,
        "payment_reference": answer.payment_reference,
    }


def _packed_answer(lines: Iterable[AnswerLine]) -> list[dict[str, Any]]:
    return [
        asdict(line)
        | {"adjustments": [asdict(one) for one in line.adjustments], "remarks": list(line.remarks)}
        for line in lines
    ]


def _answer_line(packed: Mapping[str, Any]) -> AnswerLine:
    adjustments = (
        Adjustment(AdjustmentGroup(one["group"]), one["reason"], one["amount"])
        for one in packed["adjustments"]
    )
    values = {"adjustments": tuple(adjustments), "remarks": tuple(packed["remarks"])}
    return AnswerLine(**{**packed, **values})


def recode(session: Session, claim: Claim) -> None:
    """Replace a claim's lines and diagnoses by those coded for its payer: what is sent is what is stored."""
    values = {name: value for name, value in _values(claim).items() if name in {"lines", "diagnoses"}}
    session.execute(update(tables.Claim).where(tables.Claim.key == claim.key).values(**values))
