"""A page of one paragraph, readable on a phone: for what is said once and has no page of its own."""

from __future__ import annotations

from html import escape
from typing import Final

from starlette.responses import HTMLResponse

_STYLE: Final = "font: 18px/1.5 sans-serif; max-width: 30em; margin: 3em auto; padding: 0 1em"
_HEAD: Final = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def plain_page(text: str, form: str = "", status: int = 200, heading: str = "") -> HTMLResponse:
    """The page: a heading and a text, which are escaped, and a form, which is not."""
    said = f"<h1>{escape(heading)}</h1>" if heading else ""
    page = f'<!DOCTYPE html>{_HEAD}<body style="{_STYLE}">{said}<p>{escape(text)}</p>{form}'
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
