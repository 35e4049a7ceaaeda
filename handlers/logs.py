"""The log. No line holds personal data: ids and types only.

The library that writes it takes a tenth of a second to load, and most commands log nothing: it is loaded for
the first line, or when a process begins that will serve for long.
"""

from __future__ import annotations

import sys
from typing import Any

_to_stderr = False


def to_stderr() -> None:
    """From here on this process logs to standard error, so that standard output stays data."""
    global _to_stderr  # noqa: PLW0603 - a process has one log
    _to_stderr = True


def logger() -> Any:
    """What writes a line of the log."""
    import structlog  # noqa: PLC0415 - slow to load

    if _to_stderr and not structlog.is_configured():
        _configure(structlog)
    return structlog.get_logger()


def _configure(structlog: Any) -> None:
    """Moments in UTC, colours only in a terminal, and a traceback as Python prints it."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
