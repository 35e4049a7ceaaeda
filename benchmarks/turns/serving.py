"""``python -m benchmarks.turns.serving COMMAND``: a command of ours.

If KVITT_BENCH_PROFILE names a file, it says afterwards where the processor time went since SIGUSR1.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from benchmarks.turns.sampling import Sampler
from bot.cli import main

if __name__ == "__main__":
    profile = os.environ.pop("KVITT_BENCH_PROFILE", "")
    sampler = Sampler()
    if profile:
        signal.signal(signal.SIGUSR1, lambda *_: sampler.start())
    try:
        main()
    finally:
        if profile:
            sampler.stop(Path(profile))
