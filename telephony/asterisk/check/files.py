"""Reads the engineer's own files as Asterisk does: sections, `#include`, comments. What cannot be read is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from telephony.asterisk.check.seen import Files, Section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The files in which something of ours can clash with something of the engineer's.
NAMES = ("extensions.conf", "manager.conf", "modules.conf", "musiconhold.conf", "pjsip.conf")
_MAX_DEPTH = 8
_MAX_BYTES = 4_000_000
_INCLUDE = re.compile(r'#(?:try)?include\s+["<]?([^">]+?)[">]?\s*$')
_SECTION = re.compile(r"\[([^\]]+)\]")
_KEY = re.compile(r"([^=;]+?)\s*=>?\s*(.*)")


def read(etc: Path) -> Files:
    """Read the files of a configuration folder."""
    found, included = {}, {}
    missing = [name for name in NAMES if not _readable(etc / name)]
    for name in NAMES:
        if _readable(etc / name):
            taken_in: set[str] = set()
            found[name] = tuple(_sections(etc / name, etc, taken_in, 0))
            included[name] = frozenset(taken_in)
    return Files(sections=found, included=included, unreadable=", ".join(missing))


def _readable(file: Path) -> bool:
    try:
        with file.open("rb"):
            return file.stat().st_size <= _MAX_BYTES
    except OSError:
        return False


def _sections(file: Path, etc: Path, included: set[str], depth: int) -> Iterator[Section]:
    name, line = "", 0
    keys: list[tuple[str, str]] = []
    for number, text in enumerate(_lines(file), 1):
        if match := _INCLUDE.match(text):
            if depth < _MAX_DEPTH:
                yield from _included(match[1], etc, included, depth)
        elif match := _SECTION.match(text):
            if name:
                yield Section(name=name, file=file, line=line, keys=tuple(keys))
            name, line, keys = match[1].strip(), number, []
        elif name and (match := _KEY.match(text)):
            keys.append((match[1].strip().lower(), match[2].strip()))
    if name:
        yield Section(name=name, file=file, line=line, keys=tuple(keys))


def _included(pattern: str, etc: Path, included: set[str], depth: int) -> Iterator[Section]:
    path = etc / pattern  # an absolute one stays as it is
    try:
        files = sorted(path.parent.glob(path.name))
    except (OSError, ValueError):
        return
    for file in files:
        if _readable(file):
            included.add(file.name)
            yield from _sections(file, etc, included, depth + 1)


def _lines(file: Path) -> Iterator[str]:
    """Lines without comments: `;` to the end of the line, unless escaped; `;-- … --;` over several."""
    text = file.read_text(encoding="utf-8", errors="replace")
    text = re.sub(r";--.*?--;", lambda block: "\n" * block[0].count("\n"), text, flags=re.DOTALL)
    for line in text.splitlines():
        yield re.split(r"(?<!\\);", line, maxsplit=1)[0].strip()
