"""Styles and scripts, which the page to sign in needs, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.web.desk import assets

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit


def file(visit: Visit) -> Response:
    """One of our files."""
    return assets.answer(str(visit.request.path_params["name"]))
