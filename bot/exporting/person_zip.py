"""One zip file with everything about a person: summary.html, data.json, and the papers as PDF."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot import outgoing_file
from handlers import logs
from handlers.context import Context
from handlers.privacy import collecting
from messages.documents import bill_documents, fonts

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

_FOR_THE_OWNER: Final = 0o600 << 16


@dataclass(frozen=True, slots=True)
class PersonZip:
    """What the file has: how many rows and papers, and what could not be set as PDF."""

    rows: int
    papers: int
    notes: tuple[str, ...]


def write(
    database: Database, installation: Installation, clock: Clock, customer_id: str, by: str, out: Path
) -> PersonZip:
    """Write the file, readable by its owner alone; an older one is replaced in one step.

    Raises:
        handlers.desk.messages.NoSuchCustomer: nobody has this id.
        bot.outgoing_file.CannotWrite: the folder is not there, or cannot be written to.
    """
    with database.write() as session:
        context = Context(session, installation, clock)
        found = collecting.collect(context, customer_id, by)
        made_at = context.now
        session.rollback()
    notes, papers = [], {}
    for name, page in found.papers.items():
        try:
            papers[_safe(name)] = bill_documents.printed(fonts.legible(page))
        except Exception as error:  # noqa: BLE001 - a page that cannot be set keeps nothing else back
            logs.logger().error("paper.failed", error=type(error).__name__)
            notes.append(f"{name} could not be set as PDF: its words are in data.json")
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as made:
        data = json.dumps(found.data, ensure_ascii=False, indent=2)
        for name, what in (
            ("summary.html", found.summary.encode()),
            ("data.json", data.encode()),
            *papers.items(),
        ):
            made.writestr(_entry(name, made_at), what)
    with database.write() as session:
        collecting.note(Context(session, installation, clock), customer_id, by)
        outgoing_file.write_bytes(out, content.getvalue())  # one that cannot be written is not noted
    return PersonZip(found.rows, len(papers), tuple(notes))


def _entry(name: str, made_at: datetime) -> ZipInfo:
    entry = ZipInfo(name, made_at.timetuple()[:6])
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, _FOR_THE_OWNER
    return entry


def _safe(name: str) -> str:
    """A file's name from ids of other systems, which may have any sign."""
    folder, _, last = name.rpartition("/")
    return f"{folder}/{re.sub(r'[^A-Za-z0-9._-]', '_', last)}" if folder else last
