"""Which trunks are there for calls that go out, from what the switch tells of contacts and registrations. Pure.

A trunk is there if its carrier answers OPTIONS and, where we register at it, the registration holds. A device that
is away was asked and did not answer, or was not asked yet, which after a start may be `qualify_s` later: the switch
does not say which, so it is to ask at once, and only who does not answer then is away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import outgoing_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PREFIX = outgoing_endpoint("")
#: Of a contact: whether it answers. Every trunk is asked; any other word is that of one that has not answered yet.
_ANSWERS = {"Reachable": True, "Unreachable": False}
#: Of a device: it has no contact that answers, or is none that the switch knows.
_AWAY = frozenset({"UNAVAILABLE", "INVALID"})
_REGISTERED = "Registered"

#: A trunk, whether it is there (None: not known yet), and the switch's word for it.
News = tuple[str, bool | None, str]


class Trunks:
    """What is known of each trunk."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._answers: dict[str, tuple[bool | None, str]] = {}
        self._registrations: dict[str, str] = {}
        self._told: dict[str, bool | None] = {}

    @staticmethod
    def among(devices: Iterable[Mapping[str, str]]) -> bool:
        """Whether there is any trunk in a DeviceStateList."""
        return any(device.get("Device", "").startswith(f"PJSIP/{_PREFIX}") for device in devices)

    def listed(self, devices: Iterable[Mapping[str, str]], registrations: Iterable[Mapping[str, str]]) -> list[News]:
        """Take whole lists of device states and registrations: told of every trunk. Those that are `unsure` after it
        are to be asked.
        """
        self._answers = {trunk: (None if state in _AWAY else True, state.lower()) for trunk, state in _states(devices)}
        self._registrations = _by_trunk(registrations)
        self._told = {}
        return self._news()

    def listed_again(self, devices: Iterable[Mapping[str, str]]) -> list[News]:
        """Take another list of devices a little later: a device's state follows its carrier's answer with a delay, and
        that answer may have been told before anybody listened. Then asking again brings no news.
        """
        for trunk, state in _states(devices):
            if state not in _AWAY and self._answers.get(trunk, (None, ""))[0] is None:
                self._answers[trunk] = (True, state.lower())
        return self._news()

    def unsure(self) -> list[str]:
        """The endpoints of those of which it is not known whether they answer."""
        return [outgoing_endpoint(trunk) for trunk, (answers, _) in self._answers.items() if answers is None]

    def asked(self, endpoints: Iterable[str]) -> list[News]:
        """These were asked, and what they had to say within the time-out has been told: the others are away."""
        for trunk in (endpoint.removeprefix(_PREFIX) for endpoint in endpoints):
            answers, detail = self._answers.get(trunk, (True, ""))
            if answers is None:
                self._answers[trunk] = (False, detail)
        return self._news()

    def changed(self, event: Mapping[str, str]) -> list[News]:
        """Take a ContactStatus event."""
        aor, status = event.get("AOR", ""), event.get("ContactStatus", "")
        if aor.startswith(_PREFIX):
            trunk = aor.removeprefix(_PREFIX)
            if status == "Removed":
                self._answers.pop(trunk, None)
            elif status in _ANSWERS or trunk not in self._answers:
                self._answers[trunk] = (_ANSWERS.get(status), status.lower())
        return self._news()

    def registered(self, registrations: Iterable[Mapping[str, str]]) -> list[News]:
        """Take a whole list of registrations."""
        self._registrations = _by_trunk(registrations)
        return self._news()

    def _news(self) -> list[News]:
        news: list[News] = []
        for trunk, (answers, detail) in self._answers.items():
            registration = self._registrations.get(trunk, _REGISTERED)
            holds = registration == _REGISTERED
            reachable = answers if holds else False
            if trunk not in self._told or self._told[trunk] != reachable:
                self._told[trunk] = reachable
                news.append((trunk, reachable, detail if holds or answers is False else registration.lower()))
        return news


def _states(devices: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The trunks in a DeviceStateList, and their states."""
    for device in devices:
        name = device.get("Device", "").removeprefix("PJSIP/")
        if name.startswith(_PREFIX):
            yield name.removeprefix(_PREFIX), device.get("State", "")


def _by_trunk(registrations: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The status of each; the list tells of their credentials too, by the same name."""
    return {
        name.removeprefix(_PREFIX): event.get("Status", "")
        for event in registrations
        if event.get("Event") == "OutboundRegistrationDetail"
        and (name := event.get("ObjectName", "")).startswith(_PREFIX)
    }
