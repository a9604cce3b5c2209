"""What is told of a person's own account: links that prove something, what was changed, and who waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from booking.domain.events import AccountNotice
from booking.front import context
from booking.front.language import _
from booking.front.letter_cases import Case, Link, Moot, Words, Writer
from booking.storage.db import reading
from booking.storage.people import Person

ASKED_JUST_NOW = timedelta(hours=1)
"""Whoever asked for a link so long ago has asked again, or does not want it any more."""


def verify_email(case: Case) -> Words:
    """Raises Moot where another address, or none, is wanted by now."""
    email, person = case.facts["to"], case.person
    is_proved = email == person.email and person.email_verified_at is not None
    if is_proved or email not in (person.new_email, person.email):
        raise Moot("moot")
    what = [
        _("Somebody wrote %(address)s down as the e-mail address of an account here.", address=email),
        _("If that was you, confirm it. Only then is it used."),
    ]
    following = [_("If it was not you, there is nothing to do: nothing more is sent here.")]
    links = [Link(_("Confirm the address (once, within 24 hours)"), case.key_url)]
    return Words(_("Is this your e-mail address?"), what, next=following, links=links)


def reset(case: Case) -> Words:
    """Raises Moot where it comes too late, or where the address that was proved has given way to another."""
    if case.person.email_verified_at is None:
        raise Moot("moot")
    if context.now() - case.written_at > ASKED_JUST_NOW:
        raise Moot("late")
    what = [_("Somebody asked for a new password for your account.")]
    following = [_("If it was not you, there is nothing to do: your password still holds.")]
    links = [Link(_("Choose a new password (once, within one hour)"), case.key_url)]
    return Words(_("A new password"), what, next=following, links=links)


def changed(case: Case) -> Words:
    said = {
        "password": _("Your password was changed, and all your devices were logged out."),
        "phone": _("The phone number of your account was changed."),
        "email": _("The e-mail address of your account was changed. This message goes to the one before."),
        "second_on": _("Log-ins to your account now need a code from your phone, too."),
        "second_off": _("Log-ins to your account need no code from your phone any more."),
        "second_removed": _("The office has removed the second factor of your account, so that you can log in again."),
    }
    following = [_("If it was not you, please tell the office at once.")]
    links = [Link(_("My account"), context.link("/account"))]
    return Words(_("Your account was changed"), [said[case.facts["what"]]], next=following, links=links)


def to_confirm(case: Case) -> Words:
    """Raises Moot where somebody has looked at it already."""
    person = reading().get(Person, case.facts["person"])
    if person is None or person.waits_since is None or person.closed_at is not None:
        raise Moot("moot")
    what = [_("Somebody has registered and waits to be confirmed:"), f"{person.name}, {person.phone}"]
    following = [_("Until then they can look at everything, but not ask for a room.")]
    links = [Link(_("Look at it"), context.link("/manage/people"))]
    return Words(_("To confirm: %(name)s", name=person.name), what, next=following, links=links)


def confirmed(case: Case) -> Words:
    """Raises Moot where it is not so."""
    if case.person.waits_since is not None:
        raise Moot("moot")
    what = [_("The office has confirmed your account. Thank you for waiting.")]
    following = [_("Next: find a room and ask for it.")]
    links = [Link(_("Find a room"), context.link("/"))]
    return Words(_("Your account is confirmed"), what, next=following, links=links)


WRITERS: Mapping[str, Writer] = {
    AccountNotice.VERIFY_EMAIL: verify_email,
    AccountNotice.RESET: reset,
    AccountNotice.CHANGED: changed,
    AccountNotice.TO_CONFIRM: to_confirm,
    AccountNotice.CONFIRMED: confirmed,
}
