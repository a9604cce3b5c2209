// Keys of the inbox, only while its list has the focus; the chosen request beside it on wide screens; and the button
// that is gone after ten seconds.
"use strict";
const desk = document.querySelector("[data-desk]");
const rowOf = (element) => element?.closest("[data-desk] li");
const go = (row) => row?.querySelector("a")?.focus();
desk?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
  const rows = [...desk.querySelectorAll("li")];
  const row = rowOf(event.target);
  const at = rows.indexOf(row);
  const keys = {
    j: () => go(rows[at + 1]),
    k: () => go(rows[Math.max(at - 1, 0)]),
    x: () => row?.querySelector("[type=checkbox]")?.click(),
    a: () => (row?.querySelector("button[name=one]") ?? row?.querySelector("a"))?.click(),
    t: () => row && location.assign(row.querySelector("a").href + "#propose"),
    u: () => document.querySelector("[data-undo] button")?.click(),
  };
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
setTimeout(() => document.querySelector("[data-undo]")?.remove(), 9000);

const pane = document.querySelector("[data-panes] aside");
const isWide = matchMedia("(min-width: 1100px)");
let shown = null;
let asking = null;
const show = async (row) => {
  const link = row?.querySelector("a");
  if (!pane || !isWide.matches || !link || row === shown) return;
  shown?.removeAttribute("aria-current");
  shown = row;
  row.setAttribute("aria-current", "true");
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(link.href, { signal: asking.signal });
    const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-pane]");
    // the session may have ended, or somebody else may have taken the request away
    if (!part) return location.assign(link.href);
    const title = part.querySelector("h1");
    const smaller = document.createElement("h2");
    smaller.append(...title.childNodes);
    title.replaceWith(smaller);
    const own = document.createElement("a");
    own.href = link.href;
    own.textContent = pane.dataset.open;
    pane.replaceChildren(part, own);
    pane.hidden = false;
    pane.parentElement.classList.add("on");
    pane.scrollTop = 0;
  } catch (error) {
    if (error.name !== "AbortError") location.assign(link.href);
  }
};
let soon = 0;
desk?.addEventListener("focusin", (event) => {
  clearTimeout(soon);
  const row = rowOf(event.target);
  soon = setTimeout(() => show(row), 150);
});
desk?.addEventListener("click", async (event) => {
  const link = event.target.closest("li > a");
  if (!pane || !link || !isWide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  clearTimeout(soon);
  await show(rowOf(link));
  pane.focus({ preventScroll: true });
});
show(desk?.querySelector("li"));
