"""The words of the program for states, roles and rooms, in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from booking.front import formats
from booking.front.language import _
from booking.storage.settings import Centre

STATES = {
    "requested": _l("Awaiting approval"),
    "returned": _l("Needs changes"),
    "approved": _l("Approved"),
    "approved_in_part": _l("Approved in part"),
    "skipped": _l("Skipped"),
    "declined": _l("Declined"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired"),
    "completed": _l("Completed"),
    "missed": _l("No-show"),
}
EVENTS = {
    **STATES,
    "requested": _l("Requested"),
    "returned": _l("Returned for changes"),
    "resubmitted": _l("Sent again"),
    "changed": _l("Changed"),
    "letter_added": _l("Letter added"),
    "letter_dropped": _l("File of the letter deleted: its time is over"),
    "change_requested": _l("Change asked for"),
    "change_approved": _l("Change approved"),
    "change_declined": _l("Change declined"),
    "change_withdrawn": _l("Change withdrawn"),
    "change_expired": _l("Change lapsed"),
    "needs_answered": _l("Needs answered"),
    "resumed": _l("Skipped date asked for"),
    "free_again": _l("Skipped date is free again"),
    "closure": _l("Stands although it is closed then"),
    "relocated": _l("Moved by the office"),
    "undone": _l("Decision taken back"),
    "proposed": _l("Another time proposed"),
    "offer_accepted": _l("Proposal accepted"),
    "offer_refused": _l("Proposal refused"),
    "offer_expired": _l("Proposal lapsed"),
    "offer_withdrawn": _l("Proposal withdrawn"),
    "waitlisted": _l("On the waitlist"),
    "turn": _l("First in line: held for you"),
    "left_waitlist": _l("Left the waitlist"),
    "arrived": _l("Arrived"),
    "released": _l("The rest is free again"),
    "counted": _l("People counted"),
    "escalated": _l("Handed on: not answered in time"),
    "told": _l("Told by the office"),
    "handed_over": _l("Another member answers for it now"),
    "forgotten": _l("Words removed: it was long over"),
}
COMMUNITY_EVENTS = {
    "community_registered": _l("Registered, waits to be verified"),
    "community_entered": _l("Entered by the office"),
    "community_edited": _l("Details changed"),
    "community_verified": _l("Verified"),
    "community_declined": _l("Not verified"),
    "community_close_asked": _l("Asked to be closed"),
    "community_closed": _l("Closed by the office"),
    "community_reopened": _l("Opened again"),
    "community_mentored": _l("Mentorship changed"),
    "invite_made": _l("Invitation link made"),
    "invite_revoked": _l("Invitation link revoked"),
    "member_joined": _l("Joined"),
    "member_left": _l("Left"),
    "member_removed": _l("Removed"),
    "contact_made": _l("Became contact"),
    "contact_ended": _l("Is contact no more"),
}
REGISTRATION = {
    "open": _l("Everybody"),
    "confirmed": _l("Everybody; staff confirm the account before it may ask for a room"),
    "closed": _l("Staff only"),
}
LOOKS = {
    "person": _l("the entry"),
    "request": _l("a request"),
    "booking": _l("a booking"),
    "copy": _l("a copy of everything"),
    "people": _l("the list of people"),
    "requests": _l("the inbox"),
    "today": _l("the list of the day"),
    "messages": _l("messages to be told by phone"),
}
PRIVACY_EVENTS = {
    "retention_changed": _l("How long data is kept"),
    "privacy_text_changed": _l("Text about privacy"),
}
MESSAGES = {
    "needs_answered": _l("The office has answered what you need"),
    "free_again": _l("A skipped date is free again"),
    "attend_soon": _l("A reminder the day before"),
    "series_ends": _l("A series ends within two weeks"),
    "late_change": _l("A change at short notice that my calendar app has not seen yet"),
    "new_request": _l("Each new request that you may decide"),
    "decide_soon": _l("A request is to be answered within a day"),
    "digest": _l("What waits and what takes place, each morning"),
    "escalated": _l("A request was not answered in time"),
    "community_registered": _l("A community has registered"),
    "community_close_asked": _l("A community asks to be closed"),
    "person_waits": _l("Somebody has registered and waits to be confirmed"),
}
DAY_KINDS = {
    "usual": _l("As usual"),
    "other": _l("Other hours"),
    "shut": _l("Closed"),
    "off": _l("Closed every week"),
    "out": _l("Not in use"),
}
TIERS = {
    "automatic": _l("Approved at once"),
    "officer": _l("Needs approval"),
    "head": _l("Needs approval by the head"),
}
ROLES = {
    "officer": _l("Officer"),
    "operator": _l("Operator"),
    "head_of_administration": _l("Head of administration"),
    "head": _l("Head"),
    "deputy": _l("Deputy of the head"),
    "guard": _l("Guard"),
    "administrator": _l("Administrator"),
    "auditor": _l("Auditor"),
}
ACTIONS = {
    "decide_officer": _l("Decide requests that need approval"),
    "decide_head": _l("Decide requests that need the head"),
    "see_requests": _l("See who asks for what and why"),
    "attend": _l("See today's list, check in, note no-shows"),
    "close": _l("Close rooms for a time"),
    "furnish": _l("Set up sites, rooms, hours and rules"),
    "people": _l("Enter people and communities, hand out log-ins"),
    "roles": _l("Give and end roles"),
    "override": _l("Change and cancel any booking, set rules aside"),
    "on_behalf": _l("Ask for people who have no account"),
    "explain": _l("See who may do what, and why"),
}
RELATIONS = {"member": _l("Member"), "contact": _l("Contact")}
CLASSES = {
    "type": _l("Type"),
    "helix": _l("Helix"),
    "cluster": _l("Cluster"),
    "subsector": _l("Sub-sector"),
    "district": _l("District"),
}
FEED_LEVELS = {"busy": _l("Only that it is taken"), "title": _l("Title and community")}
RULES = {
    "hours": _l("Opening hours"),
    "pause": _l("Weekly break"),
    "notice": _l("Notice"),
    "horizon": _l("How far ahead"),
    "length": _l("Shortest and longest"),
    "grid": _l("Start grid"),
    "most_units": _l("Places at a time"),
    "who": _l("Who may ask"),
    "automatic": _l("Who is approved at once"),
    "escalate": _l("When more must decide"),
    "quota_community": _l("Quota of a community"),
    "quota_person": _l("Quota of a person"),
    "prime": _l("Much wanted hours"),
    "active": _l("Waiting requests"),
    "distance": _l("Distance between bookings"),
    "prayer": _l("Prayer times as lines in the schedule"),
}
SETTINGS = {
    "notice.hours": _l("Hours before the start at which a request must have arrived"),
    "horizon.days": _l("Days ahead at most"),
    "length.shortest": _l("Shortest time in minutes"),
    "length.longest": _l("Longest time in minutes"),
    "grid.minutes": _l("Start and end every so many minutes"),
    "pause.day": _l("Weekday of the break"),
    "pause.starts": _l("Break from"),
    "pause.ends": _l("Break until"),
    "most_units.most": _l("Places that one request may take at most"),
    "who.private": _l("Private persons may ask"),
    "who.private_series": _l("Private persons may ask for a series"),
    "who.verified_only": _l("Verified communities only"),
    "who.kinds": _l("Types of communities that may ask (separated by commas; empty: all)"),
    "automatic.private": _l("Private persons too"),
    "automatic.unverified": _l("Communities that are not verified too"),
    "automatic.series": _l("Series too"),
    "automatic.most_people": _l("Up to so many people (0: any number)"),
    "automatic.most_units": _l("Up to so many places (0: any number)"),
    "escalate.to": _l("Then this must decide"),
    "escalate.after": _l("It ends later than (24:00: never)"),
    "escalate.days": _l("It is on one of these days"),
    "escalate.more_people": _l("More people than (0: any number)"),
    "escalate.private": _l("A private person asks"),
    "escalate.unverified": _l("A community that is not verified asks"),
    **{
        f"quota_{whose}.{name}": label
        for whose in ("community", "person")
        for name, label in (
            ("per", _l("Counted in one")),
            ("count", _l("Bookings at most (0: any number)")),
            ("hours", _l("Hours at most (0: any number)")),
            ("over", _l("Counted over")),
        )
    },
    "prime.days": _l("Days with much wanted hours"),
    "prime.starts": _l("Much wanted from"),
    "prime.ends": _l("Much wanted until"),
    "prime.hours": _l("Hours of them for one community at most"),
    "prime.per": _l("Counted in one"),
    "active.count": _l("Requests of one community that may wait at a time"),
    "prayer.latitude": _l("Degrees north (south: below zero), such as -6.9"),
    "prayer.longitude": _l("Degrees east (west: below zero), such as 107.54"),
    "prayer.method": _l("Whose angles at dawn and nightfall"),
    "prayer.margin": _l("Minutes added for safety (ihtiyat)"),
    "prayer.shadow": _l("Asr when the shadow has grown by so many lengths"),
    "distance.hours": _l("Hours between two bookings of one community"),
}
RULES_ABOUT = {
    "hours": _l("When the room is open on each weekday. Example: 08:00-12:00, 13:00-16:00; an empty day is closed."),
    "pause": _l("A break of every week in which nothing takes place. Example: Fridays 11:30-13:00 for the prayers."),
    "notice": _l("A request must arrive early enough to be answered. Example: 24 hours before the start."),
    "horizon": _l("Nobody asks too far ahead. Example: 183 days, about half a year."),
    "length": _l("How short and how long one time may be. Example: 60 to 240 minutes, which is 1-4 hours."),
    "grid": _l("On which minutes times begin and end. Example: 30, so at full and half hours."),
    "most_units": _l("In a room lent by places: how many of them one request takes. Example: 8 of 24 desks."),
    "who": _l("Who may ask at all. Example: communities only, no private persons."),
    "automatic": _l(
        "Only for rooms that are approved at once: whom that holds for; others wait for an officer. "
        "Example: up to 10 people."
    ),
    "escalate": _l(
        "Requests for which the usual officer is not enough. "
        "Example: what ends after 21:00 or brings more than 100 people goes to the head."
    ),
    "quota_community": _l("So that others have their turn. Example: 2 bookings of one community in a week."),
    "quota_person": _l("The same for one person, whichever community it is for. Example: 4 bookings in a month."),
    "prime": _l("Shares the hours that everybody wants. Example: Monday to Friday 17:00-21:00, 4 hours a week each."),
    "active": _l("Keeps one community from filling the inbox. Example: 3 requests that wait at a time."),
    "distance": _l("Time that must lie between two bookings of one community. Example: 48 hours."),
    "prayer": _l("Lines in the schedule from where the site stands; they refuse nothing. Example: -6.2 and 106.8."),
}
CHOICES = {
    "week": _l("Week"),
    "month": _l("Month"),
    "room": _l("This room"),
    "site": _l("All rooms of the site"),
    "officer": _l("The officer"),
    "head": _l("The head"),
    "kemenag": _l("Indonesia (Kemenag): 20 and 18 degrees"),
    "mwl": _l("Muslim World League: 18 and 17 degrees"),
    "isna": _l("North America (ISNA): 15 and 15 degrees"),
    "egypt": _l("Egypt: 19.5 and 17.5 degrees"),
    "karachi": _l("Karachi: 18 and 18 degrees"),
    "one": _l("One (Shafi'i and others)"),
    "two": _l("Two (Hanafi)"),
}
PRAYERS = {
    "fajr": _l("Fajr"),
    "dhuhr": _l("Dhuhr"),
    "asr": _l("Asr"),
    "maghrib": _l("Maghrib"),
    "isha": _l("Isha"),
}
MODES = {
    "exclusive": _l("Whole room"),
    "pool": _l("By places"),
    "composite": _l("Joined rooms"),
    "open_area": _l("Open area"),
    "not_bookable": _l("Not lent"),
}
CONDITIONS = {"good": _l("Good"), "worn": _l("Worn"), "broken": _l("Being repaired")}
ANSWERS = {
    "available": _l("Available"),
    "limited": _l("Limited"),
    "not_available": _l("Not available"),
    "bring_your_own": _l("Bring your own"),
}
FINDINGS = {
    "free": _l("Free"),
    "clash": _l("Clash"),
    "closed": _l("Closed"),
    "hours": _l("Outside opening hours"),
    "refused": _l("Not possible"),
}
KINDS = {
    "earlier": _l("Earlier"),
    "later": _l("Later"),
    "room": _l("Other room"),
    "shorter": _l("Shorter"),
    "day": _l("Other day"),
}
OUTCOMES = {
    "changed": _l("Changed"),
    "asked": _l("Needs approval"),
    "kept": _l("Keeps its own change"),
    "same": _l("Stays"),
    "added": _l("New date"),
    "cancelled": _l("Cancelled"),
}
VERDICTS = {"decline": _l("Declined"), "return": _l("Returned for changes")}
REMEDIES = {"move": _l("Move"), "cancel": _l("Cancel"), "keep": _l("Takes place all the same")}


def channels(centre: Centre) -> dict[str, str]:
    """Code -> how people reach the office, in the reader's language, as the centre says it."""
    return {one["code"]: one.get(formats.language()) or one["en"] for one in centre.channels}


def app_name(name: str) -> str:
    """A calendar app as people call it, from the name that is kept of it."""
    return {
        "": _("an app that does not say its name"),
        "iPhone": _("iPhone Calendar"),
        "iPad": _("iPad Calendar"),
        "Mac": _("Mac Calendar"),
        "GNOME": _("GNOME Calendar"),
        "KDE": _("KDE's calendar"),
        "Browser": _("a browser"),
    }.get(name, name)


class BoardPhrases:
    """The few sentences that hundreds of cells say, looked up once a board."""

    def __init__(self) -> None:
        self.free, self.some_free = _("Free: %(time)s"), _("%(free)s free: %(time)s")
        self.full, self.near, self.past = _("Full: %(time)s"), _("Too near to ask for"), _("Past")
        self.taken, self.closed, self.waiting = _("Taken"), _("Closed"), _("Awaiting approval")
        self.short, self.running, self.since = _("Too short to ask for"), _("In progress"), _("From %(day)s")
        self.nothing, self.too_near = _("Nothing left to ask for on this day."), _("Too near to ask for.")


def device(said: str) -> str:
    """A device that is logged in, from what is kept of it: "browser/system"."""
    browser, _slash, system = said.partition("/")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A device that does not say what it is")
