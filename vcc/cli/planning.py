"""Planning on the command line: reads the files that are named, and shows what `vcc.planning` makes of them."""

from __future__ import annotations

import asyncio
import csv
import gzip
import math
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.errors import ConfigurationError, StoreError
from reporting.measures import Target
from vcc.cli import planning_tables
from vcc.cli.errors import DONE, WRONG, CommandError, UsageError
from vcc.cli.tables import print_json
from vcc.cli.words import clean, time_of
from vcc.planning import bank, eventlog, scenario, staffing, world
from vcc.planning.day import Plan
from vcc.planning.forecast import forecast
from vcc.planning.replay import Replay, Variant
from vcc.planning.simulate import simulate as simulate_days
from vcc.planning.simulate import targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from core.facts import Fact
    from tenancy.model import Platform
    from vcc.planning.distributions import Column
    from vcc.planning.history import Past

#: What may be read of a scenario, and of a table beside it.
_MAX_BYTES = 100_000_000
_INTERVALS = (15, 30, 60)
_MAGIC = b"SQLite format 3\x00"
_HISTORY = "history.sqlite"
#: How long another process may hold an event log that is to be read.
_BUSY_S = 5.0


# --- simulate -------------------------------------------------------------------------------------------------


def simulate(file: Path, *, days: int, seed: int, processes: int | None, as_json: bool) -> int:
    """Simulate a scenario; 1 if it has mistakes."""
    try:
        text = _text(file)
        wanted, document = scenario.read(text, str(file))
        configured = _platform(file.parent / wanted.config) if wanted.config else None
        built = world.build(wanted, document, configured)
        columns = {column.key: _column(file.parent, column) for column in wanted.columns()}
    except ConfigurationError as error:
        return _mistakes(error, file)
    began = time.monotonic()
    with _progress("days", days) as done:
        found = simulate_days(
            Plan(scenario=wanted, world=built, columns=columns),
            days=days,
            seed=seed,
            processes=min(processes or os.cpu_count() or 1, days),
            done=done,
        )
    took = time.monotonic() - began
    if as_json:
        print_json({"scenario": wanted.name, "seed": seed, "seconds": took, **planning_tables.plain(asdict(found))})
    else:
        thresholds = {key: target.threshold_s for key, target in targets(built.platform).items()}
        planning_tables.show_simulation(wanted.name, found, built.queues, thresholds, took)
    return DONE


def _mistakes(error: ConfigurationError, file: Path) -> int:
    for problem in error.problems:
        sys.stdout.write(f"{clean(problem)}\n")
    count = len(error.problems)
    sys.stdout.write(f"{count} mistake{'s' if count > 1 else ''} in {file}: nothing was simulated.\n")
    return WRONG


def _platform(folder: Path) -> Platform:
    from vcc.lint import check_folder

    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}: name a configuration's folder.")
    return check_folder(folder).use().platform


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise CommandError(f"{file} is bigger than {_MAX_BYTES} bytes.")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None


def _column(folder: Path, column: Column) -> Sequence[float]:
    """The numbers in a column, of the rows that are wanted."""
    file = folder / column.file
    rows = csv.DictReader(_lines(file), delimiter="\t" if ".tsv" in file.suffixes else ",")
    named = {column.column, *column.where}
    if missing := named - set(rows.fieldnames or ()):
        raise CommandError(f"{file} has no column {', '.join(sorted(missing))}.")
    values = []
    for row in rows:
        if all(row[name] == str(value) for name, value in column.where.items()):
            try:
                value = float(row[column.column])
            except ValueError:
                raise CommandError(f"{file}, line {rows.line_num}: {column.column} is no number.") from None
            if not 0 <= value < math.inf:
                raise CommandError(f"{file}, line {rows.line_num}: {column.column} is not a length of time.")
            values.append(value)
    if not values:
        raise CommandError(f"{file} has no row that the scenario asks for.")
    return values


def _lines(file: Path) -> list[str]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as opened:
            text = opened.read(_MAX_BYTES + 1)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None
    if len(text) > _MAX_BYTES:
        raise CommandError(f"{file} is bigger than {_MAX_BYTES} characters.")
    return text.splitlines()


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, where one looks at it; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=shown,
        transient=True,
        disable=not shown.is_terminal,
    )
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


# --- logs -----------------------------------------------------------------------------------------------------


def read_log(log: Path, since: str | None = None, until: str | None = None, zone: str = "") -> Past:
    """The past that a file tells: the bank's log, or an event log. Raises CommandError."""
    file = log / _HISTORY if log.is_dir() else log
    if not file.is_file():
        raise CommandError(f"There is no log {file}.")
    now = time.time()
    try:
        first, last = (time_of(text, now) if text else None for text in (since, until))
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    with file.open("rb") as opened:
        is_database = opened.read(len(_MAGIC)) == _MAGIC
    if is_database:
        facts = asyncio.run(_facts(str(file.absolute()), first or 0.0, last or now))
        return eventlog.read(facts, ZoneInfo(zone) if zone else datetime.now().astimezone().tzinfo or UTC, last or now)
    try:
        past = bank.read(_lines(file))
    except (ValueError, KeyError, csv.Error) as error:
        raise CommandError(f"{file} is no log that vcc knows: {clean(error)}.") from None
    return _between(past, first, last)


def _between(past: Past, first: float | None, last: float | None) -> Past:
    days = tuple(
        day for day in past.days if (first is None or day.midnight >= first) and (last is None or day.midnight < last)
    )
    return replace(past, days=days)


async def _facts(file: str, since: float, until: float) -> list[Fact]:
    from sqlalchemy import URL

    from vcc.storage.database import open_database
    from vcc.storage.history_reads import HistoryReads

    url = URL.create("sqlite", database=f"file:{file}", query={"mode": "ro", "uri": "true"})
    database = open_database(url, _BUSY_S)
    try:
        return [fact async for fact in HistoryReads(database).scan(since, until, eventlog.NAMES)]
    except StoreError as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None
    finally:
        await database.close()


# --- replay ---------------------------------------------------------------------------------------------------


def replay(
    log: Path, config: Path | None, since: str | None, until: str | None, *, draws: int, seed: int, as_json: bool
) -> int:
    """Replay a log under a configuration or, for the bank's, under the bank's rule and others; 1 if it has mistakes."""
    try:
        platform = _platform(config) if config is not None else None
    except ConfigurationError as error:
        return _mistakes(error, config) if config is not None else WRONG
    past = read_log(log, since, until, platform.time_zone if platform else "")
    if not past.calls:
        raise CommandError(f"{log} has no calls to a queue in that time.")
    variants = _variants(past, platform)
    again = Replay(past, targets(platform) if platform else {}, seed)
    found = [again.as_it_was()]
    with _progress("days", draws * len(past.days) * len(variants)) as done:
        for number, variant in enumerate(variants):
            before = number * draws * len(past.days)
            found.append(again.under(variant, draws=draws, done=partial(_after, done, before)))
    if as_json:
        planning_tables.print_replay_json(past, found, seed)
    else:
        planning_tables.show_replay(past, found)
    return DONE


def _after(done: Callable[[int], None], before: int, days: int) -> None:
    done(before + days)


def _variants(past: Past, platform: Platform | None) -> Sequence[Variant]:
    if platform is None and past.inferred:
        return bank.variants(past)
    if platform is None:
        raise UsageError("say with --config under which configuration these days are to happen again")
    from vcc.calls.directory import Directory

    rules = Directory(platform).rules
    called = {call.queue for day in past.days for call in day.calls}
    if unknown := sorted(called - rules.queues.keys()):
        raise CommandError(
            f"The configuration has no queue {', '.join(map(clean, unknown[:5]))}, to which callers of the log came."
        )
    came = {turn.agent for day in past.days for turn in day.turns}
    if not came & rules.agents.keys():
        raise CommandError("The configuration has none of the agents who were there.")
    if unknown := sorted(came - rules.agents.keys()):
        text = f"{len(unknown)} of the agents who were there are not in the configuration, and do not come"
    else:
        text = "the configuration"
    return (Variant(name="configuration", text=text, rules=rules),)


# --- staff ----------------------------------------------------------------------------------------------------


def staff(
    log: Path,
    queues: Sequence[str],
    on: str | None,
    *,
    level: float,
    within_s: float,
    interval_min: int,
    days: int,
    seed: int,
    as_json: bool,
) -> int:
    """Forecast a day from a log, and say how many agents it needs."""
    if interval_min not in _INTERVALS:
        raise UsageError(f"--interval is one of {', '.join(map(str, _INTERVALS))}")
    past = read_log(log)
    known = {call.queue for day in past.days for call in day.calls}
    if unknown := sorted(set(queues) - known):
        raise UsageError(
            f"no caller of the log came to {', '.join(map(clean, unknown))}; there are {', '.join(sorted(known))}"
        )
    wanted = frozenset(queues) or None
    goal = staffing.Goal(level=level, target=Target(threshold_s=within_s))
    try:
        counted = staffing.arrivals(past, interval_min, wanted)
        if not counted:
            raise CommandError(f"{log} has no calls to a queue.")
        day = date.fromisoformat(on) if on else max(counted) + timedelta(days=1)
        expected = forecast(counted, day)
        habits = staffing.habits(past, wanted)
        formulas = {
            "erlang_c": staffing.by_erlang_c(expected.calls, interval_min, habits, goal),
            "erlang_a": staffing.by_erlang_a(expected.calls, interval_min, habits, goal),
        }
    except ValueError as error:
        raise CommandError(f"{error}.") from None
    floor = staffing.OnTheFloor(expected.calls, interval_min, habits, goal)
    with _progress("rounds", staffing.ROUNDS) as done:
        formulas["simulated"] = floor.need(formulas["erlang_a"].agents, days=days, seed=seed, done=done)
    checked: Mapping[str, Sequence[float | None]] = {
        name: need.levels if name == "simulated" else floor.levels(need.agents, days=days, seed=seed)
        for name, need in formulas.items()
    }
    planned = planning_tables.Planned(
        past=past,
        expected=expected,
        habits=habits,
        goal=goal,
        interval_min=interval_min,
        needs=formulas,
        checked=checked,
    )
    (planning_tables.print_staff_json if as_json else planning_tables.show_staff)(planned)
    return DONE
