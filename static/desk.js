// Keys of the inbox, only while its list has the focus; and the button that is gone after ten seconds.
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
