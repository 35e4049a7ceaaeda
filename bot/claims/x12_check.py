"""Checks an X12 file against the implementation guides' maps (pyx12) before it is released."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

from billing.refusals import Refusal

SHOWN = 5


class FailsTheGuide(Refusal):
    """An X12 file breaks the rules of its implementation guide, and is not released."""

    def __init__(self, faults: list[str]) -> None:
        more = f", and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        super().__init__(f"the file would be refused: {'; '.join(faults[:SHOWN])}{more}; nothing was written")


def check(text: str) -> None:
    """Check that a file conforms to its implementation guide.

    Raises:
        FailsTheGuide: it does not; every place is named.
    """
    found = faults(text)
    if found:
        raise FailsTheGuide(found)


def faults(text: str) -> list[str]:
    """Where an X12 file breaks its implementation guide, one line a fault."""
    from pyx12.errors import EngineError, X12Error  # noqa: PLC0415 - slow to import, and few commands need it
    from pyx12.params import params  # noqa: PLC0415
    from pyx12.x12n_document import x12n_document  # noqa: PLC0415

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    report = io.StringIO()
    try:
        fine = x12n_document(params(), io.StringIO(text), None, None, fd_json=report)
    except (EngineError, X12Error) as error:
        return [" ".join(str(error).split())]
    if fine:
        return []
    return list(_messages(json.loads(report.getvalue() or "{}"))) or ["the file keeps to no known guide"]


def _messages(node: Any, where: str = "") -> Any:
    """Every message in the tree of errors, with its segment."""
    if isinstance(node, dict):
        where = str(node.get("seg_id") or node.get("id") or where)
        place = node.get("cur_line") or node.get("line") or node.get("seg_count")
        for key, value in node.items():
            if key in {"err_str", "message", "err_msg", "msg"} and value:
                yield f"{where}{f' at {place}' if place else ''}: {value}"
            else:
                yield from _messages(value, where)
    elif isinstance(node, list):
        for one in node:
            yield from _messages(one, where)
