"""A message as sentences in its reader's language: one for mails, for the desk and for WhatsApp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from booking.domain.messages import KINDS
from booking.front import (
    context,
    letters_account,
    letters_communities,
    letters_offers,
    letters_office,
    letters_own,
    letters_subscribers,
)
from booking.front.language import _, speaking
from booking.front.letter_cases import Case, Link, Words, Writer, case_of
from booking.ical.words import LANGUAGES
from booking.usecases.sending import Due, Moot

WRITERS: Mapping[str, Writer] = {
    **letters_own.WRITERS,
    **letters_offers.WRITERS,
    **letters_office.WRITERS,
    **letters_subscribers.WRITERS,
    **letters_communities.WRITERS,
    **letters_account.WRITERS,
}


@dataclass(frozen=True)
class Letter:
    """What is said, in the order in which it stands: what happened, the times, why, what comes next, where to look."""

    language: str
    subject: str
    greeting: str
    what: list[str]
    about: str
    times: list[str]
    reason: str
    reason_label: str
    next: list[str]
    links: list[Link]
    notice: str
    signature: list[str] = field(default_factory=list)
    footer: list[Link] = field(default_factory=list)


def letter_of(due: Due, *, key_url: str = "") -> Letter:
    """The letter in the language of whoever it is for. `key_url`: where whoever has the letter does something at once.

    Raises Moot where there is nothing to say any more.
    """
    case = case_of(due, key_url)
    language = case.person.language if case.person.language in LANGUAGES else LANGUAGES[0]
    with speaking(language):
        words = WRITERS[due.kind](case)
        return _assembled(case, words, language)


def _assembled(case: Case, words: Words, language: str) -> Letter:
    centre = context.centre()
    links = list(words.links)
    # who has no log-in would only meet the door
    if case.booking is not None and not words.links and case.person.password is not None:
        links.append(Link(_("See the booking"), context.address().booking(case.booking.code)))
    footer = [Link(_("Choose which messages you get"), context.link("/account/messages"))]
    if centre.complaint_url:
        footer.insert(0, Link(_("Complaints"), centre.complaint_url))
    is_staff = KINDS[case.kind].staff
    return Letter(
        language=language,
        subject=words.subject,
        greeting=_("Dear %(name)s,", name=case.person.name),
        what=words.what,
        about="" if case.booking is None else f"{case.booking.title} ({case.booking.code})",
        times=words.times,
        reason=words.reason,
        reason_label=words.reason_label or _("Reason"),
        next=[one for one in words.next if one],
        links=links,
        notice="" if is_staff else (centre.notice_id if language == "id" else centre.notice_en),
        signature=[centre.name] if centre.name else [],
        footer=footer,
    )


def short_text(letter: Letter) -> str:
    """What the desk sends from its own phone: the same, without greeting and footer."""
    parts = [*letter.what, letter.about, *letter.times]
    if letter.reason:
        parts.append(f"{letter.reason_label}: {letter.reason}")
    parts += [*letter.next, *(link.url for link in letter.links), letter.notice]
    return "\n".join([letter.greeting, *(part for part in parts if part), *letter.signature])


__all__ = ["WRITERS", "Letter", "Moot", "letter_of", "short_text"]
