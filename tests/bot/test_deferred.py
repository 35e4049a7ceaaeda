"""A part that is made at its first use."""

from bot.deferred import Deferred


def test_a_part_is_made_at_its_first_use_and_once() -> None:
    """Whoever asks it for something gets what the part itself gives."""
    made = []

    def make() -> str:
        made.append(1)
        return "Kvitt"

    part = Deferred(make)
    assert made == []
    assert (part.upper(), part.lower(), made) == ("KVITT", "kvitt", [1])
