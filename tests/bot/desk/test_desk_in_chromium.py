"""The desk in a real browser: signing in, keys, drafts, a page out of date; it fits and can be read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from billing.accounts.channels import Channel
from handlers.desk import cases
from storage import tables
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.people import contact_points
from tests.desk_rig import PASSWORD, desk_served, give_staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

    from tests.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
ALONE = ("--disable-background-networking", "--disable-component-update")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Seen:
    """A desk with three cases, and a browser."""

    world: World
    address: str
    browser: Browser
    faults: list[str]

    def page(self, width: int = 1180, scheme: str = "light") -> Page:
        """A new window of a width, light or dark."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 860},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._printed)
        page.on("request", lambda asked: self._ours(asked.url))
        return page

    def _printed(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.faults.append(said.text)

    def _ours(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"asked for {url}")

    def sign_in(self, page: Page, name: str = "Robin", path: str = "/desk") -> None:
        """Sign in by typing."""
        page.goto(f"{self.address}{path}")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".bar nav")


@pytest.fixture
def seen(world: World) -> Iterator[Seen]:
    """The desk in headless Chromium; skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium to run browser tests")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and only here

    give_staff(world)
    world.customer()
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point
        for number, reason in enumerate(("wants a person", "says it is wrong", "returned post"), 1):
            case = Case(
                f"person:{number}", "person", f"Ada {reason}", world.now, customer_id="ada",
                contact_point_id=point.id,
            )  # fmt: skip
            escalations.open_case(session, case, world.now)
    faults: list[str] = []
    with desk_served(world) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *ALONE])
        yield Seen(world, address, browser, faults)
        browser.close()
    assert faults == []


def test_a_rep_works_with_keys_alone(seen: Seen) -> None:
    """Down, open, take, reply, back to the row; while typing a letter is a letter."""
    page = seen.page()
    seen.sign_in(page)
    for _ in range(2):
        page.keyboard.press("j")
    assert page.locator("[data-row][aria-selected=true] a").inner_text().endswith("#2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/cases/2")
    page.keyboard.press("t")
    page.wait_for_selector("text=The case is yours")
    page.keyboard.press("r")
    page.keyboard.type("tje? we look into it")
    assert page.input_value("#text") == "tje? we look into it"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The answer is on its way")
    page.click("text=← Today")
    page.wait_for_url("**/desk")
    assert page.locator("[data-row][aria-selected=true] a").inner_text().endswith("#2")


def test_keys_are_listed_and_can_be_switched_off(seen: Seen) -> None:
    """The question mark shows them; switched off, none does anything."""
    page = seen.page()
    seen.sign_in(page)
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.goto(f"{seen.address}/desk/me")
    page.uncheck("[name=keys]")
    page.click("text=Save")
    page.wait_for_selector("text=Saved.")
    page.goto(f"{seen.address}/desk")
    page.keyboard.press("j")
    page.keyboard.press("?")
    assert page.locator("[aria-selected=true]").count() == 0
    assert not page.locator("#help").is_visible()


def test_a_draft_survives_the_page(seen: Seen) -> None:
    """What was typed and not sent is there in another window."""
    page = seen.page()
    seen.sign_in(page)
    page.goto(f"{seen.address}/desk/cases/1")
    with page.expect_response("**/desk/drafts") as kept:
        page.fill("#text", "half a sent")
    assert kept.value.status == 204
    page.goto(f"{seen.address}/desk")
    page.goto(f"{seen.address}/desk/cases/1")
    assert page.input_value("#text") == "half a sent"


def test_a_page_out_of_date_is_noticed_and_goes_on(seen: Seen) -> None:
    """Somebody acted meanwhile: it is said, the text is there, and the same button goes on."""
    page = seen.page()
    seen.sign_in(page)
    page.goto(f"{seen.address}/desk/cases/1")
    page.fill("#text", "We look into it.")
    with seen.world.database.write() as session:
        context = seen.world.context(session)
        cases.take(context, 1, "Alex")
        cases.give_back(context, 1, "Alex", "lunch")
    page.click("button:text('Send')")
    page.wait_for_selector("text=others acted")
    seen.faults.clear()  # the browser notes the 409 as an error
    assert page.evaluate("document.activeElement.id") == "failure"
    assert page.input_value("#text") == "We look into it."
    page.click("button:text('Send')")
    page.wait_for_selector("text=The answer is on its way")


def test_guessing_is_stopped_with_a_moment(seen: Seen) -> None:
    """The sixth try says when the next is taken."""
    page = seen.page()
    page.goto(f"{seen.address}/desk/sign-in")
    for _ in range(6):
        page.fill("#name", "Robin")
        page.fill("#password", "wrong, and long enough")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    seen.faults.clear()  # the browser notes each 403
    assert "too many wrong tries" in page.inner_text("[role=alert]")
    assert page.locator("[role=alert] time").count() == 1


def test_without_a_script_everything_works(seen: Seen) -> None:
    """Signing in, opening, taking, answering: by links and buttons."""
    context = seen.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    seen.sign_in(page)
    page.click("[data-row] a >> nth=0")
    page.click("button:text('Take the case')")
    page.fill("#text", "We look into it.")
    page.click("button:text('Send')")
    page.wait_for_selector("text=The answer is on its way")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_pages_fit_and_can_be_read(seen: Seen, width: int, scheme: str) -> None:
    """No sideways scroll, targets of 24 pixels, and contrast of WCAG AA, on every page."""
    with seen.world.database.write() as session:
        long = "Ada Lind-von-und-zu-Hohenzollern asks about reference 4711-0815-" + "9" * 60
        session.execute(update(tables.Escalation).where(tables.Escalation.id == 1).values(reason=long))
    page = seen.page(width, scheme)
    page.goto(f"{seen.address}/desk/sign-in")
    _fits(page)
    seen.sign_in(page, "Olga")
    for path in ("/desk", "/desk/cases/1", "/desk/me", "/desk/users", "/desk/audit"):
        page.goto(f"{seen.address}{path}")
        _fits(page)


_CHECK = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push("scrolls sideways: " + root.scrollWidth);
  const colour = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((v) => part(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const under = colour(getComputedStyle(one).backgroundColor);
      if (under.length === 3 || under[3] === 1) return under;
    }
    return [255, 255, 255];
  };
  const visible = (one) => one.getClientRects().length && getComputedStyle(one).visibility === "visible";
  const targets = "a, button, input:not([type=hidden]), select, textarea, summary";
  for (const one of document.querySelectorAll(targets)) {
    const box = one.getBoundingClientRect();
    const inText = one.tagName === "A" && one.closest("p, li, td") && !one.closest(".bar");
    if (visible(one) && box.top >= 0 && !inText && (box.height < 24 || box.width < 24))
      found.push("small: " + one.outerHTML.slice(0, 80) + " " + box.width + "x" + box.height);
  }
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !visible(one) || one.closest(".unseen, .skip, script, style")) continue;
    const [a, b] = [light(colour(getComputedStyle(one).color)), light(ground(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push("contrast " + ratio.toFixed(2) + ": " + one.outerHTML.slice(0, 80));
  }
  return found;
}"""


def _fits(page: Page) -> None:
    assert page.evaluate(_CHECK) == []
