"""What was seen of a running switch: plain data; None where nobody could say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Manager:
    """What the manager interface told. `refused`: why one cannot get in there; then nothing else is known.

    `actions`: what vcc's user may do, each with the classes of rights that allow it. `clock`: the switch's time less
    this machine's, in seconds. `heard`: names of the events that came of what was tried.
    """

    refused: str = ""
    refused_user: bool = False  # it is there, and does not take the user or the secret
    version: str = ""
    actions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    clock: float | None = None
    heard: frozenset[str] = frozenset()
    trial: Trial | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What the switch could do by itself. `began`: it found our context. `agi`: it reached vcc's address.

    `own_agi`: whether this check listened there itself, because no vcc did. `keys`: it could send keys. `played`: it
    could read a sound. None where that could not be tried.
    """

    began: bool
    agi: bool | None = None
    own_agi: bool = False
    keys: bool = True
    played: bool | None = None
    sound: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """What the switch's command line told. `failed`: why it cannot be asked.

    `modules`: name without `.so` -> whether it runs. `user`: rights by `read` and `write`, None: there is no such user.
    `identifiers`: who calls is asked in this order. `settings`: PJSIP's global ones. `transports`: name -> (protocol,
    address). `endpoints`, `contexts`, `music`: names; the latter with the number of files. `rtp`: ports.
    """

    failed: str = ""
    modules: Mapping[str, bool] = field(default_factory=dict)
    user: Mapping[str, frozenset[str]] | None = None
    declined_events: frozenset[str] = frozenset()
    identifiers: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    transports: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    endpoints: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    music: Mapping[str, int] = field(default_factory=dict)
    rtp: tuple[int, int] | None = None
    sip_addresses: tuple[str, ...] = ()  # of chan_sip
    etc: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A section of a configuration file: `[name]` at a place, and its keys in order."""

    name: str
    file: Path
    line: int
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> str:
        """The place, for people."""
        return f"{self.file}:{self.line}"

    def get(self, key: str) -> str:
        """The last value of a key, empty where there is none."""
        return next((value for name, value in reversed(self.keys) if name == key), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """The engineer's own files, with what they include: file name -> sections; missing where it cannot be read."""

    sections: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    included: Mapping[str, frozenset[str]] = field(default_factory=dict)  # file name -> names of files taken in
    unreadable: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """This machine, where the switch runs on it: whether its host name can be resolved, and how long that takes."""

    host: str = ""
    resolves: bool | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """All of it. `console` and `files` None: there is no command line program to ask."""

    manager: Manager
    console: Console | None = None
    files: Files | None = None
    machine: Machine = Machine()
