"""Files of tables are loaded when one of their tables is used, and bring what their keys refer to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from storage import tables
from storage.tables import Table
from tests.commands import ROOT

FOLDER = ROOT / "storage" / "tables"
MAPPED = {mapper.class_ for mapper in Table.registry.mappers}


def test_every_table_is_found() -> None:
    """Each table of each file is listed with its file, or nobody could use it."""
    listed = {(name, table) for name, file in tables._FILES.items() for table in file.tables}
    assert {(one.__module__.rpartition(".")[2], one.__name__) for one in MAPPED} == listed
    assert {file.stem for file in FOLDER.glob("*.py")} == {*tables._FILES, "__init__", "base", "written"}
    assert all(getattr(tables, table).__name__ == table for _, table in listed)


def test_a_file_names_the_files_that_its_keys_refer_to() -> None:
    """A foreign key whose table is not loaded would fail the first row that is written."""
    home = {one.__tablename__: one.__module__.rpartition(".")[2] for one in MAPPED}
    for name, file in tables._FILES.items():
        keys = [key for table in file.tables for key in getattr(tables, table).__table__.foreign_keys]
        referred = {home[key.column.table.name] for key in keys}
        assert referred - {name} == set(file.refers), name


@pytest.mark.parametrize(
    ("used", "loaded"),
    [("SendingStop", "sending"), ("Account", "money people"), ("Outbox", "money people reminders talk")],
)
def test_a_table_loads_its_own_and_what_it_refers_to(used: str, loaded: str) -> None:
    """Two files may refer to each other; what a table does not need stays where it is."""
    program = f"""if True:
        import sys
        from sqlalchemy.orm import configure_mappers
        from storage import tables
        tables.{used}
        configure_mappers()
        for table in tables.{used}.registry.metadata.tables.values():
            assert all(key.column is not None for key in table.foreign_keys)
        print(*sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("storage.tables.")))
    """
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == {*loaded.split(), "base", "written"}


def test_what_is_no_table_is_no_name() -> None:
    """A slip in a table's name is an error at once."""
    with pytest.raises(AttributeError, match="Acount"):
        _ = tables.Acount
