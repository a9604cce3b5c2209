"""The words of the program for states, roles and rooms, in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

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
RELATIONS = {"member": _l("Member"), "contact": _l("Contact")}
FEED_LEVELS = {"busy": _l("Only that it is taken"), "title": _l("Title and community")}
RULES = {
    "hours": _l("Opening hours"),
    "pause": _l("Weekly break"),
    "notice": _l("Notice"),
    "horizon": _l("How far ahead"),
    "length": _l("Shortest and longest"),
    "grid": _l("Start grid"),
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
}
