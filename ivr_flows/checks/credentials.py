"""Passwords, keys and tokens that were written into a flow: whoever may read the flow could use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ivr_flows.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow

#: What such things look like, wherever they stand.
_LOOKS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), "a token"),
    (re.compile(r"\b(?:Bearer|Basic) +[\w.~+/-]{8,}=*", re.IGNORECASE), "a token"),
    (re.compile(r"\b(?:sk|pk|rk)_(?:live|test)_\w{8,}|\bgh[pousr]_\w{16,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abpr]-[\w-]{8,}"),
     "a key"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@{}]+:[^\s/@{}]+@", re.IGNORECASE), "an address with a password"),
    (re.compile(r"[?&](?:token|key|api_?key|secret|password|pwd|sig|signature)=[^\s&{}]{6,}", re.IGNORECASE),
     "an address with a key"),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{32,}\b", re.IGNORECASE), "a key"),
    (re.compile(r"(?<![\w+/])(?=[\w+/-]*[0-9])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[A-Za-z0-9+/_-]{24,}={0,2}"), "a key"),
)  # fmt: skip
#: What one of these has in it: most texts have none of it, and are not looked at closely.
_MAY = re.compile(
    r"-----BEGIN|eyJ|bearer|basic|_live_|_test_|gh[pousr]_|AKIA|xox|://|[?&]|[\w+/-]{24}", re.IGNORECASE | re.ASCII
)
#: What stands under such a key is one, unless it is a variable.
_NAMED = re.compile(
    r"(?:.*[_-])?(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?-?key|access_?-?key|authorization|credentials?|pin)",
    re.IGNORECASE,
)
_LONG = 8


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Every text of the flow, and what stands under keys such as `password`."""
    del around
    for path, value in _texts(flow.document.data):
        if what := _looks_like(path, value):
            expected = "a variable such as {token}, or none: a flow is read by many"
            yield flow.document.problem(path, f"this looks like {what}", expected=expected)


def _looks_like(path: Path, value: str) -> str:
    if _MAY.search(value):
        for looks, what in _LOOKS:
            if looks.search(value):
                return what
    key = str(path[-1]) if path else ""
    is_word = "{" in value or " " in value or value in STEPS
    if _NAMED.fullmatch(key) and not is_word and (len(value) >= _LONG or any(sign.isdecimal() for sign in value)):
        return f"a secret, as '{key[:60]}'"
    return ""


def _texts(data: Any) -> Iterator[tuple[Path, str]]:  # noqa: ANN401 - plain data of any kind
    waiting: list[tuple[Path, Any]] = [((), data)]
    while waiting:
        path, data = waiting.pop()
        if isinstance(data, dict):
            waiting += [((*path, key), value) for key, value in data.items()]
        elif isinstance(data, list):
            waiting += [((*path, index), value) for index, value in enumerate(data)]
        elif isinstance(data, str | int) and not isinstance(data, bool):
            yield path, str(data)
