"""Kvitt behind a real nginx: links, forms, payment links and signatures work by its public address."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.nginx import nginx, trusting
from tests.fakes.serving import free_port, kvitt, serving, wait
from tests.fakes.stripe_server import stripe_server
from tests.fakes.twilio_server import TwilioServer
from tests.fakes.twilio_webhooks import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE, BORN = "+15035550142", "1980-02-28"
CUSTOMER = f"customer_id,name,birth_date,phone,country,region\n1,Ada Lind,{BORN},{PHONE},US,CA\n"
BILL = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-11-01,2026-12-20,USD,600.00\n"
PASSED_ON = """        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $http_host;
"""
WAYS = {
    "as documented": ("", {}),
    "host rewritten, nothing passed on": ("", {PASSED_ON: "        proxy_set_header Host kvitt.internal;\n"}),
    "below a path": ("/bills", {"location / {": "location /bills/ {"}),
    "below a path that the proxy takes off": (
        "/bills",
        {"location / {": "location /bills/ {", "proxy_pass http://kvitt;": "proxy_pass http://kvitt/;"},
    ),
}


class Behind:
    """Kvitt behind nginx, with a Twilio of our own that posts through it."""

    def __init__(self, url: str, twilio: TwilioServer, client: httpx.Client) -> None:
        self.url, self.twilio, self.client = url, twilio, client

    def says(self, text: str) -> str:
        """What Ada is answered to a text, which Twilio signs for the public address."""
        before = len(self.twilio.messages)
        assert self.posts(self.twilio.inbound_form(PHONE, text)).status_code == 200
        wait(lambda: len(self.twilio.messages) > before)
        return self.twilio.messages[-1].body

    def posts(self, form: dict[str, str], signed_as: str = "") -> httpx.Response:
        """Twilio posts a form through nginx."""
        url = f"{self.url}/webhooks/twilio/messages"
        headers = {SIGNATURE: self.twilio.sign(signed_as or url, form)}
        return self.client.post(url, data=form, headers=headers)

    def link(self, text: str, path: str) -> str:
        """The link to a path of ours in an answer."""
        (found,) = [word.rstrip(".") for word in text.split() if word.startswith(f"{self.url}{path}")]
        return found


@pytest.fixture(params=WAYS)
def behind(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Behind]:
    """Kvitt with one bill behind nginx, in one of the ways to set a proxy up."""
    prefix, instead = WAYS[request.param]
    (tmp_path / "customers.csv").write_text(CUSTOMER)
    (tmp_path / "bills.csv").write_text(BILL)
    assert kvitt(tmp_path, "import", "customers.csv", "bills.csv").wait(60) == 0
    outer, inner = free_port(), free_port()
    public = f"https://127.0.0.1:{outer}{prefix}"
    with TwilioServer() as twilio, stripe_server() as stripe:
        settings = {
            "public_url": public,
            "trusted_proxies": "127.0.0.1",
            "secret_key": "s3cret",
            "twilio_account_sid": twilio.account_sid,
            "twilio_auth_token": twilio.auth_token,
            "twilio_from": twilio.number,
            "twilio_api_url": twilio.url,
            "stripe_secret_key": "sk_test",
            "stripe_webhook_secret": "whsec_test",
            "stripe_api_url": stripe.url,
        }
        (tmp_path / "nginx").mkdir()
        with (
            serving(tmp_path, inner, **settings),
            nginx(tmp_path / "nginx", outer, inner, instead) as certificate,
            httpx.Client(verify=trusting(certificate), timeout=30) as client,
        ):
            yield Behind(public, twilio, client)


@pytest.mark.slow
def test_links_forms_and_signatures_work_behind_a_proxy(behind: Behind) -> None:
    """However the proxy is set up: texts are taken, links open, forms are answered, nothing leads inside."""
    behind.says("what do I owe?")
    assert "$600.00" in behind.says(BORN)
    said = behind.says("how can I pay?")
    paying = behind.client.get(behind.link(said, "/pay/"))
    assert (paying.status_code, paying.headers["location"]) == (303, "https://pay.example/1")
    page = behind.link(said, "/b/")
    assert "Show us it" in behind.client.get(page).text
    own = {"Origin": behind.url.removesuffix("/bills"), "Sec-Fetch-Site": "same-origin"}
    answered = behind.client.post(page, data={"born": BORN}, headers=own)
    assert answered.status_code == 303
    assert f"{behind.url}{answered.headers['location']}".replace("/bills/bills", "/bills").startswith(page)
    assert "$600.00" in behind.client.get(page).text
    assert behind.client.get(f"{page}/bill.pdf").headers["content-type"] == "application/pdf"
    elsewhere = behind.client.post(page, data={"born": BORN}, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    assert "Open the link from your message" in elsewhere.text
    assert behind.client.post(f"{page}/leave", headers=own).status_code == 303
    assert "Show us it" in behind.client.get(page).text
    unsubscribing = f"{behind.url}/webhooks/email/unsubscribe?ref=nobodys"
    assert "<form" in behind.client.get(unsubscribing).text
    assert behind.client.post(unsubscribing, headers=own).status_code == 200


@pytest.mark.slow
def test_a_signature_for_another_address_is_refused_behind_a_proxy(behind: Behind) -> None:
    """What Twilio signed for where the proxy passes it to, or for another path, is not for us."""
    form = behind.twilio.inbound_form(PHONE, "hello")
    inside = "http://kvitt/webhooks/twilio/messages"
    for signed_as in (inside, f"{behind.url}/webhooks/twilio/status"):
        refused = behind.posts(form, signed_as)
        assert refused.status_code == 403
        assert "KVITT_PUBLIC_URL" in refused.text


@pytest.fixture
def through_proxy(behind: Behind) -> Iterator[Page]:
    """Headless Chromium at the bill's page, through nginx."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium to run browser tests")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and only here

    behind.says("what do I owe?")
    behind.says(BORN)
    link = behind.link(behind.says("how can I pay?"), "/b/")
    with sync_playwright() as playwright:
        quiet = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
        alone = ("--disable-background-networking", "--disable-component-update")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*quiet, *alone])
        # Its certificate is of an authority that this test made.
        opened = browser.new_context(ignore_https_errors=True).new_page()
        asked: list[str] = []
        opened.on("request", lambda sent: asked.append(sent.url))
        opened.goto(link)
        yield opened
        assert [url for url in asked if not url.startswith((behind.url, "data:"))] == []
        browser.close()


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_opens_and_leaves_the_bill_through_the_proxy(through_proxy: Page, behind: Behind) -> None:
    """A wrong date, the right one, the language, the way out, and the unsubscribe button."""
    page = through_proxy
    page.fill("#born", "1980-02-27")
    page.click("text=Show my bill")
    page.wait_for_selector("[role=alert]")
    page.fill("#born", BORN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hero")
    assert "600.00" in page.content()
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") != "0px"
    page.click("text=Español")
    page.wait_for_selector("text=Por pagar")
    page.reload()
    page.click(".leave button")
    page.wait_for_selector("#born")
    page.goto(f"{behind.url}/webhooks/email/unsubscribe?ref=nobodys")
    page.click("button")
    page.wait_for_selector("p")
    assert page.locator("button").count() == 0
    page.goto(f"{behind.url}/b/cut-off/and-more")
    page.wait_for_selector("text=leads nowhere")
