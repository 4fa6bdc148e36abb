"""vars.xml: the switch's own variables: what is played as each tenant's music.

A variable of the switch is found in every channel that has none of its own by that name: so what lasts (`lasting.py`)
and the limits of silence hold for the legs that vcc rings too, where the switch is vcc's alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import SubElement

from telephony.freeswitch import lasting
from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.dialplan import media_timeouts
from telephony.freeswitch.templates.document import Element, written
from telephony.freeswitch.templates.words import inert
from telephony.values import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tenancy.model import FreeSwitchNode

#: Of the sound files that vcc knows those that FreeSWITCH plays with its own modules.
PLAYED = frozenset({".alaw", ".gsm", ".ulaw", ".wav"})
#: As many files does it play one after the other as one.
_MOST_FILES = 100


def text(node: FreeSwitchNode, music: Mapping[str, Sequence[Path]]) -> str:
    """The file. `music`: class `tenant/name` -> absolute paths."""
    root = Element("include")
    values = {} if node.inside else lasting.VARIABLES | media_timeouts(node)
    values |= {words.music_variable(name): _played(name, music[name]) for name in sorted(music) if music[name]}
    for name, value in values.items():
        SubElement(root, "X-PRE-PROCESS", {"cmd": "set", "data": f"{name}={value}"})
    return written(root)


def _played(name: str, files: Sequence[Path]) -> str:
    where = f"music {name}"
    if len(files) > _MOST_FILES:
        raise RenderError(f"{where}: {len(files)} files; FreeSWITCH takes {_MOST_FILES}")
    paths = [inert(str(file), where) for file in files]
    if any("x-pre-process" in path.lower() for path in paths):
        raise RenderError(f"{where}: a path with X-PRE-PROCESS in it, which FreeSWITCH takes for an instruction")
    return paths[0] if len(paths) == 1 else "file_string://" + "!".join(paths)
