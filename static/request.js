// The forms of a request: whether the chosen time is still free, a draft kept in this browser, cells that fill the form.
"use strict";
const CHOICES = ["date", "start", "end", "people", "community"];
const form = document.querySelector("form[data-live]");
const field = (name) => form.elements[name] ?? form.elements[`times-0-${name}`];
const line = form?.querySelector("[data-state]");
let asked = "";
async function look() {
  const said = new URLSearchParams();
  for (const name of CHOICES) if (field(name)?.value) said.set(name, field(name).value);
  mark();
  if (!form.dataset.live) return; // several times: the answer comes with the form
  const url = `${form.dataset.live}?${said}`;
  if (url === asked) return;
  asked = url;
  try {
    const answer = await fetch(url);
    if (answer.ok && url === asked) line.innerHTML = await answer.text();
  } catch {
    asked = ""; // no connection: the line stays as it is
  }
}
// The chosen time in the week beside the form
const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
function mark() {
  const [start, end] = [minutes(field("start").value), minutes(field("end").value)];
  for (const cell of document.querySelectorAll(".week a.free")) {
    const said = new URL(cell.href).searchParams;
    const from = minutes(said.get("start"));
    cell.classList.toggle("chosen", said.get("date") === field("date").value && from < end && from + 60 > start);
  }
}
if (form) mark();
form?.addEventListener("change", (event) => CHOICES.some((name) => event.target === field(name)) && look());

// A free cell beside the form fills it; so does what is offered instead of a time that cannot be had.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".week a.free, [data-state] a[data-use]");
  if (!form || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.closest(".week") && !matchMedia("(min-width: 960px)").matches) return;
  const said = new URL(link.href).searchParams;
  const times = CHOICES.slice(0, 3);
  const fits = (name) => field(name).type === "date" || [...field(name).options].some((one) => one.value === said.get(name));
  if (!times.every(fits)) return;
  event.preventDefault();
  for (const name of times) field(name).value = said.get(name);
  field("date").dispatchEvent(new Event("change", { bubbles: true }));
  form.elements.title.focus();
});

// What is typed is kept for a day, for this person and this room; app.js clears it. Not of others, whom staff ask for.
const key = `draft:${document.body.dataset.person}:${form?.dataset.draft}`;
const typed = () => [...new FormData(form)].filter(([name, value]) => !/^(csrf_token|key|for_.*)$/.test(name) && typeof value === "string");
const offer = document.querySelector("[data-offer]");
if (form?.dataset.draft) {
  const keep = () => {
    const words = ["title", "people", "purpose", "needs"].some((name) => form.elements[name]?.value.trim());
    try {
      if (words) localStorage.setItem(key, JSON.stringify({ at: Date.now(), typed: typed() }));
    } catch {
      // no room, or none given: then there is no draft
    }
  };
  for (const kind of ["input", "change"]) form.addEventListener(kind, keep);
  form.addEventListener("submit", (event) => {
    keep();
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopPropagation();
    line.textContent = form.dataset.offline;
    line.scrollIntoView({ block: "center" });
  });
  const kept = offer && JSON.parse(localStorage.getItem(key) ?? "null");
  if (kept) {
    offer.hidden = false;
    offer.querySelector("b").textContent = kept.typed.find(([name]) => name === "title")?.[1] || offer.querySelector("b").textContent;
    offer.addEventListener("click", (event) => {
      if (event.target.closest("[data-drop]")) {
        localStorage.removeItem(key);
        offer.hidden = true;
      }
    });
    offer.querySelector("form").addEventListener("submit", (event) => {
      for (const [name, value] of kept.typed) {
        const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
        event.target.append(input);
      }
    });
  }
}
