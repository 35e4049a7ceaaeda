"""A person is handed everything kept about them, and nothing about others."""

from __future__ import annotations

import json
import stat
from datetime import date
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from bot.exporting import person_zip
from bot.outgoing_file import CannotWrite
from handlers.privacy import erasing
from storage import tables
from storage.privacy.declaration import rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

NAME = "Ada Quillfeather"


def _handed(world: World, folder: Path, customer_id: str = "ada") -> tuple[dict[str, Any], str, ZipFile]:
    out = folder / "out.zip"
    person_zip.write(world.database, world.installation, world.clock, customer_id, "desk", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    made = ZipFile(out)
    return json.loads(made.read("data.json")), made.read("summary.html").decode(), made


def _lived(world: World) -> None:
    world.customer(name=NAME, address="7 Zebrine Road", postal_code="97201", language="sv")
    world.bill()
    world.run()
    world.deliver()
    world.says("saldo")
    world.says("1980-02-28")
    world.says("jag vill prata med en person om zebrin")
    world.pays("B1", 60000)


def test_what_could_not_be_written_is_not_noted(world: World, tmp_path: Path) -> None:
    """The trail says handed out when the file is whole, and not before."""
    _lived(world)
    with pytest.raises(CannotWrite):
        _handed(world, tmp_path / "nowhere")
    assert _exports(world) == 0
    _handed(world, tmp_path)
    assert _exports(world) == 1


def _exports(world: World) -> int:
    with world.database.read() as session:
        done = session.scalars(select(tables.Audit.action)).all()
    return done.count("person_exported")


@pytest.mark.both_databases
def test_everything_is_there_readable_and_as_json(world: World, tmp_path: Path) -> None:
    """Every table of the person's is in the JSON; the page is in their language; papers are PDF."""
    _lived(world)
    data, page, made = _handed(world, tmp_path)
    sections = {rule.section for rule in rules().values()} - {""}
    assert sections <= data.keys()
    assert data["register"]["customers"][0]["name"] == NAME
    assert data["time_zone"] == "America/Los_Angeles"
    said = data["messages"]["inbox"][0]
    assert said["text"] == "saldo"
    assert said["received_at"] == {"utc": "2026-03-02T18:00:20Z", "local": "2026-03-02T10:00:20-08:00"}
    assert data["messages"]["outbox"][0]["state"] == "sent"
    for section, table in (
        ("contacts", "contact_points"),
        ("consents", "consents"),
        ("bills", "bills"),
        ("ledger", "entries"),
        ("payments", "payments"),
        ("cases", "escalations"),
        ("decisions", "decisions"),
        ("audit", "audit"),
    ):
        assert data[section][table], table
    assert data["audit"]["audit"][-1]["action"] == "person_exported"
    for word in ("Allt som är sparat om dig", NAME, "jag vill prata med en person om zebrin", "600,00"):
        assert word in page
    papers = [name for name in made.namelist() if name.endswith(".pdf")]
    assert papers == ["bills/1001.pdf", "statement.pdf"] or len(papers) == 2
    assert all(made.read(name).startswith(b"%PDF") for name in papers)


def test_tokens_and_other_people_are_not_there(world: World, tmp_path: Path) -> None:
    """Neither a child whose bills they answer for, nor who shares the phone, nor a token."""
    _lived(world)
    world.customer("kid", name="Emma Quillfeather", phone="", birth_date=date(2016, 5, 5), guarantor_id="ada")
    world.bill("B2", "kid", description="Secret visit")
    world.customer("bo", name="Bo Ek", birth_date=date(1990, 1, 1))
    world.says("1990-01-01")
    with world.database.read() as session:
        references = list(session.scalars(select(tables.Outbox.reference)))
    data, page, _ = _handed(world, tmp_path)
    text = json.dumps(data, ensure_ascii=False) + page
    for word in ("Emma", "2016-05-05", "Secret", '"B2"', "Bo Ek", "1990-01-01", *references):
        assert word not in text, word
    assert NAME in text
    mine, _, _ = _handed(world, tmp_path, "bo")
    assert "Quillfeather" not in json.dumps(mine)


@pytest.mark.both_databases
def test_after_an_erasure_nothing_of_the_person_is_handed_out(world: World, tmp_path: Path) -> None:
    """What is left are records in figures: no name, number, date of birth or word, and no paper."""
    _lived(world)
    erasing.erase(world.database, world.installation, world.clock, "ada", "desk", "")
    data, page, made = _handed(world, tmp_path)
    assert sorted(made.namelist()) == ["data.json", "summary.html"]
    text = (json.dumps(data, ensure_ascii=False) + page).lower()
    for sign in ("quillfeather", "5550142", "1980-02-28", "zebrin", "saldo"):
        assert sign not in text
    assert [entry["amount"] for entry in data["ledger"]["entries"]] == [60000, -60000]
    assert "du raderades den" in text
