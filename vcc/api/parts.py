"""What the routes and pages stand on, made once in `app.py` and found under one key of the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporting.port import EventLog
    from vcc.api.access import Access
    from vcc.api.board import Boards
    from vcc.api.desk import Desks
    from vcc.api.engagement import Engagements
    from vcc.api.feed import Feed
    from vcc.api.metrics import Metrics
    from vcc.calls.control import Control


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The platform and what the API keeps of its own. Handlers reach the platform through a `Scope` only."""

    control: Control
    log: EventLog
    access: Access
    feed: Feed
    engagements: Engagements
    boards: Boards
    desks: Desks
    metrics: Metrics
    clock: Callable[[], float]


PARTS: web.AppKey[Parts] = web.AppKey("parts")
