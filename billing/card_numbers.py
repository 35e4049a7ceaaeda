"""Payment card numbers in what people write: found by issuer, length and check digit, and masked.

The number may be in digits of any script, with whatever short thing between its groups. What merely looks
like one (a reference, a phone number, a date, an amount) keeps its digits. The last four digits may be kept,
the security code never.
"""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import TYPE_CHECKING, Final

from billing import number_runs
from billing.card_issuers import FIRST_DIGITS, is_card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from billing.number_runs import Run

_SHOWN: Final = 4
_FEWEST, _MOST = 12, 19
_LAYOUTS: Final = {
    12: ((4, 4, 4),),
    13: ((4, 4, 5), (4, 3, 3, 3), (1, 4, 4, 4), (4, 4, 4, 1)),
    14: ((4, 6, 4), (4, 4, 4, 2)),
    15: ((4, 6, 5), (4, 4, 4, 3), (5, 5, 5)),
    16: ((4, 4, 4, 4), (6, 6, 4), (5, 5, 5, 1)),
    17: ((4, 4, 4, 4, 1), (4, 4, 4, 5)),
    18: ((4, 4, 4, 4, 2), (6, 6, 6)),
    19: ((4, 4, 4, 4, 3), (6, 6, 7), (4, 4, 4, 7)),
}
"""How cards and forms group numbers, by length."""
_USUAL: Final = frozenset({14, 15, 16, 19})
"""Lengths that are common enough to be found where the groups are less clear."""
_GLUE: Final = frozenset("-/.,")
_LONGEST_SPLIT: Final = 480
"""No number with short things between its digits is longer."""
_NO_PART: Final = (-1, -1)
_ONE_WORD, _FEW_WORDS = 1, 3
_BESIDE: Final = re.compile(
    r"(?P<gap>[^\w+]{1,6}(?:(?:exp|valid|giltig|utg|venc|v[aá]lid|cad|thru)\w*[^\w+]{1,4}){0,2})"
    r"(?P<date>(?:0?[1-9]|1[0-2]) ?[/\-.] ?(?:20)?\d\d)(?![\d/.\-])"
)
"""A month beside a card: until when it is valid."""
_BARE_CODE: Final = re.compile(
    r"(?P<gap>[^\w+]{1,6})(?P<code>\d{3,4})(?![^\W_]|[.,/:\-]\d|[^\w]{0,2}[$€£]|\s?kr\b)"
)
_CODE: Final = re.compile(
    r"(\b(?:cvc2?|cvv2?|cvn2?|csc)\W{0,3}(?:[^\W\d_]{1,4}\W{1,2})?)\d{3,4}(?!\d)", re.IGNORECASE
)


def _nothing(_: str) -> bool:
    return False


def masked(text: str, issued: Callable[[str], bool] = _nothing) -> str:
    """A text with card numbers cut to their last four digits (``****4242``), and codes beside them gone.

    ``issued`` says of a number's digits whether we issued them as a reference, which then remains.
    """
    found = _found(text, issued)
    return _CODE.sub(lambda code: f"{code[1]}***", _without(text, found, codes=True))


def masked_numbers(text: str, issued: Callable[[str], bool] = _nothing) -> str:
    """Like :func:`masked`, of the numbers alone: what is beside them remains."""
    return _without(text, _found(text, issued), codes=False)


def masked_parts(texts: Sequence[str], issued: Callable[[str], bool] = _nothing) -> list[str]:
    """Consecutive texts of one person, oldest first, without a number that is split over them.

    Only a number that ends in the newest text is looked for. Of its parts the newest keeps the last four
    digits, the earlier ones none.
    """
    if not number_runs.enough("".join(texts), _FEWEST):
        return list(texts)
    split = _split(texts, issued)
    kept = list(texts)
    for place, (start, end) in split.items():
        last = place == len(texts) - 1
        shown = f"****{_shown(split, texts)}" if last else "****"
        kept[place] = texts[place][:start] + shown + texts[place][end:]
    return kept


def _shown(split: dict[int, tuple[int, int]], texts: Sequence[str]) -> str:
    parts = (texts[place][start:end] for place, (start, end) in sorted(split.items()))
    return "".join(_digits(number_runs.runs(part)) for part in parts)[-_SHOWN:]


def _without(text: str, found: Iterable[tuple[int, int]], *, codes: bool) -> str:
    shown, done = "", 0
    for start, end in found:
        digits = _digits(number_runs.runs(text[start:end]))
        shown += f"{text[done:start]}****{digits[-_SHOWN:]}"
        done = end
        if codes:
            more, done = _beside(text, end, 4 if digits.startswith(("34", "37")) else 3)
            shown += more
    return shown + text[done:]


def _beside(text: str, end: int, length: int) -> tuple[str, int]:
    """What replaces the validity and the security code that follow a number, and where they end."""
    shown = ""
    if valid := _BESIDE.match(text, end):
        shown, end = f"{valid['gap']}**/**", valid.end()
    code = _BARE_CODE.match(text, end)
    if code and len(code["code"]) == length:
        shown, end = f"{shown}{code['gap']}***", code.end()
    return shown, end


def _found(text: str, issued: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Where card numbers are in a text, in order; numbers that overlap are one place."""
    if not number_runs.enough(text, _FEWEST):
        return []
    runs = number_runs.runs(text)
    if not any(_might(runs, first) for first in range(len(runs))):
        return []  # what is around the digits is looked at only where it matters
    places: list[tuple[int, int]] = []
    for first, last in _windows(text, number_runs.marked(text, runs)):
        if issued(_digits(number_runs.runs(text[first.start : last.end]))):
            continue
        if places and first.start < places[-1][1]:
            places[-1] = places[-1][0], max(last.end, places[-1][1])
        else:
            places.append((first.start, last.end))
    return places


def _might(runs: Sequence[Run], first: int) -> bool:
    """Whether the digits from a group on could be a card number, whatever is between them."""
    digits = ""
    for run in runs[first : first + _MOST]:
        digits += run.digits
        if digits[0] not in FIRST_DIGITS or len(digits) > _MOST:
            return False
        if is_card(digits):
            return True
    return False


def _windows(text: str, runs: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """The first and last run of every card number."""
    for first in range(len(runs)):
        for last in _ends(text, runs, first):
            yield runs[first], runs[last]


def _ends(text: str, runs: Sequence[Run], first: int) -> Iterator[int]:
    digits, plus = "", runs[first].plus
    if runs[first].digits[0] not in FIRST_DIGITS:
        return
    for last in range(first, len(runs)):
        run = runs[last]
        digits += run.digits
        bridged = last == first or number_runs.bridges(text[runs[last - 1].end : run.start])
        # No phone number has sixteen digits: a card may be written behind a plus.
        if not bridged or run.spoken_for or len(digits) > _MOST or (run.phone and not plus):
            return
        if plus and len(digits) <= number_runs.LONGEST_PHONE:
            continue
        if is_card(digits) and _plausible(text, runs, first, last):
            yield last


def _plausible(text: str, runs: Sequence[Run], first: int, last: int) -> bool:
    """Whether the groups of digits look like one number, and not like several things."""
    mine = runs[first : last + 1]
    gaps = [text[one.end : other.start] for one, other in pairwise(mine)]
    if number_runs.part_of_a_code(text, mine[0].start, mine[-1].end):
        return False
    sizes = tuple(len(run.digits) for run in mine)
    glued = _is_glued(text, runs, first, last)
    if len(sizes) == 1 or sizes in _LAYOUTS[sum(sizes)]:
        return _few_words(gaps) and (sum(sizes) in _USUAL or not glued)
    if len(set(gaps)) == 1 and sum(sizes) in _USUAL and not glued:
        # Groups of a card in one, or any groups, if nothing but the same short thing is between them.
        return not number_runs.words(gaps[0]) or (_is_laid_out(sizes) and max(sizes[1:]) <= 5)  # noqa: PLR2004
    return not any(map(number_runs.words, gaps)) and _is_laid_out_finer(sizes, gaps)


def _cuts(sizes: Sequence[int]) -> list[int]:
    """After how many digits each group but the last ends."""
    return [sum(sizes[:count]) for count in range(1, len(sizes))]


def _is_laid_out(sizes: Sequence[int]) -> bool:
    """Whether the groups are those of a card, or several of them in one."""
    return any(set(_cuts(sizes)) <= set(_cuts(layout)) for layout in _LAYOUTS[sum(sizes)])


def _few_words(gaps: Sequence[str]) -> bool:
    """Whether there are few words between the groups ("ending in 1111")."""
    counts = [len(number_runs.words(gap)) for gap in gaps]
    several = [count for count in counts if count > _ONE_WORD]
    return (len(several) <= 1 or len(set(gaps)) == 1) and max(counts, default=0) <= _FEW_WORDS


def _is_laid_out_finer(sizes: Sequence[int], gaps: Sequence[str]) -> bool:
    """Whether each group of a card is written in parts, as single digits or pairs, all in the same way."""
    cuts = _cuts(sizes)
    for layout in _LAYOUTS[sum(sizes)]:
        borders = set(_cuts(layout))
        if borders <= set(cuts):
            between = {gap for cut, gap in zip(cuts, gaps, strict=True) if cut in borders}
            within = {gap for cut, gap in zip(cuts, gaps, strict=True) if cut not in borders}
            if len(between) <= 1 and len(within) <= 1:
                return True
    return False


def _is_glued(text: str, runs: Sequence[Run], first: int, last: int) -> bool:
    """Whether a dash or the like ties it to more digits, as in a phone number or a date."""
    before = text[runs[first - 1].end : runs[first].start] if first else ""
    after = text[runs[last].end : runs[last + 1].start] if last + 1 < len(runs) else ""
    return before in _GLUE or after in _GLUE


def _split(texts: Sequence[str], issued: Callable[[str], bool]) -> dict[int, tuple[int, int]]:
    """Where the parts of a number are that ends in the newest text, by the place of the text."""
    newest = len(texts) - 1
    for begin in range(newest):
        if any(len(text) > _LONGEST_SPLIT for text in texts[begin + 1 : newest]):
            continue  # no number reaches over it
        skipped = max(0, len(texts[begin]) - _LONGEST_SPLIT)
        near = [texts[begin][skipped:], *texts[begin + 1 : newest], texts[newest][:_LONGEST_SPLIT]]
        for cuts in product(*map(_between, near, near[1:])):
            found = _over_all(near, cuts, issued)
            if found:
                start, end = found[0]
                parts = [(start + skipped, end + skipped), *found[1:]]
                return {begin + place: part for place, part in enumerate(parts) if part != _NO_PART}
    return {}


def _between(one: str, other: str) -> tuple[str, ...]:
    """What may be between two texts: where both are digits, a group may be cut."""
    cut = number_runs.enough(one[-1:], 1) and number_runs.enough(other[:1], 1)
    return ("\n", "") if cut else ("\n",)


def _over_all(
    texts: Sequence[str], cuts: Sequence[str], issued: Callable[[str], bool]
) -> list[tuple[int, int]]:
    """The part in each text of a number that begins in the first and ends in the last; else empty."""
    joined, starts = _joined(texts, cuts)
    for start, end in _found(joined, issued):
        parts = list(_parts(starts, texts, start, end))
        if _NO_PART in (parts[0], parts[-1]) or not _is_common(joined[start:end]):
            continue
        if not any(_is_other(text, *part) for text, part in zip(texts, parts, strict=True)):
            return parts
    return []


def _is_common(number: str) -> bool:
    """Whether a number over several texts has a common length, and groups that cards have."""
    sizes = [len(run.digits) for run in number_runs.runs(number)]
    return sum(sizes) in _USUAL and (_is_laid_out(sizes) or max(sizes) <= _SHOWN)


def _is_other(text: str, start: int, end: int) -> bool:
    """Whether a part is something else in its own text: a date, an amount, a phone number."""
    marked = number_runs.marked(text, number_runs.runs(text))
    return any(run.start < end and start < run.end and (run.spoken_for or run.phone) for run in marked)


def _joined(texts: Sequence[str], cuts: Sequence[str]) -> tuple[str, list[int]]:
    """The texts as one, and where each begins in it; cut within a group, they are joined without a gap."""
    joined, starts = texts[0], [0]
    for cut, text in zip(cuts, texts[1:], strict=True):
        joined = joined + cut
        starts.append(len(joined))
        joined += text
    return joined, starts


def _parts(starts: Sequence[int], texts: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    for begins, text in zip(starts, texts, strict=True):
        first, last = max(start - begins, 0), min(end - begins, len(text))
        inside = number_runs.runs(text[first:last]) if first < last else []
        yield (first + inside[0].start, first + inside[-1].end) if inside else _NO_PART


def _digits(runs: Iterable[Run]) -> str:
    return "".join(run.digits for run in runs)


def part_between(before: str, after: str) -> str:
    """What of a text was replaced by asterisks."""
    start, rest = after.split("****", 1)
    return before[len(start) : len(before) - len(rest)]
