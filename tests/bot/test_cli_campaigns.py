"""Campaigns on the command line, in real processes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.clock import system_clock
from tests.bot.test_cli import BILLS, CUSTOMERS, _open_all_day
from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

BO = "3,Bo Berg,1971-11-03,+15035550144,US,CA,2026-01-05,signed form\n"
OWES = "B4,3,2026-09-01,2026-10-01,USD,80.50,Visit\n"


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """Two people who may be written to, and one who may not."""
    shell = Shell(tmp_path)
    shell.usual["policy"] = _open_all_day(tmp_path)
    today = system_clock().date()
    agreed = str(today - timedelta(days=30))
    (tmp_path / "customers.csv").write_text((CUSTOMERS + BO).replace("2026-01-05", agreed))
    (tmp_path / "bills.csv").write_text(BILLS + OWES)
    (tmp_path / "kvitt.toml").write_text('[costs]\nsms_price = "0.0079"\ncurrency = "USD"\n')
    shell.sign_in()
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    (tmp_path / "spring.toml").write_text(
        'name = "spring"\nmessage = "campaign.plan"\n'
        f"[window]\nfirst_day = {today - timedelta(days=1)}\nlast_day = {today + timedelta(days=9)}\n"
        "[pace]\nper_hour = 60\n"
    )
    return shell


def test_a_campaign_from_the_file_to_its_end(clinic: Shell) -> None:
    """Created, previewed with costs and exclusions, started, paused, resumed, stopped; the trail has it."""
    (made,) = clinic.json("campaigns", "create", "spring.toml")
    assert (made["campaign"], made["state"]) == ("spring", "draft")
    assert "already" in clinic("campaigns", "create", "spring.toml").stderr
    (seen,) = clinic.json("campaigns", "preview", "spring", "--exclusions")
    assert (seen["to_write"], seen["segments"], seen["cost"], seen["currency"]) == (2, 2, "0.0158", "USD")
    assert seen["exclusions"] == [{"customer_id": "2", "reason": "no_usable_channel"}]
    assert "in parts" in seen["examples"][0]["text"]
    printed = clinic("campaigns", "preview", "spring", "--exclusions").stdout
    assert "2 SMS segments, about 0.0158 USD" in printed
    assert "no usable channel" in printed
    assert "cannot be paused" in clinic("campaigns", "pause", "spring").stderr
    assert "2 people may be written to" in clinic("campaigns", "start", "spring").stdout
    assert clinic("campaigns", "pause", "spring").returncode == 0
    assert clinic("campaigns", "resume", "spring").returncode == 0
    assert "no batch waits" in clinic("campaigns", "approve", "spring").stderr
    (now,) = clinic.json("campaigns", "progress", "spring")
    assert (now["state"], now["members"]) == ("running", {"left_out": 1, "waiting": 2})
    assert clinic("campaigns", "stop", "spring", "--reason", "enough").returncode == 0
    assert "spring is stopped (enough)" in clinic("campaigns", "progress", "spring").stdout
    assert [one["state"] for one in clinic.json("campaigns", "list")] == ["stopped"]
    assert "stopped" in clinic("campaigns", "list").stdout
    assert clinic("campaigns", "progress", "summer").returncode == 1
    actions = [entry["action"] for entry in clinic.json("audit", "campaign:spring")]
    assert actions == [
        "campaign_created",
        "campaign_started",
        "campaign_paused",
        "campaign_resumed",
        "campaign_stopped",
    ]
