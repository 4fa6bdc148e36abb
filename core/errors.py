"""The error tree. Each error has a stable `code`, tells what to do, and knows whether a retry can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class VccError(Exception):
    """Root of every error that vcc raises on purpose.

    `code` is stable and may be matched by programs; `retryable` says whether the same call may succeed later.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One mistake in something a person wrote: where it is, what is wrong, what was expected."""

    file: str
    line: int
    column: int
    message: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """`file:line:column: message; expected …; did you mean …?` on one line."""
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.hint:
            text += f"; {self.hint}"
        return text


class ConfigurationError(VccError):
    """The configuration has mistakes; `problems` lists all of them, in file order."""

    code = "configuration"

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take every mistake found, at least one."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class SwitchError(VccError):
    """A switch refused a command or could not be asked."""

    code = "switch"


class SwitchUnavailableError(SwitchError):
    """The wire to the switch is down. `maybe_done` tells whether the command may have been carried out."""

    code = "switch_unavailable"
    retryable = True

    def __init__(self, message: str, *, maybe_done: bool = False) -> None:
        """Say what was being done, and whether it may have taken effect."""
        self.maybe_done = maybe_done
        super().__init__(message)


class SwitchTimeoutError(SwitchError):
    """The switch did not answer a command in time; it may have been carried out."""

    code = "switch_timeout"
    retryable = True


class StoreError(VccError):
    """A store could not be read or written."""

    code = "store"
    retryable = True


class AddressError(VccError):
    """An address cannot be listened on: somebody else has it, or it is not this machine's."""

    code = "address"
    retryable = True


class NotFoundError(VccError):
    """The named thing does not exist, or the asker may not know that it does."""

    code = "not_found"


class ForbiddenError(VccError):
    """The asker's role does not allow this."""

    code = "forbidden"


class ConflictError(VccError):
    """The thing is not in a state in which this can be done."""

    code = "conflict"
