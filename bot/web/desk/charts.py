"""Charts of the desk as SVG, without a style or a script in them: a table beside each says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 640
HEIGHT: Final = 200
_LEFT, _TOP, _BOTTOM = 8, 24, 28
_GAP: Final = 0.3
"""Of a bar's place, left free."""
_MOST_LABELS: Final = 12


def bars(title: str, rows: Sequence[tuple[str, float, str]]) -> Markup:
    """A bar for each row: its label, its height, and the height in words."""
    drawn = Markup("")
    for number, (label, _, said) in enumerate(rows):
        left, high, step = _place(rows, number)
        drawn += Markup(
            '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
            "<title>{}: {}</title></rect>"
        ).format(left + step * _GAP / 2, _floor() - high, step * (1 - _GAP), high, label, said)
        drawn += _words(rows, number)
    return _svg(title, drawn)


def line(title: str, rows: Sequence[tuple[str, float, str]]) -> Markup:
    """A line through the rows: each one's label, height, and the height in words."""
    points, dots = [], Markup("")
    for number, (label, _, said) in enumerate(rows):
        left, high, step = _place(rows, number)
        across, down = left + step / 2, _floor() - high
        points.append(f"{across:.1f},{down:.1f}")
        dots += Markup(
            '<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}: {}</title></circle>'
        ).format(across, down, label, said)
        dots += _words(rows, number)
    drawn = Markup('<polyline class="line" points="{}"/>').format(" ".join(points)) + dots
    return _svg(title, drawn)


def _svg(title: str, drawn: Markup) -> Markup:
    base = Markup('<line class="base" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        _LEFT, _floor(), WIDTH - _LEFT, _floor()
    )
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, HEIGHT, title, drawn, base
    )


def _place(rows: Sequence[tuple[str, float, str]], number: int) -> tuple[float, float, float]:
    """Where a row's place begins, how high it is drawn, and how wide its place is."""
    most = max((value for _, value, _ in rows), default=0) or 1
    step = (WIDTH - 2 * _LEFT) / len(rows)
    return _LEFT + number * step, max(rows[number][1], 0) / most * (_floor() - _TOP), step


def _words(rows: Sequence[tuple[str, float, str]], number: int) -> Markup:
    """The label below a row, and the height above it, where there is room for them."""
    if len(rows) > _MOST_LABELS and number % (len(rows) // _MOST_LABELS + 1):
        return Markup("")
    label, _, said = rows[number]
    left, high, step = _place(rows, number)
    across = left + step / 2
    below = Markup('<text x="{:.1f}" y="{}">{}</text>').format(across, HEIGHT - 8, label)
    return below + Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(across, _floor() - high - 6, said)


def _floor() -> int:
    return HEIGHT - _BOTTOM
