"""The mailbox, read over real IMAP: what is new is handed over, and marked read only after that."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from bot.channels.email.mailbox import Mailbox, MailboxTrouble, UnreadableEmail
from bot.channels.email.server import Server, server_at
from tests.fakes.imap_server import HOST, PASSWORD, USER, ImapServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[ImapServer]:
    """An empty inbox."""
    with ImapServer() as opened:
        yield opened


def _mail(number: int) -> bytes:
    return f"From: a@b.example\r\nSubject: {number}\r\n\r\nhello {number}\r\n".encode()


def test_what_is_new_is_handed_over_once(server: ImapServer) -> None:
    """Each e-mail as it came, in its order; the next visit finds nothing."""
    box, taken = Mailbox(server_at(server.url)), list[bytes]()
    for number in range(3):
        server.arrives(_mail(number))
    assert box.take(taken.append) == 3
    assert taken == [_mail(number) for number in range(3)]
    assert server.flags == ["Seen"] * 3
    assert box.take(taken.append) == 0


def test_what_could_not_be_kept_is_handed_over_again(server: ImapServer) -> None:
    """A database that is away loses nothing: unread stays unread, and the rest waits, too."""
    box, taken = Mailbox(server_at(server.url)), list[bytes]()
    server.arrives(_mail(1))

    def fail(_raw: bytes) -> None:
        raise LookupError("no database")

    with pytest.raises(LookupError):
        box.take(fail)
    assert server.flags == [""]
    assert box.take(taken.append) == 1
    assert taken == [_mail(1)]


def test_what_nobody_can_read_is_flagged_and_holds_nothing_up(server: ImapServer) -> None:
    """It stays unread for a person; what came after it is taken."""
    box, taken = Mailbox(server_at(server.url)), list[bytes]()
    server.arrives(_mail(1))
    server.arrives(_mail(2))

    def store(raw: bytes) -> None:
        if b"hello 1" in raw:
            raise UnreadableEmail("rubbish")
        taken.append(raw)

    assert box.take(store) == 2
    assert taken == [_mail(2)]
    assert server.flags == ["Flagged", "Seen"]
    assert box.take(store) == 0


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"port": 1}, {"folder": "Nowhere"}], ids=["password", "port", "folder"]
)
def test_a_mailbox_in_trouble_says_so(server: ImapServer, change: dict[str, object]) -> None:
    """Wrong credentials, no server, no such folder: one refusal, nothing hangs."""
    options = {"host": HOST, "port": server.port, "user": USER, "password": PASSWORD, "tls": False}
    box = Mailbox(Server(**(options | change)))  # type: ignore[arg-type]
    with pytest.raises(MailboxTrouble):
        box.probe()
    with pytest.raises(MailboxTrouble):
        box.take(lambda _: None)


def test_the_mailbox_is_read_encrypted(tmp_path: Path) -> None:
    """After a certificate that is trusted; one that is not is refused before any password is said."""
    authority = trustme.CA()
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    cert = authority.issue_cert(HOST)
    key.write_bytes(cert.private_key_pem.bytes())
    chain.write_bytes(b"".join(part.bytes() for part in cert.cert_chain_pems))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    taken = list[bytes]()
    with ImapServer(chain, key) as server:
        server.arrives(_mail(1))
        where = Server(HOST, server.port, USER, PASSWORD, tls=False, upgrade=True)
        with pytest.raises(MailboxTrouble):
            Mailbox(where).take(taken.append)
        assert taken == []
        Mailbox(where, tls=trust).take(taken.append)
    assert taken == [_mail(1)]
