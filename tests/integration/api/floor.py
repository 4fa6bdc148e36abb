"""The production floor on the simulated switch behind the real API: what the pages' buttons do, is really done.

Time is virtual: it stands still unless `centre.wait` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.live_days import LiveDays
from tenancy.secrets import Secrets
from tests.lab.standin import MemoryLog, token
from tests.unit.vcc.calls import outside
from tests.unit.vcc.calls.centre import NOW, Centre
from vcc.broadcast import Broadcast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from core.facts import Fact
    from vcc.calls.control import Control

_PRESS = """
dispositions:
  1: {zh-CN: 已下单。, en: Ordered.}
  2: {zh-CN: 需要回电。, en: To be called back.}
"""
_QUEUES = """
orders:
  name: {zh-CN: 图书订购, en: Book orders}
  skills: {zh: 3}
  music: main
  ring_s: 10
  wrap_up_s: 20
  wrap_up_more_s: 60
  recording: {mode: on_demand, announced: false}
  whisper:
    zh-CN: "{tenant}，{queue}。请答：您好，星空出版社。"
    en: "{tenant}, {queue}. Please say: Starry Sky Press."
editors: {name: {zh-CN: 编辑部, en: Editors}, skills: {zh: 3}, music: main, wrap_up_s: 20,
  overflow: [{switch: true, flow: spill}]}
"""
#: Who waits at this number is called back: at a time (7), or when the turn comes (8).
BACK = "150"
_BACK = """
steps:
  - queue:
      name: orders
      timeout: 30m
      7: [{callback: {at: "2026-03-10 09:30", say: {en: We call you back.}}}, hang_up]
      8: [{callback: {say: {en: We call you back.}}}, hang_up]
"""
_CALLBACKS = "callbacks: {retry_s: 60, attempts: 3, ring_s: 20}\n"
_AGENTS = """
wang: {name: 王芳, number: 2001, skills: {zh: 8}, language: zh-CN, whisper: false}
li: {name: 李娜, number: 2002, skills: {zh: 7}, language: en, whisper: false}
"""
USERS: dict[str, dict[str, object]] = {
    "platform": {"role": "platform"},
    "boss": {"role": "supervisor", "tenants": ["press"]},
    "ear": {"role": "supervisor", "tenants": ["press"], "may": ["listen"]},
    "stranger": {"role": "supervisor", "tenants": ["chess"]},
    "wang": {"role": "agent", "agent": "press/wang"},
    "li": {"role": "agent", "agent": "press/li"},
}


def texts() -> dict[str, str]:
    """The small platform in both languages, with what the pages show."""
    found = outside.texts("  transfer: {kinds: [mobile, fixed]}\n")
    for file, written, wanted in (
        ("platform.yaml", "name: {en: Platform}", "name: {zh-CN: 阳光, en: Sunshine}"),
        ("tenants/press/tenant.yaml", "name: {en: Press}", "name: {zh-CN: 星空出版社, en: Starry Sky Press}"),
        ("tenants/press/tenant.yaml", "numbers:\n", f"numbers:\n  {BACK}: {{project: desk, flow: back}}\n"),
    ):
        assert written in found[file]
        found[file] = found[file].replace(written, wanted)
    found["tenants/press/flows/back.yaml"] = _BACK
    found["tenants/press/tenant.yaml"] += _PRESS + _CALLBACKS
    found["tenants/press/queues.yaml"] = _QUEUES
    found["tenants/press/agents.yaml"] = _AGENTS
    found["tenants/press/flows/spill.yaml"] = "steps: [hang_up]\n"
    return found


class FloorPlatform(Centre):
    """A call centre in memory, and the parts of the program that the API stands on."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self._broadcast = Broadcast(self.log)
        super().__init__(texts())
        self.days = LiveDays(self.bundle.platform, NOW)
        self._broadcast.listen(self.days.apply)
        for trunk in ("carrier", "second"):
            self.exchange.set_trunk(trunk)
        for number in (outside.FIRST, outside.SECOND):
            self.exchange.add_outside(number)
        self.wait(0)

    @property
    def api_control(self) -> Control:
        """What the API commands."""
        return self.control

    def time(self) -> float:
        """The time."""
        return self.clock.now()

    def append(self, fact: Fact) -> None:
        """The log, and everybody who listens."""
        super().append(fact)
        self._broadcast.append(fact)

    def subscribe(self, bound: int) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Live facts."""
        return self._broadcast.subscribe(bound)

    async def subscribed(self) -> None:
        """Nothing that is told before somebody listens is looked for."""

    @property
    def contact(self) -> str:
        """The id of the only call."""
        (call,) = self.control.calls()
        return call.contact


def secrets() -> Secrets:
    """Users of every role, each with the password `correct horse <name>`, and tokens."""
    return Secrets.model_validate(
        {
            "tokens": {name: {"token": token(name), **what} for name, what in USERS.items()},
            "users": {name: {"password": f"correct horse {name}", **what} for name, what in USERS.items()},
            "encryption_keys": ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="],
        }
    )
