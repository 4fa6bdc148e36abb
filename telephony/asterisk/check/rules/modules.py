"""Modules: those that are needed and those that do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.templates.modules import HARMFUL, MODULES, WEBSOCKET_MODULES
from telephony.findings import error, warning
from telephony.values import socket_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.asterisk.check.expected import Expected
    from telephony.asterisk.check.seen import Seen
    from telephony.findings import Finding

#: Good to have in a search for a fault, and nothing more.
_SPARE = {"res_pjsip_logger", "res_pjsip_rfc3326", "format_sln"}


def missing(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Modules without which something of vcc's does not work."""
    if seen.console is None or not seen.console.modules:
        return
    needed = (*MODULES, *(WEBSOCKET_MODULES if expected.settings.websocket else ()))
    lacking = [name for name in needed if name not in _SPARE and not seen.console.modules.get(name)]
    if lacking:
        yield error(
            "module-missing",
            "modules of the switch",
            f"not loaded, or not running: {', '.join(lacking)}",
            why="the rendered dial plan and pjsip.conf use them",
            do=f"{expected.take_in('modules.conf')}; then restart Asterisk. If one "
            "is not installed, install the package that has it",
        )


def harmful(expected: Expected, seen: Seen) -> Iterator[Finding]:
    """Modules that must not be loaded beside vcc."""
    if seen.console is None:
        return
    for name, why in HARMFUL.items():
        if seen.console.modules.get(name):
            finding = error if name == "bridge_native_rtp" else warning
            yield finding(
                "module-harmful",
                f"{name}.so",
                "it is loaded",
                why=why,
                do=f"modules.conf: noload = {name}.so (the rendered one has it); then restart Asterisk",
            )
    ours = {socket_address(address, "sip")[1] for address in (expected.settings.sip, expected.settings.trunk_sip)}
    for address in seen.console.sip_addresses:
        if seen.console.modules.get("chan_sip") and int(address.rpartition(":")[2]) in ours:
            yield error(
                "chan-sip-port",
                f"chan_sip.so, {address}",
                "it listens at a port of the node's `sip` or `trunk_sip`",
                why="phones and carriers reach it instead of vcc's endpoints",
                do="sip.conf: another udpbindaddr and tcpbindaddr, or noload = chan_sip.so; then restart Asterisk",
            )
