"""Runs what was typed, and what an error becomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import CycloptsError

import vcc.cli.commands  # noqa: F401 - makes the commands known
from vcc.cli.base import app
from vcc.cli.errors import DONE, USAGE, CommandError

__all__ = ["app", "run"]


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        _say(f"{error} See 'vcc --help'.")
        return USAGE
    except CommandError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        return DONE
    except KeyboardInterrupt:
        return DONE
    return code if isinstance(code, int) else DONE


def _say(text: str) -> None:
    sys.stderr.write(f"vcc: {text}\n")
