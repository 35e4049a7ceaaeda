"""Table tests: one test for many rows, which names every row that is wrong."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Test = Callable[..., None]


def each_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for each row of a table; takes the arguments of ``pytest.mark.parametrize``.

    For tables of pure functions: a thousand rows are one test to collect and report, and a failure lists
    every wrong row. The test's fixtures are shared by its rows.
    """
    named = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [dict(zip(named, row if len(named) > 1 else (row,), strict=True)) for row in rows]
    assert table, "a table without rows holds nothing"

    def decorate(test: Test) -> Test:
        @wraps(test)
        def whole(**given: Any) -> None:
            wrong = [line for row in table if (line := _wrong(test, row, given))]
            assert not wrong, f"{len(wrong)} of {len(table)} rows:\n" + "\n".join(wrong)

        wanted = inspect.signature(test)
        left = [one for name, one in wanted.parameters.items() if name not in named]
        whole.__signature__ = wanted.replace(parameters=left)  # type: ignore[attr-defined]
        return whole

    return decorate


def _wrong(test: Test, row: dict[str, Any], given: dict[str, Any]) -> str | None:
    try:
        test(**row, **given)
    except Exception as error:  # noqa: BLE001 - whatever a row raises is that row's failure
        message = "; ".join(line for line in str(error).splitlines() if line.strip())
        return f"{', '.join(map(repr, row.values()))}: {type(error).__name__}: {message}"
    return None
