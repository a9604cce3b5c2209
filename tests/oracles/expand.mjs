/* How ical.js expands recurrence rules. Reads a JSON array from stdin, writes one with an answer for each case:

   {dtstart, rrule, most, tzid?, vtimezone?, exdates?}  ->  {starts, instants?, error?}

   dtstart and exdates are local times as RFC 5545 writes them (20270321T013000), rrule is the value of the property,
   vtimezone the text of the component named by tzid. starts are local times and instants the same in UTC, both as
   2027-03-21T01:30:00; no more than `most` of each, and no instants without a zone. */

import { text } from "node:stream/consumers";

import ICAL from "ical.js";

function calendar({ dtstart, rrule, tzid, vtimezone = "", exdates = [] }) {
  const zone = tzid ? `;TZID=${tzid}` : "";
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    ...vtimezone.split(/\r?\n/).filter(Boolean),
    "BEGIN:VEVENT",
    "UID:case",
    `DTSTART${zone}:${dtstart}`,
    `RRULE:${rrule}`,
    ...exdates.map((day) => `EXDATE${zone}:${day}`),
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return new ICAL.Component(ICAL.parse(lines.join("\r\n")));
}

function expanded(wanted) {
  const event = new ICAL.Event(calendar(wanted).getFirstSubcomponent("vevent"));
  if (wanted.tzid && !event.startDate.zone.component) {
    throw new Error(`no VTIMEZONE for ${wanted.tzid}`);
  }
  const occurrences = [];
  const iterator = event.iterator();
  for (let at = iterator.next(); at && occurrences.length < wanted.most; at = iterator.next()) {
    occurrences.push(at);
  }
  const starts = occurrences.map(String);
  if (!wanted.tzid) {
    return { starts };
  }
  const utc = occurrences.map((at) => at.convertToZone(ICAL.Timezone.utcTimezone));
  return { starts, instants: utc.map((at) => at.toString().replace(/Z$/, "")) };
}

function answer(wanted) {
  try {
    return expanded(wanted);
  } catch (error) {
    return { starts: [], error: String(error) };
  }
}

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(answer)));
