"""What a controller was told of conversations and supervisors, so that after an outage it is told what ended
meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.port import LegJoined, LegLeft, LegsBridged, LegsParted, SpyBegan, SpyEnded, SwitchFact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from telephony.port import LegSnapshot


class Told:
    """The conversations and the watching as they were told last."""

    def __init__(self) -> None:
        """Nothing was told."""
        self._talks: list[list[str]] = []
        self._watches: dict[str, str] = {}

    def note(self, fact: SwitchFact) -> None:
        """A fact is told."""
        match fact:
            case LegsBridged(leg=leg, other=other):
                self._talks.append([leg, other])
            case LegJoined(leg=leg, others=others):
                self._talk_of(others[0]).append(leg)
            case LegLeft(leg=leg):
                self._talk_of(leg).remove(leg)
            case LegsParted(leg=leg):
                self._talks.remove(self._talk_of(leg))
            case SpyBegan(leg=leg, on=on):
                self._watches[leg] = on
            case SpyEnded(leg=leg):
                del self._watches[leg]

    def ended(self, legs: Iterable[LegSnapshot], node: str, at: float) -> Iterator[SwitchFact]:
        """What is not so any more, now that the switch is heard again; then what it says is what was told."""
        now = {snapshot.leg: snapshot for snapshot in legs}
        for talk in self._talks:
            while len(talk) > 1 and (gone := next((leg for leg in talk if not _together(leg, talk, now)), "")):
                others = tuple(leg for leg in talk if leg != gone)
                if len(others) > 1:
                    yield LegLeft(node=node, at=at, leg=gone, others=others)
                else:
                    yield LegsParted(node=node, at=at, leg=talk[0], other=talk[1])
                talk.remove(gone)
        for leg, on in self._watches.items():
            if leg not in now or now[leg].spies_on != on:
                yield SpyEnded(node=node, at=at, leg=leg, on=on)
        found = {
            frozenset({leg, *snapshot.bridged_with}): leg for leg, snapshot in now.items() if snapshot.bridged_with
        }
        self._talks = [[leg, *now[leg].bridged_with] for leg in found.values()]
        self._watches = {leg: snapshot.spies_on for leg, snapshot in now.items() if snapshot.spies_on}

    def _talk_of(self, leg: str) -> list[str]:
        return next(talk for talk in self._talks if leg in talk)


def _together(leg: str, talk: list[str], now: dict[str, LegSnapshot]) -> bool:
    """Whether the leg is still with one of those with whom it was."""
    return leg in now and not set(now[leg].bridged_with).isdisjoint(talk)
