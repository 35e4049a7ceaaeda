"""The demo's page: what it asks for, and how it works in a real browser."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.demo.clinic import Clinic
from bot.demo.phone_page import PhonePage
from bot.web import app
from bot.web.bill_page import BillPage
from tests.fakes.live import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
ALONE = ("--disable-background-networking", "--disable-component-update")


@pytest.fixture
def page_url() -> Iterator[str]:
    """A sample clinic of its own, served."""
    clinic = Clinic()
    with served(app.build(clinic.database, PhonePage(clinic).routes)) as address:
        yield address
    clinic.close()


@pytest.fixture
def browser_page(page_url: str) -> Iterator[Page]:
    """The page in headless Chromium; skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium to run browser tests")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and only here

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *ALONE])
        opened = browser.new_page(viewport={"width": 1180, "height": 860})
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto(f"{page_url}/phone")
        opened.wait_for_selector(".person")
        yield opened
        browser.close()
    assert errors == []


def test_the_page_answers_programs(page_url: str) -> None:
    """Text, press, move the clock: each answers with everything the page shows."""
    with httpx.Client(base_url=page_url, timeout=60) as client:
        assert client.get("/").status_code == 307
        assert "Kvitt" in client.get("/phone").text
        state = client.post("/phone/text", json={"as": "ada", "text": "balance"}).json()
        ada = next(one for one in state["people"] if one["id"] == "ada")
        assert [message["mine"] for message in ada["messages"]] == [True, False]
        for _ in range(3):
            state = client.post("/phone/advance", json={"days": 30}).json()
        flagged = next(case for case in state["cases"] if case["bill"] == "B-1002")
        assert (flagged["kind"], flagged["customer"], flagged["late"]) == ("placement", "Bo Carter", True)
        assert next(one for one in state["people"] if one["id"] == "bo")["late"]
        placed = client.post("/phone/decide", json={"bill": "B-1002", "approve": True}).json()
        bo = next(one for one in placed["people"] if one["id"] == "bo")
        assert bo["state"] == "placed"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/phone/text", {"as": "nobody", "text": "hi"}),
        ("/phone/press", {"as": "nobody", "value": "yes"}),
        ("/phone/advance", {"days": "many"}),
        ("/phone/advance", {"days": 100_000}),
        ("/phone/advance", {"days": -1}),
        ("/phone/decide", {"bill": "B-1001", "approve": True}),
        ("/phone/decide", []),
    ],
)
def test_nonsense_is_told_and_changes_nothing(page_url: str, path: str, body: object) -> None:
    """What cannot be done is said in a line."""
    answer = httpx.post(f"{page_url}{path}", json=body, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.browser
def test_a_plan_is_agreed_with_a_button(browser_page: Page) -> None:
    """Somebody with buttons agrees a plan on the page, and sees it in the list."""
    page = browser_page
    page.click("text=Dan Okafor")
    for text in ("payment plan", "1979-09-09", "3 months", "on the 15th"):
        before = page.locator(".bubble").count()
        page.fill("#text", text)
        page.keyboard.press("Enter")
        page.wait_for_function(f"document.querySelectorAll('.bubble').length > {before + 1}")
    page.click(".choices >> text=Yes")
    page.wait_for_selector("text=Your plan is set")
    page.wait_for_selector(".person[aria-pressed=true] >> text=on plan")


@pytest.mark.browser
def test_a_bill_is_opened_from_the_phone() -> None:
    """Asked how to pay, the phone shows a link; behind it the bill opens for whoever shows who they are."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium to run browser tests")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and only here

    clinic = Clinic("http://127.0.0.1")
    bills = BillPage(clinic.database, clinic.installation, clinic.clock)
    routes = [*PhonePage(clinic).routes, *bills.routes]
    with served(app.build(clinic.database, routes)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *ALONE])
        page = browser.new_page()
        page.goto(f"{address}/phone")
        page.click("text=Ada Lindgren")
        for text in ("balance", "1984-02-28", "how can I pay?"):
            before = page.locator(".bubble").count()
            page.fill("#text", text)
            page.keyboard.press("Enter")
            page.wait_for_function(f"document.querySelectorAll('.bubble').length > {before + 1}")
        href = page.get_attribute(".bubble a >> nth=-1", "href")
        assert href is not None
        page.goto(address + href.removeprefix("http://127.0.0.1"))
        page.fill("#born", "1984-02-28")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=$600.00")
        browser.close()
    clinic.close()


@pytest.mark.browser
def test_the_clock_moves_on_and_the_desk_fills(browser_page: Page) -> None:
    """Months without an answer bring cases to the desk, and a rep decides there."""
    page = browser_page
    for _ in range(3):
        page.click("text=+1 month")
        page.wait_for_function("!document.querySelector('header button').disabled")
    page.wait_for_selector(".case >> text=placement")
    cases = page.locator(".case").count()
    page.click(".case button >> text=Return >> nth=0")
    page.wait_for_function(f"document.querySelectorAll('.case').length < {cases}")
