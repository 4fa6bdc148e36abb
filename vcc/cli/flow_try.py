"""`vcc flow try`: be the caller in the terminal."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcc.cli.errors import DONE, CommandError, UsageError
from vcc.cli.words import clean

if TYPE_CHECKING:
    from vcc.flows.trying import Trial

HELP = """\
123#          press these keys
+30s          so much time goes by: +500ms, +1m30s, +1h
(nothing)     time goes on until something is heard
agent         an agent who can serve the queue takes the call; again: hangs up
h, hang up    hang up; the end of the input does the same
?             this help
"""
_KEYS = re.compile(r"[0-9*#]{1,40}")
_WIDTH = 8


def call(
    number: str,
    config: Path,
    *,
    at: str | None,
    caller: str,
    phone: str | None,
    answers: Sequence[str],
    steps: bool,
) -> int:
    """Call the number, then do what is typed until the call is over."""
    from core.errors import ConfigurationError
    from vcc.lint import check_folder

    try:
        bundle = check_folder(config).use()
    except ConfigurationError as error:
        raise CommandError("\n".join(["These mistakes come first:", *map(clean, error.problems)])) from None
    with _silence():
        _converse(_begin(bundle, number, at=at, caller=caller, phone=phone, answers=answers, steps=steps))
    return DONE


@contextmanager
def _silence() -> Iterator[None]:
    """No log: all that matters is told."""
    import structlog

    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


def _converse(trial: Trial) -> None:
    from core.errors import ConflictError

    shown = 0
    while True:
        trial.listen()
        shown = _show(trial, shown)
        if trial.over:
            return
        try:
            if not _do(trial, _typed()):
                _out(HELP)
        except (ConflictError, ValueError) as error:
            _out(f"{clean(error)}\n")


def _begin(
    bundle: Any,  # noqa: ANN401 - imported when needed
    number: str,
    *,
    at: str | None,
    caller: str,
    phone: str | None,
    answers: Sequence[str],
    steps: bool,
) -> Trial:
    from ivr_flows.scripts import moments
    from tenancy import names
    from vcc.flows.finding import surroundings
    from vcc.flows.trying import Trial

    platform = bundle.platform
    if number[:1] in ("*", "#") and phone is None:
        phone = next(iter(platform.phones), None)
    if phone is not None and phone not in platform.phones:
        raise UsageError(f"There is no phone '{clean(phone)}'.")
    owner = next((tenant for known, tenant, _ in names.numbers(platform) if known == number), None)
    around = surroundings(bundle, owner.id if owner else "", "")
    now = datetime.now(UTC)
    try:
        begins = moments.moment(at, around.time_zone, after=now) if at else now.timestamp()
    except ValueError as error:
        raise UsageError(f"'{clean(at)}' is no time: write {error}.") from None
    _out(
        f"{moments.shown(begins, around.time_zone)}: {phone or caller or 'a caller without a number'} calls {number}.\n"
    )
    given = dict(map(_answer, answers))
    return Trial(
        bundle=bundle, number=number, at=begins, caller=caller, phone=phone or "", answers=given, around=around,
        steps=steps,
    )  # fmt: skip


def _answer(written: str) -> tuple[str, Any]:
    """`step=JSON`; what is no JSON is a word."""
    step, equals, value = written.partition("=")
    if not equals or not step:
        raise UsageError(f"'{clean(written)}' is no answer: write the step's id or what it asks, '=' and JSON.")
    try:
        return step, json.loads(value)
    except ValueError:
        if value[:1] in ("{", "[", '"'):
            raise UsageError(f"'{clean(value)}' is no JSON.") from None
        return step, value


def _typed() -> str:
    """One line; the end of the input hangs up."""
    _out("> ")
    line = sys.stdin.readline()
    typed = line.strip() if line else "h"
    if not sys.stdin.isatty():
        _out(f"{clean(typed)}\n")
    return typed


def _do(trial: Trial, typed: str) -> bool:
    """Do what was typed; whether it was understood."""
    from ivr_flows.fields import duration

    known: dict[str, Callable[[], object]] = {
        "": trial.until_something,
        "h": trial.hang_up,
        "hang up": trial.hang_up,
        "agent": lambda: _agent(trial),
    }
    if typed in known:
        known[typed]()
    elif typed.startswith("+"):
        try:
            trial.pass_time(duration(typed[1:]))
        except ValueError:
            return False
    elif _KEYS.fullmatch(typed):
        trial.press(typed)
    else:
        return False
    return True


def _agent(trial: Trial) -> None:
    if trial.talks:
        trial.agent_hangs_up()
    else:
        trial.agent_answers()


def _show(trial: Trial, shown: int) -> int:
    """Print what is new; how much there is now."""
    for told in trial.told[shown:]:
        at = datetime.fromtimestamp(told.at, trial.zone)
        _out(f"{at:%H:%M:%S}  {told.what:<{_WIDTH}} {clean(told.text)}".rstrip() + "\n")
    return len(trial.told)


def _out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
