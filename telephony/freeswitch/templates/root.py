"""freeswitch.xml: the file that the switch reads first, and that takes in the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.freeswitch.templates.document import Element, SubElement, child, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def text(first: str, sections: Mapping[str, Sequence[str]]) -> str:
    """The file. `first`: what stands before all sections; `sections`: section -> files."""
    root = Element("document", {"type": "freeswitch/xml"})
    take_in(root, first)
    for name, files in sections.items():
        section = child(root, "section", name=name)
        for file in files:
            take_in(section, file)
    return written(root)


def take_in(parent: Element, file: str) -> None:
    """Have a file read in this place."""
    SubElement(parent, "X-PRE-PROCESS", {"cmd": "include", "data": file})


def line(file: str) -> str:
    """The same as a line of an engineer's own file."""
    return f'<X-PRE-PROCESS cmd="include" data="{file}"/>'
