"""The log of every process and command. No line holds personal data: ids, types and places in the code.

What a library says may quote anything: a text, a name, a URL with a token in it. Of its lines, its warnings
and of exceptions nobody expected, the log has the logger's name, the type and the place, never the words.

The library that writes lines takes a tenth of a second to load, and most commands log nothing: it is loaded
for the first line, or when a process begins that will serve for long.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from types import TracebackType

OURS: Final = frozenset({"billing", "bot", "handlers", "messages", "storage"})
"""The packages whose code is Kvitt's: a place in them says most."""
AGAIN_AFTER: Final = 60.0
"""Seconds in which the same line of a library is written once."""

_to_stderr = False
_level = logging.INFO


def to_stderr() -> None:
    """From here on all of this process logs to standard error, so that standard output stays data."""
    global _to_stderr  # noqa: PLW0603 - a process has one log
    _to_stderr = True
    logging.raiseExceptions = (
        False  # else a line that cannot be formatted is printed with what it was to hold
    )
    root = logging.getLogger()
    root.handlers[:] = [_Foreign()]
    root.setLevel(logging.WARNING)
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _uncaught_in_thread
    warnings.showwarning = _warned


def set_level(name: str) -> None:
    """Write lines of this level (``debug``, ``info``, ``warning``, ``error``) and above.

    With ``debug`` libraries are heard at every level, too; their words are left out all the same.
    """
    global _level  # noqa: PLW0603 - a process has one log
    _level = logging.getLevelNamesMapping()[name.upper()]
    if _to_stderr:
        logging.getLogger().setLevel(_level if _level == logging.DEBUG else max(_level, logging.WARNING))
        if "structlog" in sys.modules:
            _configure(sys.modules["structlog"])


def logger() -> Any:
    """What writes a line of the log."""
    import structlog  # noqa: PLC0415 - slow to load

    if _to_stderr and not structlog.is_configured():
        _configure(structlog)
    return structlog.get_logger()


def about(error: BaseException) -> dict[str, str]:
    """What the log may hold of an exception: its type, and the place in the code that raised it."""
    return {"error": type(error).__name__, "at": place_of(error.__traceback__)}


def place_of(trace: TracebackType | None) -> str:
    """The innermost place of a traceback in Kvitt's own code, else the innermost: ``module:line``."""
    places = list(_places(trace))
    own = [place for place in places if place.partition(".")[0] in OURS]
    return (own or places or ["?"])[-1]


def _places(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        yield f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next


class _Foreign(logging.Handler):
    """Writes that a library had something to say, once in a while, without what it said."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, ...], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of a record."""
        if record.name.startswith("structlog"):
            return
        fields = {"library": record.name, "place": f"{record.module}:{record.lineno}"}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= about(error)
        key = (record.levelname, *fields.values())
        if record.created < self._last.get(key, 0.0) + AGAIN_AFTER:
            return
        self._last[key] = record.created
        logger().log(min(max(record.levelno, logging.DEBUG), logging.ERROR), "library.log", **fields)


def _uncaught(kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger().error("process.failed", error=kind.__name__, at=place_of(trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    logger().error("thread.failed", error=args.exc_type.__name__, at=place_of(args.exc_traceback))


def _unraisable(args: Any) -> None:
    """An exception where none can be raised, as in a finalizer: its object's repr may hold anything."""
    logger().warning("object.failed", error=args.exc_type.__name__, at=place_of(args.exc_traceback))


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    del message, file, line
    name = filename.replace("\\", "/").rpartition("/")[2]
    logger().warning("library.warning", category=category.__name__, place=f"{name}:{lineno}")


def _plain(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave no exception and no object of ours in a line: their reprs hold what they were made of."""
    for name in ("exc_info", "exception", "stack_info"):
        found = line.pop(name, None)
        if isinstance(found, BaseException):
            line.update(about(found))
    for name, value in line.items():
        if not isinstance(value, str | int | float | bool | None):
            line[name] = type(value).__name__
    return line


def _configure(structlog: Any) -> None:
    """Moments in UTC, and colours only in a terminal."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _plain,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
