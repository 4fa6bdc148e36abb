"""How such systems fail, by their own issue trackers: those of the nineteen that need more than a router.

The others are in tests/unit/acd/test_known_failures.py; each has its number and its name.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import SwitchTimeoutError
from core.facts import AgentConnected, CallOverflowed, ContactEnded, Fact, NodeChanged
from reporting.live_days import LiveDays
from reporting.record import compute
from tests.unit.telephony.asterisk.peers import AmiPeer
from tests.unit.telephony.asterisk.test_ami import connected
from tests.unit.vcc.calls.centre import Centre, done
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.test_nodes import TEXTS_OF_TWO
from vcc.broadcast import Broadcast
from vcc.flows.finding import find
from vcc.flows.testing import percent
from vcc.flows.testing import test as play_scripts
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[3]


def test_03_no_second_node() -> None:
    """The first node dies for good: those who call at the second are served, by agents whose phones are there."""
    centre = Centre(TEXTS_OF_TWO, nodes=("n1", "n2"))
    centre.exchanges["n2"].add_phone("q1")
    centre.wait(0.1)
    centre.ready(phone="q1")
    centre.switches["n1"].go_down()
    centre.exchanges["n1"].die()
    leg = centre.exchanges["n2"].arrive("100", "556", "carrier")
    centre.wait(3)
    centre.exchanges["n2"].press(leg, "1")
    centre.wait(0.5)
    centre.exchanges["n2"].pick_up("q1")
    centre.wait(0.5)
    assert [fact.agent for fact in centre.of(AgentConnected)] == ["press/wang"]
    assert not centre.control.ready, "and it is said that one is away"


def test_08_pause_reason_lost_at_the_phone_and_over_a_restart() -> None:
    centre = Centre()
    centre.talking()
    centre.control.set_agent("press/wang", "not_ready", reason="meal", who="wang")
    centre.restart()
    centre.put_down()
    centre.wait(10)
    agent = centre.control.agent("press/wang")
    assert agent is not None
    assert (agent.wish, agent.reason, agent.phase) == ("not_ready", "meal", "idle")


class _Log:
    """The log of a centre, as the days are rebuilt from it."""

    def __init__(self, facts: list[Fact]) -> None:
        self._facts = facts

    def append(self, fact: Fact) -> None:
        raise AssertionError(fact)

    async def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        for fact in self._facts:
            if since <= fact.at < until and (names is None or type(fact).__name__ in names):
                yield fact


def test_14_statistics_lost_at_restart_answered_counted_as_abandoned() -> None:
    """One was answered, one hung up, one waits over a crash and is answered then: the days of the new vcc say so."""
    centre = Centre()
    answered = centre.talking()
    gone = centre.waiting("556")
    centre.leave(gone)
    waits = centre.waiting("557")
    before = LiveDays(centre.bundle.platform, centre.clock.now() - 60)
    for fact in centre.facts:
        before.apply(fact)
    centre.restart()
    centre.put_down()
    centre.wait(10)
    centre.pick_up()
    centre.wait(1)
    now = centre.clock.now()
    after = LiveDays(centre.bundle.platform, now)
    done(after.rebuild(_Log(centre.facts), now))  # type: ignore[arg-type]
    seen = after.snapshot("press", now)
    assert (seen.answered, seen.abandoned) == (2, 1)
    assert seen.calls_in == before.snapshot("press", now).calls_in == 3
    for leg in (answered, waits):
        if leg in centre.floor.legs.callers:
            centre.leave(leg)
    outcomes = {fact.contact: str(fact.outcome) for fact in centre.of(ContactEnded)}
    assert sorted(outcomes.values()) == ["abandoned", "answered", "answered"]
    for contact, outcome in outcomes.items():
        record = compute([fact for fact in centre.facts if fact.contact == contact])
        assert (str(record.outcome), record.complete) == (outcome, True)


def test_16_lost_events_what_happened_while_the_wire_was_cut_is_known_afterwards() -> None:
    centre = Centre()
    leg = centre.talking()
    other = centre.waiting("556")
    centre.switch.go_down()
    centre.exchange.agent_hangs_up("p1")
    centre.exchange.hang_up(leg)
    centre.exchange.hang_up(other)
    centre.wait(5)
    assert not centre.ends(), "nobody could be told"
    centre.switch.come_back()
    centre.wait(10)
    assert sorted(centre.ends()) == ["abandoned", "answered"]
    assert centre.phase() == "idle"
    assert not list(centre.floor.router.tickets())


async def test_16_dead_listeners_end_and_hold_up_nobody() -> None:
    """One who reads nothing is cut off and sees that; one who fails costs only itself; the log and the others go on."""
    written: list[Fact] = []

    class Log:
        def append(self, fact: Fact) -> None:
            written.append(fact)

    def fails(fact: Fact) -> None:
        raise ValueError(fact)

    broadcast = Broadcast(Log())
    broadcast.listen(fails)
    facts = [NodeChanged(at=float(n), node="n1", up=True) for n in range(20)]
    async with broadcast.subscribe(bound=5) as dead, broadcast.subscribe(bound=50) as alive:
        for fact in facts:
            broadcast.append(fact)
        async with asyncio.timeout(5):
            assert [fact async for fact in dead] == []
            assert [await anext(alive) for _ in facts] == facts
    assert written == facts


async def test_17_clients_that_hang_on_a_lost_reply_of_the_manager() -> None:
    async with AmiPeer() as peer, connected(peer) as client:
        peer.silent = True
        async with asyncio.timeout(5):
            with pytest.raises(SwitchTimeoutError):
                await client.ami.ask({"Action": "Hangup"}, timeout_s=0.05)
            peer.silent = False
            assert await client.ami.ask({"Action": "Ping"}, timeout_s=4)


def test_18_flows_that_cannot_be_tested_or_moved(tmp_path: Path) -> None:
    """A tenant's folder is moved to another platform under another name: it is checked there without a switch, its
    scripts are played, every branch of it, and a branch that is broken is found.
    """
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    shutil.move(config / "tenants" / "sunshine", config / "tenants" / "moved")
    for file in (config / "agents.yaml", config / "phones.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace("sunshine", "moved"), encoding="utf-8")
    assert check_folder(config).problems == ()
    flow = config / "tenants" / "moved" / "flows" / "main.yaml"
    (tested,) = play_scripts(find([flow]))
    assert not tested.failed
    assert percent([tested]) == 100
    text = flow.read_text(encoding="utf-8")
    flow.write_text(text.replace('number: "98668"', 'number: "98667"', 1), encoding="utf-8")
    assert flow.read_text(encoding="utf-8") != text
    (tested,) = play_scripts(find([flow]))
    assert tested.failed


def test_19_no_caps_per_tenant_for_calls_waiting_seats_and_numbers() -> None:
    """Each bound of a tenant is met by that tenant alone; the other is served."""
    tenant = "tenants/press/tenant.yaml"
    centre = Centre({**TEXTS, tenant: TEXTS[tenant].replace("flow: main}", "flow: main, calls: 3}")})
    for n in range(4):
        centre.call(caller=f"55{n}")
    centre.wait(3)
    assert centre.ends() == ["tenant_busy"]
    assert centre.floor.admitted_calls("press") == 3
    chess = centre.call("200")
    centre.wait(0.5)
    assert centre.stage(chess) == "waiting"
    assert not centre.of(CallOverflowed)
