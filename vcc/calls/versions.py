"""Flow versions: a call keeps the version that it began with, over a reload and over a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.errors import VccError
from ivr_flows import Flow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcc.calls.ports import LiveStore
    from vcc.calls.session import ContactSession


_log = structlog.get_logger()


class FlowVersions:
    """The flows of the present configuration, and older ones that calls still run on."""

    def __init__(self, flows: Mapping[str, Flow], store: LiveStore) -> None:
        """Begin with what the configuration has."""
        self._flows = flows
        self._store = store
        self._kept: dict[str, Flow] = {}

    async def restore(self) -> None:
        """Take in the versions that calls were on when vcc went away."""
        for version, data in (await self._store.load("flow")).items():
            try:
                self._kept[version] = Flow.load(data)
            except (VccError, KeyError, TypeError, ValueError):
                _log.exception("a stored flow cannot be read: its calls end", version=version)
                self._store.delete("flow", version)

    def replace(self, flows: Mapping[str, Flow], in_use: frozenset[str]) -> None:
        """A reload: new calls get the new flows; versions that no call is on any more are forgotten."""
        self._flows = flows
        for version in [v for v in self._kept if v not in in_use]:
            del self._kept[version]
            self._store.delete("flow", version)

    def begin(self, key: str) -> Flow:
        """The flow that a new call gets; it is kept in the store while calls may be on it."""
        flow = self._flows[key]
        if flow.version not in self._kept:
            self._kept[flow.version] = flow
            self._store.put("flow", flow.version, flow.dump())
        return flow

    def of(self, session: ContactSession) -> Flow | None:
        """The version that the session is on; None if it was lost with the store."""
        state = session.flow_state
        return self._kept.get(state.version) if state else None
