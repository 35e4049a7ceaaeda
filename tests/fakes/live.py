"""Serves a web application on loopback for as long as a test needs it."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette


class _InThread(uvicorn.Server):
    """A server outside the main thread, where Python does not allow signal handlers."""

    def install_signal_handlers(self) -> None:
        """Nothing to install."""


@contextmanager
def served(application: Starlette) -> Iterator[str]:
    """Serve an application; yields its address without a slash at the end."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = _InThread(uvicorn.Config(application, log_level="warning", lifespan="off"))
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
