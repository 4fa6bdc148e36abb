"""What one may type: every command with its options. Importing this package makes them known to `vcc.cli.base.app`.

Functions here say what is typed and hand it on; what is done is in `vcc.cli.remote`, `publishing`, `recordings` and
`watching`, which ask the running vcc, and in `local`, `phones`, `planning`, `flow_tests` (and its like) and
`switch_check`, which need none: imported when a command is run.
"""

from __future__ import annotations

from vcc.cli.commands import (
    agents,
    callbacks,
    calls,
    conversations,
    flows,
    here,
    pbx,
    phones,
    planning,
    platform,
    publishing,
    recordings,
    shifts,
)

__all__ = [
    "agents",
    "callbacks",
    "calls",
    "conversations",
    "flows",
    "here",
    "pbx",
    "phones",
    "planning",
    "platform",
    "publishing",
    "recordings",
    "shifts",
]
