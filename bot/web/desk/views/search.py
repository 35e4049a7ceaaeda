"""Search: people, bills and texts by a part of a name, a phone, a reference or a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from billing.accounts.search_words import Sought
from bot.web.desk.views.today import PAGE
from storage.desk import search

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit

_LONGEST: Final = 200
_FEW: Final = 15
"""Of each kind, where all three are shown."""
_DIGITS: Final = 18


def page(visit: Visit) -> Response:
    """What was found: some of each kind, or a page of one."""
    text = visit.query.get("q", "").replace("\0", "").strip()[:_LONGEST]
    of = visit.query.get("of", "")
    found: dict[str, Any] = {"people": (), "bills": (), "texts": (), "more": {}}
    with visit.read() as session:
        if text and of in _PAGES:
            rows = _PAGES[of](visit, session, Sought.of(text))
            found |= {of: rows[:PAGE]}
            found["more"] = {of: _place(of, rows[PAGE - 1])} if len(rows) > PAGE else {}
        elif text:
            result = search.search(session, text, _FEW)
            found |= {"people": result.people, "bills": result.bills, "texts": result.texts}
            more = {"people": result.more_people, "bills": result.more_bills, "texts": result.more_texts}
            found["more"] = {name: {} for name, there in more.items() if there}
    more_links = {name: {"q": text, "of": name, **place} for name, place in found.pop("more").items()}
    return visit.show("search.html", text=text, of=of, more=more_links, **found)


def _people(visit: Visit, session: Any, question: Sought) -> Any:
    return search.people(session, question, _key(visit), PAGE + 1)


def _bills(visit: Visit, session: Any, question: Sought) -> Any:
    return search.bills(session, question, _key(visit), PAGE + 1)


def _texts(visit: Visit, session: Any, question: Sought) -> Any:
    before = visit.query.get("before", "")
    return search.texts(session, question, _number(before) if before else None, PAGE + 1)


_PAGES: Final = {"people": _people, "bills": _bills, "texts": _texts}


def _place(of: str, row: Any) -> dict[str, str]:
    if of == "texts":
        return {"before": str(row.inbox_id)}
    return {"before": str(row.key[0]), "at": row.key[1]}


def _key(visit: Visit) -> tuple[int, str] | None:
    before = visit.query.get("before", "")
    return (_number(before), visit.query.get("at", "").replace("\0", "")[:_LONGEST]) if before else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
