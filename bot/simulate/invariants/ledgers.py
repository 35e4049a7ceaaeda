"""Money: invariants 27 to 34."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from billing.plans.frequency import Frequency, frequency_of
from bot.simulate.invariants import printed
from bot.simulate.invariants.calendars import DAY
from bot.simulate.invariants.checking import invariant
from bot.simulate.people import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Evidence, Row

LIMITS: Final = {"reminder": 6000, "demand": 18000, "plan": 17000}
"""In öre: lag (1981:739) 4 §."""
SOLDIERS: Final = Decimal("0.06")
"""50 USC 3937, a year."""
_OWN: Final = {
    "charge",
    "payer",
    "fee",
    "interest",
    "payment",
    "reversal",
    "adjustment",
    "write_off",
    "refund",
}
_SOFTER: Final = {"adjustment", "write_off", "payer", "payment"}
"""What never makes a customer owe more."""


@invariant(
    27, "a fee line names a rule that allows it; in Sweden within the act's sums, a reminder's only if agreed"
)
def fees_have_authority(seen: Evidence) -> Iterator[str]:
    rules = {fee.id: fee for fee in seen.policy.fees if fee.on}
    allowed = {fee.authority: fee for fee in rules.values()} | rules
    for row in _of_kind(seen, "fee"):
        fee = allowed.get(row["rule"] or "")
        if fee is None:
            yield f"fee {row['id']} names no rule of the policy ({row['rule']})"
            continue
        most = int(fee.at_most * 100)
        if seen.policy.name.startswith("se"):
            most = min(most, LIMITS[fee.kind])
        unagreed = "fee_agreed_at_origin" in fee.needs and not seen.bills[row["bill_id"]]["fee_agreed"]
        if row["amount"] > most:
            yield f"fee {row['id']} is {row['amount']}, and {most} is allowed"
        else:
            yield f"fee {row['id']} was never agreed" if unagreed else ""


@invariant(
    28,
    "a demand fee comes at most once a bill, with a written demand that states capital, interest and costs",
)
def demand_fee_with_demand(seen: Evidence) -> Iterator[str]:
    demands = {fee.authority for fee in seen.policy.fees if fee.kind == "demand"} | {
        fee.id for fee in seen.policy.fees if fee.kind == "demand"
    }
    count: dict[str, int] = defaultdict(int)
    for row in _of_kind(seen, "fee"):
        if row["rule"] in demands:
            count[row["bill_id"]] += 1
            if count[row["bill_id"]] > 1:
                yield f"bill {row['bill_id']} was charged for a demand twice"
            elif not _waits_for_the_post(seen, row):
                yield "" if _complete_demand(seen, row) else f"fee {row['id']} came without a complete demand"


@invariant(
    29,
    "no fee or interest before the day after the due date; interest is simple, not on fees, only with a rate",
)
def interest_is_right(seen: Evidence) -> Iterator[str]:
    for row in _of_kind(seen, "fee", "interest"):
        early = row["bill_id"] and row["booked_on"] <= seen.bills[row["bill_id"]]["due_on"]
        plan_fee = row["kind"] == "fee" and "plan" in (row["rule"] or "")
        yield f"{row['kind']} {row['id']} was booked before it could be" if early and not plan_fee else ""
    for bill_id, rows, charged, last in _bearing(seen):
        most = _interest(seen, rows, seen.bills[bill_id]["due_on"], last, None)
        over = charged > most + 1
        yield f"bill {bill_id} bears {charged} interest, and {most} is right at most" if over else ""


@invariant(30, "no fee for a step that was taken after the bill had been paid")
def no_fee_after_payment(seen: Evidence) -> Iterator[str]:
    for row in _of_kind(seen, "fee"):
        before = [
            one
            for one in seen.entries_of[row["bill_id"]]
            if one["id"] < row["id"] and one["booked_on"] <= row["booked_on"] and one["kind"] in _OWN
        ]
        paid = sum(one["amount"] for one in before) <= 0
        yield f"fee {row['id']} was charged on a bill that was paid" if paid else ""


@invariant(31, "people in American military service bear no more than six per cent")
def soldiers_are_capped(seen: Evidence) -> Iterator[str]:
    if seen.creditor.country != "US":
        return
    soldiers = {one.id for one in seen.people.values() if one.kind is Behaviour.SOLDIER}
    for bill_id, rows, charged, last in _bearing(seen):
        if seen.bills[bill_id]["person_id"] in soldiers:
            most = _interest(seen, rows, seen.bills[bill_id]["due_on"], last, SOLDIERS)
            over = charged > most + 1
            yield f"bill {bill_id} of a soldier bears {charged}, and {most} is allowed" if over else ""


@invariant(
    32,
    "the ledger adds up to what was billed less what came in, to the cent; nothing meant to help adds to it",
)
def books_balance(seen: Evidence) -> Iterator[str]:
    for person in seen.people.values():
        for bill in person.bills:
            rows = seen.entries_of.get(bill.bill_id, [])
            asked = sum(row["amount"] for row in rows if row["kind"] in {"charge", "payer"})
            if rows:
                right = asked == bill.amount
                yield "" if right else f"bill {bill.bill_id} asks for {asked}, not {bill.amount}"
    came = sum(one.amount for one in seen.paid if one.outcome == "booked" and one.taken_back_at is None)
    booked = -sum(
        row["amount"]
        for row in seen.rows("entries")
        if row["kind"] == "payment" or (row["kind"] == "reversal" and row["payment_id"])
    )
    if came or booked:
        yield "" if came == booked else f"{came} came in, and {booked} was booked"
    for row in seen.rows("entries"):
        credited = row["bill_id"] is None or row["source"].startswith("credit:")
        worse = row["kind"] in _SOFTER and row["amount"] > 0 and not credited
        yield f"{row['kind']} {row['id']} makes the customer owe {row['amount']} more" if worse else ""


@invariant(33, "a plan adds up to what was owed, keeps to the policy's length and smallest instalment")
def plans_add_up(seen: Evidence) -> Iterator[str]:
    parts: dict[int, list[Row]] = defaultdict(list)
    for row in seen.rows("instalments"):
        parts[row["plan_id"]].append(row)
    for plan in seen.rows("plans"):
        yield _wrong_with(seen, plan, parts[plan["id"]])


@invariant(34, "while a plan is kept to, its bills get no reminder, fee or placement")
def plans_are_left_alone(seen: Evidence) -> Iterator[str]:
    bills: dict[int, set[str]] = defaultdict(set)
    for row in seen.rows("plan_bills"):
        bills[row["plan_id"]].add(row["bill_id"])
    for plan in seen.rows("plans"):
        yield from list(_touching(seen, plan, bills[plan["id"]])) or [""]


def _touching(seen: Evidence, plan: Row, covered: set[str]) -> Iterator[str]:
    """Whatever touched the bills of a plan while it was kept."""
    since, until = plan["agreed_at"], plan["ended_at"] or seen.end
    for sent in seen.outs:
        about = covered & seen.bills_of(sent.outbox_id)
        if sent.level is not None and about and since < sent.at < until:
            yield f"message {sent.outbox_id} is about a plan's bill {min(about)}"
    for row in _of_kind(seen, "fee"):
        charged = row["bill_id"] in covered and since < row["recorded_at"] < until
        if charged and "plan" not in str(row["rule"]):
            yield f"fee {row['id']} is on a plan's bill"
    for row in seen.rows("placements"):
        decided = row["decided_at"] if row["state"] in {"placed", "acknowledged"} else None
        moments = [at for at in (row["flagged_at"], decided) if at]
        if row["bill_id"] in covered and any(since < at < until for at in moments):
            yield f"bill {row['bill_id']} was placed while its plan ran"


def _wrong_with(seen: Evidence, plan: Row, parts: list[Row]) -> str:
    rules, unit = seen.policy.plan, 100
    amounts = [row["amount"] for row in sorted(parts, key=lambda row: row["number"])]
    covered = [row["bill_id"] for row in seen.rows("plan_bills") if row["plan_id"] == plan["id"]]
    owed = sum(max(seen.owed_at(one, plan["agreed_at"]), 0) for one in covered)
    last = max((row["due_on"] for row in parts), default=plan["agreed_at"].date())
    if sum(amounts) != plan["amount"] or plan["amount"] != owed:
        return f"plan {plan['id']}: {sum(amounts)} in parts, {plan['amount']} in all, {owed} owed"
    often = frequency_of(sorted(row["due_on"] for row in parts)) or Frequency.MONTHLY
    if len(amounts) > often.most(rules.longest) or (last - plan["agreed_at"].date()).days > 31 * (
        rules.longest + 1 + plan["pauses"]
    ):
        return f"plan {plan['id']} is longer than {rules.longest} months"
    small = [amount for amount in amounts[:-1] if often.in_a_month(amount) < rules.smallest * unit]
    return f"plan {plan['id']} has an instalment of {small[0]}" if small else ""


def _of_kind(seen: Evidence, *kinds: str) -> Iterator[Row]:
    """Lines of these kinds, without those that were taken back."""
    taken_back = {row["reverses"] for row in seen.rows("entries") if row["reverses"]}
    for row in seen.rows("entries"):
        if row["kind"] in kinds and row["id"] not in taken_back:
            yield row


def _waits_for_the_post(seen: Evidence, fee: Row) -> bool:
    """Whether the letter that a fee came with is printed, and nobody has posted it yet."""
    row = seen.outbox.get(_message(fee))
    return row is not None and row["channel"] == "letter" and row["state"] == "sending"


def _complete_demand(seen: Evidence, fee: Row) -> bool:
    """Whether the fee came with a letter that says of the bill all that a demand has to say."""
    return any(
        sent.outbox_id == _message(fee) and printed.is_whole(seen, sent, fee["bill_id"]) for sent in seen.outs
    )


def _message(line: Row) -> int:
    """The message a cost came with: its line names it as where it came from."""
    parts = str(line["source"]).split(":")
    return int(parts[1]) if parts[0] == "cost" and parts[1].isdigit() else 0


def _bearing(seen: Evidence) -> Iterator[tuple[str, list[Row], int, date]]:
    """Every bill with its booked interest, its entries, and the day interest was last booked."""
    taken_back = {row["reverses"] for row in seen.rows("entries") if row["reverses"]}
    added = {row["id"] for row in seen.rows("entries") if row["kind"] in {"fee", "interest"}}
    for bill_id, rows in seen.entries_of.items():
        not_reversed = [row for row in rows if row["kind"] == "interest" and row["id"] not in taken_back]
        if bill_id and not_reversed:
            plain = [row for row in rows if row["reverses"] not in added]
            last = max(row["booked_on"] for row in not_reversed)
            yield bill_id, plain, sum(row["amount"] for row in not_reversed), last


def _interest(seen: Evidence, rows: list[Row], due_on: date, last: date, most: Decimal | None) -> int:
    """The most simple interest that a bill may bear by a day: on its capital alone, day by day."""
    rules = seen.policy.interest
    if rules is None or not rules.on:
        return 0
    total, day = Decimal(0), due_on + DAY
    while day <= last:
        rate = next(
            (
                (each.percent + rules.add_percent) / 100
                for each in rules.rates
                if each.since <= day <= each.until
            ),
            Decimal(0),
        )
        capital = sum(
            row["amount"]
            for row in rows
            if row["booked_on"] < day
            and row["kind"] in {"charge", "payer", "payment", "adjustment", "write_off", "reversal"}
        )
        total += max(capital, 0) * (rate if most is None else min(rate, most)) / 365
        day += timedelta(days=1)
    return int(total)
