"""What flows ask of their tenants' own systems: at most one question of a contact is under way.

    AskSystem --> floor.systems.ask --- answer ---> SystemAnswered
                                  +---- the contact is gone, or asks something else: given up, no answer
    of a caller who has hung up: told, and nobody waits for the answer

What comes back is handed to the flow, and kept nowhere here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from ivr_flows.protocol import SystemAnswered

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_flows.protocol import AskSystem
    from tenancy.model import System
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

_log = structlog.get_logger()


class Systems(Protocol):
    """Asks over the network."""

    def ask(
        self, tenant: str, system: System, most: int, question: AskSystem, done: Callable[[SystemAnswered], None]
    ) -> Callable[[], None]:
        """Ask; `most`: how many questions of the tenant may be under way, this one included. `done` is called in the
        event loop, once and later, unless what is given back was called before: that ends the question.
        """
        ...

    def tell(self, tenant: str, system: System, most: int, question: AskSystem) -> None:
        """Ask, and let nobody know what comes of it; so what it is about may be over."""
        ...


class Asking:
    """The questions of one floor that are under way."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._under_way: dict[str, tuple[str, Callable[[], None]]] = {}

    def ask(self, session: ContactSession, command: AskSystem) -> None:
        """Ask for the contact's flow; what it asked before is given up."""
        floor = self._floor
        after = session.flow_state is not None and session.flow_state.gone
        if not after:
            self.give_up(session)
        tenant = floor.directory.platform.tenants.get(session.tenant)
        system = tenant.systems.get(command.system) if tenant else None
        if tenant is None or system is None or floor.systems is None:
            _log.warning("nobody to ask", tenant=session.tenant, system=command.system)
            return None if after else floor.tell_flow(session, SystemAnswered(ask=command.ask, why="error"))
        if after:
            floor.systems.tell(session.tenant, system, tenant.quotas.asking, command)
            return None

        def done(answer: SystemAnswered) -> None:
            known = self._under_way.get(session.contact)
            if known is not None and known[0] == answer.ask:
                del self._under_way[session.contact]
                floor.tell_flow(session, answer)
                floor.settle()

        give_up = floor.systems.ask(session.tenant, system, tenant.quotas.asking, command, done)
        self._under_way[session.contact] = (command.ask, give_up)
        return None

    def give_up(self, session: ContactSession) -> None:
        """Nobody waits for the answer any more."""
        if (known := self._under_way.pop(session.contact, None)) is not None:
            known[1]()
