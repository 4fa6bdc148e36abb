"""`vcc watch`: facts as they happen, over lost connections, saying so where some may be missing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from vcc.cli.client import Client
from vcc.cli.connection import Which, connection
from vcc.cli.errors import CommandError, UnreachableError
from vcc.cli.tables import fact_details
from vcc.cli.words import clean, moment

_AGAIN_S = (0.5, 1.0, 2.0, 5.0)


def watch(which: Which, path: str, count: int | None) -> None:
    """Print facts until Ctrl-C, or until `count` of them have come.

    Raises UnreachableError if vcc cannot be reached at first; later it is waited for.
    """
    client = Client(connection(which))
    last_id: str | None = None
    show = _show_json if which.json else _show
    seen = failures = 0
    while True:
        try:
            for event, event_id, data in client.events(path, last_id):
                last_id, failures = event_id or last_id, 0
                seen += _take(event, data, show)
                if count is not None and seen >= count:
                    return
        except UnreachableError:
            if last_id is None:
                raise
        _note("The connection is lost; connecting again." if failures == 0 else "")
        time.sleep(_AGAIN_S[min(failures, len(_AGAIN_S) - 1)])
        failures += 1


def _take(event: str, data: Any, show: Callable[[Any], None]) -> bool:  # noqa: ANN401 - JSON
    """Show an event; whether it was a fact. Raises CommandError where there will be no more."""
    if event == "fact":
        show(data)
        return True
    if event == "gap":
        _note(f"Facts may be missing here ({clean(data['why'])}).")
    elif event == "end" and data["why"] == "no_access":
        raise CommandError("The token is no longer valid: give another one with --token.")
    return False


def _show(fact: dict[str, Any]) -> None:
    now = time.time()
    sys.stdout.write(
        f"{moment(fact['at'], now)}  {clean(fact['tenant']) or '-':<12} {fact['fact']:<20} "
        f"{fact_details(fact, ('contact',))}\n"
    )
    sys.stdout.flush()


def _show_json(fact: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fact, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _note(text: str) -> None:
    if text:
        sys.stderr.write(f"{text}\n")
