"""Serves a web application on loopback for as long as a test needs it."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from bot.web.server import config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette


class _InThread(uvicorn.Server):
    """A server outside the main thread, where Python does not allow signal handlers."""

    def install_signal_handlers(self) -> None:
        """Nothing to install."""


def _config(application: Starlette) -> uvicorn.Config:
    """The limits of Kvitt's own server for an application of ours; none for a pretended provider's."""
    if hasattr(application.state, "edge"):
        return config(application, "127.0.0.1", 0)
    return uvicorn.Config(application, log_level="warning", lifespan="off")


@contextmanager
def served(application: Starlette) -> Iterator[str]:
    """Serve an application; yields its address without a slash at the end."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = _InThread(_config(application))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    pause = threading.Event()
    while not server.started and thread.is_alive():
        pause.wait(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
