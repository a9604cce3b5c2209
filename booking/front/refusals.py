"""Each violation as a sentence: what stands in the way, with numbers, and what to do. Never blames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from booking.domain.errors import Violation
from booking.domain.period import Period
from booking.front import formats, words
from booking.front.language import N_, _

Values = Mapping[str, Any]
Sentence = Callable[[Values, ZoneInfo], str]


def sentence(violation: Violation, zone: ZoneInfo) -> str:
    """What stands in the way, in the reader's language; times in `zone`."""
    if said := _COMPUTED.get(violation.code):
        return said(violation.values, zone)
    if plain := _PLAIN.get(violation.code):
        return _(plain, **{name: _shown(value) for name, value in violation.values.items()})
    return _("This is not possible (%(code)s).", code=violation.code)


def _shown(value: object) -> object:
    return formats.number(value) if isinstance(value, int) and abs(value) < 10**15 else value


def _hours(values: Values, zone: ZoneInfo) -> str:
    day = formats.day_long(cast("date", values["day"]))
    opened, profile = values["open"], _profile(values)
    if not opened:
        return _("The room is closed on %(day)s.", day=day) + profile
    spans = ", ".join(formats.times(Period(starts, ends), zone) for starts, ends in opened)
    return _("Outside opening hours: on %(day)s the room is open %(hours)s.", day=day, hours=spans) + profile


def _profile(values: Values) -> str:
    """Which profile the hours or numbers come from, where one is in force."""
    names = values.get("profile")
    return f" ({names.get(formats.language()) or next(iter(names.values()))})" if names else ""


def _capacity(values: Values, _zone: ZoneInfo) -> str:
    said = _(
        "This room is for at most %(most)s people; you wrote %(people)s.",
        most=_shown(values["most"]),
        people=_shown(values["people"]),
    )
    return said + _profile(values)


def _closed(values: Values, zone: ZoneInfo) -> str:
    period = Period(values["starts_at"], values["ends_at"])
    name = values["names"].get(formats.language()) or next(iter(values["names"].values()))
    until = formats.moment(period.ends_at, zone)
    return _("Closed until %(until)s: %(name)s.", until=until, name=name)


def _pause(values: Values, zone: ZoneInfo) -> str:
    hours = formats.times(Period(values["starts_at"], values["ends_at"]), zone)
    return _("There is a weekly break at %(hours)s.", hours=hours)


def _length(values: Values, _zone: ZoneInfo) -> str:
    return _(
        "This room is lent for %(shortest)s to %(longest)s at a time; you chose %(chosen)s.",
        shortest=formats.duration(values["shortest"]),
        longest=formats.duration(values["longest"]),
        chosen=formats.duration(values["minutes"]),
    )


def _notice(values: Values, zone: ZoneInfo) -> str:
    return _(
        "Requests must arrive earlier here (%(lead)s): starts from %(earliest)s are possible.",
        lead=formats.lead_time(values["hours"]),
        earliest=formats.moment(values["earliest"], zone),
    )


def _horizon(values: Values, zone: ZoneInfo) -> str:
    latest = formats.day_long(cast("datetime", values["latest"]).astimezone(zone).date())
    return _("This is too far ahead: requests are possible until %(latest)s.", latest=latest)


def _taken(values: Values, _zone: ZoneInfo) -> str:
    if values.get("units", 1) > 1 or values.get("free", 0) > 0:
        return _(
            "Only %(free)s places are free then; you asked for %(units)s.", free=values["free"], units=values["units"]
        )
    return _("This time is already taken.")


def _quota(values: Values, _zone: ZoneInfo) -> str:
    per = _("in one week") if values["per"] == "week" else _("in one month")
    if "count" in values:
        return _(
            "At most %(count)s bookings %(per)s here; there are %(had)s already.",
            count=values["count"],
            per=per,
            had=values["had"],
        )
    return _(
        "At most %(most)s %(per)s here; there are %(had)s already and you ask for %(wanted)s.",
        most=formats.duration(values["hours"] * 60),
        per=per,
        had=formats.duration(values["had_minutes"]),
        wanted=formats.duration(values["minutes"]),
    )


def _prime(values: Values, zone: ZoneInfo) -> str:
    span = f"{formats.clock_text(values['starts'])}-{formats.clock_text(values['ends'])}"
    return _("Much wanted hours (%(span)s) are shared out.", span=span) + " " + _quota(values, zone)


def _distance(values: Values, zone: ZoneInfo) -> str:
    return _(
        "Two bookings of one community lie at least %(gap)s apart here; there is one at %(when)s.",
        gap=formats.duration(values["hours"] * 60),
        when=formats.period_text(Period(values["starts_at"], values["ends_at"]), zone),
    )


def _who_kind(values: Values, _zone: ZoneInfo) -> str:
    return _("Only these may ask for this room: %(kinds)s.", kinds=", ".join(values["kinds"]))


def _day_of(message: str, *names: str) -> Sentence:
    """A sentence whose values `names` are days."""

    def said(values: Values, _zone: ZoneInfo) -> str:
        return _(message, **{**values, **{name: formats.day_long(values[name]) for name in names}})

    return said


def _month_day(values: Values, _zone: ZoneInfo) -> str:
    month = f"{formats.month_long(values['month'])} {values['month'].year}"
    return _(
        "%(month)s has no day %(day)s. Choose the last day of the month, a weekday, or list the dates.",
        month=month,
        day=values["day"],
    )


def _setting(values: Values, _zone: ZoneInfo) -> str:
    name = f"{values['rule']}.{values['setting']}"
    rule = words.RULES.get(values["rule"], values["rule"])
    named = f"{rule}: {words.SETTINGS[name]}" if name in words.SETTINGS else str(rule)
    reasons = {
        "clock": _("write times as 08:00-16:00"),
        "order": _("from the earlier to the later"),
        "missing": _("fill in all of it or nothing"),
        "range": _("the number is too small or too large"),
        "unknown_rule": _("there is no such rule"),
        "unknown": _("there is no such setting"),
    }
    return f"{named}: {reasons.get(values['why'], _('this is not right'))}."


def _too_early(values: Values, zone: ZoneInfo) -> str:
    starts = formats.moment(values["starts_at"], zone)
    return _("It is too early for this: it starts at %(starts)s. Say so from 30 minutes before.", starts=starts)


def _offer_until(values: Values, zone: ZoneInfo) -> str:
    return _(
        "It can be held for 1 hour to %(days)s days, and until %(latest)s at the latest.",
        days=values["days"],
        latest=formats.moment(values["latest"], zone),
    )


_COMPUTED: dict[str, Sentence] = {
    "offer_until": _offer_until,
    "too_early": _too_early,
    "setting": _setting,
    "taken": _taken,
    "hours": _hours,
    "closed": _closed,
    "pause": _pause,
    "length": _length,
    "notice": _notice,
    "horizon": _horizon,
    "too_far": _horizon,
    "capacity": _capacity,
    "quota_community": _quota,
    "quota_person": _quota,
    "prime": _prime,
    "distance": _distance,
    "who_kind": _who_kind,
    "month_day": _month_day,
    "series_ahead": _day_of(N_("A series may go on until %(latest)s; yours ends on %(last)s."), "latest", "last"),
    "series_until": _day_of(N_("The series ends on %(until)s, before it starts on %(first)s."), "until", "first"),
    "series_no_such_day": _day_of(N_("%(day)s is no date of this series."), "day"),
    "profile_overlap": _day_of(
        N_("%(name)s is in force from %(first)s to %(last)s. Two profiles cannot hold on one day."), "first", "last"
    ),
}
_PLAIN: dict[str, str] = {
    "grid": N_("Times here start and end every %(minutes)s minutes."),
    "past": N_("This time has passed. Choose a later one."),
    "too_long_ever": N_("One time can last at most 24 hours. Ask for several times instead."),
    "units": N_("Choose between 1 and %(most)s places; you asked for %(units)s."),
    "people": N_("Write a number of people from 1 to %(most)s."),
    "not_bookable": N_("This room cannot be booked."),
    "retired": N_("This room is not in use on that day."),
    "picture_bytes": N_("The file is larger than %(most)s MiB. Choose a smaller one."),
    "picture_kind": N_("Only JPEG, PNG, WebP and AVIF can be read. Save it as one of these."),
    "picture_pixels": N_("The picture has more than %(most)s million pixels. Make it smaller first."),
    "picture_damaged": N_("The file cannot be read as a picture. Choose another."),
    "picture_small": N_("Each side needs at least %(least)s pixels. Choose a larger picture."),
    "photo_known": N_("This photo is there already."),
    "too_many_photos": N_("There are %(most)s photos already. Remove one to add another."),
    "most_units": N_("At most %(most)s places at a time are lent here; you asked for %(units)s."),
    "active": N_("At most %(count)s requests may wait for a decision here; there are %(had)s already."),
    "who_private": N_("This room is lent to communities only. Choose yours."),
    "who_private_series": N_("Only communities may ask for a series here. Ask for single times."),
    "who_verified": N_("This room is lent to verified communities only. Ask the office to verify yours."),
    "item_taken": N_("%(item)s: %(free)s are free then; you asked for %(quantity)s."),
    "item_broken": N_("%(item)s cannot be lent at present: it is being repaired."),
    "item_quantity": N_("%(item)s: choose between 1 and %(most)s; you asked for %(quantity)s."),
    "item_elsewhere": N_("%(item)s does not go with this room."),
    "unknown_item": N_("There is no such item: %(item)s."),
    "need": N_("Choose an answer for each need."),
    "series_end": N_("Say how the series ends: by a last day, by how many times, or by a list of dates."),
    "series_count": N_("A series takes place at least once."),
    "series_interval": N_("Repeat every 1 to %(most)s days, weeks or months."),
    "series_on": N_("Choose weekdays only for a weekly series, or one for a monthly one."),
    "series_on_days": N_("Weekdays can be chosen only if all times lie on one day."),
    "series_nth": N_("Choose the first to fourth or the last such weekday of the month."),
    "series_empty": N_("This series has no date at all."),
    "series_all_skipped": N_("All dates are skipped. Take at least one."),
    "no_series": N_("This booking is no series."),
    "change_both": N_("Change either the times or the pattern, one after the other, for the whole series."),
    "occurrence": N_("Say which of the times you mean."),
    "move_elsewhere": N_("Only who decides about %(room)s may move a booking there."),
    "hits_changed": N_("The bookings in the way have changed (now %(count)s). Look at them again."),
    "hits_elsewhere": N_("A booking of %(room)s is in the way, and others look after that room. Please ask them."),
    "one_place": N_("A role holds everywhere, at one site or in one room. Choose one of them."),
    "too_many_hit": N_("More than %(most)s bookings are in the way. Close a shorter time."),
    "too_many_addresses": N_("You have %(most)s calendar addresses. Revoke one that you do not use any more."),
    "unknown_room": N_("There is no such room."),
    "unknown_community": N_("You do not belong to this community. Choose one of yours."),
    "many_communities": N_("You have %(most)s communities that wait to be verified. Register more when that is done."),
    "community_known": N_("There is a community of this name already. Ask its contact for an invitation link."),
    "community_closed": N_("This community is closed or was not verified. The office can tell you more."),
    "community_busy": N_("%(count)s bookings of this community are still to come. Cancel them first."),
    "unknown_class": N_("This cannot be chosen any more. Choose another."),
    "last_contact": N_("Somebody must answer for the community. Choose who does after you."),
    "only_contact": N_("Nobody else answers for this community. Make another member its contact first."),
    "many_invites": N_("There are %(most)s open links already. Revoke one that is not needed."),
    "account_closed": N_("The account with this phone number is closed. Reopen it under Manage, People."),
    "unknown_person": N_("Nobody has this phone number or e-mail address."),
    "end_before_start": N_("The end must come after the start."),
    "gap": N_("This time does not exist: the clocks go forward. The next is %(hint)s."),
    "fold": N_("This time comes twice: the clocks go back. Choose %(hint)s or a time before."),
    "date": N_("This is no date we can use. Choose a day from %(first)s to %(last)s."),
    "text": N_("The text has characters that cannot be stored. Please type it again."),
    "too_long": N_("The text is too long: %(length)s characters, at most %(longest)s."),
    "too_many": N_("At most %(most)s times fit into one request."),
    "required": N_("Please fill this in."),
    "range": N_("Choose a number from %(least)s to %(most)s."),
    "phone": N_("This is not a phone number. Example: 0812 3456 7890."),
    "email": N_("This is not an e-mail address. Example: name@example.com."),
    "phone_known": N_(
        "There is an account with this phone number already. Log in, or ask the staff for a new password."
    ),
    "email_known": N_(
        "There is an account with this e-mail address already. Log in, or ask the staff for a new password."
    ),
    "units_in_use": N_("Approved bookings use up to %(most)s places at once."),
    "letter_size": N_("The letter is larger than %(most)s MB. Scan it with fewer dots or in grey."),
    "letter_not_pdf": N_("This is no PDF, or a damaged one. Save or scan the letter as PDF again."),
    "letter_active": N_("This PDF holds programs or other files. Print it as a PDF anew and send that."),
    "letter_date": N_("A letter has a date that is not to come."),
    "letters": N_("There are %(most)s letters with this request already."),
    "channels": N_("Write one way a line, each with a code of its own. Example: phone: Telepon / Phone."),
    "country_code": N_("Write the calling code of the country in digits, for example 62."),
    "address": N_("Write a whole address, for example https://example.com/."),
    "parts_in_use": N_("There are approved bookings ahead on these rooms. Cancel or move them first."),
    "room_in_use": N_(
        "Something refers to %(room)s: a request, a closure, a photo, a profile or a joined room. "
        "Give it a last day of use instead."
    ),
    "clock": N_("This is no time. Example: 08:00."),
    "span": N_("Ask for at most %(days)s days at once."),
    "slug_known": N_("This name is in use already. Choose another."),
    "password_short": N_("The password needs at least %(shortest)s characters."),
    "password_common": N_(
        "Many people use this password. Choose another, for example three words that do not belong together."
    ),
    "wrong_login": N_("Phone number, e-mail address or password is not right."),
    "throttled": N_("Too many tries. Please wait %(minutes)s minutes."),
    "reason_required": N_("Please give a reason; the applicant will read it."),
    "busy": N_("The booking system is busy just now. Try again in a moment."),
    "rivals": N_("Others ask for the same time. Decide about these one by one."),
    "not_yours": N_("Somebody else decides about this request."),
    "undo_over": N_("It is too late to take this back."),
    "stale": N_("Somebody changed this request in the meantime. Look at it again and decide then."),
    "state": N_("This has been decided or ended already."),
    "offer_over": N_("This place is not held any more. Ask again, or look for another time."),
    "offer_same": N_("This is what was asked for. Approve it, or choose another time or room."),
    "key_reused": N_("This key was used for another request (%(code)s)."),
    "timezone": N_("There is no such time zone. Example: Asia/Jakarta."),
    "contains_itself": N_("A room cannot be a part of itself."),
    "last_contact_of": N_("Nobody else answers for %(community)s. Make another member its contact first."),
    "wrong_password": N_("This is not your password."),
    "wrong_code": N_("This code is not right, or it was used already. Wait for the next one."),
    "second_there": N_("The second factor is on already."),
    "second_needed": N_("Your centre asks for a second factor of everybody who works for it."),
    "person_waits": N_("Your account waits for the office to confirm it. You get a message as soon as that is done."),
    "registration_closed": N_("The staff of the centre make the accounts here. Please ask them for one."),
    "outside_unknown": N_(
        "No account here belongs to this log-in. Log in with your password, confirm your e-mail address on the page of "
        "your account, and try it again."
    ),
    "registration": N_("Choose who may make an account."),
    "last_administrator": N_("At least one administrator must stay."),
    "setup_code": N_("This is not the code from the program's log."),
    "import_file": N_("Choose a calendar file (.ics)."),
    "import_size": N_("The file is larger than %(most)s KiB. Export fewer events or a shorter time."),
    "import_not_calendar": N_("This is no calendar file. Export it from the calendar again, as .ics."),
    "import_encoding": N_("The file is not written in UTF-8. Export it from the calendar again."),
    "import_characters": N_("The file has characters that belong into no calendar. Export it again."),
    "import_broken": N_("The file is damaged: its parts do not fit together. Export it from the calendar again."),
    "import_depth": N_("The file is damaged: its parts lie within each other too deep."),
    "import_lines": N_("The file has more than %(most)s lines. Export fewer events or a shorter time."),
    "import_events": N_("The file has more than %(most)s events. Export fewer or a shorter time."),
    "import_nothing": N_("There is no event in this file."),
    "import_work": N_("The repeated events of this file are too many to be worked out. Export a shorter time."),
    "import_too_many": N_("The file has more than %(most)s single times. Export a shorter time."),
    "import_recurrence": N_("It repeats in a way that is not read here (%(rule)s). Export its single times."),
    "import_endless": N_("It repeats without end. Let it end within a year in your calendar and export it again."),
    "import_horizon": N_("It lies or goes on more than %(days)s days ahead. Let it end earlier, or import it later."),
    "import_times": N_("It repeats more than %(most)s times. Let it end earlier and export it again."),
    "import_exdates": N_("More than %(most)s of its dates are left out. Export its single times."),
    "import_length": N_("It lasts longer than %(days)s days."),
    "import_date": N_("Its date or time cannot be read (%(value)s)."),
    "import_zone": N_("Its time zone is not known here (%(zone)s)."),
    "import_over": N_("All of it is over."),
    "import_place": N_("Which room is meant by “%(place)s”? Choose it below."),
    "import_nowhere": N_("It names no room. Choose a room for such events below."),
    "import_elsewhere": N_("Other people look after %(place)s; ask them."),
    "import_whole_day": N_("It lasts whole days. Give it times in your calendar, or import it as a closure."),
    "import_hits": N_("%(count)s bookings lie in this time. Close it on the page of closures, where each is decided."),
    "import_override": N_("House rules can be set aside only by who acts for every room of the file."),
    "import_changed": N_("What would happen is not what was shown before. Look at it again and confirm it then."),
    "import_nothing_new": N_("There is nothing new in this file."),
    "json": N_("The body is not the JSON that is expected here: %(why)s"),
    "offset": N_("Times need an offset, as in 2026-11-23T13:00:00+07:00."),
}
