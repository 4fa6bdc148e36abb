"""What one may type: every command with its options. Importing this package makes them known to `vcc.cli.base.app`.

Functions here say what is typed and hand it on; what is done is in `vcc.cli.remote`, `recordings` and `watching`, which
ask the running vcc, and in `local`, `phones` and `switch_check`, which need none: imported when a command is run.
"""

from __future__ import annotations

from vcc.cli.commands import agents, calls, conversations, here, pbx, phones, platform, recordings

__all__ = ["agents", "calls", "conversations", "here", "pbx", "phones", "platform", "recordings"]
