"""Reads a configuration folder from disk: its YAML texts, and which sound files there are.

Bounded in size and number. Links that lead out of the folder, links to folders, devices and pipes are
refused; names that begin with a dot are passed over. Secrets are no part of the configuration and are not
read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigurationError, Problem
from tenancy.layout import SECRETS, is_table

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILES = 20_000
MAX_DEPTH = 12
MAX_TEXT_BYTES = 2_000_000
MAX_TEXTS_BYTES = 50_000_000
MAX_SOUND_BYTES = 200_000_000
#: What switches play; other files do not matter.
SOUNDS = frozenset({".alaw", ".g722", ".gsm", ".mp3", ".sln", ".sln16", ".ulaw", ".wav"})
_TEXTS = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """What was found. Keys are paths relative to `root`, with slashes; `sounds` has each file's real path.

    `version` is a checksum over the names and contents of all of them: the same folder, the same version.
    """

    root: Path
    texts: dict[str, str]
    sounds: dict[str, Path]
    version: str


def read_folder(root: Path) -> Folder:
    """Read the configuration in `root`. Raises ConfigurationError with everything that cannot be read.

    Takes as long as the disk does: call it outside of the event loop.
    """
    try:
        root = root.resolve(strict=True)
        entries = sorted(_walk(root, "", 0))
    except OSError as error:
        raise ConfigurationError([_problem(str(root), f"cannot be read: {error.strerror}")]) from error
    if len(entries) > MAX_FILES:
        raise ConfigurationError([_problem(str(root), "too many files", expected=f"at most {MAX_FILES}")])
    reader = _Reader(root)
    for name in entries:
        try:
            reader.take(name)
        except OSError as error:
            reader.problems.append(_problem(name, f"cannot be read: {error.strerror}"))
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return Folder(root=root, texts=reader.texts, sounds=reader.sounds, version=reader.checksum.hexdigest()[:16])


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    """The relative paths of all that may matter."""
    if depth > MAX_DEPTH:
        return
    with os.scandir(folder) as found:
        for entry in found:
            name = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, f"{name}/", depth + 1)
            elif entry.name != SECRETS and (_suffix(name) in _TEXTS | SOUNDS or is_table(name) or entry.is_dir()):
                yield name


class _Reader:
    """Takes the files in, one after the other."""

    def __init__(self, root: Path) -> None:
        self.problems: list[Problem] = []
        self.texts: dict[str, str] = {}
        self.sounds: dict[str, Path] = {}
        self.checksum = hashlib.sha256()
        self._root = root
        self._read = 0

    def take(self, name: str) -> None:
        path = Path(os.path.realpath(self._root / name, strict=True))  # Path.resolve raises no OSError for a loop
        status = path.stat()
        if not path.is_relative_to(self._root):
            self._refuse(name, "this link leads out of the folder", "a file inside of the folder")
        elif not stat.S_ISREG(status.st_mode):
            self._refuse(name, "this is no file", "a file, or a link to one inside of the folder")
        elif _suffix(name) in SOUNDS:
            self._sound(name, path, status.st_size)
        else:
            self._text(name, path, status.st_size)

    def _refuse(self, name: str, message: str, expected: str) -> None:
        self.problems.append(_problem(name, message, expected=expected))

    def _sound(self, name: str, path: Path, size: int) -> None:
        if size > MAX_SOUND_BYTES:
            self._refuse(name, "this file is too big", f"at most {MAX_SOUND_BYTES:,} bytes")
            return
        with path.open("rb") as file:
            self._count(name, hashlib.file_digest(file, "sha256").hexdigest())
        self.sounds[name] = path

    def _text(self, name: str, path: Path, size: int) -> None:
        self._read += size
        if size > MAX_TEXT_BYTES or self._read > MAX_TEXTS_BYTES:
            limit = f"at most {MAX_TEXT_BYTES:,} bytes, and {MAX_TEXTS_BYTES:,} in all files"
            self._refuse(name, "this file is too big", limit)
            return
        data = path.read_bytes()
        self._count(name, hashlib.sha256(data).hexdigest())
        try:
            self.texts[name] = data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start]
            line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
            message = f"byte {data[error.start]:#04x} is not UTF-8"
            self.problems.append(_problem(name, message, line, column, expected="a file saved as UTF-8"))

    def _count(self, name: str, checksum: str) -> None:
        self.checksum.update(f"{name}\0{checksum}\0".encode(errors="surrogateescape"))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - of every file of the folder


def _problem(file: str, message: str, line: int = 1, column: int = 1, *, expected: str = "") -> Problem:
    shown = file.encode(errors="surrogateescape").decode(errors="replace")
    return Problem(file=shown, line=line, column=column, message=message, expected=expected)
