"""Styles and scripts of the desk: our own files, served under names with a digest of what is in them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

_FOLDER: Final = Path(__file__).with_name("static")
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NAMED: Final = re.compile(r"([a-z_]+)\.([0-9a-f]{12})(\.[a-z]+)")
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _Asset:
    """One file: what is in it, and the name it is served under."""

    content: bytes
    kind: str
    name: str


def name_of(file: str) -> str:
    """The name that a file is served under: ``desk.css`` is ``desk.0123456789ab.css``.

    Raises:
        KeyError: there is no such file.
    """
    return _assets()[file].name


def answer(named: str) -> Response:
    """A file by the name it is served under.

    A page of a process with another release may ask for another digest: it gets ours, and does not keep it.

    Raises:
        HTTPException: 404 where there is no such file.
    """
    parts = _NAMED.fullmatch(named)
    asset = _assets().get(f"{parts[1]}{parts[3]}") if parts else None
    if asset is None:
        raise HTTPException(404)
    kept = _FOREVER if asset.name == named else "no-store"
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    return Response(asset.content, media_type=asset.kind, headers=headers)


@cache
def _assets() -> dict[str, _Asset]:
    found = {}
    for file in sorted(_FOLDER.iterdir()):
        if file.suffix in _KINDS:
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[file.name] = _Asset(content, _KINDS[file.suffix], f"{file.stem}.{digest}{file.suffix}")
    return found
