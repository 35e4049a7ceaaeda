"use strict";
// What the pages of the desk gain by a script: keys, drafts, focus. Everything works without it.

const body = document.body;

// Keys. A letter is a shortcut only where nothing is typed, and where the user did not switch them off.
const typing = (where) =>
  where instanceof HTMLElement && (where.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(where.tagName));
const rows = () => [...document.querySelectorAll("[data-row]")];
const help = document.getElementById("help");

function select(row) {
  for (const other of rows()) other.removeAttribute("aria-selected");
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  const first = row.querySelector("a, button");
  if (first) first.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  select(all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1)]);
}

function use(key) {
  // A key of a row that is selected comes before one of the page.
  const own = document.querySelector(`[data-row][aria-selected=true] [data-row-key="${CSS.escape(key)}"]`);
  if (own) {
    own.click();
    return true;
  }
  // The first link of a menu is only focused: which one is followed is chosen there.
  const menu = document.querySelector(`[data-menu-key="${CSS.escape(key)}"]`);
  if (menu) {
    menu.focus();
    return true;
  }
  const target = [...document.querySelectorAll("[data-key]")].find(
    (one) => one.dataset.key === key && !one.disabled && one.offsetParent !== null,
  );
  if (!target) return false;
  target.focus();
  if (!typing(target)) target.click();
  return true;
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (body.dataset.keys === "off" || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  else if (event.key === "Enter") {
    const row = document.querySelector("[data-row][aria-selected=true]");
    // Enter on a link or a button is the browser's own.
    if (!row || event.target.closest("a, button, summary")) return;
    row.querySelector("a")?.click();
  } else if (!["r", "t", "e", "/", "?"].includes(event.key) || !use(event.key)) return;
  event.preventDefault();
}

// A menu of links: arrows go through it, a letter to the next link that begins so.
function inMenu(event) {
  const link = event.target.closest?.(".menu a");
  if (!link || event.ctrlKey || event.metaKey || event.altKey || body.dataset.keys === "off") return;
  const all = [...document.querySelectorAll(".menu a")];
  const here = all.indexOf(link);
  const later = [...all.slice(here + 1), ...all.slice(0, here)];
  let next;
  if (event.key === "ArrowDown" || event.key === "ArrowRight") next = later[0];
  else if (event.key === "ArrowUp" || event.key === "ArrowLeft") next = later.at(-1);
  else if (event.key.length === 1 && /\p{L}/u.test(event.key)) {
    const letter = event.key.toLowerCase();
    next = later.find((one) => one.textContent.trim().toLowerCase().startsWith(letter)) || link;
  }
  if (!next) return;
  next.focus();
  event.preventDefault();
  event.stopImmediatePropagation();
}

document.addEventListener("keydown", inMenu);
document.addEventListener("keydown", (event) => {
  // Control and Enter send what is being typed.
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  event.target.form?.requestSubmit();
});
document.addEventListener("keydown", pressed);
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row && row.getAttribute("aria-selected") !== "true") {
    for (const other of rows()) other.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
  }
});

for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = body.dataset.keys === "off";
  button.addEventListener("click", () => help.showModal());
}

// Drafts: what is typed is kept on the server while it is typed, and sent away once more when the page is left.
const PAUSE = 800;

function contents(form) {
  const sent = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") sent.set(name, value);
  sent.set("form", form.dataset.draft);
  return sent;
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  if (!body.dataset.drafts) break;
  let waiting = 0;
  let changed = false;
  const save = () => {
    clearTimeout(waiting);
    if (!changed) return;
    changed = false;
    fetch(body.dataset.drafts, { method: "POST", body: contents(form), keepalive: true }).catch(() => {
      changed = true;
    });
  };
  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => {
    changed = false;
    clearTimeout(waiting);
  });
  addEventListener("pagehide", save);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
}

// A form that is sent twice is carried out once; the second press is spared the wait.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Focus: on what is wrong, else back on the row that was left.
const REMEMBERED = "desk:row";
const wrong = document.querySelector("[aria-invalid=true], [data-focus]");
if (wrong) wrong.focus();
addEventListener("pagehide", () => {
  const link = document.querySelector("[data-row][aria-selected=true] a");
  if (link) sessionStorage.setItem(REMEMBERED, link.getAttribute("href"));
});
if (!wrong) {
  const left = sessionStorage.getItem(REMEMBERED);
  select(rows().find((row) => left && row.querySelector("a")?.getAttribute("href") === left));
}
