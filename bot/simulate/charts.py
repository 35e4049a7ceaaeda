"""Charts as inline SVG: lines and bars that take their colours from the page, for light and dark."""

from __future__ import annotations

from html import escape
from math import ceil, log10
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 28
TICKS: Final = 4


def lines(series: Sequence[tuple[str, Sequence[float]]], x_label: str) -> str:
    """A chart of one line a series over 0, 1, 2 …; the first solid, the second dashed."""
    longest = max((len(values) for _, values in series), default=0)
    most = _round_up(max((max(values, default=0) for _, values in series), default=0))
    body = [*_axis(most), _x_labels(longest, x_label)]
    for number, (name, values) in enumerate(series):
        points = " ".join(f"{_x(i, longest - 1):.1f},{_y(v, most):.1f}" for i, v in enumerate(values))
        body.append(
            f'<polyline class="line s{number}" points="{points}"><title>{escape(name)}</title></polyline>'
        )
    return _svg(body, ", ".join(name for name, _ in series))


def bars(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> str:
    """A chart of one group of bars a label, one bar a series."""
    most = _round_up(max((max(values, default=0) for _, values in series), default=0))
    body = list(_axis(most))
    room = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    wide = room * 0.7 / max(len(series), 1)
    for place, label in enumerate(labels):
        left = LEFT + room * place + room * 0.15
        for number, (name, values) in enumerate(series):
            top = _y(values[place], most)
            body.append(
                f'<rect class="bar s{number}" x="{left + wide * number:.1f}" y="{top:.1f}" '
                f'width="{wide * 0.92:.1f}" height="{HEIGHT - BOTTOM - top:.1f}" rx="2">'
                f"<title>{escape(name)}, {escape(label)}: {values[place]:g}</title></rect>"
            )
        body.append(_text(LEFT + room * (place + 0.5), HEIGHT - 10, label, "middle"))
    return _svg(body, ", ".join(name for name, _ in series))


def _svg(body: Sequence[str], title: str) -> str:
    opening = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return f"{opening}{''.join(body)}</svg>"


def _axis(most: float) -> Iterator[str]:
    for tick in range(TICKS + 1):
        value = most * tick / TICKS
        y = _y(value, most)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(LEFT - 8, y + 4, _short(value), "end")


def _x_labels(longest: int, label: str) -> str:
    step = max(longest // 6, 1)
    shown = ((place, f"{label} {place}" if place == 0 else str(place)) for place in range(0, longest, step))
    return "".join(_text(_x(place, longest - 1), HEIGHT - 10, words, "middle") for place, words in shown)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _x(place: int, last: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * place / max(last, 1)


def _y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most


def _round_up(most: float) -> float:
    """The next round number, so that the axis reads well."""
    if most <= 0:
        return 1.0
    unit = 10 ** (ceil(log10(most)) - 1)
    return float(next((unit * step for step in (1, 2, 2.5, 4, 5, 8, 10) if unit * step >= most), unit * 10))


def _short(value: float) -> str:
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{sign}"
    return f"{value:g}"
