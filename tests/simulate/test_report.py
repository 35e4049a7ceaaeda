"""What ``kvitt simulate`` shows: one object for a program, a table for people, a page that stands alone."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bot.cli import command_line
from bot.simulate import charts, simulation
from bot.simulate.report import page

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_the_command_prints_one_object_and_writes_a_page(tmp_path: Path) -> None:
    """Policy, seed, outcomes, every invariant by number, no violation; the same for the other policy."""
    file = tmp_path / "report.html"
    arguments = [
        "simulate",
        "--policy",
        "us",
        "--against",
        "us+ma",
        "--customers",
        "2",
        "--days",
        "3",
        "--json",
    ]
    done = CliRunner().invoke(command_line(), [*arguments, "--seed", "4", "--report", str(file)])

    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (found["policy"], found["customers"], found["days"], found["seed"]) == ("us", 2, 3, 4)
    assert [one["number"] for one in found["invariants"] if one["checked"]][:3] == [1, 2, 3]
    assert found["violations"] == []
    assert found["against"]["policy"] == "us+ma"
    for one in found["invariants"]:
        untried = one["checked"] and not one["cases"]
        assert one["result"] == ("not_exercised" if untried else "ok" if one["checked"] else "not_checked")
    assert {"ok", "not_exercised"} <= {one["result"] for one in found["invariants"]}
    said = page_words(file)
    assert "not exercised: no case came up that could have broken them" in said
    assert (
        "no bill is flagged before the policy's days from the first bill 0 not exercised 0 not exercised"
        in said
    )
    assert "us+ma" in file.read_text(encoding="utf-8")


def page_words(file: Path) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", file.read_text(encoding="utf-8"))).split())


def test_the_command_prints_a_table() -> None:
    """Without --json people read outcomes and invariants in words."""
    done = CliRunner().invoke(
        command_line(), ["simulate", "--policy", "se", "--customers", "1", "--days", "2"]
    )

    assert done.exit_code == 0
    assert "recovery percent" in done.stdout
    assert "54 of 56 invariants checked, 0 violations, not exercised: " in done.stdout
    results = {line.split()[0]: line for line in done.stdout.splitlines() if line.split()[:1]}
    assert re.fullmatch(r"44 +hospitals wait +0 +not exercised *", results["44"])
    assert re.fullmatch(r"5 +every stop word +[1-9]\d* +ok *", results["5"])


def test_the_page_needs_nothing_from_outside() -> None:
    """No address, no script: charts and styles stand inside; what was broken stands in words."""
    found = simulation.simulate("generic", 2, 9, 1, processes=1)
    found.violated[14] += 1
    found.violations[14] = ["bill <B1> was written about too often"]
    text = page([found, found])

    assert re.findall(r"(?:src|href)=|https?://|<script", text) == []
    assert text.count("<svg") == 4
    assert "bill &lt;B1&gt; was written about too often" in text


def test_charts_stay_within_their_frame() -> None:
    """Whatever the values, none included, nothing is drawn outside the chart."""
    for values in ([], [0.0], [1.0, 5.0, 3.0], [1e9, 2.0]):
        drawn = charts.lines([("one", values)], "week") + charts.bars(
            [str(value) for value in values], [("one", values)]
        )
        points = re.findall(r'points="([^"]*)"', drawn)
        for pair in " ".join(points).split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= charts.WIDTH
            assert 0 <= y <= charts.HEIGHT
