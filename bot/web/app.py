"""The web server's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.web.readiness import Readiness
from storage.database import trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from storage.database.transaction import Database

TRY_AGAIN = 30
"""Seconds after which whoever was turned away should try again."""


def build(database: Database, routes: Sequence[BaseRoute]) -> Starlette:
    """The web application: the health check, and all other routes."""
    return Starlette(routes=[*_health(database), *routes], exception_handlers={SQLAlchemyError: _turned_away})


async def _turned_away(_: Request, error: Exception) -> Response:
    """While the database is in trouble a provider is asked to try again; that trouble is logged elsewhere."""
    if not trouble.of_the_database(error):
        raise error
    return PlainTextResponse(
        "the database is away, try again", status_code=503, headers={"Retry-After": str(TRY_AGAIN)}
    )


def _health(database: Database) -> list[Route]:
    readiness = Readiness(database)

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        found = await readiness.ask()
        return JSONResponse(found.said, status_code=200 if found.fine else 503)

    return [Route("/healthz", alive), Route("/readyz", ready)]
