"""Configurations as text: `=== path` and what stands there, one after the other; the last part is `messages`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "golden" / "config"
_PART = re.compile(r"^=== (.*)\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A configuration: what it is about, texts by path, paths of sounds; `messages`: what is said about it."""

    title: str
    texts: dict[str, str]
    sounds: frozenset[str]
    messages: str


def read(path: Path, base: Case | None = None) -> Case:
    """The case in a file; what it does not name is as in `base`."""
    title, *parts = _PART.split(path.read_text(encoding="utf-8"))
    texts = dict(base.texts) if base else {}
    sounds, messages = set(base.sounds if base else ()), ""
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        if name == "messages":
            messages = text
        elif name.endswith(" (not there)"):
            texts.pop(name.removesuffix(" (not there)"))
        elif name.endswith(" (a sound)"):
            sounds.add(name.removesuffix(" (a sound)"))
        else:
            texts[name] = text
    return Case(title=title.strip(), texts=texts, sounds=frozenset(sounds), messages=messages)


BASE = read(FOLDER / "_base.case")
