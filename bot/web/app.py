"""The web server's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.addresses import Forwarded, PublicAddress
from bot.web.edge import Edge
from bot.web.intake import Intake
from bot.web.readiness import Readiness
from bot.web.refusals import Answered, Refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from storage.database.transaction import Database


def build(database: Database, routes: Sequence[BaseRoute], edge: Edge | None = None) -> Starlette:
    """The web application: the health check, all other routes, and the limits before all of them."""
    edge = edge or Edge()
    refusals = Refusals(edge.creditor)
    prefix = PublicAddress(edge.public_url).prefix
    application = Starlette(
        routes=[*_health(database), *routes],
        middleware=[
            Middleware(Answered, refusals=refusals),
            Middleware(Forwarded, networks=edge.proxies, prefix=prefix),
            Middleware(Intake, edge=edge, refusals=refusals),
        ],
        exception_handlers={HTTPException: refusals.of_exception},
    )
    # A redirect to an address without its last slash would name the host that a proxy asked for.
    application.router.redirect_slashes = False
    application.state.edge = edge
    return application


def _health(database: Database) -> list[Route]:
    readiness = Readiness(database)

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        found = await readiness.ask()
        return JSONResponse(found.said, status_code=200 if found.fine else 503)

    return [Route("/healthz", alive), Route("/readyz", ready)]
