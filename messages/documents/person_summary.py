"""A page (HTML) with everything kept about a person, in their language."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from billing.ledger.money import Money
from messages.languages import file, known
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

_SHOWN: Final = {
    "register": (
        ("customers", ("id", "name", "birth_date", "language", "address")),
        ("concerns", (("kind", "kind"), ("detail", "detail"), ("at", "recorded_at"))),
        ("representatives", ("name", "kind", ("from", "valid_from"), ("until", "valid_until"))),
    ),
    "contacts": (
        ("contact_points", ("id", "channel", "address")),
        ("contacts", (("id", "contact_point_id"), ("from", "added_at"), ("until", "removed_at"))),
    ),
    "consents": (
        ("consents", (("id", "contact_point_id"), ("from", "granted_on"), "basis", ("until", "revoked_at"))),
        ("acceptances", (("at", "accepted_at"), "kind", "text")),
    ),
    "coverage": (
        (
            "coverages",
            (("payer", "payer_id"), ("member", "member_id"), ("from", "starts_on"), ("until", "ends_on")),
        ),
        ("eligibility_checks", (("at", "checked_at"), ("state", "result"), "reason")),
        ("authorisations", (("at", "asked_at"), ("what", "description"), "state", "reason")),
        ("planned_services", (("at", "service_on"), ("what", "description"))),
    ),
    "bills": (
        ("bills", ("id", ("issued", "issued_on"), ("due", "due_on"), "amount", ("what", "description"))),
        ("charges", (("at", "service_on"), ("what", "description"), "amount")),
        ("estimates", (("at", "given_at"), ("amount", "expected"), "text")),
    ),
    "ledger": (("entries", (("at", "booked_on"), "kind", "amount", ("id", "bill_id"))),),
    "payments": (
        ("payments", (("at", "paid_on"), "amount", ("name", "payer"), "text")),
        ("refunds", (("at", "requested_at"), "amount", "state", "reason")),
        ("chargebacks", (("at", "opened_at"), "amount", "state", "reason")),
    ),
    "plans": (
        ("plans", (("at", "agreed_at"), "amount", "state")),
        ("instalments", (("due", "due_on"), "amount")),
        ("promises", (("due", "due_on"), "amount", "state")),
        ("aid_applications", (("at", "asked_at"), "state", "reason")),
    ),
    "messages": (
        ("inbox", (("at", "received_at"), "channel", "kind", "text", "state")),
        ("outbox", (("at", "sent_at"), "channel", "text", "state", "reason")),
        ("conversations", (("at", "started_at"), ("kind", "flow"), ("detail", "answers"), "state")),
    ),
    "cases": (
        ("escalations", (("at", "opened_at"), "kind", "reason", "detail", ("state", "outcome"))),
        ("holds", (("at", "placed_at"), "kind", "reason", ("until", "lifted_at"))),
    ),
    "decisions": (("decisions", ("at", ("state", "verdict"), "reason", "inputs")),),
    "letters": (
        ("letters", (("id", "reference"), ("until", "answer_by"), ("at", "returned_at"))),
        ("bill_sendings", (("at", "sent_at"), ("channel", "way"), "state")),
    ),
    "claims": (
        ("claims", (("id", "key"), ("payer", "payer_id"), "amount", "state", "reason")),
        ("claim_answers", (("at", "answered_on"), ("state", "verdict"), ("amount", "paid"))),
        ("placements", (("at", "flagged_at"), ("payer", "collector"), "amount", "state", "reason")),
    ),
    "audit": (("audit", ("at", "actor", ("what", "action"), "detail")),),
}
"""What is shown of each table: the label and the column, which may be the same word."""
_HEADS: Final = {"inbox": "in", "outbox": "out"}
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:.5em 0 1.5em}"
    "td,th{border-bottom:1px solid #ccc;padding:.3em .8em .3em 0;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}"
)


@cache
def words(language: str) -> dict[str, str]:
    """The labels and sentences of the page in one language."""
    return tomllib.loads(file(known(language), "privacy.toml").read_text(encoding="utf-8"))


def page(
    found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    language: str,
    zone: ZoneInfo,
    made_at: datetime,
    currency: str,
    name: str,
    erased_at: datetime | None = None,
) -> str:
    """The page of all rows, by section and table; moments are shown in ``zone``."""
    spoken = known(language)
    say = words(spoken)
    made = wording.day(made_at.astimezone(zone).date(), spoken)
    parts = [
        f'<!doctype html><html lang="{spoken}"><meta charset="utf-8"><title>{escape(say["title"])}</title>',
        f"<style>{_STYLE}</style><h1>{escape(say['title'])}</h1>",
        f"<p>{escape(say['for_whom'])}: {escape(name)}<br>{escape(say['made'])}: {escape(made)}</p>",
        f"<p>{escape(say['zone'].format(zone=zone.key))} {escape(say['papers'])}</p>",
    ]
    if erased_at:
        day = wording.day(erased_at.astimezone(zone).date(), spoken)
        parts.append(f"<p>{escape(say['erased'].format(day=day))}</p>")
    for section, shown in _SHOWN.items():
        parts.append(f"<h2>{escape(say[section])}</h2>")
        tables = [(table, columns) for table, columns in shown if found.get(section, {}).get(table)]
        parts += [
            _table(table, columns, found[section][table], say, spoken, zone, currency)
            for table, columns in tables
        ]
        if not tables:
            parts.append(f"<p>{escape(say['none'])}</p>")
    return "\n".join(parts) + "\n"


def _table(
    table: str,
    columns: Sequence[str | tuple[str, str]],
    rows: Sequence[Mapping[str, Any]],
    say: Mapping[str, str],
    language: str,
    zone: ZoneInfo,
    currency: str,
) -> str:
    pairs = [(one, one) if isinstance(one, str) else one for one in columns]
    head = f"<h3>{escape(say[_HEADS[table]])}</h3>" if table in _HEADS else ""
    top = "".join(f"<th>{escape(say[label])}</th>" for label, _ in pairs)
    lines = [
        "<tr>"
        + "".join(
            f"<td>{escape(_cell(label, row, name, language, zone, currency))}</td>" for label, name in pairs
        )
        + "</tr>"
        for row in rows
    ]
    return f"{head}<table><tr>{top}</tr>{''.join(lines)}</table>"


def _cell(label: str, row: Mapping[str, Any], name: str, language: str, zone: ZoneInfo, currency: str) -> str:
    value = row.get(name)
    match value:
        case None | "" | {} | []:
            return ""
        case int() if label == "amount":
            return wording.money(Money(value, row.get("currency") or currency), language)
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
