"""Numbers of files that a person writes: beyond a hundred years, or any amount, they are refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing import policy
from billing.policy import BadPolicy, every

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("payments", "credit_days", "36501"),
        ("payments", "credit_days", "99999999999999999999"),
        ("retention", "records_days", "999999999"),
        ("payments", "refund_two_above", str(10**13)),
        ("good_faith", "source = 'x'\nsoon_ahead", "367"),
    ],
)
def test_a_number_nothing_can_be_counted_with_is_refused(
    tmp_path: Path, part: str, name: str, value: str
) -> None:
    """The refusal names file and key: no command finds out later, in the middle of its work."""
    file = tmp_path / "own.toml"
    file.write_text(f'extends = "us"\n[{part}]\n{name} = {value}\n')
    with pytest.raises(BadPolicy, match=f"{part}.{name.rsplit(maxsplit=1)[-1]}"):
        policy.load(str(file))


def test_no_policy_of_ours_is_near_the_bounds() -> None:
    """What comes with Kvitt is read, with every overlay."""
    for name in every():
        assert policy.load(name).name
