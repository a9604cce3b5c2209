"""Which app asks, and how its subscription stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.calendar_apps import KNOWN, LONGEST_NEED, Health, app_named, app_of, has_seen, health

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Google-Calendar-Importer", "Google Calendar"),
        ("Mozilla/5.0 (compatible; Google-Calendar-Importer)", "Google Calendar"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "iPhone"),
        ("iOS/26.0 (23A341) calaccessd/1.0", "iPhone"),
        ("iPadOS/26.0 (23A341) calaccessd/1.0", "iPad"),
        ("macOS/15.1 (24B83) dataaccessd/1.0", "Mac"),
        ("Mac+OS+X/10.15.7 (19H15) CalendarAgent/930.5.1", "Mac"),
        ("Microsoft.Exchange/15.20 (ICalSync)", "Outlook"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)", "Outlook"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0", "Thunderbird"),
        ("ICSx5/2.3 (ical4j/4.0 okhttp/4.12.0 Android/14)", "ICSx5"),
        ("DAVx5/4.4 (dav4jvm; okhttp/4.12) Android/14", "DAVx5"),
        ("Nextcloud Webcal Service", "Nextcloud"),
        ("vdirsyncer/0.19.3", "vdirsyncer"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36", "Browser"),
        ("curl/8.5.0", "curl"),
        ("axios/1.6.0", "axios"),
        ("Revolution/2.0", "Revolution"),
        ("ExchangeRates/1.0", "ExchangeRates"),
        ("Exchange/15.20 (ICalSync)", "Outlook"),
        ("FantasticalMac/4.0", "Fantastical"),
        ("com.example.kalender (iOS/18.1)", "iPhone"),
        ("Kalender Saya 3.1 (Android)", "Kalender Saya 3.1"),
        ("  <script>alert(1)</script>", ""),
        ("x\r\nSet-Cookie: a=b", "x"),
        ("\u202eevil", ""),
        ("a" * 5000, "a" * 40),
        ("", ""),
    ],
)
def test_the_app_behind_a_user_agent(user_agent: str, name: str) -> None:
    found = app_of(user_agent)
    assert found.name == name
    assert app_named(found.name) == found, "what is kept of it is enough to know it again"


def test_the_table_is_sound() -> None:
    assert all(words == words.lower() for words, _ in KNOWN)
    assert all(timedelta(0) < app.needs <= min(LONGEST_NEED, app.at_most) for _, app in KNOWN)
    assert app_named("nobody knows").needs == LONGEST_NEED


@pytest.mark.parametrize(
    ("agent", "fetched", "changed", "expected"),
    [
        ("Google-Calendar-Importer", None, None, Health.NEVER),
        ("Mozilla/5.0 Firefox/132.0", NOW, None, Health.NEVER),
        ("Google-Calendar-Importer", NOW - HOUR, NOW - 2 * HOUR, Health.CURRENT),
        ("Google-Calendar-Importer", NOW - HOUR, None, Health.CURRENT),
        ("Google-Calendar-Importer", NOW - 2 * HOUR, NOW - HOUR, Health.BEHIND),
        ("Google-Calendar-Importer", NOW - 73 * HOUR, None, Health.SILENT),
        ("macOS/15.1 (24B83)", NOW - 73 * HOUR, None, Health.CURRENT),
        ("macOS/15.1 (24B83)", NOW - 9 * 24 * HOUR, None, Health.SILENT),
    ],
)
def test_health(agent: str, fetched: datetime | None, changed: datetime | None, expected: Health) -> None:
    assert health(app_of(agent), fetched, changed, NOW) is expected


def test_who_asks_in_the_same_breath_may_have_missed_it() -> None:
    assert not has_seen(NOW, NOW)
    assert not has_seen(NOW + timedelta(seconds=1), NOW)
    assert has_seen(NOW + timedelta(seconds=2), NOW)
    assert not has_seen(None, NOW)
