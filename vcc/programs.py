"""Other programs, run for a while: none of them may hang us, and none is left behind."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from typing import TYPE_CHECKING

from core.errors import VccError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: So much of what a program said is told; the end says why it failed.
_TOLD = 200


class ProgramError(VccError):
    """A program could not be run, took too long, or failed."""

    code = "program"


async def run_program(argv: Sequence[str], *, timeout_s: float, stdin: bytes | None = None) -> None:
    """Run it to its end, `stdin` being what it reads. Raises ProgramError, with the end of what it said."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=DEVNULL if stdin is None else PIPE, stdout=PIPE, stderr=STDOUT
        )
    except OSError as error:
        raise ProgramError(f"cannot run {argv[0]}: {error.strerror}; is it installed?") from error
    try:
        async with asyncio.timeout(timeout_s):
            said, _ = await process.communicate(stdin)
    except TimeoutError as error:
        raise ProgramError(f"{argv[0]} took longer than {timeout_s:.0f} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise ProgramError(f"{argv[0]} failed: {said.decode(errors='replace').strip()[-_TOLD:]}")
