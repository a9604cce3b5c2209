"""What is told of communities: to those who answer for them, to members, and to the office."""

from __future__ import annotations

from collections.abc import Mapping

from booking.domain.events import CommunityEvent
from booking.front import context
from booking.front.language import _
from booking.front.letter_cases import Case, Link, Moot, Words, Writer
from booking.storage.db import reading
from booking.storage.memberships import contacts


def registered(case: Case) -> Words:
    """Raises Moot where somebody has looked at it already."""
    community = case.community
    if not community.is_waiting:
        raise Moot("moot")
    what = [_("A community has registered and waits to be verified:"), community.name]
    what += [f"{one.name}, {one.phone}" for one in contacts(reading(), community.id)[:1]]
    if community.about:
        what.append(community.about)
    following = [_("Until then it may ask for rooms; its requests say that it is not verified yet.")]
    return Words(_("To verify: %(name)s", name=community.name), what, next=following, links=[_manage(case)])


def close_asked(case: Case) -> Words:
    """Raises Moot where that is done, or not wanted any more."""
    community = case.community
    if community.closed_at is not None or community.close_asked_at is None:
        raise Moot("moot")
    what = [_("The contact of %(name)s asks you to close the community.", name=community.name)]
    subject = _("To close: %(name)s", name=community.name)
    return Words(subject, what, reason=case.reason, links=[_manage(case)])


def verified(case: Case) -> Words:
    name = case.community.name
    what = [_("%(name)s is verified. Thank you for registering it.", name=name)]
    following = [_("Next: send an invitation link to your members, and everybody sees and manages your bookings.")]
    return Words(_("Verified: %(name)s", name=name), what, next=following, links=[_page(case)])


def declined(case: Case) -> Words:
    name = case.community.name
    what = [_("The office could not verify %(name)s.", name=name)]
    following = [
        _("Until that is mended nothing can be asked for in its name. What is approved stays."),
        _("Next: correct the details on the page of the community. Then the office looks at it again."),
    ]
    return Words(_("Not verified: %(name)s", name=name), what, [], case.reason, "", following, [_page(case)])


def closed(case: Case) -> Words:
    name = case.community.name
    what = [_("The office has closed the community %(name)s.", name=name)]
    following = [_("What it had stays to be seen. If this is a mistake, please tell the office.")]
    return Words(_("Closed: %(name)s", name=name), what, [], case.reason, "", following, [_page(case)])


def removed(case: Case) -> Words:
    name = case.community.name
    what = [_("You do not belong to %(name)s any more: its contact or the office has removed you.", name=name)]
    following = [_("Its bookings stay with it. If this is a mistake, please speak with its contact.")]
    links = [Link(_("My communities"), context.link("/communities"))]
    return Words(_("Removed: %(name)s", name=name), what, next=following, links=links)


def contact(case: Case) -> Words:
    name = case.community.name
    what = [_("You answer for %(name)s from now on.", name=name)]
    following = [_("You may invite and remove members, change its details, and hand this over to another member.")]
    return Words(_("You are contact of %(name)s", name=name), what, next=following, links=[_page(case)])


def _page(case: Case) -> Link:
    return Link(_("See the community"), context.link(f"/communities/{case.community.slug}"))


def _manage(case: Case) -> Link:
    return Link(_("Look at it"), context.link(f"/manage/communities/{case.community.slug}"))


WRITERS: Mapping[str, Writer] = {
    CommunityEvent.REGISTERED: registered,
    CommunityEvent.CLOSE_ASKED: close_asked,
    CommunityEvent.VERIFIED: verified,
    CommunityEvent.DECLINED: declined,
    CommunityEvent.CLOSED: closed,
    CommunityEvent.REMOVED: removed,
    CommunityEvent.CONTACT: contact,
}
