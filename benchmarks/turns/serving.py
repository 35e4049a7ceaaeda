"""``python -m benchmarks.turns.serving COMMAND``: a command of ours.

If KVITT_BENCH_PROFILE names a file, it says afterwards where the processor time went since SIGUSR1. If
KVITT_BENCH_NOW is a moment, ``serve --port PORT`` serves as if its clock had shown that at the start.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.turns.sampling import Sampler
from bot import processes, settings
from bot.cli import main
from bot.clock import VirtualClock
from bot.web.listening import listen


def serve_at(now: str, port: int) -> None:
    """What ``kvitt serve`` does, with a clock that starts at another moment."""
    clock = VirtualClock(datetime.fromisoformat(now), running=True)
    with listen("127.0.0.1", port) as listens:
        parts = processes.assemble(settings.load(), clock)
        asyncio.run(processes.serve(parts, listens, lambda: None))


if __name__ == "__main__":
    profile, started = (os.environ.pop(f"KVITT_BENCH_{name}", "") for name in ("PROFILE", "NOW"))
    sampler = Sampler()
    if profile:
        signal.signal(signal.SIGUSR1, lambda *_: sampler.start())
    try:
        if started:
            serve_at(started, int(sys.argv[-1]))
        else:
            main()
    finally:
        if profile:
            sampler.stop(Path(profile))
