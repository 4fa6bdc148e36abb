"""The public holidays of a country, from `holidays`, of which one country's module is loaded alone.

The library's own way loads all 250 countries for one, 8 MB (docs/adr/one-country-of-holidays.md).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, cast

import holidays
from holidays.registry import COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

_FOLDER = Path(holidays.__file__).with_name("countries")


@lru_cache(maxsize=1)
def holiday_countries() -> frozenset[str]:
    """The country codes whose public holidays are known."""
    return frozenset(_modules())


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The days of a year that are public holidays in a country of `holiday_countries`."""
    return frozenset(_calendar(country)(years=year))


@lru_cache(maxsize=1)
def _modules() -> dict[str, tuple[str, str]]:
    """Module and class of each country code."""
    return {code: (module, names[0]) for module, names in COUNTRIES.items() for code in names[1:] if len(code) <= 3}  # noqa: PLR2004 - AB or ABC; what is longer is a class


@lru_cache(maxsize=16)
def _calendar(country: str) -> Callable[..., Iterable[date]]:
    module, name = _modules()[country]
    spec = spec_from_file_location(f"holidays.countries.{module}", _FOLDER / f"{module}.py")
    if spec is None or spec.loader is None:
        raise ImportError(module)
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return cast("Callable[..., Iterable[date]]", getattr(loaded, name))
