"""E-mail through a mail server of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from bot.channels.email import EmailChannel
from bot.channels.email.mime import Sender
from bot.channels.email.server import Server
from tests.bot.channels.rig import Behaviour, Closing, Delivered
from tests.fakes.smtp_server import HOST, PASSWORD, USER, SmtpServer

if TYPE_CHECKING:
    import ssl

OURS: Final = Sender("Elm Street Clinic", "bills@elm.example", "https://kvitt.example/webhooks/email/stop")


class EmailRig(Closing[EmailChannel]):
    """One server, one customer with a mailbox."""

    can_trace: Final = False
    address: Final = "ada@lind.example"

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        trust: ssl.SSLContext | None = None,
        implicit: bool = False,
        timeout: float = 5,
        sender: Sender = OURS,
    ) -> None:
        self.server: Final = SmtpServer(tls, implicit=implicit)
        self.server.start()
        self._made = {"sender": sender, "timeout": timeout, "tls": trust}
        self._implicit, self._upgrade = implicit, tls is not None and not implicit
        self.adapter = self.channel(PASSWORD)

    def channel(self, password: str) -> EmailChannel:
        """An adapter that enters with this password."""
        port, upgrade = self.server.port, self._upgrade
        server = Server(HOST, port, USER, password, tls=self._implicit, upgrade=upgrade)
        return EmailChannel(server, **self._made)  # type: ignore[arg-type]

    def delivered(self) -> list[Delivered]:
        """What the server took, as a mail program shows its plain text."""
        found = []
        for (address, _), mail in zip(self.server.taken, self.server.mails, strict=True):
            body = mail.get_body(("plain",))
            assert body is not None
            shown = body.get_content().replace("\r\n", "\n")
            found.append(Delivered(address, shown.removesuffix("\n")))
        return found

    def attached(self) -> list[bytes]:
        """The PDFs that a mail program shows."""
        papers = (paper for mail in self.server.mails for paper in mail.iter_attachments())
        return [paper.get_content() for paper in papers if paper.get_content_type() == "application/pdf"]

    def answered(self) -> list[str]:
        """Where a mail program puts them."""
        return [mail["In-Reply-To"] for mail in self.server.mails if mail["In-Reply-To"]]

    def behave(self, what: Behaviour) -> None:
        """From now on."""
        match what:
            case Behaviour.OPTED_OUT:
                self.server.refusals["recipient"] = "550 5.7.1 The recipient has unsubscribed"
            case Behaviour.BAD_ADDRESS:
                self.server.refusals["recipient"] = "550 5.1.1 No such mailbox here"
            case Behaviour.BUSY:
                self.server.refusals["recipient"] = "451 4.7.1 Come back later"
            case Behaviour.LOST_ANSWER:
                self.server.hang_up = True
            case Behaviour.DOWN:
                self.server.stop()
            case Behaviour.MISCONFIGURED:
                self.adapter = self.channel("wrong")
            case _:
                assert_never(what)

    def stop(self) -> None:
        """Take the server down."""
        self.server.stop()
