"""Drafts: what is typed into a form is kept while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from bot.web.desk import acting
from storage.desk import desk_forms

if TYPE_CHECKING:
    from bot.web.desk.visit import Visit

_NOTHING: Final = 204
_LONGEST: Final = 20_000
"""Characters of all fields: no form takes more."""


def save(visit: Visit) -> Response:
    """Keep what is typed, or drop what is kept where nothing is typed any more. Answers with nothing."""
    assert visit.token is not None
    fields = {name: value for name, value in acting.typed(visit.form).items() if name != "form"}
    if sum(len(name) + len(value) for name, value in fields.items()) > _LONGEST:
        return Response(status_code=413)
    with visit.write() as session:
        now = visit.context(session).now
        if any(value.strip() for value in fields.values()):
            desk_forms.save_draft(session, visit.who.user_id, visit.token.address, fields, now)
        else:
            desk_forms.drop_draft(session, visit.who.user_id, visit.token.address)
    return Response(status_code=_NOTHING)
