"""What ends a command: one clear sentence and an exit code."""

from __future__ import annotations

from typing import ClassVar

DONE = 0
WRONG = 1
USAGE = 2
UNREACHABLE = 3


class CommandError(Exception):
    """The command cannot be done; the message says why and what to do."""

    exit_code: ClassVar[int] = WRONG


class UsageError(CommandError):
    """What was typed cannot be meant."""

    exit_code = USAGE


class UnreachableError(CommandError):
    """There is no vcc to ask."""

    exit_code = UNREACHABLE
