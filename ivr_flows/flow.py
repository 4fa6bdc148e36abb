"""A flow that can be run: its steps by id, where each leads, and the definition from which it was made.

A contact keeps the version that it began with, also over a restart: `dump` gives the definition as plain data, from
which `Flow.load` makes the same flow again. The version is a checksum of the definition, and of the sound files bound
to it: comments and layout do not change it, another recording under the same name does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from core.document import Document, Path
    from core.errors import Problem
    from ivr_flows.prompts import Prompt
    from ivr_flows.protocol import Text
    from ivr_flows.settings import Settings
    from ivr_flows.steps.base import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A step in its place. `next`: the id of the step after it, `branches`: label to id; empty: the flow's end.

    `around` is the id of the step that asks in whose branch this one stands; `path` where it was written, `short` the
    field whose value stands there alone.
    """

    id: str
    kind: str
    step: Step
    next: str
    branches: dict[str, str]
    around: str
    path: Path
    short: str = ""

    def place(self, where: Path) -> Path:
        """Where a field of the step, or something in it, was written."""
        return (*self.path, *(where[1:] if self.short and where[:1] == (self.short,) else where))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """Something outside of the flow that it needs: a queue, hours, number, skill, sound, music, action or language."""

    kind: str
    name: str
    step: str
    path: Path
    flow: Flow

    def problem(self, message: str, *, expected: str = "", hint: str = "") -> Problem:
        """A mistake in this reference, with its place."""
        return self.flow.document.problem(self.path, message, expected=expected, hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """A flow, checked. `first`, `first_on_error`: ids of the steps with which it begins; empty: there are none.

    `document` is what was written, with where. `sounds`: for each sound file that it plays the host's name, which
    stands for the file's content; empty until they are bound.
    """

    name: str
    version: str
    settings: Settings
    nodes: dict[str, Node]
    first: str
    first_on_error: str
    document: Document = field(repr=False, compare=False)
    sounds: Mapping[str, str] = field(default_factory=dict)

    def with_sounds(self, sounds: Mapping[str, str]) -> Flow:
        """The flow bound to the sound files that it plays, by what was written; a version of its own."""
        bound = {file: sounds[file] for file in sorted(self.sound_files()) if file in sounds}
        version = checksum([self.document.data, bound] if bound else self.document.data)
        return replace(self, sounds=bound, version=version)

    def dump(self) -> dict[str, Any]:
        """The flow as plain data: its name, its definition as JSON text, in which the order of keys is kept, and its
        sound files.
        """
        return {"name": self.name, "definition": _text(self.document.data), "sounds": dict(self.sounds)}

    @staticmethod
    def load(data: Mapping[str, Any]) -> Flow:
        """The flow that `dump` gave. Raises ConfigurationError if this version of vcc cannot read it."""
        from ivr_flows.compiler import build  # noqa: PLC0415 - the compiler makes flows

        return build(json.loads(data["definition"]), data["name"]).with_sounds(data.get("sounds", {}))

    def references(self) -> Iterator[Reference]:
        """What has to be there for the flow to work, in the order in which it is written."""
        for node in self.nodes.values():
            for named in node.step.needs():
                yield self._reference(named.kind, named.name, node.id, node.place(named.where))
        for step, path, prompt in self.prompts():
            for where, file in prompt.sounds():
                yield self._reference("sound", file, step, (*path, *where))

    def _reference(self, kind: str, name: str, step: str, path: Path) -> Reference:
        return Reference(kind=kind, name=name, step=step, path=path, flow=self)

    def prompts(self) -> Iterator[tuple[str, Path, Prompt]]:
        """Every prompt that was written: the step's id (empty: the flow's defaults), its place, and it."""
        defaults = self.settings.defaults
        shared = [(name, prompt) for name in ("invalid", "no_input") if (prompt := getattr(defaults, name))]
        for name, prompt in shared:
            yield "", ("defaults", name), prompt
        for node in self.nodes.values():
            for where, prompt in node.step.prompts():
                if not any(prompt is default for _, default in shared):
                    yield node.id, node.place(where), prompt

    def sound_files(self) -> frozenset[str]:
        """Every sound file that it may play, as written."""
        return frozenset(file for _, _, prompt in self.prompts() for _, file in prompt.sounds())

    def languages(self, tenant: Iterable[str]) -> tuple[str, ...]:
        """The languages in which it speaks, where the tenant has these."""
        return self.settings.languages or tuple(tenant)

    def speakables(self, languages: Iterable[str]) -> frozenset[Text]:
        """Every text that it can say to callers of the tenant's languages, so that all can be rendered beforehand.

        What is missing are values that the flow says as they stand: `{name:text}`, or a value that is no digits.
        """
        spoken = self.languages(languages)
        return frozenset(text for _, _, prompt in self.prompts() for text in prompt.speakable(spoken))


def checksum(definition: object) -> str:
    """The version of a flow of this definition: 12 hexadecimal digits."""
    return hashlib.sha256(_text(definition).encode()).hexdigest()[:12]


def _text(definition: object) -> str:
    """The definition as JSON. The order of keys stays: languages are spoken in the order in which they were written."""
    return json.dumps(definition, ensure_ascii=False, separators=(",", ":"))
