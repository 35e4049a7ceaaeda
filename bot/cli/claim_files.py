"""kvitt claims check, export, answers import: claims go out in files, answers come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.claims import acknowledgements
from bot.claims import release as formats
from bot.claims.answers_file import FORMATS, import_answers, named, text_of
from bot.cli.opened import opened
from bot.cli.output import end_with_nothing, print_error, print_json, print_line, print_rejects, progress
from bot.outgoing_file import CannotWrite, write_text
from handlers.payers import filing

if TYPE_CHECKING:
    from bot.claims.answers_file import AnswersFound
    from handlers.payers.filing import Released, Scrubbed

answers = typer.Typer(help="What payers answered.", no_args_is_help=True)

Payer = Annotated[str, typer.Option("--payer", help="The payer's id.")]
Form = Annotated[str, typer.Option("--format", help=f"{', '.join(formats.FORMATS)}.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def add_to(claims: typer.Typer) -> None:
    """Add the commands about claim files to ``kvitt claims``."""
    claims.command("diagnose")(diagnose)
    claims.command("check")(check)
    claims.command("export")(export)
    claims.command("acknowledge")(acknowledge)
    answers.command("import")(answers_import)
    claims.add_typer(answers, name="answers")


def check(payer: Payer, form: Form = "x12", json: Json = False) -> None:
    """Check a payer's ready claims against its rules; claims it would reject are held back."""
    with opened() as kvitt, kvitt.database.write() as session:
        found = filing.scrub_waiting(kvitt.context(session), payer, form)
    _print_scrubbed(found, json=json)
    if any(one.findings for one in found):
        raise typer.Exit(1)


def diagnose(
    key: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number, like C17-1.")],
    codes: Annotated[list[str], typer.Argument(help="The conditions treated, the main one first.")],
    system: Annotated[str, typer.Option("--system", help="The system the codes are of.")] = "ICD-10-CM",
) -> None:
    """Enter the diagnoses of a claim's services, before it is filed."""
    with opened() as kvitt, kvitt.database.write() as session:
        done = filing.diagnose(kvitt.context(session), key, system, codes, kvitt.who(session))
    print_line(f"claim {key}: {', '.join(code.code for code in done.diagnoses)}")


def export(
    out: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)],
    payer: Payer,
    form: Form = "x12",
    number: Annotated[
        int, typer.Option("--again", help="Write an earlier file again, unchanged, by its number.")
    ] = 0,
    json: Json = False,
) -> None:
    """File all claims on a payer that pass the check in one file: the complete file, or nothing."""
    with opened() as kvitt:
        by = "" if number else kvitt.sign_in()
        filer = kvitt.settings.claims.as_filer(kvitt.settings.creditor) if kvitt.settings.claims else None
        write = formats.writer(form, kvitt.installation, filer, kvitt.now)
        held: list[Scrubbed] = []
        if number:
            with kvitt.database.read() as session:
                made = filing.again(session, payer, number)
        else:
            with kvitt.database.write() as session:
                found = filing.scrub_waiting(kvitt.context(session), payer, form)
                held = [one for one in found if one.findings]
            with kvitt.database.write() as session:
                made = filing.release(kvitt.context(session), payer, form, by, write)
    if made.claims:
        _write(out, made)
    if json:
        findings = {one.claim.key: [str(finding) for finding in one.findings] for one in held}
        file = str(out) if made.claims else None
        print_json({"file": file, "number": made.number, "claims": made.claims, "held": findings})
        return
    for one in held:
        for finding in one.findings:
            print_error(f"{one.claim.key}: held back: {finding}")
    count = len(made.claims)
    print_line(
        f"{out}: file {made.number}, {count} claim{'s' if count != 1 else ''}"
        if count
        else "no claim is in order"
    )


def acknowledge(
    file: Annotated[Path, typer.Argument(help="A 999 or 277CA from the receiver.")], json: Json = False
) -> None:
    """Import a receiver's acknowledgement: which files and claims it accepted, and why not the others."""
    with opened() as kvitt, named(file):
        found = acknowledgements.import_acknowledgements(
            kvitt.database, kvitt.installation, text_of(file), kvitt.clock
        )
    if json:
        print_json(
            {"files": found.files, "accepted": found.accepted, "refused": found.refused, "notes": found.notes}
        )
        return
    print_line(
        f"files {len(found.files)}, claims accepted {len(found.accepted)}, refused {len(found.refused)}"
    )
    for line in found.notes:
        print_error(line)


def answers_import(
    file: Annotated[Path, typer.Argument(help="A remittance or answers.")],
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "x835",
    partial: Annotated[
        bool, typer.Option("--partial", help="Book what can be read even if control totals do not add up.")
    ] = False,
    json: Json = False,
) -> None:
    """Book payers' answers, each once, on the claim that it names."""
    with opened() as kvitt, progress() as show:
        found = import_answers(
            kvitt.database,
            kvitt.installation,
            file,
            form,
            kvitt.clock,
            anyway=partial,
            progress=show,
        )
    print_answers(found, file, json=json)


def print_answers(found: AnswersFound, file: Path, *, json: bool) -> None:
    """Print the result of an answers file."""
    counts = {
        "booked": found.booked,
        "unmatched": found.unmatched,
        "duplicates": found.duplicates,
        "rejected": found.rejected,
    }
    lines = found.lines(file)
    kept_back = [
        {"reason": one.reason, "reference": one.reference, "amount": one.amount}
        for one in found.provider_adjustments
    ]
    if json:
        more = {"provider_adjustments": kept_back, "rejects": lines, "notes": found.notes}
        print_json({**counts, **more})
    else:
        print_line(", ".join(f"{name} {count}" for name, count in counts.items()))
        for one in found.provider_adjustments:
            print_line(
                f"kept back by the payer: {one.amount} (minor units), {one.reason} {one.reference}".rstrip()
            )
        print_rejects(lines, found.notes)
    taken = found.booked + found.unmatched + found.duplicates + len(found.provider_adjustments)
    end_with_nothing("booked", found.rejected, taken, json=json)


def _write(out: Path, made: Released) -> None:
    """Write the file. If the disk refuses, its claims stay filed and the file can be written again."""
    try:
        write_text(out, made.text)
    except CannotWrite:
        print_error(
            f"file {made.number} is saved in the database: write it elsewhere with --again {made.number}"
        )
        raise


def _print_scrubbed(found: list[Scrubbed], *, json: bool) -> None:
    for one in found:
        reasons = [str(finding) for finding in one.findings]
        if json:
            print_json({"claim": one.claim.key, "findings": reasons})
        else:
            for reason in reasons:
                print_line(f"{one.claim.key}: {reason}")
    if not json:
        sound = sum(not one.findings for one in found)
        print_line(f"{sound} in order, {len(found) - sound} held back")
