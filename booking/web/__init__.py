"""The pages people see. One file per blueprint; nothing here queries, decides or commits."""

from __future__ import annotations

from flask import Flask

from booking.web import (
    access,
    accounts,
    asking,
    assets,
    attendance,
    bookings,
    changes,
    communities,
    community_links,
    desk,
    errors,
    find,
    imports,
    inbox,
    languages,
    mail_links,
    manage,
    manage_classes,
    manage_communities,
    manage_hours,
    manage_items,
    manage_people,
    manage_photos,
    manage_privacy,
    manage_reasons,
    manage_views,
    messages,
    offers,
    page_cache,
    photos,
    privacy,
    rooms,
    security,
    setup,
    subscribe,
)

answer = errors.answer


def init_app(app: Flask) -> None:
    for module in (page_cache, security, languages, assets, access):
        module.init_app(app)
    for module in (find, rooms, asking, bookings, changes, desk, inbox, offers, accounts, subscribe, setup, attendance):
        app.register_blueprint(module.pages)
    for module in (privacy, messages, mail_links, communities, community_links, manage_communities, manage_classes):
        app.register_blueprint(module.pages)
    for module in (photos, manage_photos, manage_privacy, manage_views):
        app.register_blueprint(module.pages)
    for module in (manage, manage_hours, manage_items, manage_people, manage_reasons, imports):
        app.register_blueprint(module.pages)
