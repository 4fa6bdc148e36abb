"""Which trunks are there for calls that go out, from what the switch tells of contacts and registrations. Pure.

A trunk is there if its carrier answers OPTIONS and, where we register at it, the registration holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import outgoing_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PREFIX = outgoing_endpoint("")
_ANSWERS = frozenset({"Reachable", "NonQualified", "Created", "Updated", "Unknown"})
#: Of a device: it has no contact that answers, or is none that the switch knows.
_AWAY = frozenset({"UNAVAILABLE", "INVALID"})
_REGISTERED = "Registered"

#: A trunk, whether it is there, and the switch's word for it.
News = tuple[str, bool, str]


class Trunks:
    """What is known of each trunk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._answers: dict[str, tuple[bool, str]] = {}
        self._registrations: dict[str, str] = {}
        self._told: dict[str, bool] = {}
        self._heard: set[str] = set()  # of these an event told since the list: the list is older

    @staticmethod
    def among(devices: Iterable[Mapping[str, str]]) -> bool:
        """Whether there is any trunk in a DeviceStateList."""
        return any(device.get("Device", "").startswith(f"PJSIP/{_PREFIX}") for device in devices)

    def listed(self, devices: Iterable[Mapping[str, str]], registrations: Iterable[Mapping[str, str]]) -> list[News]:
        """Take whole lists of device states and registrations: all that is true, told of every trunk."""
        self._answers = _states(devices)
        self._registrations = _by_trunk(registrations)
        self._told, self._heard = {}, set()
        return self._news()

    def listed_again(self, devices: Iterable[Mapping[str, str]]) -> list[News]:
        """Take another list of device states a little later: what the first one was too early for."""
        self._answers |= {trunk: state for trunk, state in _states(devices).items() if trunk not in self._heard}
        return self._news()

    def changed(self, event: Mapping[str, str]) -> list[News]:
        """Take a ContactStatus event."""
        aor, status = event.get("AOR", ""), event.get("ContactStatus", "")
        if aor.startswith(_PREFIX):
            trunk = aor.removeprefix(_PREFIX)
            self._heard.add(trunk)
            if status == "Removed":
                self._answers.pop(trunk, None)
            else:
                self._answers[trunk] = (status in _ANSWERS, status.lower())
        return self._news()

    def registered(self, registrations: Iterable[Mapping[str, str]]) -> list[News]:
        """Take a whole list of registrations."""
        self._registrations = _by_trunk(registrations)
        return self._news()

    def _news(self) -> list[News]:
        news = []
        for trunk, (answers, detail) in self._answers.items():
            registration = self._registrations.get(trunk, _REGISTERED)
            reachable = answers and registration == _REGISTERED
            if self._told.get(trunk) != reachable:
                self._told[trunk] = reachable
                news.append((trunk, reachable, registration.lower() if answers and not reachable else detail))
        return news


def _states(devices: Iterable[Mapping[str, str]]) -> dict[str, tuple[bool, str]]:
    """Whether each trunk's carrier answers, and the switch's word for it."""
    states = ((d.get("Device", "").removeprefix("PJSIP/"), d.get("State", "")) for d in devices)
    return {
        name.removeprefix(_PREFIX): (state not in _AWAY, state.lower())
        for name, state in states
        if name.startswith(_PREFIX)
    }


def _by_trunk(registrations: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The status of each; the list tells of their credentials too, by the same name."""
    return {
        name.removeprefix(_PREFIX): event.get("Status", "")
        for event in registrations
        if event.get("Event") == "OutboundRegistrationDetail"
        and (name := event.get("ObjectName", "")).startswith(_PREFIX)
    }
