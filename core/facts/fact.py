"""What every fact has, and how a field says that it is personal."""

from dataclasses import MISSING, dataclass, field
from typing import Any


def personal(*, default: Any = MISSING) -> Any:  # noqa: ANN401 - stands where dataclasses.field stands
    """A dataclass field that holds personal data: masked in every log."""
    return field(default=default, metadata={"personal": True})


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing that happened. `at` POSIX seconds; `tenant`, `contact`, `node` empty where they do not apply."""

    at: float
    tenant: str = ""
    contact: str = ""
    node: str = ""
