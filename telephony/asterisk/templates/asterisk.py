"""asterisk.conf: where this instance keeps what is its own, and how it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import plain

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class AsteriskPaths:
    """The folders of an instance of its own: `etc` gets these files, `state` is written to, the others are read."""

    etc: Path
    state: Path
    modules: Path
    data: Path


def text(paths: AsteriskPaths) -> str:
    """The file, for an Asterisk that has its own state folder."""
    state = paths.state
    folders = {
        "astetcdir": paths.etc,
        "astmoddir": paths.modules,
        "astvarlibdir": state / "lib",
        "astdbdir": state / "lib",
        "astkeydir": state / "lib",
        "astdatadir": paths.data,
        "astagidir": state / "lib",
        "astspooldir": state / "spool",
        "astrundir": state / "run",
        "astlogdir": state / "log",
        "astsbindir": state / "run",
    }
    lines = [f"{name} => {plain(str(folder), name)}" for name, folder in folders.items()]
    return "\n".join(["[directories]", *lines, "", _OPTIONS])


_OPTIONS = """\
[options]
verbose = 0
debug = 0
hideconnect = yes
live_dangerously = no
"""
