"""Facts: kept as JSON and given back."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.facts import Saying, from_json, to_json
from billing.ledger.money import Money

if TYPE_CHECKING:
    from billing.facts import Facts

simple = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.dates(),
    st.builds(Money, st.integers(), st.sampled_from(["USD", "SEK"])),
)
facts = st.recursive(
    st.dictionaries(st.text(), simple, max_size=4),
    lambda inner: st.dictionaries(
        st.one_of(st.text(), st.sampled_from(["money", "day"])),
        st.one_of(simple, st.lists(inner, max_size=3)),
        max_size=4,
    ),
    max_leaves=12,
)


@given(facts)
def test_facts_come_back_from_json_as_they_were(kept: Facts) -> None:
    """Money, days, rows of facts and plain values survive being stored, even under the names of the tags."""
    assert kept == from_json(json.loads(json.dumps(to_json(kept))))


@pytest.mark.parametrize("value", [1.5, {"cash": [1, "USD"]}, {"money": ["1", "USD"]}, {"day": 5}])
def test_what_no_fact_is_kept_like_is_refused(value: float | dict[str, object]) -> None:
    """A stored value that is no fact is an error, never a guess."""
    with pytest.raises(TypeError, match="no fact is kept like this"):
        from_json({"odd": value})  # type: ignore[dict-item]


def test_money_and_days_are_tagged() -> None:
    """The stored form can be read by a person and by other programs."""
    assert to_json({"owed": Money(5, "USD"), "due": date(2026, 1, 31)}) == {
        "owed": {"money": [5, "USD"]},
        "due": {"day": "2026-01-31"},
    }


def test_a_saying_may_need_no_facts() -> None:
    """A message without facts is just its name."""
    assert Saying("stop.confirmed").facts == {}
