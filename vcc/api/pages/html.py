"""Templates with values put in, escaped unless they are HTML of ours."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any


class Html(str):
    """Text that is HTML already: made from templates, never from what somebody sent."""

    __slots__ = ()


def fill(name: str, /, **values: str) -> Html:
    """The template `name` with each `{{key}}` replaced: as it is where the value is `Html`, else escaped.

    Raises KeyError if the template wants a value that is not given.
    """

    def value(match: re.Match[str]) -> str:
        text = values[match[1]]
        return text if isinstance(text, Html) else html.escape(text)

    return Html(re.sub(r"{{(\w+)}}", value, template(name)))


def join(parts: list[Html]) -> Html:
    """Several pieces one after the other."""
    return Html("".join(parts))


def data(value: Any) -> Html:  # noqa: ANN401 - plain data of any kind
    """Plain data as JSON that can stand inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False)
    return Html(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


@cache
def template(name: str) -> str:
    """The text of a template."""
    return (files(__package__) / "templates" / name).read_text("utf-8")
