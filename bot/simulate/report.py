"""The report of a simulation as one page that needs nothing from outside."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, StrictUndefined

from billing.ledger.money import Money
from bot.simulate import charts
from bot.simulate.invariants import EVERY, NOT_CHECKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.simulate.outcomes import Outcomes
    from bot.simulate.simulation import Simulation

_PAGE: Final = Path(__file__).with_name("report.html")
SPAN: Final = 60
"""Days to pay are shown from so many before the due date to so many after it, in steps of ten."""
STEP: Final = 10


def page(done: Sequence[Simulation]) -> str:
    """One simulation, or two side by side, as HTML with its charts and styles inside."""
    first = done[0]
    names = " against ".join(one.policy for one in done)
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        _PAGE.read_text(encoding="utf-8")
    )
    return template.render(
        title=f"Kvitt on simulated people: {names}",
        customers=first.customers,
        days=first.days,
        seed=first.seed,
        done=done,
        tiles=list(_tiles(done)),
        charts=list(_charts(done)),
        kinds=list(_kinds(done)),
        every=EVERY,
        idle=NOT_CHECKED,
        unexercised=set.intersection(*(set(one.not_exercised) for one in done)),
        broken={number for one in done for number, count in one.violated.items() if count},
    )


def _tiles(done: Sequence[Simulation]) -> Iterator[dict[str, Any]]:
    for name, shown in _FIGURES.items():
        yield {"name": name, "shown": [shown(one.outcomes) for one in done]}


def _money(outcomes: Outcomes, name: str) -> str:
    whole = Money(outcomes.counts[name], outcomes.currency)
    return f"{float(whole.plain()):,.0f} {outcomes.currency}"


_FIGURES: Final[dict[str, Callable[[Outcomes], str]]] = {
    "recovered": lambda one: f"{one.recovery:.1f} %",
    "billed": lambda one: _money(one, "billed"),
    "paid": lambda one: _money(one, "paid"),
    "days to pay, from due": lambda one: "-" if one.mean_days is None else f"{one.mean_days:g}",
    "reminders": lambda one: f"{one.counts['reminders']:,}",
    "replies": lambda one: f"{one.counts['replies']:,}",
    "SMS segments": lambda one: f"{one.counts['segments']:,}",
    "cost of messages": lambda one: f"{one.cost:,.2f} {one.currency}",
    "stops": lambda one: f"{one.counts['stops']:,}",
    "complaints": lambda one: f"{one.counts['complaints']:,}",
    "bills flagged": lambda one: f"{one.counts['flagged']:,}",
    "bills placed": lambda one: f"{one.counts['placed']:,}",
}


def _charts(done: Sequence[Simulation]) -> Iterator[dict[str, str]]:
    weeks = range(done[0].days // 7 + 1)
    paid = [
        (one.policy, list(accumulate(one.outcomes.paid_in_week[week] / 100 for week in weeks)))
        for one in done
    ]
    sent = [(one.policy, [float(one.outcomes.sent_in_week[week]) for week in weeks]) for one in done]
    yield {"name": f"Paid so far, {done[0].outcomes.currency}", "svg": charts.lines(paid, "week")}
    yield {"name": "Reminders a week", "svg": charts.lines(sent, "week")}
    steps = range(-SPAN, SPAN + STEP, STEP)
    took = [(one.policy, [_within(one.outcomes, step) for step in steps]) for one in done]
    yield {
        "name": "Bills settled, by days after the due date",
        "svg": charts.bars([str(step) for step in steps], took),
    }
    levels = sorted({level for one in done for level in one.outcomes.levels})
    heard = [(one.policy, [float(one.outcomes.levels[level]) for level in levels]) for one in done]
    yield {
        "name": "Messages by level",
        "svg": charts.bars([f"level {level}" if level else "announced" for level in levels], heard),
    }


def _within(outcomes: Outcomes, step: int) -> float:
    """How many bills were settled in ten days; the last steps hold everything beyond."""
    low = -(10**6) if step == -SPAN else step
    high = 10**6 if step == SPAN else step + STEP
    return float(sum(count for day, count in outcomes.days_to_pay.items() if low <= day < high))


def _kinds(done: Sequence[Simulation]) -> Iterator[dict[str, Any]]:
    first = done[0].outcomes.kinds
    for kind in sorted(first, key=lambda name: (-first[name]["people"], name)):
        yield {
            "kind": kind,
            "people": first[kind]["people"],
            "figures": [_figures(one.outcomes, kind) for one in done],
        }


def _figures(outcomes: Outcomes, kind: str) -> dict[str, str]:
    figures = outcomes.kinds[kind]
    billed, people = figures["billed"], max(figures["people"], 1)
    recovered = 100 * (billed - figures["left"]) / billed if billed else 0.0
    return {"recovered": f"{recovered:.0f} %", "reminders": f"{figures['reminders'] / people:.1f}"}
