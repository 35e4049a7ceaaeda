"""The stop of an arm that does harm: sure when it stops, and it does stop."""

from __future__ import annotations

import random  # noqa: TID251 - the promise is about chance, with a seed

import pytest

from billing.campaigns.stop_rule import ALPHA, evidence, too_much


def _stopped(rate: float, limit: float, people: int, seed: int) -> bool:
    """Whether an arm with this true rate is ever stopped, looked at after each person."""
    chance, harmed = random.Random(seed), 0  # noqa: S311 - see above
    for sent in range(1, people + 1):
        harmed += chance.random() < rate
        if too_much(harmed, sent, limit):
            return True
    return False


def test_an_arm_within_its_limit_is_rarely_stopped_however_often_it_is_looked_at() -> None:
    """Looked at after each of a thousand people, at the very limit: no more often than promised."""
    stopped = sum(_stopped(0.03, 0.03, 1000, seed) for seed in range(400))
    assert stopped / 400 <= ALPHA + 0.02


def test_an_arm_far_above_its_limit_is_stopped_soon() -> None:
    """Four times the limit shows within a few hundred people."""
    assert sum(_stopped(0.12, 0.03, 300, seed) for seed in range(100)) >= 95


@pytest.mark.parametrize(("harmed", "sent"), [(0, 0), (0, 500), (3, 100), (1, 50)])
def test_little_harm_stops_nothing(harmed: int, sent: int) -> None:
    """What the limit allows is no evidence against it."""
    assert not too_much(harmed, sent, 0.03)


def test_more_harm_is_more_evidence_and_nothing_overflows() -> None:
    """The evidence grows with every harm, and holds for any numbers."""
    found = [evidence(harmed, 100, 0.03) for harmed in range(101)]
    assert found == sorted(found)
    assert too_much(10**6, 10**6, 0.001)
    assert not too_much(5, 5, 1.0)
