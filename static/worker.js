// The service worker. BUILD and SHELL stand above it, written by booking/web/offline.py.
// Kept: files under fingerprints; the page that says there is no network; one's own bookings, where the server allows it.
"use strict";
const FILES = "files", OWN = "own-", OFFLINE = "/offline";
const MOST = 30, AHEAD = 5, FRESH = 10 * 60e3, PATIENCE = 6e3;
const ANY = { ignoreVary: true };
let age = 0; // rises whenever copies are thrown away: what was under way then is not kept

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && ["/login", "/logout"].includes(url.pathname)) event.waitUntil(forget());
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/") && url.searchParams.has("v")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event, url));
});

async function install() {
  const cache = await caches.open(FILES);
  await cache.addAll(SHELL);
  await cache.put(OFFLINE, await fetch(OFFLINE, { credentials: "omit", cache: "reload" }));
  await skipWaiting();
}

async function activate() {
  await clients.claim();
  if (registration.navigationPreload) await registration.navigationPreload.enable();
  const cache = await caches.open(FILES), now = new Map(SHELL.map((one) => [one.split("?")[0], new URL(one, location).href]));
  for (const { url } of await cache.keys()) {
    const newer = now.get(new URL(url).pathname);
    if (newer && newer !== url) await cache.delete(url);
  }
  // whoever opened their bookings first of all, before this was here
  for (const { url } of await clients.matchAll({ type: "window" })) await fetchCopy(new URL(url));
}

async function file(request) {
  const cache = await caches.open(FILES);
  const known = await cache.match(request, ANY);
  if (known) return known;
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.status === 200) {
      for (const old of await cache.keys(request, { ...ANY, ignoreSearch: true })) await cache.delete(old);
      await cache.put(request, answer.clone());
    }
    return answer;
  } catch (error) {
    // a copy of a page of yesterday may name a file of yesterday
    const other = await cache.match(request, { ...ANY, ignoreSearch: true });
    if (other) return other;
    throw error;
  }
}

async function page(event, url) {
  const born = age, asked = Promise.resolve(event.preloadResponse).then((answer) => answer || fetch(event.request));
  if (!isOwn(url)) return asked.catch(offline);
  const kept = asked.then((answer) => keep(url, answer.clone(), born), () => {});
  event.waitUntil(kept);
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  try {
    const answer = await Promise.race([asked, late]);
    if (answer && answer.status < 502) return answer;
    return (await copy(url)) || (await asked);
  } catch {
    return (await copy(url)) || offline();
  }
}

async function offline() {
  return (await caches.match(OFFLINE, ANY)) || Response.error();
}

function isOwn(url) {
  return url.pathname === "/mine" || /^\/bookings\/[A-Z0-9]+$/.test(url.pathname);
}

function address(url) {
  return url.pathname + (url.searchParams.get("tab") === "past" ? "?tab=past" : "");
}

async function copies() {
  return (await caches.keys()).filter((name) => name.startsWith(OWN));
}

async function forget(but) {
  age += 1;
  for (const name of await copies()) if (name !== but) await caches.delete(name);
}

async function copy(url) {
  for (const name of await copies()) {
    const found = await (await caches.open(name)).match(address(url), ANY);
    if (!found) continue;
    if (Date.now() >= Number(found.headers.get("Offline-Copy").split(" ")[1])) return void (await forget());
    return new Response((await found.text()).replace(" data-offline hidden", ""), { headers: found.headers });
  }
}

async function keep(url, answer, born) {
  const said = answer.headers.get("Offline-Copy");
  if (answer.status >= 500) return;
  if (!said) {
    // sent to the log-in, or logged in without keeping: nothing of before may stay. Else this one page is gone
    if (answer.type === "opaqueredirect" || answer.status === 200) return forget();
    for (const name of await copies()) await (await caches.open(name)).delete(address(url));
    return;
  }
  const body = await answer.text(), name = OWN + said.split(" ")[0];
  if (born !== age) return;
  if ((await copies()).some((other) => other !== name)) await forget(name);
  const headers = new Headers(answer.headers), cache = await caches.open(name);
  for (const one of ["Content-Encoding", "Content-Length"]) headers.delete(one);
  await cache.delete(address(url)); // so that the oldest stand first
  await cache.put(address(url), new Response(body, { headers }));
  for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
  if (address(url) === "/mine" && !navigator.connection?.saveData) await keepAhead(body, cache);
}

async function keepAhead(body, cache) {
  const paths = [...new Set(body.match(/\/bookings\/[A-Z0-9]+(?=")/g))].slice(0, AHEAD);
  for (const path of paths) {
    const known = await cache.match(path, ANY);
    if (!known || Date.now() - Number(known.headers.get("Offline-Copy").split(" ")[2]) > FRESH) await fetchCopy(new URL(path, location));
  }
}

async function fetchCopy(url) {
  const born = age;
  if (isOwn(url)) await fetch(url, { redirect: "manual" }).then((answer) => keep(url, answer, born), () => {});
}
