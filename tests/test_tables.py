"""What tests over tables promise."""

import inspect

import pytest

from tests.tables import each_row


@each_row(("first", "second"), [(1, 1), (1, 2), (3, 3), (4, 5)])
def _same(first: int, second: int, tmp_path: object = None) -> None:
    assert first == second, tmp_path


def test_every_wrong_row_is_named_not_only_the_first() -> None:
    """Whoever reads a failure sees all rows that are wrong, and no others."""
    with pytest.raises(AssertionError, match=r"2 of 4 rows") as caught:
        _same(tmp_path="here")

    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:3]] == ["1, 2", "4, 5"]


def test_fixtures_stay_what_pytest_sees() -> None:
    """The columns of the table are no fixtures, everything else is."""
    assert list(inspect.signature(_same).parameters) == ["tmp_path"]


def test_a_table_without_rows_is_refused() -> None:
    """A list that was emptied by mistake is no passed test."""
    with pytest.raises(AssertionError, match="without rows"):
        each_row("one", [])
