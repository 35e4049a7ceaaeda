"""Whether an arm of a campaign does more harm than is allowed, surely enough to stop it."""

from __future__ import annotations

from math import exp, log
from typing import Final

ALPHA: Final = 0.05
"""The chance, over all looks together, to stop an arm whose true rate is within its limit."""
_TIMES: Final = (1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0)
"""The rates that are held against the limit, as multiples of it."""
_MOST: Final = 0.999


def too_much(harmed: int, sent: int, limit: float) -> bool:
    """Whether an arm's ``harmed`` of ``sent`` shows a rate of harm above ``limit`` (a fraction)."""
    return 0 < limit < 1 and evidence(harmed, sent, limit) >= 1 / ALPHA


def evidence(harmed: int, sent: int, limit: float) -> float:
    """How much likelier the harm that an arm did is under larger rates than under the limit.

    An equal mixture of likelihood ratios (Robbins, "Statistical methods related to the law of the iterated
    logarithm", 1970). For any true rate up to the limit each ratio is a nonnegative supermartingale that
    begins at 1, so by Ville's inequality (1939) the chance that it ever reaches 1/alpha is at most alpha,
    however often it is looked at; see Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric,
    nonasymptotic confidence sequences", Annals of Statistics 49 (2021). Harm that is still to come counts as
    none for now, which only ever makes the evidence smaller.
    """
    harmed = min(harmed, sent)
    rates = sorted({min(limit * times, _MOST) for times in _TIMES if limit * times > limit})
    logs = [
        harmed * log(rate / limit) + (sent - harmed) * log((1 - rate) / (1 - limit))
        for rate in rates
        if rate > limit
    ]
    if not logs:
        return 0.0
    top = max(logs)
    if top > 700:  # noqa: PLR2004 - beyond what a float holds
        return float("inf")
    return exp(top) * sum(exp(one - top) for one in logs) / len(logs)
