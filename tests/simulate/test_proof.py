"""The page about proof says what is tested."""

import pytest

from tests.simulate import proof


@pytest.mark.parametrize("name", ["invariants", "complaints"])
def test_the_page_lists_what_is_proven(name: str) -> None:
    """docs/proof.md holds the tables as tests make them; ``python -m tests.simulate.proof`` writes them."""
    assert proof.tables()[name] == proof.written(name)


def test_the_twelve_complaints_are_all_there() -> None:
    """None of the twelve is left out."""
    assert len(proof.tables()["complaints"].splitlines()) == 2 + 12
