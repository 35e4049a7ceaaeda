"""Makes hostile texts, bytes and JSON by a seed: real ones that were damaged, and ones that nobody writes."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.simulate.chance import Chance

MARK: Final = "qzmarkedqz"
"""A word that stands in half of the inputs: it may stand in no log and in no other output."""
_TESTS: Final = Path(__file__).parents[1]
_LONG: Final = 3000
_ODD: Final[Sequence[str]] = (
    "",
    " ",
    "\x00",
    "\x1b[2J",
    "\u202e",
    "\u200b\u200d",
    "\ufeff",
    "\U000e0041",
    "\ud83d",
    "🙂🏽‍🦱",
    "ﷺ" * 20,
    "İ",
    "ß",
    "e\u0301" * 40,
    "١٢٣٤",
    "①②",
    "½",
    "٪",
    "-0",
    "+",
    "--",
    "1e309",
    "1e-9",
    "NaN",
    "Infinity",
    "0x10",
    "9" * 400,
    "1,2,3.4.5",
    "$" * 50,
    "31/2/2026",
    "0000-00-00",
    "9999-12-31",
    "1-1-1",
    "32",
    "29 feb",
    "-1",
    "1/0",
    "25:61",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "%s%n",
    "{0.__class__}",
    "' OR 1=1 --",
    "\\",
    "\\u0000",
    "<script>",
    "&amp;",
    "]]>",
    "../../etc/passwd",
    "a@b",
    "@",
    "http://x",
    "+1",
    "+15035550142",
    "tel:",
    "\r\n.\r\n",
    "\n\n",
    "\t",
    "null",
    "[]",
    "{}",
)


@cache
def lines() -> tuple[str, ...]:
    """Every line that somebody is known to write: the texts of the tests of understanding, and of chats."""
    texts = sorted((_TESTS / "messages" / "understanding").glob("*.txt"))
    found = [line for one in texts for line in one.read_text(encoding="utf-8").splitlines()]
    for one in sorted((_TESTS / "chats").glob("*/*.txt")):
        found += re.findall(r"^> (.+)$", one.read_text(encoding="utf-8"), re.MULTILINE)
    return tuple(dict.fromkeys(line for line in found if line and not line.startswith("#")))


class Hostile:
    """Inputs by a seeded generator: the same seed gives the same ones."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance

    def text(self) -> str:
        """What somebody may text: a real line, a damaged one, several, or nonsense."""
        makers: Sequence[Callable[[], str]] = (
            lambda: self.chance.choice(lines()),
            lambda: self.damaged(self.chance.choice(lines())),
            lambda: " ".join(self.chance.sample(lines(), 2)),
            lambda: self.damaged("\n".join(self.chance.sample(lines(), 3))),
            self._odd,
            self._noise,
        )
        return self._marked(self.chance.choices(makers, (6, 5, 2, 2, 3, 2))[0]())

    def damaged(self, text: str) -> str:
        """A text with a few places changed."""
        for _ in range(self.chance.randint(1, 4)):
            text = self._hurt(text)
        return text

    def damaged_bytes(self, sample: bytes) -> bytes:
        """Bytes with a few places changed, as of a file that was cut, doubled or hit."""
        for _ in range(self.chance.randint(0, 5)):
            at, to = sorted(self.chance.randint(0, len(sample)) for _ in range(2))
            some = self.chance.choice(_ODD).encode("utf-8", "surrogatepass")
            sample = self.chance.choice(
                (
                    sample[:at] + some + sample[to:]
                    if to - at < len(sample) // 3
                    else sample[:at] + some + sample[at:],
                    sample[:at],
                    sample[:to] + sample[at:to] + sample[to:],
                    sample[:at] + bytes([self.chance.randrange(256)]) + sample[at + 1 :],
                    self._number_hit(sample, some),
                    sample.replace(
                        b"\n", self.chance.choice((b"\r\n", b"\r", b"")), self.chance.randint(1, 3)
                    ),
                    sample.decode("utf-8", "replace").encode(
                        self.chance.choice(("utf-16", "utf-8-sig", "latin-1")), "replace"
                    ),
                )
            )[: 40 * _LONG]
        return sample

    def damaged_json(self, sample: Any) -> Any:
        """JSON of a known shape with members gone, doubled, or of another kind, at any depth."""
        if self.chance.random() < _HERE:
            return self._other()
        if isinstance(sample, dict):
            found = {
                name: self.damaged_json(value) if self.chance.random() < _DEEPER else value
                for name, value in sample.items()
                if self.chance.random() > _GONE
            }
            if self.chance.random() < _GONE:
                found[self._odd()] = self._other()
            return found
        if isinstance(sample, list):
            found_items = [
                self.damaged_json(one) if self.chance.random() < _DEEPER else one for one in sample
            ]
            return found_items * self.chance.choice((1, 1, 1, 2, 0))
        return sample if self.chance.random() < _DEEPER else self._other()

    def damaged_form(self, sample: dict[str, str]) -> dict[str, str]:
        """A form with fields gone, added, or of other content."""
        found = {name: value for name, value in sample.items() if self.chance.random() > _GONE}
        for name in list(found):
            if self.chance.random() < _GONE * 2:
                found[name] = self.text()
        if self.chance.random() < _GONE:
            found[self._odd() or "x"] = self._odd()
        return found

    def json_bytes(self, sample: Any) -> bytes:
        """Damaged JSON as bytes, now and then no JSON at all."""
        if self.chance.random() < _GONE:
            return self.damaged_bytes(json.dumps(sample).encode())
        return json.dumps(self.damaged_json(sample)).encode("utf-8", "surrogatepass")

    def _other(self) -> Any:
        deep: Any = []
        for _ in range(self.chance.choice((1, 3, 200))):
            deep = [deep]
        return self.chance.choice(
            (
                None,
                True,
                0,
                -1,
                1,
                1e30,
                -1e308,
                10**40,
                2**63,
                self._odd(),
                self._odd(),
                self._marked("x"),
                [],
                {},
                [None],
                deep,
                {"": {}},
                {"reference": "#"},
                [{}],
                {"value": "NaN"},
                float("inf"),
                float("nan"),
            )
        )

    def _hurt(self, text: str) -> str:
        at, to = sorted(self.chance.randint(0, len(text)) for _ in range(2))
        word = self.chance.choice(_ODD)
        return self.chance.choice(
            (
                text[:at] + word + text[at:],
                text[:at] + text[to:],
                text[:at] + text[at:to].upper() + text[to:],
                text[:at] + text[at:to] * self.chance.randint(2, 30) + text[to:],
                text[:at]
                + chr(self.chance.choice((0, 7, 0x300, 0x202E, 0x1F600, 0x10FFFF, 0xFEFF)))
                + text[at:],
                re.sub(r"\d+", lambda _: word, text),
                re.sub(r"\d", lambda one: chr(0x0660 + int(one[0])), text),
                " ".join(self.chance.sample(text.split(), len(text.split()))),
            )
        )[: 2 * _LONG]

    def _number_hit(self, sample: bytes, some: bytes) -> bytes:
        numbers = [one.span() for one in re.finditer(rb"\d+(?:[.,]\d+)?", sample[: 20 * _LONG])]
        if not numbers:
            return sample + some
        at, to = self.chance.choice(numbers)
        return sample[:at] + some + sample[to:]

    def _odd(self) -> str:
        return " ".join(self.chance.choice(_ODD) for _ in range(self.chance.choice((1, 1, 2, 3))))

    def _noise(self) -> str:
        highest = self.chance.choice((0x7F, 0x250, 0x10FFFF))
        return "".join(
            chr(self.chance.randrange(highest)) for _ in range(self.chance.choice((3, 30, 300, _LONG)))
        )

    def _marked(self, text: str) -> str:
        at = self.chance.randint(0, len(text))
        return f"{text[:at]} {MARK} {text[at:]}" if self.chance.random() < _MARKED else text


_HERE: Final = 0.04
_DEEPER: Final = 0.8
_GONE: Final = 0.12
_MARKED: Final = 0.5
