"""Seats that are leased by date: how many a tenant has at a moment, when that changes, and whether there are so many.

A project's `leases` add up; a tenant without any has `quotas.seats`, always. Dates and times are those of the tenant's
time zone. Whoever is signed in when a lease ends stays; nobody signs in beyond what is leased.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tenancy.hours import is_open, next_change
from tenancy.model import Hours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Document, Path
    from core.errors import Problem
    from tenancy.model import Lease, Platform, Project, Span, Tenant

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
#: Behind the last date that is written, weeks are alike; clocks are put forward and back within a year.
_YEAR = timedelta(days=366)


def has_leases(tenant: Tenant) -> bool:
    """Whether the tenant's seats are leased by date."""
    return any(project.leases for project in tenant.projects.values())


def seats(tenant: Tenant, at: float) -> int | None:
    """The seats that the tenant has at a moment (POSIX seconds); None: as many as it likes."""
    if not has_leases(tenant):
        return tenant.quotas.seats
    zone = tenant.time_zone
    return sum(lease.seats for project, lease in _leases(tenant) if _in_force(project, lease, zone, at))


def next_lease(tenant: Tenant, at: float) -> float | None:
    """When a lease of the tenant next begins or ends after `at`; None: none does."""
    zone, found = ZoneInfo(tenant.time_zone), list[float]()
    for project, lease in _leases(tenant):
        first, last = _dates(project, lease)
        begins, ends = _midnight(first, zone), _midnight(last + _DAY, zone) if last else math.inf
        if at < begins:
            found.append(begins)
        elif at < ends:
            change = next_change(_hours(lease.weekly), tenant.time_zone, at) if lease.weekly else None
            found += [ends] if change is None else [min(ends, change)]
    return min((moment for moment in found if moment < math.inf), default=None)


def _leases(tenant: Tenant) -> Iterator[tuple[Project, Lease]]:
    for project in tenant.projects.values():
        for lease in project.leases:
            yield project, lease


def _dates(project: Project, lease: Lease) -> tuple[date, date | None]:
    return lease.starts or project.starts, lease.ends or project.ends


def _in_force(project: Project, lease: Lease, zone: str, at: float) -> bool:
    first, last = _dates(project, lease)
    day = datetime.fromtimestamp(at, ZoneInfo(zone)).date()
    if day < first or (last is not None and day > last):
        return False
    return not lease.weekly or is_open(_hours(lease.weekly), zone, at)


@lru_cache(maxsize=1024)
def _hours(weekly: tuple[Span, ...]) -> Hours:
    return Hours(weekly=weekly)


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(0, 0), zone).timestamp()


# --- more leased than there is ---


@dataclass(frozen=True, kw_only=True, slots=True)
class _Leased:
    """A lease where it was written."""

    path: Path
    zone: ZoneInfo
    seats: int
    first: date
    last: date | None
    weekly: tuple[Span, ...]

    def on(self, day: date) -> Iterator[tuple[float, float]]:
        """From when until when it holds on a day."""
        if day < self.first or (self.last is not None and day > self.last):
            return
        for span in self.weekly or (None,):
            if span is None:
                yield _midnight(day, self.zone), _midnight(day + _DAY, self.zone)
            elif _DAYS[day.weekday()] in span.days:
                opens = datetime.combine(day, span.opens, self.zone).timestamp()
                closes = span.closes
                ends = datetime.combine(day, closes, self.zone).timestamp() if isinstance(closes, time) else None
                yield opens, _midnight(day + _DAY, self.zone) if ends is None else ends


def problems(platform: Platform, document: Document) -> Iterator[Problem]:
    """Leases outside of their projects, and beside a quota."""
    for tenant in platform.tenants.values():
        yield from _of_tenant(tenant, document)


def _of_tenant(tenant: Tenant, document: Document) -> Iterator[Problem]:
    if has_leases(tenant) and tenant.quotas.seats is not None:
        message = f"the seats of '{tenant.id}' are leased by its projects"
        yield document.problem(("tenants", tenant.id, "quotas", "seats"), message, expected="one of the two", key=True)
    for name, project in tenant.projects.items():
        for index, lease in enumerate(project.leases):
            path: Path = ("tenants", tenant.id, "projects", name, "leases", index)
            if lease.starts is not None and lease.starts < project.starts:
                message = f"{lease.starts}, before the project '{name}' starts"
                yield document.problem((*path, "starts"), message, expected=f"{project.starts} or later")
            if lease.ends is not None and project.ends is not None and lease.ends > project.ends:
                message = f"{lease.ends}, after the project '{name}' ends"
                yield document.problem((*path, "ends"), message, expected=f"{project.ends} or earlier")


def overcommitted(platform: Platform, document: Document) -> Iterator[Problem]:
    """More seats leased at once than there are: the first moment at which each lease is one too many, gone through as
    they begin and end.
    """
    there_are = platform.seats
    if there_are is None:
        return
    always = sum(t.quotas.seats or 0 for t in platform.tenants.values() if not has_leases(t))
    written = list(_written(platform))
    events = sorted(
        (moment, begins, number)
        for day in _days_to_look_at(written)
        for number, lease in enumerate(written)
        for began, ended in lease.on(day)
        for moment, begins in ((began, 1), (ended, 0))
    )
    total, told, present = always, set[int](), dict[int, int]()
    for moment, begins, number in events:
        lease = written[number]
        total += lease.seats if begins else -lease.seats
        present[number] = present.get(number, 0) + (1 if begins else -1)
        if not begins or total <= there_are or number in told:
            continue
        told.add(number)
        when = datetime.fromtimestamp(moment, lease.zone)
        others = [document.mark(written[other].path) for other, times in present.items() if times and other != number]
        also = ", ".join(f"{mark.file}:{mark.line}" for mark in others[:3])
        left = max(there_are - total + lease.seats, 0)
        message = f"from {when:%Y-%m-%d %H:%M} on {total} seats are leased, and the platform has {there_are}"
        expected = f"at most {left} here" + (f" (with those at {also})" if also else "")
        yield document.problem((*lease.path, "seats"), message, expected=expected)


def _written(platform: Platform) -> Iterator[_Leased]:
    for tenant in platform.tenants.values():
        for name, project in tenant.projects.items():
            for index, lease in enumerate(project.leases):
                first, last = _dates(project, lease)
                yield _Leased(
                    path=("tenants", tenant.id, "projects", name, "leases", index),
                    zone=ZoneInfo(tenant.time_zone),
                    seats=lease.seats,
                    first=first,
                    last=last,
                    weekly=lease.weekly,
                )


def _days_to_look_at(written: list[_Leased]) -> list[date]:
    """A week behind each date on which a lease begins or has ended, and each on which clocks come to differ: on all
    other days it is as on one of these.
    """
    changes = {lease.first for lease in written} | {lease.last + _DAY for lease in written if lease.last}
    if len(zones := {lease.zone for lease in written}) > 1:
        changes |= set(_clock_changes(zones, min(changes), max(changes) + _YEAR))
    return sorted({day + timedelta(days=n) for day in changes for n in range(-1, 9)})


def _clock_changes(zones: set[ZoneInfo], first: date, last: date) -> Iterator[date]:
    offsets = None
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        now = [datetime.combine(day, time(12), zone).utcoffset() for zone in sorted(zones, key=str)]
        if offsets is not None and now != offsets:
            yield day
        offsets = now
