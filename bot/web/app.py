"""The web server's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storage.database import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from storage.database.transaction import Database


def build(database: Database, routes: Sequence[BaseRoute]) -> Starlette:
    """The web application: the health check, and all other routes."""
    return Starlette(routes=[*_health(database), *routes])


def _health(database: Database) -> list[Route]:
    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        try:
            found = await run_in_threadpool(schema.version, database.engine)
        except SQLAlchemyError as error:
            return JSONResponse({"status": "no database", "error": type(error).__name__}, status_code=503)
        if found != schema.HEAD:
            return JSONResponse({"status": "schema is not current", "found": found}, status_code=503)
        return JSONResponse({"status": "ok", "schema": found})

    return [Route("/healthz", alive), Route("/readyz", ready)]
