"""musiconhold.conf: one class per tenant's folder of sound files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import music_class, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def text(folders: Mapping[str, Path], *, inside: bool = False) -> str:
    """The file, for class `tenant/name` -> absolute folder. `inside`: only the classes."""
    parts = [] if inside else ["[general]"]
    for name in sorted(folders):
        parts += [
            "",
            f"[{music_class(name)}]",
            "mode = files",
            f"directory = {plain(str(folders[name]), f'the folder of music {name}')}",
            "sort = alpha",
        ]
    return "\n".join([*parts, ""])
