"""Makes guessing PINs hopeless: wrong ones are answered later and later, then not looked at for a while. Pure.

Two counts: an agent's wrong PINs in a row, whatever phones they came from, and a phone's wrong entries within the time
of a lock, for whatever agents. A right PIN clears the agent's count; a phone's is cleared by time alone, for whoever
tries many agents' PINs may have one that is right.

    1st wrong: answered at once, 2nd: after 0.5 s, 3rd: 1 s, … at most 4 s; at the limit: locked
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenancy.model import Limits

_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 4.0
#: No agent is called so: a platform-wide name has no colon.
_PHONE = "phone:"


@dataclass(kw_only=True, slots=True)
class _Count:
    """Wrong entries, the last at `last`; times POSIX seconds."""

    wrong: int = 0
    last: float = 0.0
    locked_until: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What follows from a wrong entry: answer after `delay_s`; `locked`: who is locked now, an agent or `phone:…`."""

    delay_s: float
    locked: tuple[str, ...]


class Guessing:
    """The counts of all agents and phones. The host stores what `dump` gives for each key of `changed`."""

    def __init__(self) -> None:
        """Nobody has guessed."""
        self._counts: dict[str, _Count] = {}

    def restore(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back what was known before a crash: it opens no lock."""
        for key, data in stored.items():
            self._counts[key] = _Count(
                wrong=int(data["wrong"]), last=float(data.get("last", 0.0)), locked_until=float(data["locked_until"])
            )

    def locked(self, agent: str, phone: str, now: float) -> bool:
        """Whether nothing is compared now, for the agent's sake or the phone's."""
        counts = (self._counts.get(key) for key in (agent, _PHONE + phone))
        return any(count is not None and count.locked_until > now for count in counts)

    def wrong(self, agent: str, phone: str, now: float, limits: Limits) -> Judged:
        """A wrong PIN for an agent, or (with no agent) a number that nobody has, was entered on a phone."""
        bounds = [(_PHONE + phone, limits.pin_phone_attempts)]
        bounds += [(agent, limits.pin_attempts)] if agent else []
        most, locked = 0, []
        for key, bound in bounds:
            count = self._counts.setdefault(key, _Count())
            if key.startswith(_PHONE) and now - count.last > limits.pin_lock_s:
                count.wrong = 0
            count.wrong, count.last = count.wrong + 1, now
            most = max(most, count.wrong)
            if count.wrong >= bound:
                count.wrong, count.locked_until = 0, now + limits.pin_lock_s
                locked.append(key)
        delay = 0.0 if most < 2 else min(_FIRST_DELAY_S * 2.0 ** min(most - 2, 8), _LONGEST_DELAY_S)  # noqa: PLR2004
        return Judged(delay_s=delay, locked=tuple(locked))

    def right(self, agent: str) -> bool:
        """The agent's PIN was right; whether something is forgotten by that."""
        return self._counts.pop(agent, None) is not None

    def dump(self, agent: str, phone: str) -> dict[str, dict[str, Any]]:
        """What is to be stored of an agent and a phone, by key."""
        return {key: asdict(count) for key in (agent, _PHONE + phone) if (count := self._counts.get(key)) is not None}
