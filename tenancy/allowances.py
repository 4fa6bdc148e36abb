"""What an allowance opens of a number: each kind that applies to it, by the kind itself or by how the number begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.destinations import HIGH_RISK, Destination, Kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenancy.model import Allowance

#: Opened by their kind alone: a prefix is written for a country, and these hide in every one.
_BY_KIND_ALONE = frozenset({Kind.PREMIUM, Kind.SATELLITE, Kind.EMERGENCY})


def closed(found: Destination, allowance: Allowance) -> list[Kind]:
    """The kinds of this number that nothing opens."""
    prefix = longest(found.number, allowance.prefixes) or ""
    return sorted(k for k in found.kinds if k not in allowance.kinds and not _opens(prefix, k, found))


def _opens(prefix: str, kind: Kind, found: Destination) -> bool:
    """Whether a prefix opens this number, which begins with it. That of a country opens neither those who share its
    code, nor the areas in it that are of high risk: these are named by a longer one.
    """
    if not prefix or kind in _BY_KIND_ALONE:
        return False
    if kind is Kind.HIGH_RISK:
        return len(prefix) >= len(longest(found.number, HIGH_RISK) or "")
    return not (found.shares and kind is Kind.ABROAD and len(prefix) <= len(found.shares))


def longest(number: str, prefixes: Collection[str]) -> str | None:
    """The longest of these with which a number begins. A short code begins with digits alone, all others with +."""
    return max((prefix for prefix in prefixes if number.startswith(prefix)), key=len, default=None)
