"""kvitt campaigns: one message to an audience, at a pace, with a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from billing.campaigns import campaigns as rules
from bot.cli.campaign_views import members_row, preview_row, print_preview, print_progress, progress_row
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list, print_table
from handlers.campaigns import campaign_messages, lifecycle, results
from handlers.campaigns import campaigns as desk
from handlers.campaigns import preview as campaigns_preview

if TYPE_CHECKING:
    from storage.campaigns.campaigns import CampaignRecord

campaigns = typer.Typer(help="One message to an audience, at a pace, with a result.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's name.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt campaigns``."""
    app.add_typer(campaigns, name="campaigns")


@campaigns.command("create")
def create(
    file: Annotated[Path, typer.Argument(help="A TOML file, described in docs/campaigns.md.")],
    json: _Json = False,
) -> None:
    """Save a campaign; nothing is sent before it is started."""
    with opened() as kvitt:
        by, campaign = kvitt.sign_in(), rules.load(file)
        with kvitt.database.write() as session:
            kept = desk.create(kvitt.context(session), campaign, by)
    if json:
        print_json(_row(kept))
    else:
        print_line(f"campaign {kept.name} is saved: kvitt campaigns preview {kept.name}, then start")


@campaigns.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="One JSON object a campaign.")] = False) -> None:
    """List all campaigns, the newest first."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = desk.every(session)
    rows = ((kept.name, kept.state.value, kept.created_by, kept.started_at, kept.reason) for kept in found)
    columns = ("campaign", "state", "made by", "started", "why")
    print_list(map(_row, found), columns, rows, "no campaigns yet", json=json)


@campaigns.command("preview")
def preview(
    name: _Name,
    exclusions: Annotated[
        bool, typer.Option("--exclusions", help="List everyone left out, and why.")
    ] = False,
    json: _Json = False,
) -> None:
    """Show who would get a campaign, who is left out, the texts and the cost; nothing is sent."""
    with opened() as kvitt, kvitt.database.read() as session:
        kept = desk.named(session, name)
        found = campaigns_preview.look_at(kvitt.context(session), kept)
        costs = kvitt.settings.costs
    if json:
        print_json(preview_row(found, costs) | (members_row(found) if exclusions else {}))
        return
    print_preview(found, costs)
    if exclusions:
        rows = [(one.person.person_id, one.look.reason.replace("_", " ")) for one in found.selection.left_out]
        print_table(("customer", "left out because"), rows, "nobody is left out")


@campaigns.command("start")
def start(name: _Name) -> None:
    """Start a campaign: select the audience as of now; sending begins at the next clock tick."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = desk.start(kvitt.context(session), name, kvitt.who(session))
    print_line(f"campaign {name} runs: {count} people may be written to")


@campaigns.command("approve")
def approve(
    name: _Name,
    batch: Annotated[int | None, typer.Option(help="The batch's number; else the oldest waiting.")] = None,
) -> None:
    """Release a campaign's batch for sending (KVITT_SENDING=approve); possible only once."""
    with opened() as kvitt, kvitt.database.write() as session:
        number, count = desk.approve(kvitt.context(session), name, batch, kvitt.who(session))
    print_line(f"campaign {name}: the {count} messages of batch {number} may leave now")


@campaigns.command("pause")
def pause(name: _Name) -> None:
    """Pause a campaign: none of its messages leaves until it is resumed."""
    with opened() as kvitt, kvitt.database.write() as session:
        desk.pause(kvitt.context(session), name, kvitt.who(session))
    print_line(f"campaign {name} is paused")


@campaigns.command("resume")
def resume(name: _Name) -> None:
    """Resume a paused campaign at its pace."""
    with opened() as kvitt, kvitt.database.write() as session:
        desk.resume(kvitt.context(session), name, kvitt.who(session))
    print_line(f"campaign {name} runs again")


@campaigns.command("stop")
def stop(
    name: _Name, reason: Annotated[str, typer.Option(help="The reason, for the audit trail.")] = ""
) -> None:
    """End a campaign permanently, and withdraw its queued messages."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = desk.stop(kvitt.context(session), name, reason, kvitt.who(session))
    print_line(f"campaign {name} is stopped; {count} queued messages were taken back")


@campaigns.command("progress")
def progress(name: _Name, json: _Json = False) -> None:
    """Show a campaign's progress: batches, exclusions, and each arm's results beside the holdout's."""
    with opened() as kvitt, kvitt.database.read() as session:
        kept = desk.named(session, name)
        found = results.progress(session, kept)
        waits = lifecycle.waits_for_approval(kvitt.context(session), kept)
    if json:
        print_json(progress_row(found, waits=waits))
    else:
        print_progress(found, waits=waits)


def _row(kept: CampaignRecord) -> dict[str, Any]:
    campaign = campaign_messages.campaign_of(kept)
    about = {"campaign": kept.name, "state": kept.state.value, "reason": kept.reason}
    when = {"created_at": kept.created_at, "created_by": kept.created_by, "started_at": kept.started_at}
    return about | when | {"ended_at": kept.ended_at, "rules": campaign.model_dump(mode="json")}
