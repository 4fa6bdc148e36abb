"""Moving agents between queues at once: `vcc assign`, `vcc skill`."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from vcc.cli.client import Client, path_of
from vcc.cli.connection import Which, connection
from vcc.cli.errors import UsageError
from vcc.cli.tables import AGENT_QUEUES, AGENT_SKILLS, print_json, print_table
from vcc.cli.words import clean, length_of

_TURNS = {"on": True, "off": False, "back": None}


def queue(which: Which, name: str, queue: str, turn: str | None, *, until: str, reason: str) -> None:
    """Put an agent on a queue or take the agent off it, then show what it takes; without a queue show only."""
    if bool(queue) != (turn is not None) or (turn in (None, "back") and until):
        message = "Say the queue and on, off or back; --until goes with on and off. The agent alone: what it takes now."
        raise UsageError(message)
    body = {"queue": queue, "on": _TURNS[turn]} if turn is not None else None
    _change(which, name, "queues", body, until=until, reason=reason)


def skill(which: Which, name: str, skill: str, level: str, *, until: str, reason: str) -> None:
    """Say how well an agent has a skill, then show what it takes."""
    if level != "back" and not (level.isascii() and level.isdecimal() and len(level) <= len("10")):
        raise UsageError(f"'{clean(level)}' is no level; write 0 (not at all) to 10, or back.")
    if level == "back" and until:
        raise UsageError("--until goes with a level.")
    body = {"skill": skill, "level": None if level == "back" else int(level)}
    _change(which, name, "skills", body, until=until, reason=reason)


def _change(which: Which, name: str, what: str, body: dict[str, Any] | None, *, until: str, reason: str) -> None:
    client, now = Client(connection(which)), time.time()
    if body is not None:
        body |= {"reason": reason} if reason else {}
        client.post(path_of("agents", name, what), body | _end(until, now))
    answer = client.get(path_of("assignments", name))
    if which.json:
        print_json(answer)
        return
    print_table(AGENT_QUEUES, answer["queues"], now, nothing="There are no queues of the tenants that it works for.")
    if answer["skills"]:
        print_table(AGENT_SKILLS, answer["skills"], now, nothing="")


def _end(text: str, now: float) -> dict[str, Any]:
    """What was typed as --until, in the API's words. Raises UsageError."""
    if not text:
        return {}
    if text == "shift":
        return {"shift": True}
    if (seconds := length_of(text)) is not None:
        return {"until": now + seconds}
    here = datetime.fromtimestamp(now).astimezone()
    try:
        if len(text) == len("18:00"):
            hour, minute = (int(part) for part in text.split(":"))
            at = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return {"until": (at if at > here else at + timedelta(days=1)).timestamp()}
        return {"until": datetime.fromisoformat(text).astimezone().timestamp()}
    except (ValueError, OverflowError, OSError):
        message = f"'{clean(text)}' is no time; write 18:00, 2026-07-01T18:00, 2h or 30m (from now), or shift."
        raise UsageError(message) from None
