"""The one way from files to what runs: read, load, compile, check."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.errors import ConfigurationError
from core.validate import in_order
from ivr_flows.compiler import read as read_flow
from tenancy.load import Loaded, read_all
from tenancy.names import qualify, queue_flow
from vcc.folder import read_folder
from vcc.lint import recordings
from vcc.lint.actions import ACTIONS
from vcc.lint.bundle import Bundle
from vcc.lint.checks import MISTAKES, SHORTAGES, WARNINGS
from vcc.lint.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from core.errors import Problem
    from ivr_flows.flow import Flow
    from tenancy.model import Platform
    from tenancy.tables import Table
    from vcc.folder import Folder


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What was found. `bundle` is there when there are no problems; warnings do not keep it away."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    bundle: Bundle | None = None

    def use(self) -> Bundle:
        """The bundle. Raises ConfigurationError with every problem if there is none."""
        if self.bundle is None:
            raise ConfigurationError(self.problems)
        return self.bundle


def check_folder(path: Path, *, now: float | None = None) -> Result:
    """Everything about the configuration in a folder. Reads the disk: call it outside of the event loop.

    `now` (POSIX seconds, the present if None) is for projects that have ended.
    """
    try:
        folder = read_folder(path)
    except ConfigurationError as error:
        return Result(problems=error.problems)
    with _uncollected():
        result = check_texts(folder.texts, folder.sounds, folder=folder, now=time.time() if now is None else now)
    if unplayable := tuple(recordings.check(folder.sounds)):
        return Result(problems=in_order([*result.problems, *unplayable]))
    return result


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is made of a configuration stays: to look through all of it for garbage again and again takes a quarter of
    the time. Nor is it looked through once at the end: it goes to what is old at once, where nothing is frozen already
    (a program that serves has done so).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on and gc.get_freeze_count() == 0:
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()


def check_texts(
    texts: Mapping[str, str], sounds: Collection[str] = (), *, folder: Folder | None = None, now: float
) -> Result:
    """Everything about a configuration given as texts by relative path, and the paths of its sound files.

    `folder` is where they came from; without it the bundle has no version and no sounds.
    """
    loaded = read_all(texts)
    flows, problems = _read_flows(loaded, texts)
    problems += loaded.problems
    warnings: list[Problem] = []
    if loaded.platform is not None:
        scope = _scope(loaded, loaded.platform, flows, frozenset(sounds), now)
        problems += [problem for check in MISTAKES for problem in check(scope)]
        if not problems:
            problems += [problem for check in SHORTAGES for problem in check(scope)]
        if not problems:
            warnings += [problem for check in WARNINGS for problem in check(scope)]
    if problems or loaded.platform is None:
        return Result(problems=in_order(problems))
    bundle = _bundle(loaded.platform, loaded.tables, flows, folder)
    bundle = replace(bundle, files=texts, sound_names=frozenset(sounds))
    return Result(problems=(), warnings=in_order(warnings), bundle=bundle)


def _read_flows(loaded: Loaded, texts: Mapping[str, str]) -> tuple[dict[tuple[str, str], Flow], list[Problem]]:
    """Each flow as far as it can be read, so that what it refers to is looked at, and all mistakes."""
    flows: dict[tuple[str, str], Flow] = {}
    problems: list[Problem] = []
    for (tenant, name), path in loaded.flows.items():
        languages = _languages(loaded.platform, tenant)
        flow, mistakes = _read_flow(texts[path], path, languages)
        problems += mistakes
        if flow is not None:
            flows[tenant, name] = flow
    return flows, problems


@lru_cache(maxsize=4_096)
def _read_flow(text: str, path: str, languages: tuple[str, ...]) -> tuple[Flow | None, tuple[Problem, ...]]:
    """A reload with one flow changed is a reload of one flow."""
    flow, problems = read_flow(text, path, languages=languages, actions=ACTIONS)
    return flow, tuple(problems)


def _languages(platform: Platform | None, tenant: str) -> tuple[str, ...]:
    """The languages in which a flow has to speak; none where they are not known."""
    if platform is None:
        return ()
    if not tenant:
        return platform.languages
    return platform.tenants[tenant].languages if tenant in platform.tenants else ()


def _scope(
    loaded: Loaded,
    platform: Platform,
    flows: Mapping[tuple[str, str], Flow],
    sounds: frozenset[str],
    now: float,
) -> Scope:
    return Scope(
        platform=platform,
        document=loaded.document,
        flows=flows,
        written_flows=frozenset(loaded.flows),
        sounds=sounds,
        tables=loaded.tables,
        unreadable=loaded.unreadable,
        today=datetime.fromtimestamp(now, ZoneInfo(platform.time_zone)).date(),
    )


def _into_queues(platform: Platform) -> Iterator[tuple[str, Flow]]:
    """For each queue with an extension, a flow that leads into it."""
    for tenant in platform.tenants.values():
        for name, queue in tenant.queues.items():
            if queue.extension is not None:
                path = f"tenants/{tenant.id}/queues.yaml"
                flow, _ = _read_flow(f"steps: [{{queue: {name}}}]\n", path, tenant.languages)
                assert flow is not None  # noqa: S101 - the text is ours
                yield queue_flow(tenant.id, name), flow


def _bundle(
    platform: Platform,
    tables: Mapping[tuple[str, str], Table],
    flows: Mapping[tuple[str, str], Flow],
    folder: Folder | None,
) -> Bundle:
    by_owner: dict[str, dict[str, Flow]] = {}
    for (tenant, name), flow in flows.items():
        by_owner.setdefault(tenant, {})[name] = flow
    joined = {qualify(tenant, name): flow.with_called(by_owner[tenant]) for (tenant, name), flow in flows.items()}
    return Bundle(
        platform=platform,
        tables=tables,
        flows=joined | dict(_into_queues(platform)),
        version=folder.version if folder else "",
        sounds=folder.sounds if folder else {},
        root=folder.root if folder else None,
    )
