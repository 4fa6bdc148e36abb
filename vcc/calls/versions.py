"""Flow versions: which one a new call gets, and that it keeps the one it began with, over a reload and over a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import VccError
from ivr_flows import Flow
from tenancy.names import qualify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcc.calls.ports import LiveStore
    from vcc.calls.publications import Publications
    from vcc.calls.session import ContactSession


_log = structlog.get_logger()


class FlowVersions:
    """The flows of the present configuration, those published beside it, and older ones that calls still run on."""

    def __init__(self, flows: Mapping[str, Flow], store: LiveStore, publications: Publications) -> None:
        """Begin with what the configuration has; `publications` say which of the published ones are in force."""
        self._flows = flows
        self._published: Mapping[tuple[str, int], Flow] = {}
        self._publications = publications
        self._store = store
        self._kept: dict[str, Flow] = {}
        #: flows joined to what is published of those that they call, by the versions of all of them
        self._joined: dict[tuple[str, ...], Flow] = {}

    async def restore(self) -> None:
        """Take in the versions that calls were on when vcc went away."""
        for version, data in (await self._store.load("flow")).items():
            try:
                self._kept[version] = Flow.load(data)
            except (VccError, KeyError, TypeError, ValueError):
                _log.exception("a stored flow cannot be read: its calls end", version=version)
                self._store.delete("flow", version)

    def publish(self, published: Mapping[tuple[str, int], Flow]) -> None:
        """The flows of publications, by flow and number; one that is not here is passed over, whatever its standing."""
        self._published = published
        self._joined.clear()

    def replace(self, flows: Mapping[str, Flow], in_use: frozenset[str]) -> None:
        """A reload: new calls get the new flows; versions that no call is on any more are forgotten."""
        self._flows = flows
        self._joined.clear()
        for version in [v for v in self._kept if v not in in_use]:
            del self._kept[version]
            self._store.delete("flow", version)

    def begin(self, key: str, contact: str, now: float) -> Flow:
        """The flow that a new call gets; it is kept in the store while calls may be on it."""
        flow = self._with_published(key, self._chosen(key, contact, now), contact, now)
        if flow.version not in self._kept:
            self._kept[flow.version] = flow
            self._store.put("flow", flow.version, flow.dump())
        return flow

    def _chosen(self, key: str, contact: str, now: float) -> Flow:
        for one in self._publications.in_force(key, now):
            if (flow := self._published.get((key, one.number))) is not None and one.takes(contact):
                return flow
        return self._flows[key]

    def _with_published(self, key: str, flow: Flow, contact: str, now: float) -> Flow:
        """The flow with what is published of the flows that it calls, where that is something: in force for this call,
        as it would be if the call came to them by their own numbers.
        """
        owner = key.rpartition("/")[0]
        chosen: dict[str, Flow] = {}
        waiting = [flow]
        while waiting:
            for name in waiting.pop().calls():
                called = qualify(owner, name) if owner else name
                if name not in chosen and called in self._flows:
                    chosen[name] = self._chosen(called, contact, now)
                    waiting.append(chosen[name])
        if all(one is self._flows[qualify(owner, name) if owner else name] for name, one in chosen.items()):
            return flow
        versions = (flow.version, *(one.version for _, one in sorted(chosen.items())))
        if versions not in self._joined:
            sounds = {file: sound for one in (*chosen.values(), flow) for file, sound in one.sounds.items()}
            alone = {name: one.alone() for name, one in chosen.items()}
            self._joined[versions] = flow.with_called(alone).with_sounds(sounds)
        return self._joined[versions]

    def of(self, session: ContactSession) -> Flow | None:
        """The version that the session is on; None if it was lost with the store."""
        state = session.flow_state
        return self._kept.get(state.version) if state else None
