"""kvitt act: what a rep does about a customer, a bill, a case or a plan, with a preview of what is sent.

The commands are made from the acts themselves (`handlers/acts/registry.py`), as the forms of the pages are.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list
from handlers.acts import preview, registry
from handlers.acts.shape import FieldKind, On

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.acts.preview import ActPreview
    from handlers.acts.shape import Act, ActResult, Field

act = typer.Typer(
    help="What a rep does: more time, a plan, a note, a logged call, a dispute settled.",
    no_args_is_help=True,
)

_SUBJECTS: Final = {
    On.CUSTOMER: "The customer's id.",
    On.BILL: "The bill's id.",
    On.CASE: "The case's number.",
    On.PLAN: "The plan's number.",
}
_Preview = Annotated[
    bool, typer.Option("--preview", help="Show what the customer would read; nothing is written.")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
_Case = Annotated[int | None, typer.Option("--case", help="The case it came of: it is noted there.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt act``: one an act, and the list of those that fit."""
    for one in registry.ACTS.values():
        act.command(one.name, help=_help(one))(_command(one))
    act.command("list")(list_)
    app.add_typer(act, name="act")


def list_(
    on: Annotated[On, typer.Argument(help="customer, bill, case or plan.")],
    subject: Annotated[str, typer.Argument(help="Its id or number.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object an act.")] = False,
) -> None:
    """List the acts that you may do to it, with what each asks for and your limit."""
    with opened() as kvitt, kvitt.database.read() as session:
        context = kvitt.context(session)
        found = registry.of(context, on, subject, kvitt.who(session))
        limits = {one.name: one.limit(context) if one.limit else "" for one in found}
    printed = [
        {
            "act": one.name,
            "right": one.right.value,
            "limit": limits[one.name],
            "fields": [field.name for field in one.fields],
        }
        for one in found
    ]
    rows = ((one.name, one.help, _asked(one), limits[one.name]) for one in found)
    print_list(printed, ("act", "does", "asks for", "limit"), rows, "there is no act for you", json=json)


def _asked(one: Act) -> str:
    return ", ".join(field.name if field.needed else f"[{field.name}]" for field in one.fields)


def _help(one: Act) -> str:
    return one.help


def _command(one: Act) -> Callable[..., None]:
    """The command of an act: its subject, an option a field, and the options that all have."""

    def run(**given: Any) -> None:
        values = {field.name: _text(given[_name(field)]) for field in one.fields}
        values = {name: text for name, text in values.items() if text}
        _run(one, given["subject"], values, given.get("case"), show=given["show"], json=given["json"])

    parameters = [
        _parameter(
            "subject", Annotated[str, typer.Argument(help=_SUBJECTS[one.on])], inspect.Parameter.empty
        ),
        *(_of_field(field) for field in one.fields),
        *([] if one.on is On.CASE else [_parameter("case", _Case, None)]),
        _parameter("show", _Preview, False),
        _parameter("json", _Json, False),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _of_field(field: Field) -> inspect.Parameter:
    flag = f"--{field.name.replace('_', '-')}"
    if field.asks is FieldKind.YES:
        return _parameter(_name(field), Annotated[bool, typer.Option(flag, help=field.help)], False)
    help_ = f"{field.help} ({', '.join(field.choices)})" if field.choices else field.help
    if field.needed:
        annotation: Any = Annotated[str, typer.Option(flag, help=help_)]
        return _parameter(_name(field), annotation, inspect.Parameter.empty)
    return _parameter(_name(field), Annotated[str, typer.Option(flag, help=help_)], "")


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _name(field: Field) -> str:
    """The name of a field among the command's own, which must not be hidden by it."""
    return f"field_{field.name}"


def _text(value: object) -> str:
    return ("yes" if value else "") if isinstance(value, bool) else str(value)


def _run(one: Act, subject: str, values: dict[str, str], case: int | None, *, show: bool, json: bool) -> None:
    with opened() as kvitt, kvitt.database.write() as session:
        context, by = kvitt.context(session), kvitt.who(session)
        if show:
            seen = preview.preview(context, one.name, subject, values, by, case)
            session.rollback()
        else:
            done = registry.do(context, one.name, subject, values, by, case)
    if show:
        _print_preview(seen, json=json)
    elif json:
        print_json(_plain(done))
    else:
        print_line(done.said)


def _plain(done: ActResult) -> dict[str, Any]:
    return {"said": done.said, "proposed": done.proposed, **done.facts}


def _print_preview(seen: ActPreview, *, json: bool) -> None:
    if json:
        texts = [
            {
                "channel": one.channel.value,
                "language": one.language,
                "leaves_at": one.leaves_at,
                "customer_id": one.customer_id,
                "text": one.text,
            }
            for one in seen.texts
        ]
        print_json({**_plain(seen.result), "texts": texts})
        return
    print_line(f"would be done: {seen.result.said}")
    for one in seen.texts:
        print_line(f"{one.channel.value}, {one.language}, from {one.leaves_at:%Y-%m-%d %H:%MZ}:")
        for line in one.text.splitlines():
            print_line(f"    {line}")
    if not seen.texts:
        print_line("nobody would be written to")
