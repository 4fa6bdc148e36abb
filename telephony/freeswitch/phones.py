"""Which phones can be reached, from what the switch tells of registrations and of who answers OPTIONS. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.untrusted import is_phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A phone, whether it can be reached, and the switch's word for it.
News = tuple[str, bool, str]

_ANSWERS = "Reachable"


class Phones:
    """The registration of each phone, and whether it answers."""

    def __init__(self, expected: Iterable[str]) -> None:
        """`expected` are told of in any case, also if they are not registered."""
        self._expected = frozenset(expected)
        self._reachable: dict[str, bool] = {}
        self._heard: set[str] = set()  # of these an event told since the list: the list may be older

    def listed(self, registrations: Iterable[Mapping[str, str]]) -> list[News]:
        """Take a whole list of registrations: every phone is told of."""
        there = {user for row in registrations if is_phone(user := row.get("reg_user", ""))}
        self._heard = set()
        self._reachable = {phone: phone in there for phone in sorted(self._expected | there)}
        return [(phone, up, "registered" if up else "not registered") for phone, up in self._reachable.items()]

    def listed_again(self, registrations: Iterable[Mapping[str, str]]) -> list[News]:
        """Take another list a little later: what the first one was too early for. The switch writes it with a delay,
        and the event of a registration may have been before vcc's time.
        """
        there = {row.get("reg_user", "") for row in registrations}
        unheard = [
            phone for phone in self._reachable | dict.fromkeys(there & self._expected) if phone not in self._heard
        ]
        news = [
            self._now(phone, phone in there, "registered" if phone in there else "not registered") for phone in unheard
        ]
        return [one for one in news if one is not None]

    def changed(self, event: Mapping[str, str]) -> News | None:
        """Take an event of a registration: None if that is no news."""
        phone = event.get("from-user", "") or event.get("user", "")
        if not is_phone(phone):
            return None
        self._heard.add(phone)
        kind = event.get("Event-Subclass", "")
        if kind == "sofia::sip_user_state":
            status = event.get("Ping-Status", "")
            return self._now(phone, status == _ANSWERS, status.lower())
        if kind == "sofia::register":
            return self._now(phone, True, "registered")
        return self._now(phone, False, kind.removeprefix("sofia::"))

    def _now(self, phone: str, reachable: bool, detail: str) -> News | None:
        if self._reachable.get(phone) == reachable:
            return None
        self._reachable[phone] = reachable
        return phone, reachable, detail
