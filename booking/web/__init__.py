"""The pages people see. One file per blueprint; nothing here queries, decides or commits."""

from __future__ import annotations

from flask import Flask

from booking.web import (
    access,
    account,
    accounts,
    allotment,
    asking,
    assets,
    attendance,
    bookings,
    changes,
    communities,
    community_links,
    desk,
    displays,
    errors,
    find,
    guides,
    imports,
    inbox,
    languages,
    letters,
    mail_links,
    manage,
    manage_calendar,
    manage_classes,
    manage_communities,
    manage_history,
    manage_hours,
    manage_items,
    manage_people,
    manage_photos,
    manage_privacy,
    manage_reasons,
    manage_views,
    messages,
    offers,
    offline,
    oidc,
    page_cache,
    permissions,
    photos,
    privacy,
    rooms,
    schedule,
    second_factor,
    security,
    setup,
    subscribe,
)

answer = errors.answer


PAGES = (
    account,
    accounts,
    allotment,
    asking,
    attendance,
    bookings,
    changes,
    communities,
    community_links,
    desk,
    displays,
    find,
    guides,
    imports,
    inbox,
    letters,
    mail_links,
    manage,
    manage_calendar,
    manage_classes,
    manage_communities,
    manage_history,
    manage_hours,
    manage_items,
    manage_people,
    manage_photos,
    manage_privacy,
    manage_reasons,
    manage_views,
    messages,
    offers,
    offline,
    oidc,
    permissions,
    photos,
    privacy,
    rooms,
    schedule,
    second_factor,
    setup,
    subscribe,
)


def init_app(app: Flask) -> None:
    for module in (page_cache, security, languages, assets, access, offline, oidc):
        module.init_app(app)
    for module in PAGES:
        app.register_blueprint(module.pages)
