"""Card payments: our link redirects to Stripe's checkout page, and Stripe posts its events back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot import checkout
from bot.checkout import BadSignature, NoEvent, NoPage
from bot.web.intake import proven
from bot.web.plain_page import plain_page
from bot.wiring import PAY_PATH, STRIPE_PATH
from handlers.context import Context
from handlers.conversation import paying
from handlers.payments import provider

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.checkout import StripeCheckout
    from bot.clock import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database


class Paying:
    """The routes of card payments."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        clock: Clock,
        stripe: StripeCheckout,
        secret: str,
    ) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._stripe = stripe
        self._secret = secret

    @property
    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route(STRIPE_PATH, self.event, methods=["POST"]),
            Route(f"{PAY_PATH}done", self.done, methods=["GET"]),
            Route(PAY_PATH + "{token}", self.pay, methods=["GET"]),
        ]

    async def pay(self, request: Request) -> Response:
        """Redirect to a checkout page for the present balance; a forged link reveals nothing."""
        name = paying.named_by(request.path_params["token"], self._installation.link_secret)
        if name is None:
            return self._page("payment.no_such_link", 404)
        try:
            url = await run_in_threadpool(self._made, name)
        except paying.NotShown:
            return self._page("payment.no_such_link", 404)
        except NoPage:
            return self._page("payment.not_now", 503)
        return RedirectResponse(url, status_code=303) if url else self._page("payment.nothing_open", 200)

    async def done(self, _: Request) -> Response:
        """The page Stripe returns customers to."""
        return self._page("payment.done", 200)

    async def event(self, request: Request) -> Response:
        """An event from Stripe: its signature is checked, it is handled once and acknowledged."""
        body, signature = await request.body(), request.headers.get("Stripe-Signature", "")
        try:
            data = checkout.verified(body, signature, self._secret)
        except (BadSignature, NoEvent) as refusal:
            raise HTTPException(400, str(refusal)) from None
        proven(request)
        event = checkout.event(data)
        if event is not None:
            await run_in_threadpool(self._take, event)
        return Response(status_code=200)

    def _made(self, name: str) -> str:
        """The address of a checkout page for the balance: an existing one, or a new one."""
        now = self._clock()
        with self._database.read() as session:
            wanted = paying.order(Context(session, self._installation, self._clock), name)
            known = paying.usable(session, wanted, now) if wanted else ""
        if wanted is None or known:
            return known
        made = self._stripe.page(wanted, now)
        with self._database.write() as session:
            paying.save_checkout(Context(session, self._installation, self._clock), made)
        return made.url

    def _take(self, event: provider.ProviderEvent) -> None:
        with self._database.write() as session:
            provider.take(Context(session, self._installation, self._clock), event)

    def _page(self, key: str, status: int) -> Response:
        text = self._installation.words.say(key, self._installation.creditor.language, {})
        return plain_page(text, status=status)
