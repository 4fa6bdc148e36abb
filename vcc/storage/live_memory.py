"""Live state in memory: for unit tests only, gone with the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcc.storage import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping


class MemoryLiveStore:
    """Keeps what is put as JSON text, so that a value comes back as from any other store: a copy, of JSON types."""

    def __init__(self) -> None:
        """Begin empty."""
        self._kinds: dict[str, dict[str, str]] = {}

    @property
    def healthy(self) -> bool:
        """Always true."""
        return True

    async def start(self) -> None:
        """Nothing has to be opened."""

    def put(self, kind: str, key: str, data: Mapping[str, Any]) -> None:
        """Keep `data` in place of what was there. Raises TypeError for what is not JSON."""
        self._kinds.setdefault(kind, {})[key] = json_text.encode(data)

    def delete(self, kind: str, key: str) -> None:
        """Forget it; no error if it is not there."""
        self._kinds.get(kind, {}).pop(key, None)

    async def flush(self) -> None:
        """Nothing is ever pending."""

    async def load(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind, by key."""
        return {key: json_text.decode(text) for key, text in self._kinds.get(kind, {}).items()}

    async def close(self) -> None:
        """Nothing has to be closed."""
