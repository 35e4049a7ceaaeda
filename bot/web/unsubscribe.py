"""A mail program's unsubscribe button (RFC 8058): one POST closes every electronic way."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from billing.accounts.channels import Channel
from bot.web.plain_page import plain_page
from bot.wiring import UNSUBSCRIBE_PATH
from handlers.arrivals import DeliveryFate, DeliveryReport, RefusalReason

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.inbound import Reception
    from handlers.installation import Installation

_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Unsubscribe:
    """The page behind an e-mail's unsubscribe link, authorised by the message's unguessable reference."""

    def __init__(self, installation: Installation, reception: Reception) -> None:
        self._installation = installation
        self._reception = reception

    @property
    def routes(self) -> list[Route]:
        """Its one address."""
        return [Route(UNSUBSCRIBE_PATH, self.page, methods=["GET", "POST"])]

    async def page(self, request: Request) -> Response:
        """GET asks and changes nothing, since mail programs follow links on their own; POST unsubscribes.

        An unknown reference gets the same page, so that references cannot be probed.
        """
        language = self._installation.creditor.language
        if request.method != "POST":
            asked = self._installation.words.say("email.unsubscribe", language, {})
            label = self._installation.reading.label("yes", language)
            return plain_page(asked, f'<form method="post"><button>{escape(label)}</button></form>')
        reference = request.query_params.get("ref", "")
        if _REFERENCE.fullmatch(reference):
            report = DeliveryReport(
                Channel.EMAIL,
                "",
                reference,
                DeliveryFate.DELIVERED,
                "one_click",
                RefusalReason.OPTED_OUT,
            )
            await self._reception.report(report)
        return plain_page(self._installation.words.say("email.unsubscribed", language, {}))
