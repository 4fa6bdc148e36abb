"""Which phones can be reached, from what the switch tells of their contacts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.untrusted import is_phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_REACHABLE = "Reachable"
#: Of a contact that has registered and has not answered an OPTIONS yet: it is asked at once.
_NOT_ASKED = frozenset({"NonQualified", "Created", "Updated"})
#: Of a device: it has no contact that answers, or is none that the switch knows.
_AWAY = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})
_UNNAMED = ""


class Phones:
    """The contacts of each phone, and whether one of them answers."""

    def __init__(self, expected: Iterable[str]) -> None:
        """`expected` are told of in any case, also if the switch does not know them."""
        self._expected = frozenset(expected)
        self._contacts: dict[str, dict[str, bool]] = {}
        self._heard: set[str] = set()  # of these an event told since the list: the list is older

    def listed(self, devices: Iterable[Mapping[str, str]]) -> dict[str, tuple[bool, str]]:
        """Take a whole DeviceStateList: phone -> whether it can be reached, and the switch's word for it."""
        self._contacts, self._heard = {}, set()
        told = dict.fromkeys(sorted(self._expected), (False, "not known to the switch"))
        for phone, state in _states(devices):
            self._contacts[phone] = {} if state in _AWAY else {_UNNAMED: True}
            told[phone] = (state not in _AWAY, state.lower())
        return told

    def listed_again(self, devices: Iterable[Mapping[str, str]]) -> dict[str, tuple[bool, str]]:
        """Take another list a little later: what the first one was too early for. A device's state follows its contact
        with a delay, and the event of the contact may have been before vcc's time.
        """
        told = {}
        for phone, state in _states(devices):
            before, after = any(self._contacts.get(phone, {}).values()), state not in _AWAY
            if phone not in self._heard and before != after:
                self._contacts[phone] = {_UNNAMED: True} if after else {}
                told[phone] = (after, state.lower())
        return told

    def changed(self, contact: Mapping[str, str]) -> tuple[str, bool, str] | None:
        """Take a ContactStatus event: the phone, whether it can be reached now, and why; None if that is no news."""
        phone, uri, status = contact.get("AOR", ""), contact.get("URI", ""), contact.get("ContactStatus", "")
        if not is_phone(phone):
            return None
        self._heard.add(phone)
        contacts = self._contacts.setdefault(phone, {})
        before = any(contacts.values())
        contacts.pop(_UNNAMED, None)
        if status == "Removed":
            contacts.pop(uri, None)
        elif status in _NOT_ASKED:  # a phone that moves is as it was, until it is known of its new contact
            contacts.setdefault(uri, before)
        else:
            contacts[uri] = status == _REACHABLE
        after = any(contacts.values())
        return (phone, after, status.lower()) if after != before else None


def _states(devices: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The phones in a DeviceStateList, and their states."""
    for device in devices:
        technology, _, phone = device.get("Device", "").partition("/")
        if technology == "PJSIP" and is_phone(phone):
            yield phone, device.get("State", "")
