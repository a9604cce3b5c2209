// Keys of the inbox, while its list or the chosen request beside it has the focus; what is marked, said in the bar below;
// the chosen request beside the list on wide screens; and the button that is gone after ten seconds.
"use strict";
const desk = document.querySelector("[data-desk]");
const panes = document.querySelector("[data-panes]");
const pane = panes?.querySelector("aside");
const rowOf = (element) => element?.closest("[data-desk] li");
const go = (row) => row?.querySelector("a")?.focus();
let shown = null;
panes?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("select, textarea, input:not([type=checkbox])")) return;
  const rows = [...desk.querySelectorAll("li")];
  const row = rowOf(event.target) ?? shown;
  const at = rows.indexOf(row);
  const inPane = pane.contains(event.target);
  const keys = {
    j: () => go(rows[at + 1]),
    k: () => go(rows[Math.max(at - 1, 0)]),
    x: () => row?.querySelector("[type=checkbox]")?.click(),
    // what clashes is approved only from where its consequence stands
    a: () => (inPane ? pane.querySelector("button[value=approve]") : (row?.querySelector("button[name=one]") ?? row?.querySelector("a")))?.click(),
    u: () => row && location.assign(row.querySelector("a").href + "#propose"),
    t: () => row?.querySelector("button[name=no]")?.click(),
    z: () => document.querySelector("[data-undo] button")?.click(),
  };
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
const bar = desk?.querySelector("[data-bar]");
const count = () => {
  if (!bar) return;
  const marked = [...desk.querySelectorAll("input[name=code]:checked")];
  bar.hidden = !marked.length;
  bar.querySelector("[data-said]").hidden = false;
  bar.querySelector("[data-count]").textContent = marked.length;
  bar.querySelector("[data-free]").hidden = !marked.every((one) => rowOf(one).matches("[data-clean]"));
};
desk?.addEventListener("change", count);
document.querySelector("[data-mark]")?.addEventListener("click", (event) => {
  event.preventDefault();
  for (const one of desk.querySelectorAll("[data-clean] input[name=code]")) one.checked = true;
  count();
});
count();
setTimeout(() => document.querySelector("[data-undo]")?.remove(), 9000);

const isWide = matchMedia("(min-width: 1100px)");
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

// a centre is most likely where its administrator sits
const zone = document.querySelector("input[data-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
