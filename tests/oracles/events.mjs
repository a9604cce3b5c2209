/* The events of a calendar as ical.js reads them. Reads a calendar from stdin, writes a JSON array of
   [start, end, title, status], times in UTC as 2027-03-21T01:30:00Z. Zones are the calendar's own VTIMEZONEs. */

import { text } from "node:stream/consumers";

import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(await text(process.stdin)));

function utc(event, at) {
  if (at.zone === ICAL.Timezone.localTimezone) {
    throw new Error(`no zone: ${event.summary}`);
  }
  return at.convertToZone(ICAL.Timezone.utcTimezone).toString();
}

const read = calendar.getAllSubcomponents("vevent").map((part) => {
  const event = new ICAL.Event(part);
  return [utc(event, event.startDate), utc(event, event.endDate), event.summary, part.getFirstPropertyValue("status")];
});

console.log(JSON.stringify(read));
