"""The command line: a client of the control API, the check of a configuration, and the start of the program.

    main -> app.py -> commands/ (what one may type) -> remote.py, recordings.py, watching.py: ask the running vcc
                                                    -> local.py, phones.py, switch_check.py: need no running vcc

`connection.py` finds the address and the token, `client.py` asks, `tables.py` shows an answer as a table or as JSON.
Everything but this module is imported when it is needed, so that `vcc --help` is quick. Exit codes: 0 done, 1 something
is wrong (it is said what), 2 not understood, 3 vcc cannot be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. The script `vcc` and `python -m vcc.cli` come in here."""
    from vcc.cli.app import run

    return run(sys.argv[1:] if arguments is None else arguments)
