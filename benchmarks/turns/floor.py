"""``python -m benchmarks.turns.floor PORT``: the same web stack, which only stores a text.

A signature, one SELECT and one committed INSERT a text, through the same driver, engine and threads as ours.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

import uvicorn
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, bindparam, insert, select
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.keys import KEYS
from benchmarks.turns.conversation import PUBLIC, TOKEN
from bot import garbage_collection, settings, wiring
from bot.channels.twilio.webhooks import genuine
from bot.clock import system_clock
from bot.wiring import MESSAGES_PATH
from handlers.dunning import dunning_run
from storage.database.engine import for_writing, open_engine
from storage.tables import ContactPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

TEXTS = Table(
    "bench_texts",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("provider_id", String, unique=True),
    Column("contact_point_id", Integer),
    Column("text", String),
    Column("received_at", DateTime(timezone=True)),
)
_POINT = select(ContactPoint.id).where(
    ContactPoint.channel == "sms", ContactPoint.address == bindparam("address")
)
_TEXT = insert(TEXTS)


class Floor:
    """Stores texts in an empty table of its own."""

    def __init__(self, url: str) -> None:
        self._engine = for_writing(open_engine(url, KEYS))
        # SQLite has one writer; waiting for a lock is quicker than waiting for the file.
        self._turn = threading.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()
        TEXTS.metadata.drop_all(self._engine)
        TEXTS.metadata.create_all(self._engine)

    async def post(self, request: Request) -> Response:
        """A text came in: store it, if Twilio signed it."""
        async with request.form(max_files=0) as posted:
            form = {name: value for name, value in posted.items() if isinstance(value, str)}
        if not genuine(TOKEN, PUBLIC + MESSAGES_PATH, form, request.headers.get("X-Twilio-Signature", "")):
            return Response(status_code=403)
        await asyncio.to_thread(self._store, form)
        return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', media_type="application/xml")

    def _store(self, form: Mapping[str, str]) -> None:
        with self._turn, self._engine.begin() as connection:
            point = connection.scalar(_POINT, {"address": form["From"]})
            text = {"provider_id": form["MessageSid"], "contact_point_id": point, "text": form["Body"]}
            connection.execute(_TEXT, text | {"received_at": system_clock()})


def _run_due(now: datetime) -> None:
    """The due run of ``kvitt serve``, in a thread beside the web server as it is there."""
    own = settings.load()
    installation, database = wiring.build_installation(own), wiring.open_database(own)
    thread = threading.Thread(target=dunning_run.run, args=(database, installation, now), daemon=True)
    signal.signal(signal.SIGUSR1, lambda *_: thread.start())


def main() -> None:
    """Serve KVITT_DATABASE_URL until killed; if KVITT_BENCH_NOW is a moment, SIGUSR1 begins its due run."""
    now = os.environ.pop("KVITT_BENCH_NOW", "")
    if now:
        _run_due(datetime.fromisoformat(now))
    floor = Floor(os.environ["KVITT_DATABASE_URL"])
    application = Starlette(routes=[Route(MESSAGES_PATH, floor.post, methods=["POST"])])
    garbage_collection.freeze_startup_objects()
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
