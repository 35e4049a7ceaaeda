"""A fresh clinic with payers for each test, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handlers.payers.clinic import Clinic
from tests.world import an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database


@pytest.fixture
def clinic(database: Database) -> Clinic:
    """Ada, with a first payer and a second one."""
    made = Clinic(database, an_installation("us"))
    made.customer()
    made.covered("acme", "beta")
    return made
