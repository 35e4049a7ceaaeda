"""X12 as text: segments with their places, and envelopes whose counts and numbers agree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

_ISA_ELEMENTS: Final = 16
"""ISA has 16 elements of fixed width; the separators are read from their places in it."""
_NO_DELIMITER: Final = re.compile(r"[A-Za-z0-9 ]")
_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_TRAILERS: Final = {"ISA": "IEA", "GS": "GE", "ST": "SE"}


class NotX12(Refusal):
    """A file is no X12 interchange."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no X12 file: {why}; nothing was read")


class CutShort(Refusal):
    """An X12 file ends before its envelopes are closed."""

    def __init__(self, where: str, missing: str) -> None:
        super().__init__(f"{where}: the file ends here, but {missing} is missing; get the whole file again")


class BadEnvelope(Refusal):
    """X12 segments are in a place where the standard does not allow them."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}; get the file again")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What separates elements, repetitions, components and segments in one X12 interchange."""

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    segment: str = "~"


@dataclass(frozen=True, slots=True)
class Segment:
    """One X12 segment: its number in the file, the offset of its first character, and its elements."""

    number: int
    offset: int
    elements: tuple[str, ...]
    delimiters: Delimiters

    @property
    def tag(self) -> str:
        """The segment's name, such as CLP."""
        return self.elements[0]

    def __getitem__(self, place: int) -> str:
        """An element by its number, as the guides count; empty where there is none."""
        return self.elements[place].strip() if place < len(self.elements) else ""

    def parts(self, place: int) -> tuple[str, ...]:
        """The components of an element."""
        return tuple(part.strip() for part in self[place].split(self.delimiters.component))

    @property
    def where(self) -> str:
        """The place, for a person."""
        return f"segment {self.number} ({self.tag}), character {self.offset}"

    @property
    def damaged(self) -> str:
        """What is malformed about a segment; empty if nothing is."""
        if not _TAG.fullmatch(self.tag):
            return f"{self.tag[:10]!r} is no segment name"
        return "it contains a control character" if any(map(_CONTROL.search, self.elements)) else ""


@dataclass(slots=True)
class X12Transaction:
    """An X12 transaction: the segments between ST and SE, with the envelopes around them."""

    kind: str
    control: str
    group_control: str
    interchange_control: str
    sender: str
    receiver: str
    made_on: str
    segments: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Interchanges:
    """What an X12 file holds. ``faults`` are counts and numbers of envelopes that do not agree."""

    transactions: list[X12Transaction] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def segments(text: str) -> Iterator[Segment]:
    """The segments of an X12 file; each ISA segment defines the separators that follow.

    Raises:
        NotX12: the file does not begin as an interchange does.
        CutShort: the last segment does not end.
    """
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    delimiters, number = _delimiters(text, start), 0
    while start < len(text):
        if text.startswith("ISA", start):
            delimiters = _delimiters(text, start)
        end = text.find(delimiters.segment, start)
        number += 1
        body = text[start:] if end < 0 else text[start:end]
        one = Segment(number, start + 1, tuple(body.rstrip("\r\n").split(delimiters.element)), delimiters)
        if end < 0 and one.tag != "IEA":
            raise CutShort(one.where, "the end of the segment")
        yield one
        start = len(text) if end < 0 else end + 1
        while start < len(text) and text[start] in "\r\n\t ":
            start += 1


def _delimiters(text: str, start: int) -> Delimiters:
    if not text.startswith("ISA", start):
        raise NotX12(f"it begins with {text[start : start + 12]!r} instead of ISA")
    element = text[start + 3 : start + 4]
    places = [start + 3]
    while element and len(places) < _ISA_ELEMENTS and places[-1] >= 0:
        places.append(text.find(element, places[-1] + 1))
    last = places[-1]
    if len(places) < _ISA_ELEMENTS or last < 0 or last + 2 >= len(text) or last - start > 2 * 106:
        raise NotX12("its ISA segment does not have 16 elements")
    repetition = text[places[10] + 1 : places[11]]
    found = Delimiters(
        element, "" if _NO_DELIMITER.match(repetition) else repetition, text[last + 1], text[last + 2]
    )
    separators = (found.element, found.component, found.segment)
    if len(set(separators)) < len(separators) or any(map(_NO_DELIMITER.match, separators)):
        raise NotX12(f"its separators {''.join(separators)!r} are not distinct")
    return found


def read(text: str) -> Interchanges:
    """Take an X12 file apart into its transactions, and see whether the envelopes agree.

    Raises:
        NotX12: it is no interchange.
        CutShort: an envelope is not closed.
        BadEnvelope: a segment is outside of any transaction, or an envelope in a wrong place.
    """
    reading = _Reading()
    for segment in segments(text):
        reading.take(segment)
    reading.end()
    return reading.found


class _Reading:
    """Envelopes that are open, and what was found in them."""

    def __init__(self) -> None:
        self.found = Interchanges()
        self._open: list[Segment] = []
        self._counts: list[int] = []
        self._last: Segment | None = None

    def take(self, segment: Segment) -> None:
        """One segment after another."""
        self._last = segment
        level = len(self._open)
        if segment.tag in _TRAILERS:
            if list(_TRAILERS)[level : level + 1] != [segment.tag]:
                raise BadEnvelope(segment.where, f"{segment.tag} does not belong here")
            self._begin(segment)
        elif segment.tag in _TRAILERS.values():
            if not level or _TRAILERS[self._open[-1].tag] != segment.tag:
                raise BadEnvelope(segment.where, f"{segment.tag} closes nothing that is open")
            self._close(segment)
        elif level == len(_TRAILERS):
            self.found.transactions[-1].segments.append(segment)
            self._counts[-1] += 1
        elif segment.tag != "TA1":
            raise BadEnvelope(segment.where, "it is outside of any transaction")

    def _begin(self, segment: Segment) -> None:
        if self._counts and segment.tag != "ISA":
            self._counts[-1] += 1
        self._open.append(segment)
        self._counts.append(1 if segment.tag == "ST" else 0)
        if segment.tag == "ST":
            isa, group = self._open[0], self._open[1]
            one = X12Transaction(segment[1], segment[2], group[6], isa[13], isa[6], isa[8], group[4])
            self.found.transactions.append(one)

    def _close(self, trailer: Segment) -> None:
        header, count = self._open.pop(), self._counts.pop()
        if header.tag == "ST":
            count += 1
        control = {"ST": header[2], "GS": header[6], "ISA": header[13]}[header.tag]
        if trailer[1] != str(count) and trailer[1].lstrip("0") != str(count):
            self.found.faults.append(
                f"{trailer.where}: it counts {trailer[1] or 'nothing'}, there are {count}"
            )
        if trailer[2] != control:
            self.found.faults.append(
                f"{trailer.where}: control number {trailer[2] or 'missing'}, but {header.tag} has {control}"
            )

    def end(self) -> None:
        """Check at the end of the file that every envelope was closed."""
        if self._last is None:
            raise NotX12("it is empty")
        if self._open:
            raise CutShort(self._last.where, _TRAILERS[self._open[-1].tag])


class Writer:
    """Writes X12 segments. Values come through `x12_words`, which leaves separators out of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, tag: str, *elements: str) -> None:
        """One segment; empty elements at its end are left out."""
        parts = [tag, *elements]
        while parts[-1] == "":
            parts.pop()
        self.lines.append("*".join(parts) + "~")

    @property
    def text(self) -> str:
        """Everything written, a segment a line."""
        return "\n".join(self.lines) + "\n"


def isa(sender: tuple[str, str], receiver: tuple[str, str], when: str, control: int, *, live: bool) -> str:
    """An X12 ISA segment, whose elements have fixed widths. ``when`` is YYMMDDHHMM, local to the sender."""
    return "*".join((
        "ISA", "00", " " * 10, "00", " " * 10,
        sender[0], f"{sender[1]:<15.15}", receiver[0], f"{receiver[1]:<15.15}",
        when[:6], when[6:], "^", "00501", f"{control:09d}", "0", "P" if live else "T", ":",
    )) + "~"  # fmt: skip
