"""Public holidays: every country's as the library tells them, without loading every country."""

import subprocess
import sys

import holidays
import pytest

from tenancy.public_holidays import holiday_countries, public_holidays


def test_the_countries_are_those_of_the_library() -> None:
    assert holiday_countries() == frozenset(holidays.list_supported_countries())
    assert {"CN", "CHN", "US", "DE", "HK", "TW"} <= holiday_countries()


@pytest.mark.parametrize("country", sorted(code for code in holiday_countries() if len(code) == 2))
def test_the_days_of_a_country_are_those_of_the_library(country: str) -> None:
    assert public_holidays(country, 2026) == frozenset(holidays.country_holidays(country, years=2026))


def test_one_country_is_loaded_and_not_all() -> None:
    program = (
        "import sys\n"
        "from tenancy.public_holidays import public_holidays, holiday_countries\n"
        "assert 'CN' in holiday_countries() and public_holidays('CN', 2026)\n"
        "print('holidays.countries' in sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert said.stdout.split() == ["False"]
