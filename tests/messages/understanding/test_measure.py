"""English utterances that others wrote, for another product, are understood as well as our own."""

import pytest

from tests.messages.understanding.measure import DATA, Measure, measure, table

RIGHT, REFUSED = 0.84, 0.75
EACH = 0.55


@pytest.fixture(scope="module")
def found() -> Measure:
    """The measure on the development set; nothing is held where it is not at hand."""
    if not DATA.exists():
        pytest.skip(f"the utterances are not at hand: {'/'.join(DATA.parts[-4:])} beside the checkout")
    return measure(DATA)


def test_what_we_do_is_understood(found: Measure) -> None:
    """Of a hundred texts that ask for something we do, 84 lead there."""
    assert found.in_scope >= RIGHT, table(found)


def test_no_intent_is_left_behind(found: Measure) -> None:
    """No single wish is understood less often than every second time."""
    assert not [intent for intent in found.tried if found.share(intent) < EACH], table(found)


def test_what_we_do_not_do_is_refused(found: Measure) -> None:
    """Of a hundred texts about anything else, 75 are told that we did not get that."""
    assert found.refused >= REFUSED, table(found)
