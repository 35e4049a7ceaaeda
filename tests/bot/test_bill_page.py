"""A bill's page: closed until somebody shows who they are, calm in every case, and made for a phone."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import func, select, update

from billing.accounts.channels import Channel
from billing.accounts.creditor import WayToPay
from billing.accounts.holds import Hold, HoldKind
from billing.ledger.money import Money
from billing.plans.plans import PlanState, Review, spread
from bot.web import app
from bot.web.bill_page import SESSION_MINUTES, BillPage
from handlers.bills import bill_links
from handlers.collection import collector
from handlers.context import Context
from handlers.conversation import identify
from storage import plans, tables
from storage.bills import bill_links as links
from storage.bills import bills
from storage.dunning import holds
from storage.people import contact_points
from tests.fakes.live import served as web_served
from tests.issuing import a_billing_world, at_home, issued, served
from tests.letters import text_of
from tests.world import flagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from storage.database.transaction import Database
    from tests.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
ALONE = ("--disable-background-networking", "--disable-component-update")
BORN = "1980-02-28"


@pytest.fixture
def clinic(database: Database) -> World:
    """The clinic with one bill of $400 that was issued; an insurer took $200 over."""
    world = a_billing_world(database)
    at_home(world)
    served(world, covered=(("harbor", 20000),))
    issued(world)
    return world


def _link(world: World, bill_id: str = "B1", person: str = "ada") -> str:
    """The path of a link that was sent by text."""
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point
        url = bill_links.make(world.context(session), bill_id, person, point.id)
    assert url.startswith(f"{world.installation.public_url}/b/")
    return url.removeprefix(world.installation.public_url)


def _wrong_answers(world: World) -> int:
    """How many wrong answers are kept."""
    with world.database.read() as session:
        return session.scalar(select(func.count(tables.WrongAnswer.id))) or 0


@pytest.fixture
def web(clinic: World) -> Iterator[_Jar]:
    """The page over real HTTP; a cookie for https only is sent as if it were https."""
    with _client(clinic) as client:
        yield client


class _Jar(httpx.Client):
    """A browser that keeps the one cookie by hand, since the tests' server speaks plain HTTP."""

    def knows(self, path: str, born: str = BORN, **more: str) -> httpx.Response:
        """Answer the question; what was set comes along from now on."""
        answer = self.post(path, data={"born": born, **more})
        found = re.match(r"kvitt_bill=([^;]+)", answer.headers.get("set-cookie", ""))
        if found:
            self.headers["cookie"] = f"kvitt_bill={found[1]}"
        return answer


@contextmanager
def _client(world: World) -> Iterator[_Jar]:
    pages = BillPage(world.database, world.installation, world.clock)
    with (
        web_served(app.build(world.database, pages.routes)) as address,
        _Jar(base_url=address, timeout=60) as client,
    ):
        yield client


def test_nothing_is_told_before_somebody_shows_who_they_are(clinic: World, web: _Jar) -> None:
    """No name, number, amount or service in page, title or headers; nothing is kept or indexed."""
    answer = web.get(_link(clinic))
    assert answer.status_code == 200
    for secret in ("Ada", "Lind", "000001", "400", "visit", "Harbor", "bill_id"):
        assert secret not in answer.text, secret
    assert "<title>A page for you alone</title>" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "max-age" in answer.headers["strict-transport-security"]
    assert "set-cookie" not in answer.headers


def test_a_bill_past_its_limitation_date_is_marked_so(clinic: World, web: _Jar) -> None:
    """The page says that it is too old to be demanded, once it is, to whom has shown who they are."""
    path = _link(clinic)
    web.knows(path)
    assert "time-barred" not in web.get(path).text
    with clinic.database.write() as session:
        old = clinic.now.date() - timedelta(days=365 * 12)
        session.execute(update(tables.Bill).values(issued_on=old, due_on=old))
    assert "time-barred" in web.get(path).text


def test_the_right_answer_opens_the_bill_to_the_cent(clinic: World, web: _Jar) -> None:
    """Amount, day, reference, lines, what the insurer did; the same as PDF; closed again by hand."""
    path = _link(clinic)
    answer = web.knows(path, "28 February 1980")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    for kept in ("httponly", "secure", "samesite=strict", f"path={path}".lower()):
        assert kept in cookie
    page = web.get(path).text
    for text in (
        "Bill 000001", "$400.00", "April 1, 2026", "10000180", "Office visit", "Lab work", "Harbor Mutual",
        "$200.00", "elm.example/pay", "sms:+15035550100?body=payment%20plan", "this%20bill%20is%20wrong",
    ):  # fmt: skip
        assert text in page, text
    pdf = web.get(f"{path}/bill.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "To pay $400.00" in text_of(pdf.content)
    assert web.get(f"{path}/pay.svg").status_code == 404  # no Swedish giro
    gone = web.post(f"{path}/leave")
    assert "max-age=0" in gone.headers["set-cookie"].lower()


def test_another_device_and_another_bill_are_asked_again(clinic: World, web: _Jar) -> None:
    """A cookie opens the one link it was set for, for half an hour; a made-up one opens nothing."""
    path = _link(clinic)
    web.knows(path)
    served(clinic, "B2")
    issued(clinic)
    assert "Show us it" in web.get(_link(clinic, "B2")).text
    assert "Show us it" in web.get(_link(clinic)).text
    assert "Show us it" in web.get(f"{path}/bill.pdf", headers={"cookie": "kvitt_bill=made.up"}).text
    assert "Show us it" in web.get(path, headers={"cookie": "kvitt_bill="}).text
    clinic.later(minutes=SESSION_MINUTES + 1)
    assert "Show us it" in web.get(path).text


def test_wrong_answers_lock_the_page_and_the_chat(clinic: World, web: _Jar) -> None:
    """Tries are counted where the link was sent: enough of them lock both, and the right answer is late."""
    path = _link(clinic)
    for born in ("1980-02-27", "nonsense", "", "1981-02-28"):
        answer = web.knows(path, born)
        assert answer.status_code == 403
        assert "match" in answer.text
    assert web.knows(path, "1979-02-28").status_code == 429
    assert web.knows(path).status_code == 429
    assert web.get(path).status_code == 429
    assert _wrong_answers(clinic) == 5
    assert "couldn't confirm" in clinic.says("balance")
    (case,) = [one for one in clinic.queue() if one.kind == "identity_locked"]
    assert case.detail["wrong_answers"] == "5"
    clinic.later(hours=25)
    assert web.knows(path).status_code == 303


def test_wrong_answers_in_the_chat_count_here_too(clinic: World, web: _Jar) -> None:
    """Whoever has guessed in the chat has fewer tries left on the page."""
    clinic.says("balance")
    for _ in range(4):
        clinic.says("1970-01-01")
    assert web.knows(_link(clinic), "1970-01-02").status_code == 429


def test_a_second_answer_is_asked_for_where_the_policy_wants_it(database: Database) -> None:
    """With the postal code on file and wanted, both must be right."""
    world = a_billing_world(database)
    asks = world.installation.policy.identity.model_copy(update={"proof_for": ("explain_bill",)})
    world.installation = replace(
        world.installation, policy=world.installation.policy.model_copy(update={"identity": asks})
    )
    at_home(world)
    served(world)
    issued(world)
    with _client(world) as web:
        path = _link(world)
        assert 'name="code"' in web.get(path).text
        assert web.knows(path).status_code == 403
        assert web.knows(path, code="97299").status_code == 403
        assert web.knows(path, code="97201").status_code == 303
    assert identify.same_code("972 01", "97201-1234")


@pytest.mark.parametrize("token", ["x", "a" * 24, "%2e%2e", "a" * 500])
def test_a_wrong_link_leads_to_a_calm_page(clinic: World, web: _Jar, token: str) -> None:
    """What nobody made is told so, with a way to call."""
    answer = web.get(f"/b/{token}")
    assert answer.status_code == 404
    assert "leads nowhere" in answer.text
    assert clinic.installation.creditor.phone in answer.text


def test_a_link_that_is_too_old_or_taken_back_says_so(clinic: World, web: _Jar) -> None:
    """Expired and revoked links open nothing, also for whoever was inside."""
    path = _link(clinic)
    web.knows(path)
    with clinic.database.write() as session:
        assert links.revoke(session, "B1", clinic.now) >= 1
    assert web.get(path).status_code == 410
    assert web.get(f"{path}/bill.pdf").status_code == 410
    young = _link(clinic)
    clinic.later(days=61)
    assert "expired" in web.get(young).text
    assert web.knows(young).status_code == 410


def test_nobody_opens_the_bill_of_somebody_who_died(clinic: World, web: _Jar) -> None:
    """Nothing is told, not even that somebody died: only whom to call."""
    path = _link(clinic)
    at_home(clinic, died_on=clinic.now.date())
    answer = web.get(path)
    assert answer.status_code == 403
    assert "Please contact us" in answer.text
    assert "die" not in answer.text.lower()
    assert web.knows(path).status_code == 403


def test_a_guarantor_sees_the_bill_of_a_child(clinic: World, web: _Jar) -> None:
    """Whoever answers for it shows who they are, and sees for whom it is."""
    clinic.customer("eli", name="Eli Lind", phone="", consent=False, guarantor_id="ada", birth_date=None)
    served(clinic, "B-eli", "eli")
    issued(clinic)
    path = _link(clinic, "B-eli")
    web.knows(path)
    assert "For Eli Lind" in web.get(path).text


def test_every_standing_of_a_bill_has_its_own_page(clinic: World, web: _Jar) -> None:
    """On a plan, resting, with a collector, paid: each says what to do, and no other asks for money."""
    path = _link(clinic)
    web.knows(path)
    with clinic.database.write() as session:
        day = clinic.now.date() + timedelta(days=20)
        parts = spread(40000, 4, day.day, clinic.now.date())
        whole = Money(40000, "USD")
        plans.open_plan(session, "A-ada", whole, parts, ["B1"], Review.NONE, clinic.now)
    assert "next $100.00" in web.get(path).text
    with clinic.database.write() as session:
        holds.place(session, "ada", Hold(HoldKind.LEGAL, "said so"), "desk", clinic.now)
    resting = web.get(path).text
    assert "resting" in resting
    assert "elm.example/pay" not in resting
    with clinic.database.write() as session:
        holds.lift(session, "ada", [HoldKind.LEGAL], "desk", clinic.now)
        (plan,) = plans.running(session, ["A-ada"]).values()
        plans.end_plan(session, plan.id, PlanState.CANCELLED, clinic.now)
        bills.was_sent(session, "B1", clinic.now.date())
        flagged(session, "B1", 40000, clinic.now)
        collector.approve(clinic.context(session), "B1", "boss", "Ashfield Recovery")
    page = web.get(path).text
    assert "Ashfield Recovery" in page
    assert "elm.example/pay" not in page
    clinic.pays("000001", 40000)
    paid = web.get(path).text
    assert "All paid" in paid
    assert "elm.example/pay" not in paid


def test_a_form_from_elsewhere_is_refused(clinic: World, web: _Jar) -> None:
    """A browser that says that a form comes from another site is refused, and so is a huge one."""
    path = _link(clinic)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert web.post(path, data={"born": BORN}, headers=headers).status_code == 403
        assert web.post(f"{path}/leave", headers=headers).status_code == 403
    assert web.post(path, data={"born": "1" * 9000}).status_code == 413
    assert _wrong_answers(clinic) == 0


def test_a_form_that_answers_nothing_uses_up_no_try(clinic: World, web: _Jar) -> None:
    """No field, a field twice, another type, no UTF-8: refused on a page that says what to do."""
    path, form = _link(clinic), "application/x-www-form-urlencoded"
    for body, kind, status in (
        (b"", form, 400),
        (b"code=97201", form, 400),
        (b"born=1980-02-28&born=1980-02-27", form, 400),
        (b"born=%ff", form, 400),
        (b'{"born": "1980-02-28"}', "application/json", 415),
        (b"born=1980-02-28", f"{form}; charset=utf-16", 415),
    ):
        answer = web.post(path, content=body, headers={"content-type": kind})
        assert answer.status_code == status, body
        assert "open the link from your message again" in answer.text
    assert _wrong_answers(clinic) == 0
    assert web.knows(path).status_code == 303


@pytest.mark.parametrize("token", ["%ff", "%00", "a%0d%0ab", "%F0%9F%98%80", "a b"])
def test_a_token_of_any_signs_leads_to_a_calm_page(web: _Jar, token: str) -> None:
    """What cannot be a token is nobody's, on every address of a page."""
    for method, path in (("GET", ""), ("POST", "/leave"), ("GET", "/bill.pdf"), ("GET", "/pay.svg")):
        answer = web.request(method, f"/b/{token}{path}")
        assert (answer.status_code, "leads nowhere" in answer.text) == (404, True)
        assert "set-cookie" not in answer.headers
    assert web.post(f"/b/{token}", data={"born": BORN}).status_code == 404


@pytest.mark.parametrize(("language", "said"), [("sv", "Att betala"), ("es", "Por pagar"), ("en", "To pay")])
def test_a_page_speaks_the_language_that_is_asked_for(
    clinic: World, web: _Jar, language: str, said: str
) -> None:
    """Their own language unless another is chosen on the page."""
    path = _link(clinic)
    assert f'lang="{language}"' in web.get(path, params={"in": language}).text
    web.knows(path)
    assert said in web.get(path, params={"in": language}).text


def test_styles_are_ours_and_nothing_else_is_served(web: _Jar) -> None:
    """One style, one script; any other name is nothing."""
    assert web.get("/b/-/page.css").headers["content-type"].startswith("text/css")
    assert web.get("/b/-/copy.js").status_code == 200
    assert web.get("/b/-/base.html").status_code == 404


@pytest.fixture
def browser_page(clinic: World, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The bill in headless Chromium on a small phone, light or dark; skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's chromium to run browser tests")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and only here

    ways = (WayToPay("Card", "elm.example/pay"), WayToPay("Check", "Elm Street Clinic, 500 Oak Avenue"))
    creditor = replace(
        clinic.installation.creditor, ways_to_pay=ways, name="The Elm Street Clinic and Laboratories"
    )
    clinic.installation = replace(clinic.installation, public_url="http://127.0.0.1", creditor=creditor)
    with _client(clinic) as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *ALONE])
        opened = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=request.param)
        asked: list[str] = []
        troubles: list[str] = []
        opened.on("request", lambda sent: asked.append(sent.url))
        opened.on("pageerror", lambda error: troubles.append(str(error)))
        opened.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        opened.goto(f"{web.base_url}{_link(clinic)}".replace("//b/", "/b/"))
        yield opened
        browser.close()
        assert [url for url in asked if not url.startswith((str(web.base_url), "data:"))] == []
        assert [one for one in troubles if "403" not in one] == []


_FITS = "document.documentElement.scrollWidth <= window.innerWidth"
_FAINT = """() => {
  const rgb = text => {
    const n = text.match(/[\\d.]+/g).map(Number);
    return n.length > 3 && n[3] === 0 ? null : n;
  };
  const light = ([r, g, b]) => {
    const one = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [x, y, z] = [r, g, b].map(v => one(v / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = node => {
    for (let one = node; one; one = one.parentElement) {
      const found = rgb(getComputedStyle(one).backgroundColor);
      if (found) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    const said = walk.currentNode.textContent.trim();
    if (!said || !node.checkVisibility() || node.tagName === "SCRIPT") continue;
    const both = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
    const [a, b] = both.sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(`${said}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("browser_page", ["light", "dark"], indirect=True)
def test_a_small_phone_shows_all_of_it_in_either_light(browser_page: Page) -> None:
    """Nothing is loaded from elsewhere, nothing is cut off at 360 pixels, and every word can be read."""
    page = browser_page
    assert page.evaluate(_FITS)
    assert page.evaluate(_FAINT) == []
    page.fill("#born", "1980-02-27")
    page.click("text=Show my bill")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate(_FAINT) == []
    page.fill("#born", BORN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hero")
    for one in page.locator("summary").all():
        one.click()
    assert page.locator("text=Lab work").is_visible()
    assert page.evaluate(_FITS)
    assert page.evaluate(_FAINT) == []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "10000180"
    page.click("text=Close this page")
    page.wait_for_selector("#born")


def test_an_installation_without_a_secret_has_no_pages(clinic: World) -> None:
    """Where nothing could be signed there are no links and no pages."""
    installation = replace(clinic.installation, link_secret="")
    assert BillPage(clinic.database, installation, clinic.clock).routes == []
    with clinic.database.write() as session:
        assert bill_links.make(Context(session, installation, clinic.clock), "B1", "ada", 1) == ""
