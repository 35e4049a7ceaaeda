"""A small made-up language, Kvittish, in a folder of its own: what it lacks in words is said in English."""

from __future__ import annotations

from shutil import copytree, ignore_patterns
from typing import TYPE_CHECKING, Final

from messages.languages import FALLBACK, WORDING
from messages.understanding.learned.model import NAME
from messages.understanding.said import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

CODE: Final = "kvt"

LANGUAGE: Final = """
english_name = "Kvittish"
label = "Kvitta"
place = 9
said = ["kvitta", "kvittish", "kvittisch"]
polite = ["saluton"]

[others]
swedish = ["svedva"]

[alone]
stop = ["mevu"]
start = ["komenu"]
help = ["helpu"]
back = ["reen"]
start_over = ["denove"]
cancel = ["lasu"]

[hours]
to = ["gis"]
at = []
after = ["post"]
before = ["antau"]

[card_code]
names = ["sekurkodo"]
means = ["estas"]

[[money]]
words = ["dolaroj"]
currencies = ["USD"]
"""

PHRASES: Final = """
negations = ["ne"]
breaks = ["sed"]
turns = ["sed"]

[spellings]

[groups]
staff = ["homo"]

[intents.balance]
said = ["kiom mi suldas", "=suldo"]

[intents.promise]
said = ["mi pagos"]

[intents.payment_plan]
said = ["pagi parte"]

[intents.change_language]
said = ["alia lingvo", "paroli"]

[intents.yes]
said = ["=jes"]

[intents.no]
said = ["=ne"]
"""

READING: Final = {
    "third = 3": "tria = 3",
    "fifty = 50": "kvindek = 50",
    'tomorrow = ["tomorrow", ': 'tomorrow = ["morgau", ',
    'ordinal_endings = ["st", ': 'ordinal_endings = ["-a", ',
    "month_first = true": f'month_first = false\nlocale = "{FALLBACK}"',
}
"""What is another line in the English way to write numbers and days."""

WORDING_OF: Final = {
    "language.j2": (
        "All right, I will write to you in English from now on.",
        "Bone, mi skribos kvitte.",
    ),
    "desk.toml": ('today = "Today"', 'today = "Hodiau"'),
    "answers.j2": ("You have {{ balance | money }} left to pay{%", "Restas {{ balance | money }}{%"),
}
"""A sentence of two files of messages, in English and in Kvittish."""


def write(root: Path) -> Path:
    """Put the language's folder into another; returns it."""
    folder = copytree(WORDING / FALLBACK, root / CODE, ignore=ignore_patterns(FOLDER, NAME))
    (folder / "language.toml").write_text(LANGUAGE, encoding="utf-8")
    (folder / "phrases.toml").write_text(PHRASES, encoding="utf-8")
    for name, (english, own) in WORDING_OF.items():
        _replace(folder / name, english, own)
    for english, own in READING.items():
        _replace(folder / "reading.toml", english, own)
    _replace(folder / "choices.toml", 'label = "Yes"', 'label = "Jes"')
    return folder


def _replace(file: Path, english: str, own: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert english in text
    file.write_text(text.replace(english, own), encoding="utf-8")
