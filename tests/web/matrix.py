"""The table of tests/web/test_matrix.py: for each route (method, rule) what each viewer is answered."""

from __future__ import annotations

from typing import Any

from tests.support.calendars import calendar, event
from tests.support.pictures import picture

TABLE = """
# method rule                                                     nobody owner stranger officer elsewhere guard admin
GET /                                                             200   200   200   200   200   200   200
GET /account                                                      log   200   200   200   200   200   200
GET /account/data                                                 log   200   200   200   200   200   200
GET /account/data.ics                                             log   200   200   200   200   200   200
GET /account/data.json                                            log   200   200   200   200   200   200
POST /account/email                                               log   302   302   302   302   302   302
POST /account/email/again                                         log   302   302   302   302   302   302
GET /account/erase                                                log   200   200   200   200   200   200
POST /account/erase                                               log   302   422   302   302   302   422
GET /account/messages                                             log   200   200   200   200   200   200
POST /account/messages                                            log   302   302   302   302   302   302
POST /account/identities/<int(max=2147483647):identity_id>/end    log   302   404   404   404   404   404
POST /account/name                                                log   302   302   302   302   302   302
POST /account/password                                            log   302   302   302   302   302   302
POST /account/phone                                               log   302   302   302   302   302   302
GET /account/second                                               log   200   200   200   200   200   200
POST /account/second                                              log   302   302   302   302   302   302
POST /account/second/codes                                        log   404   404   404   404   404   404
POST /account/second/confirm                                      log   404   404   404   404   404   404
POST /account/second/remove                                       log   302   302   302   302   302   302
POST /account/sessions/<int(max=2147483647):session_id>/end       log   302   404   404   404   404   404
POST /account/sessions/end                                        log   302   302   302   302   302   302
GET /allotment                                                    200   200   200   200   200   200   200
GET /api/v1/availability                                          200   200   200   200   200   200   200
GET /api/v1/bookings                                              401   200   200   200   200   200   200
POST /api/v1/bookings                                             401   201   201   201   201   201   201
GET /api/v1/bookings/<code>                                       401   200   404   200   404   404   200
PATCH /api/v1/bookings/<code>                                     401   200   404   422   404   404   403
POST /api/v1/bookings/<code>/cancellation                         401   200   404   422   404   404   403
POST /api/v1/bookings/<code>/changes/decision                     401   403   404   200   404   404   403
POST /api/v1/bookings/<code>/changes/withdrawal                   401   200   404   403   404   404   403
DELETE /api/v1/bookings/<code>/decision                           401   403   404   200   404   404   403
POST /api/v1/bookings/<code>/decision                             401   403   404   200   404   404   403
POST /api/v1/bookings/<code>/occurrences/<uid>/arrive             401   200   404   200   404   200   404
POST /api/v1/bookings/<code>/occurrences/<uid>/end                401   422   404   422   404   422   404
POST /api/v1/bookings/<code>/occurrences/<uid>/missed             401   403   404   422   404   422   404
POST /api/v1/bookings/<code>/occurrences/<uid>/people             401   403   404   422   404   422   404
DELETE /api/v1/bookings/<code>/offer                              401   403   404   200   404   404   403
POST /api/v1/bookings/<code>/offer                                401   403   404   200   404   404   403
POST /api/v1/bookings/<code>/offer/accept                         401   200   404   403   404   404   403
POST /api/v1/bookings/<code>/offer/refuse                         401   200   404   403   404   404   403
POST /api/v1/bookings/<code>/resumption                           401   422   404   403   404   404   403
DELETE /api/v1/bookings/<code>/waitlist                           401   200   404   403   404   404   403
GET /api/v1/bookings/<code>/waitlist                              401   200   404   200   404   404   200
POST /api/v1/bookings/preview                                     401   200   200   200   200   200   200
POST /api/v1/closures                                             401   403   403   201   403   403   201
POST /api/v1/closures/preview                                     401   403   403   200   403   403   200
GET /api/v1/communities                                           401   200   200   200   200   200   200
GET /api/v1/inbox                                                 401   403   403   200   200   403   200
POST /api/v1/inbox/decisions                                      401   200   200   200   200   200   200
GET /api/v1/items                                                 200   200   200   200   200   200   200
GET /api/v1/openapi.json                                          200   200   200   200   200   200   200
GET /api/v1/reasons                                               401   403   403   200   200   403   200
GET /api/v1/rooms                                                 200   200   200   200   200   200   200
GET /api/v1/rooms/<slug>/rules                                    200   200   200   200   200   200   200
PUT /api/v1/rooms/<slug>/rules                                    401   403   403   403   403   403   200
POST /api/v1/rooms/<slug>/rules/trial                             401   403   403   403   403   403   200
GET /api/v1/today                                                 401   403   403   200   200   200   403
GET /api/v1/why                                                   200   200   200   200   200   200   200
GET /bookings/<code>                                              log   200   404   200   404   404   200
GET /bookings/<code>.ics                                          log   200   404   200   404   404   200
POST /bookings/<code>/cancel                                      log   302   404   422   404   404   403
GET /bookings/<code>/letters                                      log   200   404   200   404   404   403
POST /bookings/<code>/letters                                     log   422   404   422   404   404   403
GET /bookings/<code>/letters/<int(max=2147483647):letter_id>.pdf  log   200   404   200   404   404   200
GET /bookings/<code>/change/<uid>                                 log   200   404   200   404   404   200
POST /bookings/<code>/change/<uid>                                log   302   404   422   404   404   403
POST /bookings/<code>/offer/accept                                log   302   404   403   404   404   403
POST /bookings/<code>/offer/refuse                                log   302   404   403   404   404   403
POST /bookings/<code>/resubmit                                    log   302   404   403   404   404   403
POST /bookings/<code>/resume                                      log   302   404   403   404   404   403
POST /bookings/<code>/waitlist/leave                              log   302   404   403   404   404   403
POST /bookings/<code>/withdraw-change                             log   302   404   403   404   404   403
GET /communities                                                  log   200   200   200   200   200   200
GET /communities/<slug>                                           404   200   404   200   200   404   200
POST /communities/<slug>/close                                    log   302   404   302   302   404   302
GET /communities/<slug>/edit                                      log   200   404   200   200   404   200
POST /communities/<slug>/edit                                     log   302   404   302   302   404   302
POST /communities/<slug>/invites                                  log   200   404   200   200   404   200
POST /communities/<slug>/invites/<int(max=2147483647):invite_id>/revoke log   302   404   302   302   404   302
POST /communities/<slug>/leave                                    log   302   404   404   404   404   404
POST /communities/<slug>/members/<int(max=2147483647):person_id>/contact log   302   404   302   302   404   302
POST /communities/<slug>/members/<int(max=2147483647):person_id>/remove log   302   404   302   302   404   302
POST /communities/<slug>/step-down                                log   302   404   404   404   404   404
GET /communities/new                                              log   200   200   200   200   200   200
POST /communities/new                                             log   302   302   302   302   302   302
GET /decide/<secret>                                              200   200   200   200   200   200   200
POST /decide/<secret>                                             200   200   200   200   200   200   200
GET /display                                                      200   200   200   200   200   200   200
GET /display/<slug>                                               200   200   200   200   200   200   200
GET /door/<slug>                                                  200   200   200   200   200   200   200
POST /door/<slug>/<any(here, leave):step>                         log   302   404   302   404   302   404
GET /feeds/all.ics                                                200   200   200   200   200   200   200
GET /feeds/rooms/<slug>.ics                                       200   200   200   200   200   200   200
GET /feeds/sites/<slug>.ics                                       200   200   200   200   200   200   200
GET /feeds/u/<token>/communities/<slug>.ics                       200   200   200   200   200   200   200
GET /feeds/u/<token>/my.ics                                       200   200   200   200   200   200   200
GET /feeds/u/<token>/requests.ics                                 200   200   200   200   200   200   200
GET /feeds/u/<token>/rooms/<slug>.ics                             200   200   200   200   200   200   200
GET /forgot                                                       200   200   200   200   200   200   200
POST /forgot                                                      200   200   200   200   200   200   200
GET /healthz                                                      200   200   200   200   200   200   200
GET /help                                                         200   200   200   200   200   200   200
GET /help/officers                                                200   200   200   200   200   200   200
GET /inbox                                                        log   403   403   200   200   403   200
GET /inbox/<code>                                                 log   403   403   200   404   403   200
POST /inbox/<code>                                                log   403   403   302   404   403   403
GET /inbox/<code>/after                                           log   403   403   200   404   403   200
POST /inbox/<code>/changes                                        log   403   403   302   404   403   403
POST /inbox/<code>/move                                           log   403   403   302   404   403   403
POST /inbox/<code>/needs                                          log   403   403   302   404   403   403
GET /inbox/<code>/offer/<uid>                                     log   403   404   200   404   404   403
POST /inbox/<code>/offer/<uid>                                    log   403   404   302   404   404   403
POST /inbox/<code>/offer/withdraw                                 log   403   404   302   404   404   403
POST /inbox/clear                                                 log   403   403   302   200   403   200
POST /inbox/undo                                                  log   403   403   302   302   403   302
GET /join/<secret>                                                200   302   200   200   200   200   200
POST /join/<secret>                                               302   302   302   302   302   302   302
GET /login                                                        200   302   302   302   302   302   302
POST /login                                                       302   302   302   302   302   302   302
GET /login/code                                                   log   log   log   log   log   log   log
POST /login/code                                                  log   log   log   log   log   log   log
GET /login/oidc                                                   404   404   404   404   404   404   404
GET /login/oidc/back                                              404   404   404   404   404   404   404
POST /logout                                                      302   302   302   302   302   302   302
GET /manage                                                       log   403   403   200   200   403   200
GET /manage/calendar                                              log   403   403   200   200   403   200
GET /manage/centre                                                log   403   403   403   403   403   200
POST /manage/centre                                               log   403   403   403   403   403   302
GET /manage/classes                                               log   403   403   200   200   403   200
POST /manage/classes                                              log   403   403   302   302   403   302
GET /manage/closures                                              log   403   403   200   200   403   200
POST /manage/closures                                             log   403   403   302   403   403   302
POST /manage/closures/<int(max=2147483647):closure_id>/remove     log   403   403   302   403   403   302
GET /manage/communities                                           log   403   403   200   200   403   200
GET /manage/communities/<slug>                                    log   403   403   200   200   403   200
POST /manage/communities/<slug>/close                             log   403   403   302   302   403   302
POST /manage/communities/<slug>/decline                           log   403   403   302   302   403   302
POST /manage/communities/<slug>/members                           log   403   403   302   302   403   302
POST /manage/communities/<slug>/members/<int(max=2147483647):person_id>/contact log   403   403   302   302   403   302
POST /manage/communities/<slug>/members/<int(max=2147483647):person_id>/remove log   403   403   302   302   403   302
POST /manage/communities/<slug>/mentorships/<int(max=2147483647):number> log   403   403   302   302   403   302
POST /manage/communities/<slug>/reopen                            log   403   403   302   302   403   302
POST /manage/communities/<slug>/verify                            log   403   403   302   302   403   302
GET /manage/communities/new                                       log   403   403   200   200   403   200
POST /manage/communities/new                                      log   403   403   302   302   403   302
GET /manage/history                                               log   403   403   200   200   403   200
POST /manage/holidays                                             log   403   403   403   403   403   302
GET /manage/import                                                log   403   403   200   200   403   200
POST /manage/import                                               log   403   403   200   200   403   200
GET /manage/items                                                 log   403   403   403   403   403   200
GET /manage/items/<slug>                                          log   403   403   403   403   403   200
POST /manage/items/<slug>                                         log   403   403   403   403   403   302
GET /manage/items/new                                             log   403   403   403   403   403   200
POST /manage/items/new                                            log   403   403   403   403   403   302
GET /manage/messages                                              log   403   403   200   200   403   200
POST /manage/messages/<int(max=2147483647):outbox_id>/requeue     log   403   403   404   404   403   404
POST /manage/messages/<int(max=2147483647):outbox_id>/told        log   403   403   302   302   403   302
GET /manage/messages/files/<int(max=99999999):number>             log   403   403   404   404   403   200
GET /manage/people                                                log   403   403   200   200   403   200
POST /manage/people                                               log   403   403   302   302   403   302
GET /manage/people/<int(max=2147483647):person_id>                log   403   403   200   200   403   200
POST /manage/people/<int(max=2147483647):person_id>               log   403   403   302   302   403   302
GET /manage/people/<int(max=2147483647):person_id>/erase          log   403   403   200   200   403   200
POST /manage/people/<int(max=2147483647):person_id>/erase         log   403   403   302   302   403   302
POST /manage/people/<int(max=2147483647):person_id>/reset         log   403   403   200   200   403   200
GET /manage/permissions                                           log   403   403   403   403   403   200
POST /manage/people/<int(max=2147483647):person_id>/confirm       log   403   403   404   404   403   404
POST /manage/people/<int(max=2147483647):person_id>/second/remove log   403   403   403   403   403   404
GET /manage/privacy                                               log   403   403   403   403   403   200
POST /manage/privacy                                              log   403   403   403   403   403   302
POST /manage/privacy/text                                         log   403   403   403   403   403   302
GET /manage/privacy/views                                         log   403   403   403   403   403   200
GET /manage/profiles                                              log   403   403   403   403   403   200
GET /manage/profiles/<int(max=2147483647):profile_id>             log   403   403   403   403   403   200
POST /manage/profiles/<int(max=2147483647):profile_id>            log   403   403   403   403   403   302
POST /manage/profiles/<int(max=2147483647):profile_id>/remove     log   403   403   403   403   403   302
GET /manage/profiles/new                                          log   403   403   403   403   403   200
POST /manage/profiles/new                                         log   403   403   403   403   403   302
GET /manage/reasons                                               log   403   403   200   200   403   200
POST /manage/reasons                                              log   403   403   302   302   403   302
GET /manage/roles                                                 log   403   403   403   403   403   200
POST /manage/roles                                                log   403   403   403   403   403   302
POST /manage/roles/<int(max=2147483647):grant_id>/end             log   403   403   403   403   403   302
GET /manage/rooms                                                 log   403   403   403   403   403   200
GET /manage/rooms/<slug>                                          log   403   403   403   403   403   200
POST /manage/rooms/<slug>                                         log   403   403   403   403   403   302
POST /manage/rooms/<slug>/move                                    log   403   403   403   403   403   302
GET /manage/rooms/<slug>/photos                                   log   403   403   403   403   403   200
POST /manage/rooms/<slug>/photos                                  log   403   403   403   403   403   302
POST /manage/rooms/<slug>/photos/<int(max=2147483647):photo_id>   log   403   403   403   403   403   302
POST /manage/rooms/<slug>/photos/<int(max=2147483647):photo_id>/remove log   403   403   403   403   403   302
GET /manage/rooms/<slug>/poster                                   log   403   403   200   403   200   200
POST /manage/rooms/<slug>/remove                                  log   403   403   403   403   403   302
GET /manage/rooms/new                                             log   403   403   403   403   403   200
POST /manage/rooms/new                                            log   403   403   403   403   403   302
GET /manage/sites                                                 log   403   403   403   403   403   200
GET /manage/sites/<slug>                                          log   403   403   403   403   403   200
POST /manage/sites/<slug>                                         log   403   403   403   403   403   302
GET /manage/sites/new                                             log   403   403   403   403   403   200
POST /manage/sites/new                                            log   403   403   403   403   403   302
GET /manifest.webmanifest                                         200   200   200   200   200   200   200
GET /offline                                                      200   200   200   200   200   200   200
GET /sw.js                                                        200   200   200   200   200   200   200
GET /mine                                                         log   200   200   200   200   200   200
GET /privacy                                                      200   200   200   200   200   200   200
POST /privacy/accept                                              log   302   302   302   302   302   302
GET /privacy/versions/<int(max=2147483647):version>               200   200   200   200   200   200   200
GET /photos/<name>                                                200   200   200   200   200   200   200
GET /readyz                                                       503   503   503   503   503   503   503
GET /register                                                     200   200   200   200   200   200   200
POST /register                                                    log   log   log   log   log   log   log
GET /reset/<code>                                                 200   200   200   200   200   200   200
POST /reset/<code>                                                log   log   log   log   log   log   log
GET /request                                                      302   302   302   302   302   302   302
GET /rooms/<slug>                                                 200   200   200   200   200   200   200
GET /rooms/<slug>/free                                            200   200   200   200   200   200   200
GET /rooms/<slug>/request                                         log   200   200   200   200   200   200
GET /rooms/<slug>/week                                            200   200   200   200   200   200   200
POST /rooms/<slug>/request                                        401   302   302   302   302   302   302
GET /schedule                                                     200   200   200   200   200   200   200
GET /search                                                       200   200   200   200   200   200   200
GET /setup                                                        404   404   404   404   404   404   404
POST /setup                                                       404   404   404   404   404   404   404
GET /static/<path:filename>                                       200   200   200   200   200   200   200
GET /subscribe                                                    log   200   200   200   200   200   200
GET /subscribe/all                                                200   200   200   200   200   200   200
POST /subscribe/mine                                              log   200   200   200   200   200   200
POST /subscribe/revoke                                            log   302   302   302   302   302   302
GET /subscribe/rooms/<slug>                                       200   200   200   200   200   200   200
GET /subscribe/sites/<slug>                                       200   200   200   200   200   200   200
POST /subscribe/tokens/<int(max=2147483647):token_id>/revoke      log   302   404   404   404   404   404
GET /today                                                        log   403   403   200   200   200   403
POST /today/<code>/<uid>/<any(arrive, missed, end, people):step>  log   403   403   302   404   302   403
GET /verify/<secret>                                              200   200   200   200   200   200   200
POST /verify/<secret>                                             302   302   302   302   302   302   302
"""

OF = {
    # which booking of tests/support/filled.py it is about, where the first (asked for) is not in the state for it
    "POST /today/<code>/<uid>/<any(arrive, missed, end, people):step>": "today",
    "POST /door/<slug>/<any(here, leave):step>": "today",
    "POST /api/v1/bookings/<code>/occurrences/<uid>/arrive": "today",
    "POST /api/v1/bookings/<code>/occurrences/<uid>/end": "today",
    "POST /api/v1/bookings/<code>/occurrences/<uid>/people": "today",
    "POST /api/v1/bookings/<code>/occurrences/<uid>/missed": "today",
    "DELETE /api/v1/bookings/<code>/decision": "today",
    "POST /inbox/<code>/changes": "changing",
    "POST /api/v1/bookings/<code>/changes/decision": "changing",
    "POST /api/v1/bookings/<code>/changes/withdrawal": "changing",
    "POST /bookings/<code>/withdraw-change": "changing",
    "POST /bookings/<code>/offer/accept": "offered",
    "POST /bookings/<code>/offer/refuse": "offered",
    "POST /inbox/<code>/offer/withdraw": "offered",
    "POST /api/v1/bookings/<code>/offer/accept": "offered",
    "POST /api/v1/bookings/<code>/offer/refuse": "offered",
    "DELETE /api/v1/bookings/<code>/offer": "offered",
    "POST /bookings/<code>/waitlist/leave": "waiting",
    "DELETE /api/v1/bookings/<code>/waitlist": "waiting",
    "POST /bookings/<code>/resubmit": "returned",
    "GET /feeds/u/<token>/communities/<slug>.ics": "community",
    "GET /feeds/u/<token>/requests.ics": "requests",
    "GET /feeds/u/<token>/rooms/<slug>.ics": "room",
    "POST /manage/communities/<slug>/mentorships/<int(max=2147483647):number>": "mentorships",
    "POST /manage/communities/<slug>/close": "idle",
    "GET /reset/<code>": "reset",
    "POST /reset/<code>": "reset",
}

CALENDAR = calendar(event("impor-1", ":20261210T020000Z", ":20261210T040000Z", "Rapat impor", "Studio"))
"""A file that can be imported. Bytes in a body are uploaded as a file."""

_ASK = {"title": "Latihan", "people": "2", "community": "-"}
_OCCURRENCE = {"room": "studio", "starts_at": "2026-12-02T12:00:00+00:00", "ends_at": "2026-12-02T14:00:00+00:00"}
_BOOKING = {"title": "Latihan", "people": 2, "occurrences": [_OCCURRENCE]}
_CLOSURE = {"starts_at": "2027-01-02T01:00:00+00:00", "ends_at": "2027-01-02T14:00:00+00:00"}
_CLOSURE |= {"site": "bitc", "name_id": "Tutup"}
_ROOM = {"name": "Musik", "site": "bitc", "capacity": "8", "units": "1", "tier": "officer", "feed_level": "busy"}
_ROOM |= {"setup_minutes": "0", "teardown_minutes": "0", "is_public": "y", "bookable": "y"}
_SITE = {"name": "BITC", "short_name": "BITC", "timezone": "Asia/Jakarta", "answer_days": "2"}
_DAYS = {"first_on": "2027-06-01", "last_on": "2027-06-10"}

BODIES: dict[str, Any] = {
    "POST /manage/rooms/<slug>/photos": {"file": picture(size=(400, 340)), "alt_id": "Ruang", "alt_en": "Room"},
    "POST /manage/rooms/<slug>/photos/<int(max=2147483647):photo_id>": {"alt_id": "Ruang", "alt_en": "Room"},
    # what is sent: good enough to be done by those who may
    "POST /rooms/<slug>/request": {
        **_ASK,
        "times-0-date": "2026-12-02",
        "times-0-start": "19:00",
        "times-0-end": "21:00",
    },
    "POST /bookings/<code>/change/<uid>": {
        "title": "Lain",
        "date": "2026-11-25",
        "start": "19:00",
        "end": "21:00",
        "room": "studio",
        "people": "2",
        "scope": "one",
        "version": "{version}",
        "send": "1",
    },
    "POST /bookings/<code>/resubmit": {"note": "Sudah."},
    "POST /door/<slug>/<any(here, leave):step>": {"code": "{code}", "uid": "{uid}"},
    "POST /inbox/<code>": {"verdict": "approve", "version": "{version}"},
    "POST /inbox/<code>/changes": {"verdict": "approve", "version": "{version}"},
    "POST /inbox/<code>/needs": {"need-{need}": "available"},
    "POST /inbox/<code>/move": {"room": "rapat", "reason": "Lebih tenang.", "uid": "{uid}"},
    "POST /inbox/<code>/offer/<uid>": {
        "date": "2026-11-26",
        "start": "15:00",
        "end": "17:00",
        "room": "studio",
        "hours": "24",
        "version": "{version}",
    },
    "POST /inbox/clear": {"code": "{code}", "version-{code}": "{version}", "sure": "1", "verdict": "approve"},
    "POST /decide/<secret>": {"verdict": "approve"},
    "POST /login": {"login": "cecep@example.com", "password": "kembang sampeu biru"},
    "POST /register": {"name": "Baru", "phone": "0840-7777-0001", "password": "kembang sampeu biru"},
    "POST /reset/<code>": {"password": "sandi baru sekali"},
    "POST /manage/rooms/<slug>": _ROOM,
    "POST /manage/rooms/new": {**_ROOM, "name": "Ruang Baru"},
    "POST /manage/sites/<slug>": _SITE,
    "POST /manage/sites/new": {**_SITE, "name": "Baru", "short_name": "Baru"},
    "POST /manage/centre": {"registration": "open", "name": "Contoh", "country_code": "62", "timezone": "Asia/Jakarta"},
    "POST /manage/items/<slug>": {"name": "Proyektor", "place": "site:bitc", "stock": "1", "condition": "good"},
    "POST /manage/items/new": {"name": "Kabel", "place": "site:bitc", "stock": "1", "condition": "good"},
    "POST /manage/closures": {"scope": "site:bitc", "from_on": "2027-02-01", "to_on": "2027-02-01", "name_id": "Tutup"},
    "POST /manage/holidays": {"country": "ID", "year": "2027"},
    "POST /manage/profiles/<int(max=2147483647):profile_id>": {"name_id": "Ramadan", "percent": "100", **_DAYS},
    "POST /manage/profiles/new": {"name_id": "Tengah tahun", "percent": "100", **_DAYS},
    "POST /account/name": {"name": "Siapa Saja", "language": "id"},
    "POST /account/phone": {"phone-phone": "0840-7777-0009", "phone-password": "kembang sampeu biru"},
    "POST /account/email": {"email-email": "baru@example.com", "email-password": "kembang sampeu biru"},
    "POST /account/password": {"password-old": "kembang sampeu biru", "password-new": "anggrek bulan ungu"},
    "POST /account/second": {"password": "kembang sampeu biru"},
    "POST /account/second/codes": {"password": "kembang sampeu biru"},
    "POST /account/second/confirm": {"code": "123456"},
    "POST /account/second/remove": {"password": "kembang sampeu biru"},
    "POST /login/code": {"code": "123456"},
    "POST /forgot": {"email": "cecep@example.com"},
    "POST /manage/privacy": {
        "words_months": "12",
        "messages_days": "90",
        "sessions_days": "30",
        "tokens_days": "365",
        "views_days": "365",
    },
    "POST /manage/privacy/text": {"text_id": "Kami menyimpan sedikit."},
    "POST /privacy/accept": {"version": "1"},
    "POST /account/erase": {"password": "kembang sampeu biru"},
    "POST /manage/people/<int(max=2147483647):person_id>/erase": {"reason": "Diminta."},
    "POST /manage/people": {"name": "Baru", "phone": "0840-7777-0002"},
    "POST /manage/people/<int(max=2147483647):person_id>": {"name": "Cecep", "phone": "0840-0000-0001"},
    "POST /communities/new": {"name": "Angin Segar"},
    "POST /communities/<slug>/edit": {"name": "Gerimis Sore", "about": "Musik sore hari"},
    "POST /communities/<slug>/invites": {"most": "2", "until": "2026-12-01"},
    "POST /communities/<slug>/leave": {"successor": "{member}"},
    "POST /communities/<slug>/close": {"reason": "Bubar."},
    "POST /join/<secret>": {"name": "Baru", "phone": "0840-7777-0003", "password": "kembang sampeu biru"},
    "POST /manage/classes": {"kind": "type", "name_id": "Komunitas"},
    "POST /manage/communities/<slug>/decline": {"reason": "Siapa Anda?"},
    "POST /manage/communities/<slug>/close": {"reason": "Bubar."},
    "POST /manage/communities/<slug>/mentorships/<int(max=2147483647):number>": {
        "m{number}-agency": "Dinas Contoh",
        "m{number}-from_on": "2026-01-01",
        "m{number}-to_on": "2026-12-31",
    },
    "POST /manage/import": {"kind": "bookings", "people": "1", "file": CALENDAR},
    "POST /manage/communities/new": {"name": "Baru"},
    "POST /manage/communities/<slug>/members": {"login": "dewi@example.com", "relation": "member"},
    "POST /manage/roles": {"login": "dewi@example.com", "role": "guard", "place": "site:bitc"},
    "POST /manage/reasons": {"verdict": "decline", "text_id": "Penuh."},
    "POST /account/messages": {"language": "id"},
    "POST /subscribe/mine": {"label": "HP"},
    "POST /api/v1/bookings": _BOOKING,
    "POST /api/v1/bookings/preview": _BOOKING,
    "PATCH /api/v1/bookings/<code>": {"title": "Lain", "version": "{version}", "scope": "all"},
    "POST /api/v1/bookings/<code>/decision": {"verdict": "approve", "version": "{version}"},
    "POST /api/v1/bookings/<code>/changes/decision": {"verdict": "approve", "version": "{version}"},
    "POST /api/v1/bookings/<code>/occurrences/<uid>/people": {"people": 3},
    "POST /api/v1/bookings/<code>/offer": {
        "occurrence": "{uid}",
        "room": "studio",
        "starts_at": "2026-11-26T08:00:00+00:00",
        "ends_at": "2026-11-26T10:00:00+00:00",
    },
    "POST /api/v1/bookings/<code>/resumption": {"occurrences": ["{uid}"]},
    "POST /api/v1/closures": _CLOSURE,
    "POST /api/v1/closures/preview": _CLOSURE,
    "PUT /api/v1/rooms/<slug>/rules": {"rules": {}},
    "POST /api/v1/rooms/<slug>/rules/trial": {"rules": {}},
    "POST /api/v1/inbox/decisions": {"verdict": "approve", "versions": {"{code}": "{version}"}},
    # what stands behind the question mark of a GET
    "GET /search": {"date": "2026-12-02", "start": "19:00", "end": "21:00"},
    "GET /api/v1/availability": {
        "room": "studio",
        "from": "2026-11-25T00:00:00+00:00",
        "to": "2026-11-26T00:00:00+00:00",
    },
    "GET /api/v1/why": _OCCURRENCE,
}

UNGUESSED: dict[str, Any] = {
    # parameters that name something which is not everybody's, with a value behind which there is nothing
    "code": "ZZZZZZ",
    "uid": "00000000-nothing@booking.invalid",
    "token": "bk_nothing",
    "secret": "bk_nothing",
    "session_id": 999_999,
    "identity_id": 999_999,
    "token_id": 999_999,
    "person_id": 999_999,
    "grant_id": 999_999,
    "outbox_id": 999_999,
    "number": 99_999,
    "closure_id": 999_999,
    "profile_id": 999_999,
    "invite_id": 999_999,
    "communities slug": "tidak-ada",
}

OWN_PHONE = {"GET /account", "GET /account/data", "GET /account/data.ics", "GET /account/data.json"}
"""Pages that show their reader's own number."""

KNOWN_BY_ALL = {
    # the list of closures is before everybody who may close something
    "POST /manage/closures/<int(max=2147483647):closure_id>/remove",
    # the code is a key: whoever has it is done, and sent to the log-in
    "POST /reset/<code>",
}
"""Lines whose objects may be known to exist, and why."""

BY_KEY = {
    "GET /feeds/u/<token>/my.ics",
    "GET /feeds/u/<token>/communities/<slug>.ics",
    "GET /feeds/u/<token>/requests.ics",
    "GET /feeds/u/<token>/rooms/<slug>.ics",
    "GET /decide/<secret>",
    "POST /decide/<secret>",
    "GET /verify/<secret>",
    "POST /verify/<secret>",
}
"""The address itself is the key of one person: whoever has it reads what that person may."""

_EVERYTHING = ("title", "purpose", "phone", "email")
MAY_READ: dict[str, tuple[str, ...]] = {
    # whoever is answered 200 may read of the booking and its people
    "nobody": (),
    "owner": _EVERYTHING,
    "stranger": (),
    "officer": _EVERYTHING,
    # an officer of any site looks after people: phones and e-mails of all are before them
    "elsewhere": ("phone", "email"),
    # who comes through the door today, and how to reach them
    "guard": ("title", "phone"),
    "admin": _EVERYTHING,
}
