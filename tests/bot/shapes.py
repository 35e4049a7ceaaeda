"""Random shapes of JSON and text with a seed: something else in some places of a sample, at any depth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 - a type

_ODD: Final = (
    "", " ", "\0", "a\0b", "\ud800", "é", "\u202e", "😀" * 50, "x" * 3000, "%", "%ff", "../..", "<b>",
    "'; --", "1980-02-28", "1e30", "-1", "NaN", "9" * 30, "٣", "+15035550142", "whatsapp:+15035550142",
    "whatsapp:", "STOP", "\r\nX: y",
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 10**30, 1e30, -0.0, 2**63, 2**31, [], {}, [[]], [None], {"id": 1}, {"": {}},
)  # fmt: skip


def text_of_chance(chance: Random) -> str:
    """A text that nobody writes."""
    if chance.random() < 0.6:
        return chance.choice(_ODD)
    return "".join(
        chr(chance.choice((chance.randrange(256), chance.randrange(0x3000))))
        for _ in range(chance.randrange(30))
    )


def _shape(chance: Random, sample: Any, depth: int = 0) -> Any:
    """A JSON like the sample with something else in some places, at any depth."""
    if chance.random() < 0.12 or depth > 8:
        return chance.choice((chance.choice(_VALUES), text_of_chance(chance)))
    if isinstance(sample, dict):
        kept = {
            name: _shape(chance, value, depth + 1) for name, value in sample.items() if chance.random() > 0.05
        }
        return kept | ({text_of_chance(chance): chance.choice(_VALUES)} if chance.random() < 0.1 else {})
    if isinstance(sample, list):
        return [_shape(chance, one, depth + 1) for one in sample] * chance.choice((1, 1, 1, 0, 2))
    return sample


def json_of_chance(chance: Random, sample: Any) -> bytes:
    """The sample as JSON with some of it changed, or no JSON at all."""
    if chance.random() < 0.05:
        return chance.choice(
            (b"", b"NaN", b"[" * 9000, b'{"a":' * 9000, b"\xff", b"[1]", b"null", b"1e999", b'"\\ud800"')
        )
    return json.dumps(_shape(chance, sample)).encode()
