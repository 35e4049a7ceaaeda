"""The keys that databases of benchmarks are sealed by."""

from __future__ import annotations

from typing import Final

from storage.sealing.keys import throwaway

KEYS: Final = throwaway()
