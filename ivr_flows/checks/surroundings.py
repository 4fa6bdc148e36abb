"""What a check may know beside the flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_flows.protocol import ActionSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """`languages`: the tenant's; `actions`: what the platform can do. Empty, None: not known, so not checked.

    `all_variables` False: a step could not be read that may give a variable its value.
    """

    languages: tuple[str, ...] = ()
    actions: Mapping[str, ActionSpec] | None = None
    all_variables: bool = True
