"""A folder to import from, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bot.importing.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database


@pytest.fixture
def folder(tmp_path: Path, database: Database) -> Folder:
    """An empty folder, and an empty register."""
    return Folder(tmp_path, database)
