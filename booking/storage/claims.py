"""Claims: what an approved occurrence takes of a resource. Availability reads claims and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    and_,
    bindparam,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.capacity import Taken
from booking.domain.period import REACH, Period
from booking.storage.db import Base, rows
from booking.storage.places import Resource
from booking.storage.types import UTCDateTime

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_HOLDS: dict[str, Any] = {f"{dialect}_where": text("expires_at IS NOT NULL") for dialect in ("sqlite", "postgresql")}


class Claim(Base):
    """Half-open, buffers included. `exclusive` is the resource's own, so that the guard can rest on this row alone."""

    __tablename__ = "claim"
    __table_args__ = (
        ForeignKeyConstraint(
            ["resource_id", "exclusive"],
            ["resource.id", "resource.exclusive"],
            name="fk_claim_resource",
            onupdate="CASCADE",
        ),
        CheckConstraint("starts_at < ends_at", name="forward"),
        CheckConstraint("units BETWEEN 1 AND 100000", name="units"),
        Index("ix_claim_resource_id_ends_at", "resource_id", "ends_at"),
        # holds are few; without this every writer would walk all that a room has ever lent
        Index("ix_claim_hold", "resource_id", "expires_at", **_HOLDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int]
    exclusive: Mapped[bool]
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    units: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True, slots=True)
class WantedClaim:
    """What one occurrence wants of one resource."""

    occurrence_id: int
    resource_id: int
    units: int
    period: Period


@dataclass(frozen=True, slots=True)
class Stock:
    """A locked resource: how many units it has, and whether that is one."""

    id: int
    units: int
    exclusive: bool


# What every write asks is built once: building a statement costs more than running it on SQLite.
_TABLE = Claim.metadata.tables[Claim.__tablename__]
_RESOURCES: BindParameter[int] = bindparam("resources", expanding=True)
_OCCURRENCES: BindParameter[int] = bindparam("occurrences", expanding=True)
_LOCK = (
    select(Resource.id, Resource.units, Resource.exclusive)
    .where(Resource.id.in_(_RESOURCES))
    .order_by(Resource.id)
    .with_for_update(key_share=True)
)
_TAKEN = select(Claim.resource_id, Claim.starts_at, Claim.ends_at, Claim.units).where(
    Claim.resource_id.in_(_RESOURCES),
    Claim.active,
    or_(Claim.expires_at.is_(None), Claim.expires_at > bindparam("now")),
    Claim.starts_at < bindparam("until"),
    Claim.ends_at > bindparam("since"),
    Claim.ends_at < bindparam("reach"),
)
_TAKEN_BY_OTHERS = _TAKEN.where(Claim.occurrence_id.not_in(_OCCURRENCES))
_ENDED = update(_TABLE).where(_TABLE.c.active).values(active=False)
_RETIRE = _ENDED.where(_TABLE.c.resource_id.in_(_RESOURCES), _TABLE.c.expires_at <= bindparam("now"))
_RELEASE = _ENDED.where(_TABLE.c.occurrence_id.in_(_OCCURRENCES))
_RELEASE_HOLDS = _RELEASE.where(_TABLE.c.expires_at > bindparam("since"))
_ADD = insert(_TABLE)


def lock(session: Session, resource_ids: Iterable[int]) -> dict[int, Stock]:
    """The resources, locked in the order of their ids until the transaction ends."""
    rows = session.execute(_LOCK, {"resources": sorted(set(resource_ids))})
    return {resource_id: Stock(resource_id, units, exclusive) for resource_id, units, exclusive in rows}


def retire_expired(session: Session, resource_ids: Collection[int], now: datetime) -> None:
    """Holds that have run out read as free; this makes the guard see it too."""
    session.execute(_RETIRE, {"resources": list(resource_ids), "now": now})


def retire_ended(session: Session, resource_id: int, now: datetime) -> None:
    """What has been does not hinder a room from having fewer units from now on."""
    ended = update(Claim).where(Claim.resource_id == resource_id, Claim.active, Claim.ends_at <= now)
    session.execute(ended.values(active=False).execution_options(synchronize_session=False))


def taken(
    session: Session,
    resource_ids: Collection[int],
    span: Period,
    now: datetime,
    *,
    without: Collection[int] = (),
    only: Sequence[Period] = (),
) -> dict[int, list[Taken]]:
    """What active claims take of each resource in a span, or in the parts of it that are named by `only`.

    Those of the occurrences `without` do not count.
    """
    query = _TAKEN_BY_OTHERS if without else _TAKEN
    said = {
        "resources": list(resource_ids),
        "now": now,
        "since": span.starts_at,
        "until": span.ends_at,
        "reach": span.ends_at + REACH,
    }
    if without:
        said["occurrences"] = list(without)
    if only:
        query = query.where(or_(*(and_(Claim.starts_at < one.ends_at, Claim.ends_at > one.starts_at) for one in only)))
    found: dict[int, list[Taken]] = defaultdict(list)
    for resource_id, starts_at, ends_at, units in rows(session, query, **said):
        found[resource_id].append(Taken(Period(starts_at, ends_at), units))
    return found


def add(
    session: Session,
    resources: Mapping[int, Stock],
    wanted: Sequence[WantedClaim],
    *,
    expires_at: datetime | None = None,
) -> None:
    """Insert all claims in one statement; the schema's guard has the last word. `expires_at`: they are holds."""
    if not wanted:
        return
    said = [
        {
            "resource_id": want.resource_id,
            "exclusive": resources[want.resource_id].exclusive,
            "occurrence_id": want.occurrence_id,
            "units": want.units,
            "active": True,
            "expires_at": expires_at,
            "starts_at": want.period.starts_at,
            "ends_at": want.period.ends_at,
        }
        for want in wanted
    ]
    session.execute(_ADD, said)


def release(session: Session, occurrence_ids: Collection[int]) -> None:
    session.execute(_RELEASE, {"occurrences": list(occurrence_ids)})


def cut(session: Session, occurrence_ids: Collection[int], ends_at: datetime) -> None:
    """Let what these occurrences have (not what is only held for them) end at an earlier moment.

    What has ended by then stays as it was; what would begin later is given back.
    """
    mine = update(Claim).where(Claim.occurrence_id.in_(occurrence_ids), Claim.active, Claim.expires_at.is_(None))
    begun = mine.where(Claim.starts_at < ends_at, Claim.ends_at > ends_at).values(ends_at=ends_at)
    for statement in (begun, mine.where(Claim.starts_at >= ends_at).values(active=False)):
        session.execute(statement.execution_options(synchronize_session=False))


def release_holds(session: Session, occurrence_ids: Collection[int], *, since: datetime | None = None) -> None:
    """Give back what is held for some occurrences, not what they claim for good.

    `since`: only holds that have not run out by then. Others read as free anyway, and belong to whoever locked their
    resources; without the lock this must leave them alone.
    """
    if occurrence_ids:
        session.execute(_RELEASE_HOLDS, {"occurrences": list(occurrence_ids), "since": since or _EVER})


def holders(session: Session, now: datetime) -> set[int]:
    """The occurrences for which anything is held just now; the index of holds answers."""
    query = select(Claim.occurrence_id).where(Claim.expires_at > now, Claim.active)
    return set(session.scalars(query))


def held(session: Session, occurrence_id: int, now: datetime) -> Period | None:
    """When an occurrence holds its place, buffers included; None where no hold is left."""
    query = select(Claim.starts_at, Claim.ends_at).where(
        Claim.occurrence_id == occurrence_id, Claim.active, Claim.expires_at > now
    )
    row = session.execute(query.limit(1)).one_or_none()
    return Period(row.starts_at, row.ends_at) if row else None


def keep(session: Session, occurrence_id: int, now: datetime, *, until: datetime | None = None) -> None:
    """What is held becomes what is claimed for good, or is held until another moment."""
    kept = update(Claim).where(Claim.occurrence_id == occurrence_id, Claim.active, Claim.expires_at > now)
    session.execute(kept.values(expires_at=until).execution_options(synchronize_session=False))


def most_used(session: Session, resource_id: int, now: datetime) -> int:
    """The most units of a resource that claims take at any one moment from now on."""
    query = select(Claim.starts_at, Claim.ends_at, Claim.units).where(*_ahead([resource_id], now))
    steps = [step for starts_at, ends_at, n in session.execute(query) for step in ((starts_at, n), (ends_at, -n))]
    return max(accumulate((change for _, change in sorted(steps)), initial=0))


def _ahead(resource_ids: Collection[int], now: datetime) -> tuple[ColumnElement[bool], ...]:
    active: ColumnElement[bool] = Claim.active.is_(True)
    unexpired = or_(Claim.expires_at.is_(None), Claim.expires_at > now)
    return (Claim.resource_id.in_(resource_ids), active, Claim.ends_at > now, unexpired)


def is_taken_ahead(session: Session, resource_ids: Collection[int], now: datetime) -> bool:
    """Whether any claim from now on lies on these resources."""
    return session.scalar(select(Claim.id).where(*_ahead(resource_ids, now)).limit(1)) is not None


def over_units(session: Session) -> list[tuple[int, Period, int]]:
    """The audit: every (resource, period, units too many) where active claims exceed the units. Must be empty."""
    units = dict(session.execute(select(Resource.id, Resource.units)).all())
    breaches = []
    claims: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    query = select(Claim.resource_id, Claim.starts_at, Claim.ends_at, Claim.units).where(Claim.active)
    for resource_id, starts_at, ends_at, taken_units in session.execute(query):
        claims[resource_id] += [(starts_at, taken_units), (ends_at, -taken_units)]
    for resource_id, steps in claims.items():
        used, since = 0, None
        for at, change in sorted(steps):
            if since is not None and at > since and used > units[resource_id]:
                breaches.append((resource_id, Period(since, at), used - units[resource_id]))
            used, since = used + change, at
    return breaches
