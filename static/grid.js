// The grid of a day, with a mouse or a keyboard: choose a stretch of free hours, add rooms that are free then too, ask.
// Each free hour is a link to the request form, so that all of it works without this as well.
"use strict";
(() => {
  const board = document.querySelector(".board[data-day]");
  const bar = document.querySelector(".choice");
  if (!board || !bar) return;
  const wide = matchMedia("(min-width: 960px)");
  const live = document.querySelector("[data-live]");
  const dialog = document.querySelector("dialog");
  const lanes = [...board.querySelectorAll(".lane")].map((lane) => [...lane.querySelectorAll("a.free")]).filter((row) => row.length);
  const minutes = (clock) => 60 * clock.slice(0, 2) + +clock.slice(3);
  const clock = (at) => `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
  const slots = new Map();
  lanes.forEach((row, y) => row.forEach((link, x) => {
    const url = new URL(link.href);
    const start = minutes(url.searchParams.get("start"));
    const until = minutes(url.searchParams.get("end"));
    const halves = /(?:^| )n(\d+)/.exec(link.className)[1];
    const end = Math.min(until, start + 30 * halves, start - (start % 60) + 60);
    const room = link.closest(".row").querySelector("h3").textContent.trim();
    slots.set(link, { link, x, y, start, end, until, room, slug: url.pathname.split("/")[2] });
    link.tabIndex = x ? -1 : 0;
  }));
  const slot = (y, x) => slots.get(lanes[y]?.[x]);
  let chosen = null; // { y, from, to (columns of slots in the row), also: Set of rows }
  let dragged = null;

  const times = () => {
    const [first, last] = [slot(chosen.y, chosen.from), slot(chosen.y, chosen.to)];
    // a single hour may have to be longer: as short as the room is lent
    return [first.start, chosen.from === chosen.to ? first.until : Math.max(last.end, Math.min(first.until, last.until))];
  };
  // the slots of a row that cover a time without a gap; none where one is not free
  const covering = (y, start, end) => {
    const inside = lanes[y].map((link) => slots.get(link)).filter((one) => one.start < end && start < one.end);
    const last = inside[inside.length - 1];
    const whole = inside.every((one, n) => (n ? inside[n - 1].end === one.start : one.start <= start));
    return inside.length && whole && last.end >= end ? inside : [];
  };
  const show = () => {
    slots.forEach(({ link }) => link.classList.remove("chosen", "could"));
    bar.hidden = !chosen;
    if (!chosen) return;
    const [start, end] = times();
    const rows = [chosen.y, ...chosen.also];
    for (let x = chosen.from; x <= chosen.to; x++) slot(chosen.y, x).link.classList.add("chosen");
    lanes.forEach((_, y) => {
      if (y === chosen.y) return;
      covering(y, start, end).forEach(({ link }) => link.classList.add(chosen.also.has(y) ? "chosen" : "could"));
    });
    bar.elements.start.value = clock(start);
    bar.elements.end.value = clock(end);
    bar.querySelector("[data-rooms]").replaceChildren(...rows.map((y) =>
      Object.assign(document.createElement("input"), { type: "hidden", name: "room", value: slot(y, 0).slug })
    ));
    const said = { count: rows.length, room: rows.map((y) => slot(y, 0).room).join(", ") };
    said.time = `${clock(start)}-${clock(end)} ${bar.dataset.zone}`.replaceAll(":", bar.dataset.mark);
    const text = rows.length > 1 ? bar.dataset.many : bar.dataset.one;
    live.textContent = bar.querySelector("[data-said]").textContent = text.replace(/%\((\w+)\)s/g, (_, name) => said[name]);
  };
  // from one slot to another of its row, as far as nothing lies between
  const stretch = (from, to) => {
    const way = Math.sign(to.x - from.x);
    let x = from.x;
    const touch = (left) => slot(from.y, left).end === slot(from.y, left + 1).start;
    while (x !== to.x && touch(way > 0 ? x : x - 1)) x += way;
    const also = chosen?.y === from.y ? [...chosen.also] : [];
    chosen = { y: from.y, from: Math.min(from.x, x), to: Math.max(from.x, x), anchor: from.x, head: x, also: new Set() };
    also.forEach((y) => covering(y, ...times()).length && chosen.also.add(y));
    show();
  };
  const choose = (one) => {
    const other = chosen && one.y !== chosen.y;
    if (other && covering(one.y, ...times()).includes(one)) {
      chosen.also.delete(one.y) || chosen.also.add(one.y);
      show();
    } else if (chosen && !other && chosen.from === one.x && chosen.to === one.x) clear();
    else stretch(one, one);
  };
  const clear = () => {
    chosen = null;
    live.textContent = "";
    show();
  };
  const focus = (one) => {
    if (!one) return;
    lanes[one.y].forEach((link) => (link.tabIndex = -1));
    one.link.tabIndex = 0;
    one.link.focus();
  };
  const nearest = (y, start) => lanes[y]?.map((link) => slots.get(link)).reduce((a, b) => (Math.abs(b.start - start) < Math.abs(a.start - start) ? b : a));

  board.addEventListener("pointerdown", (event) => {
    const one = slots.get(event.target.closest("a.free"));
    if (one && wide.matches && event.button === 0 && event.pointerType === "mouse") dragged = { one, moved: false };
  });
  board.addEventListener("dragstart", (event) => slots.has(event.target.closest("a.free")) && event.preventDefault());
  board.addEventListener("pointerover", (event) => {
    const one = slots.get(event.target.closest("a.free"));
    if (!dragged || !one || one.y !== dragged.one.y || (one === dragged.one && !dragged.moved)) return;
    dragged.moved = true;
    stretch(dragged.one, one);
  });
  addEventListener("pointerup", () => setTimeout(() => (dragged = null)));
  board.addEventListener("click", (event) => {
    const one = slots.get(event.target.closest("a.free"));
    // a click that the keyboard made has no detail: Enter goes on
    if (!one || !wide.matches || event.ctrlKey || event.metaKey || !event.detail) return;
    event.preventDefault();
    if (!dragged?.moved) event.shiftKey && chosen?.y === one.y ? stretch(slot(one.y, chosen.anchor), one) : choose(one);
  });
  board.addEventListener("keydown", (event) => {
    const one = slots.get(event.target.closest("a.free"));
    if (!one || event.ctrlKey || event.metaKey || event.altKey) return;
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const across = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (along && event.shiftKey) {
      stretch(chosen?.y === one.y ? slot(one.y, chosen.anchor) : one, slot(one.y, one.x + along) ?? one);
      focus(slot(one.y, chosen.head));
    } else if (along) focus(slot(one.y, one.x + along));
    else if (across) focus(nearest(one.y + across, one.start));
    else if (event.key === "Home" || event.key === "End") focus(slot(one.y, event.key === "Home" ? 0 : lanes[one.y].length - 1));
    else if (event.key === " ") choose(one);
    else if (event.key === "Enter" && chosen) bar.requestSubmit();
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || dialog.open) return;
    if (event.key === "Escape" && chosen) clear();
    if (event.key === "?" && wide.matches) dialog.showModal();
  });
  bar.querySelector("[data-clear]").addEventListener("click", clear);
  document.querySelector("[data-keys]").addEventListener("click", () => dialog.showModal());
})();
