"""A real nginx on loopback, set up as docs/nginx.conf says, for as long as a test needs it."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAMPLE: Final = Path(__file__).parents[2] / "docs" / "nginx.conf"
_AROUND: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/kvitt.conf;
}}
"""


@contextmanager
def nginx(folder: Path, port: int, upstream: int, instead: Mapping[str, str]) -> Iterator[Path]:
    """Run nginx between two ports; yields the certificate to trust.

    ``instead`` says which text of the sample is another here; each has to be in it.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("no nginx on this machine: install Debian's nginx-light to run the tests of the proxy")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    trust, chain, key = folder / "authority.pem", folder / "chain.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(trust)
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    made = SAMPLE.read_text(encoding="utf-8")
    own = {
        "server 127.0.0.1:8000": f"server 127.0.0.1:{upstream}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/bills.example.org.pem": str(chain),
        "/etc/ssl/bills.example.org.key": str(key),
    }
    for theirs, ours in {**own, **instead}.items():
        assert theirs in made, theirs
        made = made.replace(theirs, ours)
    (folder / "kvitt.conf").write_text(made, encoding="utf-8")
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder), encoding="utf-8")
    running = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        _wait_until_open(port, running)
        yield trust
    finally:
        running.terminate()
        running.wait(20)


def _wait_until_open(port: int, running: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(500):
        assert running.poll() is None, "nginx does not take its configuration"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.02)
    pytest.fail("nginx does not listen")


def trusting(certificate: Path) -> ssl.SSLContext:
    """What a client needs to trust the certificate."""
    return ssl.create_default_context(cafile=str(certificate))
