"""How a value is written into FreeSWITCH's files; which names ours have there: `telephony/freeswitch/names.py`."""

from __future__ import annotations

import re

from telephony.values import RenderError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What FreeSWITCH reads as something else in an application's data, a dial string, a file's name or a variable.
_SYNTAX = re.compile(r"""[$|,;"'!\\{}\[\]()<>^&]|://|::""")
_CODECS = {"alaw": "PCMA", "ulaw": "PCMU", "g722": "G722"}
_LONGEST = 1_000


def plain(value: str, where: str) -> str:
    """A value that the switch takes as it is. RenderError where it is empty, has a control character, or a blank at
    one of its ends.
    """
    if not value or value != value.strip() or _CONTROL.search(value) or len(value) > _LONGEST:
        raise RenderError(f"{where}: {value[:80]!r} is empty or too long, or has a blank at an end or a control character")
    return value


def inert(value: str, where: str) -> str:
    """A value that stands where the switch looks for variables, lists and options: RenderError for every sign that has
    a meaning in any of these.
    """
    if found := _SYNTAX.search(value):
        raise RenderError(f"{where}: {value[:80]!r} has {found[0]!r}, which FreeSWITCH would read as syntax")
    return plain(value, where)


def codec(text: str, where: str) -> str:
    """FreeSWITCH's name of a codec. Raises RenderError for one that it has not without further modules."""
    try:
        return _CODECS[text]
    except KeyError:
        raise RenderError(f"{where}: {text!r} is no codec of this FreeSWITCH; expected {', '.join(_CODECS)}") from None
