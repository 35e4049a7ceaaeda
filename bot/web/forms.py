"""Reads forms: a few named fields, each once, in UTF-8."""

from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

_KIND: Final = "application/x-www-form-urlencoded"
_CHARACTER_SETS: Final = {"", "utf-8", "utf8", "us-ascii"}
MOST_FIELDS: Final = 200
"""Twilio sends some thirty with ten photos."""


async def fields(request: Request) -> dict[str, str]:
    """The fields of a posted form by name.

    Raises:
        HTTPException: 415 if it is no form, or not in UTF-8; 400 if it cannot be read or a field comes twice.
    """
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    charset = str(header.get_param("charset", ""))
    body = await request.body()
    if (body and header.get_content_type() != _KIND) or charset.lower() not in _CHARACTER_SETS:
        raise HTTPException(415, f"this address takes a form ({_KIND}) in UTF-8")
    try:
        found = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise HTTPException(400, "the form cannot be read: it is no UTF-8, or has too many fields") from None
    if len(dict(found)) < len(found):
        raise HTTPException(400, "the form says something twice")
    return dict(found)
