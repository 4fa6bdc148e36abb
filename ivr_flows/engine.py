"""Runs a flow for a contact: pure, deterministic, one event at a time.

    start(flow, ...)                -> first steps until one waits
    advance(flow, state, event ...) -> the waiting step meets the event; steps follow until one waits, or the end

A step says where to go next; the engine goes there, counts, and sees to the limits: reaching one, or a step that
failed, leads to the flow's `on_error` (an apology where it has none), and from there to the end, never to silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import FlowStarted, StepEntered
from ivr_flows.fields import KEYS
from ivr_flows.protocol import CallerGone, Finished, FlowState, KeyPressed, TimedOut
from ivr_flows.run import Limits, Run
from ivr_flows.steps import BUILT_IN
from ivr_flows.steps.base import END, WAIT
from ivr_flows.steps.call import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_flows.flow import Flow
    from ivr_flows.protocol import Command, ContactInfo, Environment, Event
    from ivr_flows.steps.base import Next

_DEFAULT_LIMITS = Limits()
#: Steps that the way out after an error may still take.
_STEPS_AFTER_ERROR = 100
#: A timer may ring this much too early (seconds): clocks differ in their last digits.
_EARLY = 0.005

Outcome = tuple[FlowState, list["Command"]]


def start(flow: Flow, info: ContactInfo, env: Environment, now: float, limits: Limits = _DEFAULT_LIMITS) -> Outcome:
    """Let a contact enter the flow: its state at the first wait, and the commands until then."""
    languages = flow.languages([info.language])
    state = FlowState(
        flow=flow.name,
        version=flow.version,
        language=info.language if info.language in languages else languages[0],
    )
    run = Run(root=flow, state=state, info=info, env=env, now=now, limits=limits)
    run.record(FlowStarted, flow=flow.name, version=flow.version)
    _walk(run, flow.first)
    return state, run.commands


def advance(  # noqa: PLR0917 - the world as it is, in one order everywhere
    flow: Flow,
    state: FlowState,
    event: Event,
    info: ContactInfo,
    env: Environment,
    now: float,
    *,
    limits: Limits = _DEFAULT_LIMITS,
) -> Outcome:
    """Let the contact meet an event: the same state, changed, and the commands that follow; none for an event that
    means nothing now. Raises ValueError if the state is of another flow or version.
    """
    if (state.flow, state.version) != (flow.name, flow.version):
        raise ValueError(f"state of {state.flow} {state.version} in flow {flow.name} {flow.version}")
    if state.finished or _is_nothing(state, event, now):
        return state, []
    run = Run(root=flow, state=state, info=info, env=env, now=now, limits=limits)
    if isinstance(event, CallerGone):
        _after_hang_up(run)
    else:
        _walk(run, _act(run, lambda: run.node.step.meet(run, event)))
    return state, run.commands


def _after_hang_up(run: Run) -> None:
    """Do what stands in `on_hangup`; it waits for nothing, and nobody is there to be told of an error."""
    run.state.gone = True
    _leave_step(run.state)
    while True:
        if run.flow.first_on_hangup:
            _walk(run, run.flow.first_on_hangup)
        if not run.state.frames:
            break
        run.leave_called()
    run.state.finished = True
    _leave_step(run.state)
    run.forget_typed()
    run.state.private.clear()


def _is_nothing(state: FlowState, event: Event, now: float) -> bool:
    """A timer of a wait that is over, a key that no telephone's keypad has, a terminator that comes late."""
    if isinstance(event, TimedOut):
        return state.deadline is None or now < state.deadline - _EARLY
    if not isinstance(event, KeyPressed):
        return False
    if len(event.key) != 1 or event.key not in KEYS:
        return True
    is_late = event.key == state.late_key and now <= state.late_until
    state.late_key = ""
    return is_late


def _walk(run: Run, target: Next) -> None:
    """Go from step to step until one waits or the flow is over."""
    walked = 0
    while target is not WAIT:
        if run.failed:
            walked = 0
            target = END if run.lost or run.state.gone else _on_error(run)
            run.failed = False
        if run.state.finished:
            break
        if target == END and run.state.gone:
            break
        if target == END and run.state.frames and not run.state.error:
            target = _come_back(run)
            continue
        if target == END:
            run.finish(Finished(error=run.state.error))
            break
        walked += 1
        if _may_go_on(run, walked):
            target = _enter(run, target)
    if run.state.finished:
        _leave_step(run.state)
        run.forget_typed()
        run.state.private.clear()


def _come_back(run: Run) -> Next:
    """A called flow is over: the one that called it goes on."""
    results = run.leave_called()
    step = run.node.step
    return step.come_back(run, results) if isinstance(step, Call) else run.node.next


def _on_error(run: Run) -> str:
    """Where an error leads: the `on_error` of the flow in which it came, else of that which called it, and so on."""
    while run.state.frames and not run.flow.has_on_error:
        run.leave_called()
    return run.flow.first_on_error


def _may_go_on(run: Run, walked: int) -> bool:
    """Whether one step more is within the limits; if not, that is an error."""
    state = run.state
    most = min(run.limits.steps, run.root.settings.limits.steps)
    if walked > run.limits.steps_without_wait:
        run.fail(f"more than {run.limits.steps_without_wait} steps without a wait, after step {state.step}")
    elif state.steps_taken >= most + (_STEPS_AFTER_ERROR if state.error else 0):
        run.fail(f"more than {most} steps, after step {state.step}")
    return not run.failed


def _enter(run: Run, step: str) -> Next:
    state = run.state
    node = run.flow.nodes[step]
    state.steps_taken += 1
    state.step = node.id
    _leave_step(state)
    run.record(StepEntered, step=node.id, kind=node.kind)
    return _act(run, lambda: node.step.enter(run))


def _act(run: Run, act: Callable[[], Next]) -> Next:
    """What a step does. One that is not vcc's own is not trusted: whatever it does wrong leads to `on_error`."""
    kind = run.node.kind
    if kind in BUILT_IN:
        return act()
    try:
        target = act()
    except Exception as error:  # noqa: BLE001 - code that is not ours; its words may be personal
        run.fail(f"the step '{kind}' broke: {type(error).__name__}")
        return END
    if target is WAIT and run.state.deadline is None:
        run.fail(f"the step '{kind}' waits without a time-out")
        return END
    if target is not WAIT and target != END and target not in run.flow.nodes:
        run.fail(f"the step '{kind}' leads nowhere")
        return END
    return target


def _leave_step(state: FlowState) -> None:
    state.memory = {}
    state.wait = ""
    state.deadline = None
