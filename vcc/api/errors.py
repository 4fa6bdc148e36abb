"""Every error that leaves the API: a status, a stable code, what is wrong, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import (
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    StoreError,
    VccError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

#: How many mistakes of one request are told.
MISTAKES_TOLD = 20


class Mistake(BaseModel):
    """One thing that is wrong: where it stands, what is wrong, what was expected."""

    model_config = ConfigDict(frozen=True)

    where: str = Field(description="the field, or file:line:column")
    message: str
    expected: str = ""


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="stable, for programs")
    message: str = Field(description="what is wrong")
    advice: str = Field(description="what to do about it")
    mistakes: tuple[Mistake, ...] = Field(default=(), description="each mistake of what was sent or configured")


class ApiError(Exception):
    """Ends a request with this status and body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        advice: str,
        mistakes: Sequence[Mistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`headers` are sent besides the body: `Retry-After`, `Allow`, `WWW-Authenticate`."""
        self.status = status
        self.headers = dict(headers or {})
        self.answer = ErrorAnswer(code=code, message=message, advice=advice, mistakes=tuple(mistakes))
        super().__init__(message)


def not_found(what: str) -> ApiError:
    """The thing does not exist, or the asker may not know that it does: both look the same."""
    return ApiError(404, "not_found", what, advice="Look the name up in the list of what you may see.")


def bad_request(message: str, advice: str, mistakes: Sequence[Mistake] = ()) -> ApiError:
    """What was sent cannot be understood."""
    return ApiError(400, "bad_request", message, advice=advice, mistakes=mistakes)


def unauthorized(message: str) -> ApiError:
    """Nobody is known to ask."""
    return ApiError(
        401,
        "unauthorized",
        message,
        advice="Send a token as 'Authorization: Bearer …', or log in to the pages.",
        headers={"WWW-Authenticate": 'Bearer realm="vcc"'},
    )


def too_many(message: str, retry_after_s: float) -> ApiError:
    """Not now; in `retry_after_s` seconds."""
    seconds = max(1, round(retry_after_s + 0.5))
    return ApiError(
        429,
        "too_many",
        message,
        advice=f"Try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )


def invalid(error: ValidationError, part: str) -> ApiError:
    """Turn what pydantic found in `part` (the body, the query) into an answer that names every mistake."""
    found = error.errors(include_url=False, include_input=False)
    mistakes = [_mistake(detail) for detail in found[:MISTAKES_TOLD]]
    first = mistakes[0]
    return bad_request(
        f"The {part} has {len(found)} mistake{'s' if len(found) > 1 else ''}; first at {first.where}: {first.message}",
        "Correct the fields named in 'mistakes'; /api/v1/openapi.json describes what is expected.",
        mistakes,
    )


#: What pydantic does not say by itself, by the kind of the mistake.
_EXPECTED = {"bool_parsing": "true or false", "bool_type": "true or false"}


def _mistake(detail: ErrorDetails) -> Mistake:
    where = ".".join(str(part)[:60] for part in detail["loc"]) or "(whole)"
    if detail["type"] == "extra_forbidden":
        return Mistake(where=where, message="there is no such field", expected="only described fields")
    context: dict[str, Any] = detail.get("ctx", {})
    expected = context.get("expected") or context.get("pattern") or _EXPECTED.get(detail["type"], "")
    return Mistake(where=where, message=detail["msg"].removeprefix("Value error, "), expected=str(expected))


def of_vcc(error: VccError) -> ApiError:
    """The answer to an error of vcc itself; what is not known here is a fault of ours and told as such."""
    said = f"{str(error).rstrip('.')}."
    if isinstance(error, NotFoundError):
        return not_found(said)
    if isinstance(error, ConflictError):
        return ApiError(409, error.code, said, advice="Look at the present state, then decide again.")
    if isinstance(error, ForbiddenError):
        return ApiError(403, error.code, said, advice="Ask somebody whose role allows it.")
    if isinstance(error, ConfigurationError):
        return _configuration(error)
    if isinstance(error, StoreError):
        message = "The store cannot be read or written at present."
        return ApiError(503, error.code, message, advice="Try again in a few seconds.", headers={"Retry-After": "5"})
    status = 503 if error.retryable else 500
    return ApiError(status, error.code, said, advice="Look into vcc's log for the cause.")


def _configuration(error: ConfigurationError) -> ApiError:
    count = len(error.problems)
    return ApiError(
        422,
        error.code,
        f"{'There is 1 mistake' if count == 1 else f'There are {count} mistakes'}; what is in force stays in force.",
        advice="Correct the places named in 'mistakes', check with 'vcc check', then try again.",
        mistakes=[
            Mistake(
                where=f"{problem.file}:{problem.line}:{problem.column}",
                message=problem.message,
                expected="; ".join(part for part in (problem.expected, problem.hint) if part),
            )
            for problem in error.problems[:1_000]
        ],
    )
