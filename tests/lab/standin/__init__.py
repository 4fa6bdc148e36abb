"""A platform in memory behind the control API: two tenants, their agents, calls that the test makes go through.

`configuration.py` says who there is, `world.py` what happens, `platform.py` fulfils `vcc.calls.control.Control`,
`log.py` is an event log.

It keeps the promises of `vcc.calls.control.Control` (what does not exist is NotFoundError, what cannot be now is
ConflictError, every change is a fact first) without a switch, a flow or a router: the test says what happens next.

    platform = StandIn()
    platform.sign_in("lin", "p101")
    call = platform.arrive("98668", caller="13812345678")
    platform.queue(call, "press/orders")
    platform.talk(call, "lin")
    platform.end(call)
"""

from tests.lab.standin.configuration import NOON, configuration, password, secrets, token
from tests.lab.standin.log import MemoryLog
from tests.lab.standin.platform import StandIn

__all__ = ["NOON", "MemoryLog", "StandIn", "configuration", "password", "secrets", "token"]
