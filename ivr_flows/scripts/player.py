"""Plays a script: each line against the call, until one does not hold.

`play` plays it twice, the second time with the state through JSON before every event, and sees that both went alike.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_flows.protocol import FOR_AGENT, AgentJoined, ContactInfo, KeyPressed, QueueEnded, WaitsAgain
from ivr_flows.scripts import expecting, moments
from ivr_flows.scripts.call import Call, GoesRoundError, Speech
from ivr_flows.scripts.world import World
from ivr_flows.scripts.written import (
    AgentJoins,
    AgentLeaves,
    AgentSendsOn,
    Change,
    Expect,
    HangUp,
    Hear,
    Line,
    Press,
    QueueEnds,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_flows.flow import Flow
    from ivr_flows.scripts.coverage import Way
    from ivr_flows.scripts.reading import Script, Written
    from ivr_flows.scripts.world import Surroundings
    from ivr_flows.scripts.written import Given


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Something of the call: a `sign` (` `, or what was expected `-` and what was there `+`), what it is, and where."""

    sign: str = " "
    what: str
    text: str
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """How a script went. `problem` empty: every line held; else `place` is that of the line that did not, and `told`
    the call until there, with what was expected and what was there instead.
    """

    script: Script
    problem: str
    place: str
    told: tuple[Told, ...]
    entered: frozenset[str]
    gone: frozenset[Way]


class _DidNotHoldError(Exception):
    def __init__(self, problem: str, *told: Told) -> None:
        self.problem = problem
        self.told = told
        super().__init__(problem)


def play(flow: Flow, script: Script, around: Surroundings) -> Played:
    """The script in this flow, and again with restarts."""
    running = _Player(flow, script, around, reloading=False).play()
    restarted = _Player(flow, script, around, reloading=True).play()
    if (running.problem, running.told) == (restarted.problem, restarted.told):
        return running
    different = tuple(
        told
        for ours, theirs in zip(running.told, restarted.told, strict=False)
        if ours != theirs
        for told in (Told(sign="-", what=ours.what, text=ours.text), Told(sign="+", what=theirs.what, text=theirs.text))
    )
    return Played(
        script=script,
        problem="a restart of vcc in the middle of the call changes it",
        place=restarted.place or script.place(),
        told=different,
        entered=running.entered,
        gone=running.gone,
    )


@dataclass(kw_only=True, slots=True)
class _Log:
    """What was told, and how much of what was said is in it."""

    told: list[Told] = field(default_factory=list)
    said: int = 0


class _Player:
    def __init__(self, flow: Flow, script: Script, around: Surroundings, *, reloading: bool) -> None:
        given = script.given
        self._flow = flow
        self._script = script
        self._world = World(given=given, around=around)
        self._around = around
        self._log = _Log()
        now = moments.moment(given.time or moments.DEFAULT, around.time_zone)
        info = self._info(given)
        self._tell("given", f"{moments.shown(now, around.time_zone)}, {_caller(info)}, {info.language}")
        #: what was said and has not been asked for yet, and where in the first of it we are
        self._heard = 0
        self._at = 0
        self._call = Call(flow=flow, info=info, world=self._world, now=now, reloading=reloading)

    def play(self) -> Played:
        problem = place = ""
        for written in self._script.lines:
            try:
                self._do(written)
            except _DidNotHoldError as error:
                self._told_so_far()
                self._log.told += error.told
                problem, place = error.problem, self._script.place(written.path)
                break
            except GoesRoundError:
                problem, place = "the flow goes round and round", self._script.place(written.path)
                break
        if not problem:
            self._rest()
        self._told_so_far()
        call = self._call
        return Played(
            script=self._script,
            problem=problem,
            place=place,
            told=tuple(self._log.told),
            entered=frozenset(call.entered),
            gone=frozenset(call.gone),
        )

    def _rest(self) -> None:
        """What is still being said is heard to its end."""
        with contextlib.suppress(GoesRoundError):
            self._call.listen()

    def _info(self, given: Given) -> ContactInfo:
        languages = self._flow.languages(self._around.languages)
        return ContactInfo(
            contact="test",
            tenant=self._around.tenant,
            node="test",
            number=given.number or self._around.number,
            caller="01012345678" if given.caller is None else given.caller,
            phone=given.phone or "",
            argument=given.argument or "",
            language=given.language or languages[0],
        )

    def _do(self, written: Written) -> None:
        line = written.line
        if self._call.over and not isinstance(line, Hear | Expect | Change):
            raise _DidNotHoldError(f"the call is over before '{line.kind}'", self._end("+"))
        _DO[type(line)](self, line)

    def _wait(self, line: Wait) -> None:
        self._call.wait(line.time)
        self._told_so_far()
        self._tell("waited", f"{line.time:g} s")

    def _hang_up(self, line: HangUp) -> None:
        del line
        self._told_so_far()
        self._call.hang_up()
        self._tell("hung up", "by the caller")

    def _agent_joins(self, line: AgentJoins) -> None:
        self._from_queue(line.kind, talking=False)
        self._call.tell(AgentJoined(agent=line.agent))
        self._tell("agent", "answers")

    def _agent_sends_on(self, line: AgentSendsOn) -> None:
        self._from_queue(line.kind, talking=True)
        self._call.tell(WaitsAgain())
        self._tell("agent", "sends the caller on")

    def _agent_leaves(self, line: AgentLeaves) -> None:
        self._from_queue(line.kind, talking=True)
        self._call.tell(QueueEnded(why="served"))
        self._tell("agent", "leaves")

    def _queue_ends(self, line: QueueEnds) -> None:
        self._from_queue(line.kind, talking=False)
        self._call.queued, self._world.waits_in = None, ""
        self._call.tell(QueueEnded(why=line.why))
        self._tell("queue", f"ends: {line.why}")

    def _press(self, line: Press) -> None:
        self._told_so_far()
        self._tell("pressed", line.keys)
        for key in line.keys:
            if self._call.over:
                raise _DidNotHoldError(f"the call is over before key '{key}'", self._end("+"))
            self._heard, self._at = len(self._call.said), 0
            self._call.tell(KeyPressed(key=key))
        self._told_so_far()

    def _change(self, line: Change) -> None:
        given = line.to
        self._told_so_far()
        self._world.given = self._world.given.under(given)
        if given.time is not None:
            until = moments.moment(given.time, self._around.time_zone)
            if until < self._call.now:
                said = moments.shown(self._call.now, self._around.time_zone)
                raise _DidNotHoldError(f"time does not go back: it is {said}")
            self._call.wait(until - self._call.now)
        self._tell("given", "from here on: " + ", ".join(sorted(given.model_fields_set)))

    def _from_queue(self, kind: str, *, talking: bool) -> None:
        """The caller waits in a queue, or talks to an agent."""
        self._call.listen()
        self._told_so_far()
        wait = self._call.state.wait
        is_there = wait == "talk" if talking else self._world.waits_in != "" and wait in ("queue", "speech", FOR_AGENT)
        if not is_there:
            where = "talks to an agent" if talking else "waits in a queue"
            raise _DidNotHoldError(f"nobody {where} at '{kind}'", *self._here())

    # --- hearing ----------------------------------------------------------------------------------------------------

    def _hear(self, want: Hear) -> None:
        """Let what is being said be said, until it is what was to be heard; that is then being said."""
        call = self._call
        for _ in range(1_000):
            while self._heard < len(call.said):
                at = _found(want, call.said[self._heard], self._at)
                if at is not None:
                    self._at = at
                    self._told_so_far()
                    return
                self._heard, self._at = self._heard + 1, 0
            if call.speech is None or call.over:
                break
            call.finish_speech()
        raise _DidNotHoldError(
            f"this was not heard: {expecting.wanted(want)}",
            Told(sign="-", what="expected", text=expecting.wanted(want)),
            *self._here(),
        )

    def _expect(self, want: Expect) -> None:
        self._call.listen()
        self._told_so_far()
        differ = list(expecting.differences(want, self._call, self._world))
        if differ:
            told = []
            for name, expected, found in differ:
                told += [Told(sign="-", what=name, text=expected), Told(sign="+", what=name, text=found)]
            raise _DidNotHoldError("; ".join(f"{n} is {f}, not {e}" for n, e, f in differ), *told, *self._here(" "))

    # --- telling ----------------------------------------------------------------------------------------------------

    def _tell(self, what: str, text: str, place: str = "") -> None:
        self._log.told.append(Told(what=what, text=text, place=place))

    def _told_so_far(self) -> None:
        for speech in self._call.said[self._log.said :]:
            self._tell("heard", speech.text, self._place(speech.step))
        self._log.said = len(self._call.said)

    def _place(self, step: str) -> str:
        called, _, name = step.rpartition(":")
        flow = self._flow.called.get(called, self._flow)
        node = flow.nodes.get(name)
        if node is None:
            return step
        mark = flow.document.mark(node.path)
        return f"{step} {mark.file}:{mark.line}:{mark.column}"

    def _here(self, sign: str = "+") -> tuple[Told, ...]:
        """Where the call is now."""
        call = self._call
        if call.over:
            return (self._end(sign),)
        return (Told(sign=sign, what="waits", text=f"for {call.state.wait}", place=self._place(call.state.step)),)

    def _end(self, sign: str) -> Told:
        return Told(sign=sign, what="over", text=expecting.ended(self._call), place=self._place(self._call.state.step))


_DO: dict[type[Line], Callable[[_Player, Any], None]] = {
    Hear: _Player._hear,
    Press: _Player._press,
    Wait: _Player._wait,
    HangUp: _Player._hang_up,
    AgentJoins: _Player._agent_joins,
    AgentSendsOn: _Player._agent_sends_on,
    AgentLeaves: _Player._agent_leaves,
    QueueEnds: _Player._queue_ends,
    Change: _Player._change,
    Expect: _Player._expect,
}


def _found(want: Hear, speech: Speech, begin: int) -> int | None:
    """Where in the speech that was heard ends; None if it is not in there."""
    if want.step not in (None, speech.step) or (want.language is not None and speech.languages != (want.language,)):
        return None
    if want.whole is not None:
        return len(speech.text) if expecting.plain(speech.text) == expecting.plain(want.whole) and not begin else None
    if want.text is None:
        return len(speech.text) if not begin else None
    text, part = expecting.plain(speech.text), expecting.plain(want.text)
    at = text.find(part, begin)
    return None if at < 0 else at + len(part)


def _caller(info: ContactInfo) -> str:
    caller = info.caller or "no number shown"
    return f"{caller} calls {info.number}" + (f" from phone {info.phone}" if info.phone else "")
