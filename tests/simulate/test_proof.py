"""The page about proof says what is tested."""

from tests.simulate import proof


def test_the_page_lists_every_invariant_with_its_fault() -> None:
    """docs/proof.md holds the table as the tests make it; ``python -m tests.simulate.proof`` writes it."""
    assert proof.table() == proof.written()
