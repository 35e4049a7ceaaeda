"""Asks the providers themselves whether what the settings say of them is right: ``kvitt doctor --online``.

Nothing is sent and nothing is changed: every request is a GET. What a provider answers is said in one
sentence with what to put right; no token is repeated.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlencode

import httpx

from billing.accounts.channels import Channel
from bot.wiring import MESSAGES_PATH, STRIPE_PATH, hook_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings

Check: TypeAlias = tuple[str, str, bool]
"""What was looked at, what was found, and whether it is right."""

TWILIO: Final = "https://api.twilio.com"
TWILIO_SERVICES: Final = "https://messaging.twilio.com"
TELEGRAM: Final = "https://api.telegram.org"
STRIPE: Final = "https://api.stripe.com"
SECONDS: Final = 10.0
"""How long an answer may take."""


class Unanswered(Exception):
    """A provider could not be reached, or answered what cannot be read; its text is the sentence."""


def checks(settings: Settings) -> Iterator[Check]:
    """Every provider of the settings, asked in turn; a check that fails does not end the others."""
    for there, what, ask in (
        (settings.sms or settings.whatsapp, "twilio", _twilio),
        (settings.telegram_token is not None, "telegram", _telegram),
        (settings.stripe, "stripe", _stripe),
    ):
        if there:
            try:
                yield from ask(settings)
            except Unanswered as problem:
                yield what, str(problem), False


def _twilio(settings: Settings) -> Iterator[Check]:
    account = settings.twilio_account_sid or ""
    token = settings.twilio_auth_token.get_secret_value() if settings.twilio_auth_token else ""
    base, login = settings.twilio_api_url or TWILIO, (account, token)
    status, found = _get(f"{base}/2010-04-01/Accounts/{account}.json", "KVITT_TWILIO_API_URL", auth=login)
    if status != HTTPStatus.OK:
        yield "twilio", _refusal(status, "KVITT_TWILIO_ACCOUNT_SID and KVITT_TWILIO_AUTH_TOKEN"), False
        return
    state, trial = str(found.get("status", "")), found.get("type") == "Trial"
    active = state == "active"
    yield "twilio", f"the account is {state}" + _unless(active, ": see Twilio's Console"), active
    if trial:
        yield "twilio", "a trial account writes to verified numbers alone: upgrade it in the Console", False
    number, service = settings.twilio_from, settings.twilio_messaging_service
    if number:
        query = urlencode({"PhoneNumber": number})
        address = f"{base}/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json?{query}"
        yield _number(settings, number, _listed(_get(address, "KVITT_TWILIO_API_URL", auth=login)))
    if service:
        address = f"{settings.twilio_api_url or TWILIO_SERVICES}/v1/Services/{service}"
        yield _service(settings, _get(address, "KVITT_TWILIO_API_URL", auth=login))


def _number(settings: Settings, number: str, listed: list[Any]) -> Check:
    mine = next((one for one in listed if one.get("phone_number") == number), None)
    if mine is None:
        return "twilio number", f"KVITT_TWILIO_FROM: {number} is no number of this account", False
    if not (mine.get("capabilities") or {}).get("sms"):
        return "twilio number", f"KVITT_TWILIO_FROM: {number} cannot send SMS; take another", False
    if settings.twilio_messaging_service:
        return "twilio number", f"{number} is ours and sends SMS", True
    name = f"the webhook of {number} (A message comes in)"
    return _hook("twilio webhook", name, str(mine.get("sms_url") or ""), _inbound(settings))


def _service(settings: Settings, answer: tuple[int, dict[str, Any]]) -> Check:
    status, found = answer
    name = "KVITT_TWILIO_MESSAGING_SERVICE"
    if status != HTTPStatus.OK:
        return "twilio service", f"{name}: {_refusal(status, 'the id of the Messaging Service')}", False
    if found.get("use_inbound_webhook_on_number"):
        return "twilio service", "each number of the pool has its own webhook: set each to ours", True
    url = str(found.get("inbound_request_url") or "")
    return _hook("twilio service", "the service's request URL", url, _inbound(settings))


def _inbound(settings: Settings) -> str:
    return f"{settings.public_url.rstrip('/')}{MESSAGES_PATH}" if settings.public_url else ""


def _telegram(settings: Settings) -> Iterator[Check]:
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    base = f"{(settings.telegram_api_url or TELEGRAM).rstrip('/')}/bot{token}"
    status, found = _get(f"{base}/getMe", "KVITT_TELEGRAM_API_URL")
    if status != HTTPStatus.OK:
        yield "telegram", _refusal(status, "KVITT_TELEGRAM_TOKEN (a new one is @BotFather's /token)"), False
        return
    name = str((found.get("result") or {}).get("username", ""))
    given = (settings.telegram_name or "").removeprefix("@")
    right = not given or given.lower() == name.lower()
    yield "telegram", f"the bot is @{name}" + _unless(right, f", and KVITT_TELEGRAM_NAME is {given!r}"), right
    status, found = _get(f"{base}/getWebhookInfo", "telegram")
    hook = found.get("result") or {}
    url = str(hook.get("url") or "")
    if settings.telegram_mode == "polling":
        yield (
            "telegram webhook",
            "none, as the bot polls"
            if not url
            else (
                f"{url} is set, and then nothing can be polled: KVITT_TELEGRAM_MODE=webhook, or deleteWebhook"
            ),
            not url,
        )
        return
    public = (settings.public_url or "").rstrip("/")
    wanted = f"{public}{hook_path(Channel.TELEGRAM)}"
    if not url:
        yield "telegram webhook", "none is set yet: kvitt serve sets it", True
        return
    yield _hook("telegram webhook", "the bot's webhook", url, wanted)
    if hook.get("last_error_message"):
        yield "telegram webhook", f"Telegram could not post: {hook['last_error_message']}", False


def _stripe(settings: Settings) -> Iterator[Check]:
    key = settings.stripe_secret_key.get_secret_value() if settings.stripe_secret_key else ""
    base = (settings.stripe_api_url or STRIPE).rstrip("/")
    login = {"Authorization": f"Bearer {key}"}
    status, found = _get(f"{base}/v1/webhook_endpoints?limit=100", "KVITT_STRIPE_API_URL", headers=login)
    if status != HTTPStatus.OK:
        yield "stripe", _refusal(status, "KVITT_STRIPE_SECRET_KEY"), False
        return
    yield "stripe", "the key is accepted", True
    wanted = f"{(settings.public_url or '').rstrip('/')}{STRIPE_PATH}"
    mine = next((one for one in found.get("data") or () if one.get("url") == wanted), None)
    if mine is None:
        yield "stripe webhook", f"none posts to {wanted}: add it under Developers, Webhooks", False
        return
    from bot.checkout import EVENTS  # noqa: PLC0415 - slow to load

    events = set(mine.get("enabled_events") or ())
    missing = [one for one in EVENTS if not events & {one, "*"}]
    on = mine.get("status") == "enabled"
    problem = "it is disabled" if not on else f"it lacks {', '.join(missing)}" if missing else ""
    yield "stripe webhook", f"{wanted}" + _unless(not problem, f": {problem}"), not problem


def _hook(what: str, name: str, found: str, wanted: str) -> Check:
    if not wanted:
        return what, "KVITT_PUBLIC_URL is not set: nothing can be posted to us", False
    if found.partition("#")[0].rstrip("/") == wanted:  # Twilio reads how often to try again after the #
        return what, f"{name} is {wanted}", True
    return what, f"{name} is {found or 'empty'}: set it to {wanted}", False


def _get(url: str, setting: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of an answer.

    Raises:
        Unanswered: nobody answered, or no JSON.
    """
    try:
        answer = httpx.get(url, timeout=SECONDS, **more)
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = type(error).__name__
        raise Unanswered(f"could not be asked ({why}): check the network and {setting}") from None
    except ValueError:
        raise Unanswered(f"what answers is not its API ({answer.status_code}): check {setting}") from None
    return answer.status_code, found if isinstance(found, dict) else {}


def _listed(answer: tuple[int, dict[str, Any]]) -> list[Any]:
    return list(answer[1].get("incoming_phone_numbers") or ())


def _refusal(status: int, what: str) -> str:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return f"not accepted ({status}): check {what}"
    return f"answered {status}: try again later"


def _unless(right: bool, problem: str) -> str:
    return "" if right else problem
