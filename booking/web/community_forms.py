"""Forms about communities: what is said of them, who joins, who answers for them, who mentors them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from booking.domain.permissions import Action
from booking.front import context, formats
from booking.front.language import _
from booking.storage.classifications import ClassKind, classifications
from booking.storage.communities import Community
from booking.storage.db import reading
from booking.usecases.communities import ABOUT_LENGTH, CommunityFacts
from booking.usecases.inviting import MOST_PEOPLE
from booking.web.forms import Between, Form, RegisterForm, slug_field

_required = InputRequired()
_DATES = ["%Y-%m-%d", "%d/%m/%Y"]


class CommunityForm(Form):
    name = StringField(_l("Name"), [_required], render_kw={"maxlength": 200, "autocomplete": "organization"})
    about = TextAreaField(_l("What it does, in a few words"), [Optional()], render_kw={"rows": 3})
    type = SelectField(_l("Type"), validate_choice=False)
    helix = SelectField(_l("Helix"), validate_choice=False)
    cluster = SelectField(_l("Cluster"), validate_choice=False)
    subsector = SelectField(_l("Sub-sector"), validate_choice=False)
    district = SelectField(_l("District"), validate_choice=False)
    slug = slug_field()
    is_public = BooleanField(_l("Everybody may see its page: name, type, what is to come, hours used"))

    def fill_choices(self, community: Community | None) -> None:
        """Rows on offer, and retired ones where they are said of this community; kinds without any row fall away.

        The office alone gives another name in addresses, to what has one.
        """
        if community is None or not context.viewer().may(Action.PEOPLE):
            del self.slug
        elif not self.is_submitted():
            self.slug.data = community.slug
        self.about.render_kw = {"rows": 3, "maxlength": ABOUT_LENGTH}
        for kind, rows in classifications(reading()).items():
            own = getattr(community, f"{kind}_id") if community else None
            shown = [one for one in rows if not one.retired or one.id == own]
            if not shown:
                del self[str(kind)]
                continue
            field = self[str(kind)]
            field.choices = [("", "-"), *((str(one.id), one.text(formats.language())) for one in shown)]
            if not self.is_submitted():
                field.data = str(own or "")

    def facts(self, community: Community | None) -> CommunityFacts:
        """What the form says; a kind that it does not ask for stays as it is."""
        said: dict[ClassKind, int | None] = {}
        for kind in ClassKind:
            if str(kind) in self:
                chosen = self[str(kind)].data or ""
                said[kind] = (int(chosen) if chosen.isdecimal() and len(chosen) < 10 else 0) if chosen else None
            else:
                said[kind] = getattr(community, f"{kind}_id") if community else None
        slug = (self.slug.data or "") if "slug" in self else ""
        return CommunityFacts(self.name.data, self.about.data or "", said, self.is_public.data, slug)


class NewcomerForm(RegisterForm):
    """As short as an account can be: who comes by a link types no e-mail address."""

    email = None


class InviteForm(Form):
    most = IntegerField(
        _l("For how many people"),
        [InputRequired(), Between(1, MOST_PEOPLE)],
        default=1,
        render_kw={"min": 1, "max": MOST_PEOPLE, "inputmode": "numeric"},
    )
    until = DateField(_l("Open until"), [Optional()], format=_DATES)


class SuccessorForm(Form):
    successor = SelectField(_l("Who answers for it after you"), validate_choice=False)

    def fill(self, members: Sequence[tuple[int, str]]) -> None:
        self.successor.choices = [("", _("Please choose")), *((str(one), name) for one, name in members)]

    @property
    def chosen(self) -> int | None:
        said = self.successor.data or ""
        return int(said) if said.isdecimal() and len(said) < 10 else None


class CloseForm(Form):
    reason = TextAreaField(_l("Reason"), [Optional()], render_kw={"rows": 2, "maxlength": 2000})


class MemberForm(Form):
    login = StringField(_l("Phone number or e-mail"), [_required])
    relation = SelectField(_l("Relation"))


class MentorshipForm(Form):
    agency = StringField(_l("Agency that mentors"), [_required], render_kw={"maxlength": 60, "list": "agencies"})
    from_on = DateField(_l("From"), [Optional()], format=_DATES)
    to_on = DateField(_l("Until"), [Optional()], format=_DATES)
