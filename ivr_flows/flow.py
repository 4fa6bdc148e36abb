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
    from core.expressions import Expression, Kind
    from ivr_flows.known import Where
    from ivr_flows.prompts import Prompt
    from ivr_flows.protocol import Text
    from ivr_flows.settings import Settings
    from ivr_flows.steps.base import Step


#: What an expression may read of a tenant's things, and what kind of reference that is.
_THINGS = {"queues": "queue", "hours": "hours"}


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
    """A flow, checked.

    `first`, `first_on_error`, `first_on_hangup`: ids of the steps with which it, or what is done then, begins; empty:
    there are none. `anywhere`: key to id, for keys that mean the same in every step that has no choice of its own for
    them. `called`: by name every flow that it may come to by `call`, also by way of others; empty until it is joined.

    `document` is what was written, with where. `expressions` by the step's id and the place in it; `kinds` of its
    variables. `sounds`: for each sound file that it plays the host's name, which
    stands for the file's content; empty until they are bound.
    """

    name: str
    version: str
    settings: Settings
    nodes: dict[str, Node]
    first: str
    first_on_error: str
    first_on_hangup: str
    anywhere: dict[str, str] = field(default_factory=dict)
    document: Document = field(repr=False, compare=False)
    expressions: Mapping[Where, Expression] = field(default_factory=dict, repr=False, compare=False)
    kinds: Mapping[str, Kind] = field(default_factory=dict, repr=False, compare=False)
    called: Mapping[str, Flow] = field(default_factory=dict, repr=False)
    sounds: Mapping[str, str] = field(default_factory=dict)
    #: What was worked out once and is asked for by many checks.
    worked_out: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def with_sounds(self, sounds: Mapping[str, str]) -> Flow:
        """The flow bound to the sound files that it plays, by what was written; a version of its own."""
        files = self.sound_files().union(*(flow.sound_files() for flow in self.called.values()))
        bound = {file: sounds[file] for file in sorted(files) if file in sounds}
        return replace(self, sounds=bound, version=self._version(bound, self.called))

    def with_called(self, others: Mapping[str, Flow]) -> Flow:
        """The flow joined to those of `others` that it may call; a version of its own where there are any."""
        called: dict[str, Flow] = {}
        waiting = [self]
        while waiting:
            for name in waiting.pop().calls():
                if name in others and name not in called:
                    called[name] = others[name]
                    waiting.append(others[name])
        return replace(self, called=called, version=self._version(self.sounds, called)) if called else self

    def alone(self) -> Flow:
        """The flow as it was read: joined to no other, bound to no sound."""
        return replace(self, called={}, sounds={}, version=checksum(self.document.data))

    def calls(self) -> Iterator[str]:
        """The names of the flows that it calls itself."""
        return (named.name for node in self.nodes.values() for named in node.step.needs() if named.kind == "flow")

    @property
    def has_on_error(self) -> bool:
        """Whether it says itself what is done after an error."""
        return "on_error" in self.document.data

    def _version(self, sounds: Mapping[str, str], called: Mapping[str, Flow]) -> str:
        parts: list[object] = [self.document.data, *([sounds] if sounds or called else [])]
        parts += [{name: flow.version for name, flow in sorted(called.items())}] if called else []
        return checksum(parts if len(parts) > 1 else parts[0])

    def dump(self) -> dict[str, Any]:
        """The flow as plain data: its name, its definition as JSON text, in which the order of keys is kept, those
        of the flows that it calls, and its sound files.
        """
        called = {name: _text(flow.document.data) for name, flow in self.called.items()}
        own = {"name": self.name, "definition": _text(self.document.data), "sounds": dict(self.sounds)}
        return own | ({"called": called} if called else {})

    @staticmethod
    def load(data: Mapping[str, Any]) -> Flow:
        """The flow that `dump` gave. Raises ConfigurationError if this version of vcc cannot read it."""
        from ivr_flows.compiler import build  # noqa: PLC0415 - the compiler makes flows

        called = {name: build(json.loads(text), name) for name, text in data.get("called", {}).items()}
        return (
            build(json.loads(data["definition"]), data["name"]).with_called(called).with_sounds(data.get("sounds", {}))
        )

    def references(self) -> Iterator[Reference]:
        """What has to be there for the flow to work, in the order in which it is written."""
        known: tuple[Reference, ...] | None = self.worked_out.get("references")
        if known is None:
            known = self.worked_out["references"] = tuple(self._references())
        return iter(known)

    def _references(self) -> Iterator[Reference]:
        for node in self.nodes.values():
            for named in node.step.needs():
                yield self._reference(named.kind, named.name, node.id, node.place(named.where))
            for where, _, _ in node.step.formulas():
                yield from self._read_of(node, where)
        for step, path, prompt in self.prompts():
            for where, file in prompt.sounds():
                yield self._reference("sound", file, step, (*path, *where))

    def _read_of(self, node: Node, where: Path) -> Iterator[Reference]:
        """What an expression reads of the tenant's things."""
        expression = self.expressions.get((node.id, where))
        for path in expression.reads if expression else ():
            if path[0] in _THINGS:
                yield self._reference(_THINGS[path[0]], path[1], node.id, node.place(where))

    def _reference(self, kind: str, name: str, step: str, path: Path) -> Reference:
        return Reference(kind=kind, name=name, step=step, path=path, flow=self)

    def prompts(self) -> Iterator[tuple[str, Path, Prompt]]:
        """Every prompt that was written: the step's id (empty: the flow's defaults), its place, and it."""
        known: tuple[tuple[str, Path, Prompt], ...] | None = self.worked_out.get("prompts")
        if known is None:
            known = self.worked_out["prompts"] = tuple(self._prompts())
        return iter(known)

    def _prompts(self) -> Iterator[tuple[str, Path, Prompt]]:
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
