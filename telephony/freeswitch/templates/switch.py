"""switch.conf.xml: the switch itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.templates.document import child, configuration, params, written

if TYPE_CHECKING:
    from tenancy.model import FreeSwitchNode

#: The switch looks for `${…}` in everything that an application is given, and again in what it finds there: with
#: commands allowed in there, a caller named `${system …}` could have one carried out.
EXPANSION = ("api-expansion", "false")
#: More than a platform ever has; vcc's own limit is reached before.
_SESSIONS, _SESSIONS_PER_S = 20_000, 1_000


def text(node: FreeSwitchNode) -> str:
    """The file."""
    root, found = configuration("switch.conf", "the switch")
    first, last = node.rtp
    params(
        child(found, "settings"),
        [
            EXPANSION,
            ("loglevel", "warning"),
            ("colorize-console", "false"),
            ("max-sessions", str(_SESSIONS)),
            ("sessions-per-second", str(_SESSIONS_PER_S)),
            ("rtp-start-port", str(first)),
            ("rtp-end-port", str(last)),
            ("dump-cores", "false"),
        ],
    )
    return written(root)
