/* What ical.js shows of whole calendars. Reads a JSON array of iCalendar texts from stdin, writes one with a list for
   each: {start, end, summary, status} of every event, rules expanded, overrides applied; instants in UTC. */

import { text } from "node:stream/consumers";

import ICAL from "ical.js";

const MOST = 1000;

function utc(at) {
  return at.convertToZone(ICAL.Timezone.utcTimezone).toString().replace(/Z$/, "");
}

function one(item, start, end) {
  const status = item.component.getFirstPropertyValue("status");
  return { start: utc(start), end: utc(end), summary: item.summary, status };
}

function all(event) {
  if (!event.isRecurring()) {
    return [one(event, event.startDate, event.endDate)];
  }
  const found = [];
  const iterator = event.iterator();
  for (let at = iterator.next(); at && found.length < MOST; at = iterator.next()) {
    const { item, startDate, endDate } = event.getOccurrenceDetails(at);
    found.push(one(item, startDate, endDate));
  }
  return found;
}

function shown(body) {
  const calendar = new ICAL.Component(ICAL.parse(body));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  const parts = calendar.getAllSubcomponents("vevent");
  const masters = parts.filter((part) => !part.hasProperty("recurrence-id"));
  const overrides = parts.filter((part) => part.hasProperty("recurrence-id"));
  return masters.flatMap((part) => {
    const uid = part.getFirstPropertyValue("uid");
    const exceptions = overrides.filter((other) => other.getFirstPropertyValue("uid") === uid);
    return all(new ICAL.Event(part, { exceptions, strictExceptions: true }));
  });
}

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(shown)));
