"""Forms of the desk: each carries out one action in one transaction, once, however often it is posted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from bot.web.desk.visit import with_done
from handlers.desk import cases
from storage.desk import case_events, desk_forms
from storage.desk.case_page import CasePage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.context import Context
    from storage.desk.case_events import CaseEvent

SIGNED: Final = "token"
VERSION: Final = "version"
SECRET: Final = frozenset({SIGNED, VERSION, "password", "again", "before", "code"})
"""Fields that are never kept, nor shown again."""
BAD: Final = 422
STALE: Final = 409
_DIGITS: Final = 18


class UnusableField(Refusal):
    """A field of a form has nothing that can be used; ``key`` names the words of ``[bad]`` that say why."""

    def __init__(self, name: str, key: str, **facts: object) -> None:
        self.name, self.key, self.facts = name, key, facts
        super().__init__(f"{name}: {key}")


class StalePage(Refusal):
    """The page was made before others acted; ``events`` is what they did since."""

    def __init__(self, events: Sequence[CaseEvent]) -> None:
        self.events = events
        super().__init__("others acted since the page was made")


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that was not carried out: what was typed, what is wrong with it, and what happened since."""

    address: str
    status: int = BAD
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    """The field's name, and what is wrong with it."""
    alert: str = ""
    """What is wrong where it is no single field."""
    changed: Sequence[CaseEvent] = ()


def carry_out(
    visit: Visit,
    act: Callable[[Context], str | None],
    then: str,
    done: str = "",
    fields: Mapping[type[Refusal], str] | None = None,
    also: Callable[[Response], None] | None = None,
) -> Response | Failed:
    """Do what a form asks for, in one transaction, and lead to a page that says so; or say why not.

    ``act`` may return another address than ``then``. ``done`` is a key of ``[done]``. ``fields`` says which
    field a refusal is about. A form that comes again leads where it led before and does nothing. Where it is
    refused nothing is written but the draft. ``also`` gets the answer of what was done.
    """
    assert visit.token is not None
    key = hashlib.sha256(f"{visit.bound_to}:{visit.token.key}".encode()).hexdigest()
    address = visit.token.address
    try:
        with visit.write() as session:
            context = visit.context(session)
            leads_to = with_done(then, done)
            before = desk_forms.carry_out(session, key, leads_to, context.now)
            if before is not None:
                return visit.go(before, _done_of(before))
            other = act(context)
            if other is not None:
                leads_to = with_done(other, done)
                desk_forms.lead_to(session, key, leads_to)
            if visit.user is not None:
                desk_forms.drop_draft(session, visit.user.user_id, address)
    except Refusal as refusal:
        return _failed(visit, address, refusal, fields or {})
    answer = visit.go(leads_to, done)
    if also is not None:
        also(answer)
    return answer


def check_version(context: Context, case_id: int, version: str) -> None:
    """See, with the case locked, that it is as the page showed it.

    Raises:
        StalePage: others acted since.
        handlers.desk.queue.NoSuchCase, handlers.desk.cases.CaseIsClosed: no open case has this number.
    """
    case = cases.hold(context.session, case_id)
    seen, _, event = version.partition(CasePage.BETWEEN)
    if seen != str(case.version):
        known = int(event[:_DIGITS]) if event.isascii() and event.isdigit() else 0
        raise StalePage(case_events.after(context.session, case_id, known))


def needed(visit: Visit, name: str, longest: int) -> str:
    """A field that must be filled in, with at most so many characters.

    Raises:
        UnusableField: it is empty or too long.
    """
    value = visit.form.get(name, "").strip()
    if not value:
        raise UnusableField(name, "empty")
    if len(value) > longest:
        raise UnusableField(name, "too_long", most=longest, has=len(value))
    return value


def refused(visit: Visit, address: str, refusal: Refusal) -> Failed:
    """Why the form of an address is not carried out; what was typed is kept."""
    return _failed(visit, address, refusal, {})


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """What of a form may be kept and shown again."""
    return {name: value for name, value in form.items() if name not in SECRET}


def _failed(visit: Visit, address: str, refusal: Refusal, fields: Mapping[type[Refusal], str]) -> Failed:
    kept = typed(visit.form)
    if visit.user is not None and any(kept.values()):
        with visit.write() as session:
            desk_forms.save_draft(session, visit.user.user_id, address, kept, visit.context(session).now)
    if isinstance(refusal, StalePage):
        return Failed(address, STALE, kept, alert=visit.say("forms.stale"), changed=refusal.events)
    if isinstance(refusal, UnusableField):
        return Failed(
            address, typed=kept, errors={refusal.name: visit.say(f"bad.{refusal.key}", **refusal.facts)}
        )
    said = in_words(visit, refusal)
    name = next((name for kind, name in fields.items() if isinstance(refusal, kind)), None)
    return (
        Failed(address, typed=kept, errors={name: said}) if name else Failed(address, typed=kept, alert=said)
    )


def in_words(visit: Visit, refusal: Refusal) -> str:
    """A refusal in the page's language where it has words for its kind, else as the command line says it."""
    key = f"refusals.{type(refusal).__name__}"
    return visit.say(key) if key in visit.say else str(refusal)


def _done_of(address: str) -> str:
    found = address.partition("done=")[2]
    return found.partition("&")[0]
