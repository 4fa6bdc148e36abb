"""JSON as text, both ways, by pydantic's Rust: four times as fast as the standard library, which helps where it fails.

Every text can be stored: halves of characters, which UTF-8 does not have, are written as escapes.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json


def encode(value: object) -> str:
    """The value as JSON. Raises TypeError or ValueError for what is not JSON; NaN and infinities become null."""
    try:
        return to_json(value, inf_nan_mode="null").decode()
    except PydanticSerializationError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)


def decode(text: str | bytes) -> Any:  # noqa: ANN401 - JSON of any kind
    """The value that stands in a text. Raises ValueError."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)
