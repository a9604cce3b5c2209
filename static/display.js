// A screen that nobody touches: keeps its clock, asks for what changed, turns its pages. Written for old browsers too.
"use strict";
(function () {
  var EVERY = 15000, TURN = 12000;
  var screen = document.getElementById("screen"), lost = document.getElementById("lost");
  var url = location.href.split("#")[0], skew = 0, seen = null, failing = false, shown = screen.innerHTML;
  var language = 0, page = 0;
  url += (url.indexOf("?") < 0 ? "?" : "&") + "part=1";

  function all(selector, inside) {
    return Array.prototype.slice.call((inside || document).querySelectorAll(selector));
  }
  function current() {
    var parts = all(".screen", screen);
    return parts[language % parts.length];
  }
  function clock(part, at) {
    var there = new Date(at + skew + Number(part.getAttribute("data-ahead")) * 1000);
    var two = function (number) { return (number < 10 ? "0" : "") + number; };
    return two(there.getUTCHours()) + part.getAttribute("data-mark") + two(there.getUTCMinutes());
  }
  function tick() {
    all(".screen", screen).forEach(function (part) {
      if (seen !== null) part.querySelector("[data-clock]").textContent = clock(part, Date.now());
    });
  }
  function say() {
    lost.hidden = !failing;
    document.documentElement.className = failing ? "live lost" : "live";
    if (failing) lost.textContent = current().getAttribute("data-lost").replace("{}", clock(current(), seen));
  }
  // which lines begin a page of those that do not fit together
  function breaks(part) {
    var list = part.querySelector(".list"), starts = [0], top = 0;
    var lines = all("li", part);
    lines.forEach(function (line) { line.hidden = false; });
    if (!list || !lines.length) return { lines: lines, starts: starts };
    top = lines[0].offsetTop;
    lines.forEach(function (line, at) {
      if (at > starts[starts.length - 1] && line.offsetTop + line.offsetHeight - top > list.clientHeight) {
        starts.push(at);
        top = line.offsetTop;
      }
    });
    return { lines: lines, starts: starts };
  }
  function lay() {
    var part = current(), mark = part.querySelector("[data-page]");
    all(".screen", screen).forEach(function (one) { one.hidden = one !== part; });
    if (!mark) return;
    var found = breaks(part), count = found.starts.length;
    page = Math.min(page, count - 1);
    found.lines.forEach(function (line, at) {
      line.hidden = at < found.starts[page] || (page + 1 < count && at >= found.starts[page + 1]);
    });
    mark.textContent = count > 1 ? page + 1 + " / " + count : "";
  }
  function turn() {
    var mark = current().querySelector("[data-page]");
    if (!mark) return;
    page += 1;
    if (page >= breaks(current()).starts.length) {
      page = 0;
      language = (language + 1) % all(".screen", screen).length;
    }
    lay();
    say();
  }
  function fail() {
    if (seen === null) seen = Date.now();
    failing = true;
    say();
    lay();
  }
  function take(request) {
    var at = Date.parse(request.getResponseHeader("Date") || "");
    if (!isNaN(at)) skew = at - Date.now();
    seen = Date.now();
    failing = false;
    say();
    if (request.responseText !== shown) {
      var build = current().getAttribute("data-build");
      screen.innerHTML = shown = request.responseText;
      if (build !== current().getAttribute("data-build")) location.reload();
    }
    lay();
    tick();
  }
  function ask() {
    var request = new XMLHttpRequest();
    request.open("GET", url);
    request.timeout = EVERY - 1000;
    request.onload = function () {
      if (request.status === 200 && request.responseText.indexOf("data-ahead") > 0) take(request);
      else fail();
    };
    request.onerror = request.ontimeout = fail;
    request.send();
  }
  document.documentElement.className = "live";
  lay();
  ask();
  setInterval(ask, EVERY);
  setInterval(tick, 1000);
  setInterval(turn, TURN);
  addEventListener("resize", lay);
})();
