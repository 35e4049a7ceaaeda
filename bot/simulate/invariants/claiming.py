"""Payers before people: invariant 46."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.simulate.invariants.checking import invariant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Evidence, Row

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
OVER: Final = frozenset({"answered", "closed", "void"})


@invariant(
    46, "nobody is written to unsolicited about a bill while a claim on a payer is open, pended or appealed"
)
def payers_come_first(seen: Evidence) -> Iterator[str]:
    claims: dict[str, list[Row]] = defaultdict(list)
    for row in seen.rows("claims"):
        claims[row["bill_id"]].append(row)
    ends = _ends(seen)
    for sent in seen.outs:
        for bill_id in seen.bills_of(sent.outbox_id) & claims.keys():
            waiting = [row for row in claims[bill_id] if row["created_at"] <= sent.at < ends[row["key"]]]
            yield (
                f"message {sent.outbox_id} is about bill {bill_id}, and claim {waiting[0]['key']} was open"
                if waiting
                else ""
            )


def _ends(seen: Evidence) -> dict[str, datetime]:
    """When the last was heard of each claim that is over: from its payer, or from our desk."""
    last: dict[str, datetime] = {}
    for row in seen.rows("claim_answers"):
        last[row["claim_key"]] = max(row["recorded_at"], last.get(row["claim_key"], row["recorded_at"]))
    for row in seen.rows("audit"):
        key = row["subject"].removeprefix("claim:")
        if key != row["subject"]:
            last[key] = max(row["at"], last.get(key, row["at"]))
    return {
        row["key"]: last.get(row["key"], FOREVER) if row["state"] in OVER else FOREVER
        for row in seen.rows("claims")
    }
