"""XML as FreeSWITCH reads it: what stands in an attribute arrives there as it is.

FreeSWITCH looks at its files line by line before it reads them as XML: it replaces `$${…}` and takes a line that
mentions X-PRE-PROCESS for an instruction to itself. In what we write neither is possible but where we mean it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Element", "SubElement", "action", "child", "condition", "configuration", "params", "written"]

_INSTRUCTION = re.compile(r"(?<!<)(x)-(pre-process)", re.IGNORECASE)


def child(parent: Element, tag: str, /, **attributes: str) -> Element:
    """Add an element; a `_` at the end of an attribute's name is for the words that Python has for itself."""
    return SubElement(parent, tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})


def params(parent: Element, values: Iterable[tuple[str, str]], *, tag: str = "param") -> None:
    """Add `<param name= value=/>` for each."""
    for name, value in values:
        child(parent, tag, name=name, value=value)


def condition(parent: Element, field: str, expression: str, *, stops: bool = True) -> Element:
    """Add a condition; `stops`: where it does not hold, the extension is not the one."""
    found = child(parent, "condition", field=field, expression=expression)
    if not stops:
        found.set("break", "never")
    return found


def action(parent: Element, application: str, data: str = "") -> None:
    """Add an application of the dial plan."""
    attributes = {"application": application} | ({"data": data} if data else {})
    SubElement(parent, "action", attributes)


def configuration(name: str, description: str) -> tuple[Element, Element]:
    """A file for the section `configuration`: the file's root and what it configures."""
    root = Element("include")
    return root, child(root, "configuration", name=name, description=description)


def written(root: Element) -> str:
    """The file's text."""
    indent(root)
    raw = tostring(root, encoding="unicode").replace("$${", "&#36;${")
    return _INSTRUCTION.sub(r"\1&#45;\2", raw) + "\n"
