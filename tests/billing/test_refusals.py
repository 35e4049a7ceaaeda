"""Refusals: one line each, also for whoever asked from another process."""

import pickle

from billing.refusals import BadAmount, Refusal


class _Picky(Refusal):
    """A refusal made of more than its text."""

    def __init__(self, thing: str, *, why: str) -> None:
        super().__init__(f"{thing}: {why}")
        self.thing = thing


def test_a_refusal_crosses_processes_with_its_line_and_all_it_holds() -> None:
    """Whatever a refusal was made of, another process reads the same line, type and facts."""
    for refusal in (_Picky("bill B1", why="is settled"), BadAmount("x", "USD")):
        there = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own
        assert type(there) is type(refusal)
        assert str(there) == str(refusal)
        assert there.__dict__ == refusal.__dict__
