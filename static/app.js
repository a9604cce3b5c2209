// What a page gains with JavaScript; without it everything works too.
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset)) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  const button = event.submitter;
  if (!button?.dataset.sending) return;
  button.dataset.was = button.innerHTML;
  setTimeout(() => (button.textContent = button.dataset.sending), 100);
});
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll("button[data-was]").forEach((button) => (button.innerHTML = button.dataset.was));
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  const done = () => (button.querySelector("span").textContent = button.dataset.done);
  if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(done);
  else if (document.execCommand("copy")) done();
});
document.addEventListener("change", (event) => {
  if (event.target.type !== "date") return;
  const words = event.target.closest("fieldset, form")?.querySelector("[data-words]");
  const day = new Date(event.target.value + "T12:00:00Z");
  if (!words || isNaN(day)) return;
  const locale = document.documentElement.lang === "id" ? "id-ID" : "en-GB";
  const form = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  words.textContent = words.dataset.words + day.toLocaleDateString(locale, form);
});
// Drafts of requests are one person's: they go at log-out, when somebody else is here, once they are sent, after a day.
const drafts = () => Object.keys(globalThis.localStorage ?? {}).filter((key) => key.startsWith("draft:"));
const drop = (key) => localStorage.removeItem(key);
const { person } = document.body.dataset;
const sent = document.querySelector("[data-draft-done]")?.dataset.draftDone.split(" ") ?? [];
for (const key of drafts()) {
  const [, whose, room] = key.split(":");
  const { at } = JSON.parse(localStorage.getItem(key));
  if ((person && whose !== person) || sent.includes(room) || !(Date.now() - at < 864e5)) drop(key);
}
document.querySelector("form[action='/logout']")?.addEventListener("submit", () => drafts().forEach(drop));
// what only paper needs is fetched when somebody prints
document.addEventListener("click", (event) => {
  const sheet = event.target.closest("[data-print]")?.dataset.print;
  if (sheet === "") print();
  if (sheet) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", media: "print", href: sheet, onload: () => print() }));
});
document.querySelector("#hint button")?.addEventListener("click", (event) => {
  document.cookie = "hint=seen; path=/; max-age=2592000; samesite=lax";
  event.currentTarget.parentElement.remove();
});
document.getElementById("refusals")?.focus();
// readable without a network: see worker.js. Copies of any log-in but this one go, the worker asked or not
if ("serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
  const own = "own-" + document.body.dataset.own;
  caches.keys().then((names) => names.forEach((name) => name.startsWith("own-") && name !== own && caches.delete(name)));
}
