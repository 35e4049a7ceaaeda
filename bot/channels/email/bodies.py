"""The text of an e-mail, whichever way its program wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

MOST: Final = 200_000
"""Characters of a body that are looked at."""

_QUOTATIONS: Final = (
    "blockquote, .gmail_quote, .gmail_signature, .yahoo_quoted, .moz-cite-prefix, .moz-signature, "
    "#appendonsend, #divRplyFwdMsg, #Signature, script, style, head, title"
)
_LINES: Final = ("p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table")
_MANY_LINES: Final = re.compile(r"\n\s*\n+")


def plain_text(mail: EmailMessage) -> str:
    """An e-mail's body as plain text: the plain part, or the HTML without markup and quotations."""
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        if part is not None:
            text = _decoded(part)[:MOST]
            text = _without_markup(text) if kind == "html" else text
            if text.strip():
                return text
    return ""


def has_attachment(mail: EmailMessage) -> bool:
    """Whether a person attached something to an e-mail: an image inside the text counts, too."""
    for part in mail.walk():
        kind = part.get_content_maintype()
        if part.get_content_disposition() == "attachment" or kind in {
            "image",
            "audio",
            "video",
            "application",
        }:
            return True
    return False


def _decoded(part: MIMEPart) -> str:
    """The part's text, in whatever letters it says it has, or in those it has after all."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    for letters in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return payload.decode(letters)
        except (ValueError, LookupError):  # no such letters, or a name that cannot be one
            continue
    return payload.decode("latin-1")


def _without_markup(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    for quoted in soup.select(_QUOTATIONS):
        quoted.decompose()
    for line_break in soup.find_all("br"):
        line_break.replace_with("\n")
    for block in soup.find_all(_LINES):
        block.append("\n")
    return _MANY_LINES.sub("\n\n", soup.get_text())
