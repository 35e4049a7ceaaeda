"""Fits texts to channels: SMS segments, plain characters, long texts in parts, choices without buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
_SEPTETS = (160, 153)
_UNITS = (70, 67)
_BEYOND_ONE_UNIT = 0xFFFF

_PLAIN = {
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"), '"'),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u0060\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t"), " "),
    **dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff\u00ad"), ""),
    ord("\u2026"): "...",
    ord("\u00d7"): "x",
}


def segments(text: str) -> int:
    """How many SMS segments a text fits into; 0 for an empty text.

    A text in the GSM alphabet has 160 septets in one segment or 153 in each of several (characters of its
    extension take two); any other text 70 or 67 16-bit units. No character is split between segments.
    """
    if all(sign in _GSM or sign in _GSM_EXTENSION for sign in text):
        return _packed([2 if sign in _GSM_EXTENSION else 1 for sign in text], *_SEPTETS)
    return _packed([2 if ord(sign) > _BEYOND_ONE_UNIT else 1 for sign in text], *_UNITS)


def plain(text: str) -> str:
    """The text fitted to the GSM alphabet: its quotes, dashes and spaces instead of typographic ones."""
    return text.translate(_PLAIN)


def numbered(text: str, labels: Sequence[str]) -> str:
    """The text fitted to channels without buttons: its choices as numbered lines."""
    return "\n".join([text, *(f"{number}) {label}" for number, label in enumerate(labels, 1))])


def _packed(sizes: Sequence[int], single: int, each: int) -> int:
    if sum(sizes) <= single:
        return 1 if sizes else 0
    count, room = 1, each
    for size in sizes:
        if size > room:
            count, room = count + 1, each
        room -= size
    return count
