"""What flows cost: `./run bench flows [--json]`. One process, no switch; seconds are of processor time, so that what
else the machine does counts for nothing.

    flow_steps_per_s             steps that the engine takes in calls through the flows that ship, every event told
    flow_bytes_per_waiting_call  what a caller who waits adds to the engine: its state, what is known of the call
    flow_check_1000_s            a tenant with 1,000 flows of 30 steps read from disk and checked, as `vcc check` does
    flow_tests_per_s             scripts played by `vcc flow test`, each twice
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.console import Console
from rich.table import Table

import ivr_flows
from core.errors import ConfigurationError
from core.facts import StepEntered
from ivr_flows.protocol import (
    AgentJoined,
    ContactInfo,
    Enqueue,
    FlowState,
    KeyPressed,
    QueueEnded,
    Record,
    Speak,
    SpeechEnded,
    TimedOut,
)
from ivr_flows.scripts.world import Surroundings, World
from ivr_flows.scripts.written import Given
from tests.lab.bench.figures import Figure
from vcc.flows import finding, testing
from vcc.lint import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_flows.flow import Flow
    from ivr_flows.protocol import Command, Environment, Event

CONFIG = Path(__file__).parents[3] / "config"
FLOWS, WAITING = 1_000, 10_000
#: How long something is repeated that is told per second, and how often it is measured: the best counts.
LONG_S, TURNS = 1.0, 3
YAML_ALONE = "PyYAML alone"
NOW = 1_772_416_800.0

#: Keys of callers of the press: they wait for every prompt, and press one of these after it; `.`: nothing for a while.
CALLERS = ("1110", "11", "1280000001", "1290000001", "1270000001123", "13", "20", "..7.", "11.....", "2380000001..")

PLATFORM = """
name: {zh-CN: 平台, en: Platform}
nodes: {n1: {kind: simulated}}
"""
TENANT = """
name: {zh-CN: 出版社, en: Press}
projects: {books: {name: {zh-CN: 图书, en: Books}, kind: outsourcing, starts: 2024-01-01}}
numbers:
  %s
hours: {office: {weekly: [{days: [mon, tue, wed, thu, fri], opens: 09:00, closes: 18:00}]}}
skills: {zh: {zh-CN: 中文, en: Chinese}}
queues:
  orders: {name: {zh-CN: 订购, en: Orders}}
  service: {name: {zh-CN: 服务, en: Service}}
agents: {wang: {name: 王芳, number: 2001, skills: {zh: 9}}}
"""
FLOW = """
steps:
  - say: {zh-CN: 您好，这里是第%(n)d家书店。, en: "Hello, this is bookshop number %(n)d."}
  - hours:
      name: office
      closed:
        - say: {zh-CN: 现在是下班时间。, en: We are closed now.}
        - hang_up
  - id: main_menu
    menu:
      say: {zh-CN: 订书请按1，查询请按2，人工请按0。, en: "For orders press 1, to ask press 2, for an agent press 0."}
      invalid: {zh-CN: 按键有误。, en: That is not a choice.}
      1:
        - say: {zh-CN: 您选择了订书。, en: You chose to order.}
        - set: {kind: order, ref: "{caller}"}
        - queue: {name: orders, priority: 60, skills: {zh: 3}, timeout: 5m, on_timeout: {goto: nobody}}
      2:
        - id: ask
          collect:
            name: order
            say: {zh-CN: 请输入八位订单号。, en: Please key in the eight digits of your order number.}
            length: 8
            on_failure: {goto: service}
        - menu:
            say: {zh-CN: "订单{order}，发货请按1，退货请按2。", en: "Order {order}: delivery 1, returns 2."}
            1: [{say: {zh-CN: 已经发货。, en: It is on its way.}}, {goto: again}]
            2: [{say: {zh-CN: 请稍候。, en: One moment please.}}, {queue: orders}]
            9: {goto: back}
            on_failure: {goto: ask}
        - goto: main_menu
      0: {goto: service}
      9: {goto: again}
      on_failure: {goto: service}
sections:
  service:
    - say: {zh-CN: 正在为您转接。, en: We connect you.}
    - queue: {name: service, on_full: {goto: nobody}}
  nobody:
    - say: {zh-CN: 坐席全忙。, en: All agents are busy.}
    - say: {zh-CN: 请稍后再拨。, en: Please call again later.}
    - hang_up: busy
on_error:
  - say: {zh-CN: 系统故障。, en: Something is broken.}
  - queue: service
"""


class Bench:
    """One run."""

    def __init__(self) -> None:
        """Read what ships, once."""
        self._subjects = finding.find([CONFIG])

    def figures(self) -> list[Figure]:
        """Every figure."""
        check, read = self._check()
        return [
            Figure(name="flow_steps_per_s", value=self._steps(), unit="steps/s", least=20_000),
            Figure(name="flow_bytes_per_waiting_call", value=self._bytes(), unit="bytes", most=5_000),
            Figure(name="flow_check_1000_s", value=check, unit="s", peer=YAML_ALONE, peer_value=read, most=3),
            Figure(name="flow_tests_per_s", value=self._tests(), unit="scripts/s", least=500),
        ]

    def _press(self) -> finding.Subject:
        return next(subject for subject in self._subjects if subject.name == "press/main")

    def _steps(self) -> float:
        press = self._press()

        def calls() -> int:
            return sum(_walk(press, keys) for keys in CALLERS)

        return _rate(calls)

    def _bytes(self) -> float:
        press, world = self._press(), _world()
        infos = [_info(number) for number in range(WAITING)]  # made before, then again: what is shared is there
        _waiting(press.flow, infos[0], world)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        kept = [(info, _waiting(press.flow, info, world)) for info in map(_info, range(WAITING))]
        gc.collect()
        added = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return added / len(kept)

    def _check(self) -> tuple[float, float]:
        """To check the folder, and for PyYAML alone to read its files."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for path, text in _folder().items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, encoding="utf-8")
            best = min(_seconds(partial(_checked, folder, turn)) for turn in range(TURNS))
            texts = [file.read_text(encoding="utf-8") for file in folder.rglob("*.yaml")]
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return best, min(_seconds(lambda: [yaml.load(text, loader) for text in texts]) for _ in range(TURNS))  # noqa: S506

    def _tests(self) -> float:
        def scripts() -> int:
            tested = testing.test(self._subjects)
            assert not any(flow.failed for flow in tested)
            return sum(len(flow.tests) for flow in tested)

        return _rate(scripts)


def _rate(work: Callable[[], int]) -> float:
    """How many a second: the best of some turns."""
    best = 0.0
    for _ in range(TURNS):
        began, count = time.process_time(), 0
        while (spent := time.process_time() - began) < LONG_S:
            count += work()
        best = max(best, count / spent)
    return best


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def _info(number: int) -> ContactInfo:
    return ContactInfo(
        contact=f"{number:032x}", tenant="press", node="n1", number="98668", caller=f"1380000{number:04}"
    )


def _world() -> World:
    """Always open; first in the queue."""
    return World(given=Given(), around=Surroundings())


def _waiting(flow: Flow, info: ContactInfo, world: Environment) -> FlowState:
    """A caller who has come to the queue of the orders, with what was keyed in on the way."""
    call = _Call(flow, info, world)
    for key in "12":
        call.press(key)
    for key in "90000001":
        call.tell(KeyPressed(key=key))
    call.listen()
    assert call.state.wait == "queue"
    return call.state


class _Call:
    """A caller who waits for every prompt; `steps` were taken."""

    def __init__(self, flow: Flow, info: ContactInfo, world: Environment) -> None:
        self._flow, self._info, self._world, self._now = flow, info, world, NOW
        self._play, self.queued, self.steps = "", False, 0
        self.state, commands = ivr_flows.start(flow, info, world, NOW)
        self._take(commands)

    def tell(self, event: Event) -> None:
        _, commands = ivr_flows.advance(self._flow, self.state, event, self._info, self._world, self._now)
        self._take(commands)

    def listen(self) -> None:
        while self._play:
            play, self._play = self._play, ""
            self.tell(SpeechEnded(play=play, completed=True))

    def press(self, key: str) -> None:
        self.listen()
        if key == ".":
            self._now = max(self._now, self.state.deadline or 0.0)
            self.tell(TimedOut())
        else:
            self.tell(KeyPressed(key=key))

    def _take(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Record(fact=StepEntered()):
                    self.steps += 1
                case Speak(play=play):
                    self._play = play
                case Enqueue():
                    self.queued = True


def _walk(subject: finding.Subject, keys: str) -> int:
    """A whole call; the steps that it took."""
    call = _Call(subject.flow, _info(1), _world())
    for key in keys:
        if not call.state.finished:
            call.press(key)
    call.listen()
    if not call.state.finished and call.queued:
        call.tell(AgentJoined(agent="lin"))
        call.tell(QueueEnded(why="served"))
    call.listen()
    return call.steps


def _folder() -> dict[str, str]:
    """A tenant with many flows, each with a number that leads to it."""
    numbers = "\n  ".join(f"{10_000 + n}: {{project: books, flow: f{n}}}" for n in range(FLOWS))
    flows = {f"tenants/press/flows/f{n}.yaml": FLOW % {"n": n} for n in range(FLOWS)}
    return {"platform.yaml": PLATFORM, "tenants/press/tenant.yaml": TENANT % numbers, **flows}


def _checked(folder: Path, turn: int) -> None:
    """Check the folder; each flow is another one than in the turn before: to check one that is known costs nothing."""
    for file in (folder / "tenants" / "press" / "flows").iterdir():
        with file.open("a", encoding="utf-8") as text:
            text.write(f"# {turn}\n")
    result = check_folder(folder)
    assert not result.problems, result.problems[:3]


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every figure is reached."""
    parser = argparse.ArgumentParser(prog="./run bench flows", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of figures instead of a table")
    given = parser.parse_args(arguments)
    try:
        figures = Bench().figures()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps([figure.plain() for figure in figures], indent=2))
    else:
        table = Table("figure", "unit", "vcc", YAML_ALONE, "to reach", "reached")
        for figure in figures:
            aim = f"≤ {figure.most:g}" if figure.most is not None else f"≥ {figure.least:g}"
            peer = "" if figure.peer_value is None else f"{figure.peer_value:.3g}"
            value = f"{figure.value:.3g}" if figure.value < 100 else f"{figure.value:.0f}"
            table.add_row(figure.name, figure.unit, value, peer, aim, "yes" if figure.reached else "NO")
        Console().print(table)
    return 0 if all(figure.reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
