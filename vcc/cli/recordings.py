"""The commands about recordings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from vcc.cli.client import Client, path_of
from vcc.cli.connection import Which, connection
from vcc.cli.remote import times_in
from vcc.cli.tables import PLAYS, RECORDINGS, SURVEYS, console, print_json, print_table
from vcc.cli.words import clean

#: Calls that the API looks through at once.
_PAGE = 500


def show_recordings(which: Which, limit: int, **wanted: str | None) -> None:
    """List recordings, of as many calls as it takes."""
    client, now = Client(connection(which)), time.time()
    times_in(wanted, now)
    found: list[Any] = []
    answer: dict[str, Any] = {"next": None}
    while len(found) < limit:
        wanted["before"] = answer["next"] or wanted.get("before")
        answer = client.get("/recordings", limit=_PAGE, **wanted)
        found += answer["recordings"]
        if answer["next"] is None:
            break
    if which.json:
        print_json({"recordings": found, "next": answer["next"]})
        return
    nothing = "No messages fit." if "messages" in wanted else "No recordings fit."
    print_table(RECORDINGS, found, now, nothing=nothing)
    if answer["next"] is not None:
        console().print(f"There may be more: add --before {clean(answer['next'])}, or ask for more with --limit.")


def show_surveys(which: Which, **wanted: str | None) -> None:
    """What callers answered to surveys."""
    now = time.time()
    times_in(wanted, now)
    answer = Client(connection(which)).get("/surveys", **wanted)
    if which.json:
        print_json(answer)
    else:
        print_table(SURVEYS, answer["surveys"], now, nothing="Nobody has answered.")


def show_recording(which: Which, name: str, into: Path | None) -> None:
    """Show one recording, or save its sound."""
    client, path = Client(connection(which)), path_of("recordings", name)
    if into is None:
        answer = client.get(path)
        if which.json:
            print_json(answer)
        else:
            print_table(RECORDINGS, [answer], time.time(), nothing="")
            print_table(PLAYS, answer["plays"], time.time(), nothing="Nobody has heard it.")
        return
    size = client.save(f"{path}/audio?download=true", into)
    if which.json:
        print_json({"file": str(into), "size": size})
    else:
        console().print(f"{into}: {size} bytes.")
