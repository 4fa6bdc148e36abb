"""What changed between two versions of a flow, by meaning: steps, branches and settings, not lines of a file.

    + step       it is new                        - step       it is gone
    ~ step       one of its fields has another value
    + - branch   it has a branch more, or less    ~ setting    what stands in the file beside the steps

Comments, layout and steps that only moved down because another came before them are no change. Steps are the same where
they say the same, in the order of the file; what is left over is compared by id, then by type within one place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ivr_flows.flow import Flow, Node

#: The longest text in which a value is shown.
_SHOWN = 160
#: What of a file are steps, and is compared as such.
_STEPS = frozenset({"steps", "sections", "on_error"})
_NOTHING = object()


class Sort(StrEnum):
    """What happened to it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that is different.

    `step` is the id in the version that has it, in the newer one where both do; empty: a setting. `kind` is the step's
    type. `branch`: the branch that came or went; `field`: the field that has another value; both empty: the step itself
    came or went. `before`, `after`: values as JSON, cut where they are long.
    """

    sort: Sort
    step: str = ""
    kind: str = ""
    branch: str = ""
    field: str = ""
    before: str = ""
    after: str = ""


def differences(old: Flow, new: Flow) -> list[Difference]:
    """All that is different, in the order of the newer file; what is gone stands where it was."""
    pairs = _pairs(list(old.nodes.values()), list(new.nodes.values()), old, new)
    found = list(_of_settings(old, new))
    for before, after in pairs:
        if before is None and after is not None:
            written = _shown(_written(new, after))
            found.append(Difference(sort=Sort.ADDED, step=after.id, kind=after.kind, after=written))
        elif after is None and before is not None:
            written = _shown(_written(old, before))
            found.append(Difference(sort=Sort.REMOVED, step=before.id, kind=before.kind, before=written))
        elif before is not None and after is not None:
            found += _of_step(_written(old, before), _written(new, after), after)
            found += _of_branches(before, after)
    return found


def lines(found: Iterable[Difference]) -> Iterator[str]:
    """Each difference as a line for people."""
    for one in found:
        sign = {Sort.ADDED: "+", Sort.REMOVED: "-", Sort.CHANGED: "~"}[one.sort]
        if one.branch:
            yield f"{sign} {one.step}: branch {one.branch}"
        elif one.field:
            where = f"{one.step}: " if one.step else ""
            yield f"{sign} {where}{one.field}: {one.before or 'nothing'} -> {one.after or 'nothing'}"
        else:
            yield f"{sign} {one.step}: {one.kind} {one.after or one.before}".rstrip()


Pair = tuple["Node | None", "Node | None"]


def _pairs(before: Sequence[Node], after: Sequence[Node], old: Flow, new: Flow) -> list[Pair]:
    """Which step is which; each of both versions once, in the order of the newer."""
    said_before = [f"{node.kind} {_text(_written(old, node))}" for node in before]
    said_after = [f"{node.kind} {_text(_written(new, node))}" for node in after]
    pairs: list[Pair] = []
    for what, a, b, c, d in SequenceMatcher(None, said_before, said_after, autojunk=False).get_opcodes():
        if what == "equal":
            pairs += zip(before[a:b], after[c:d], strict=True)
        else:
            pairs += _alike(before[a:b], after[c:d])
    return pairs


def _alike(before: Sequence[Node], after: Sequence[Node]) -> list[Pair]:
    """Steps in one place that do not say the same: by id, then by type in order."""
    partner: dict[str, Node] = {}
    left = list(before)
    for by_id in (True, False):
        for node in after:
            like = [one for one in left if one.kind == node.kind and (one.id == node.id or not by_id)]
            if node.id not in partner and like:
                partner[node.id] = like[0]
                left.remove(like[0])
    gone: list[Pair] = [(node, None) for node in left]
    return [*gone, *((partner.get(node.id), node) for node in after)]


def _written(flow: Flow, node: Node) -> dict[str, Any]:
    """The fields of a step as they were written, without its branches."""
    try:
        raw = flow.document.value(node.path)
    except LookupError:  # a step that nobody wrote: the apology where there is no `on_error`
        return {}
    if node.short:
        return {node.short: raw}
    if not isinstance(raw, dict):  # the bare word
        return {}
    cls = type(node.step)
    fields = {name for name, field in cls.model_fields.items() for name in (name, field.alias or name)}
    return {name: value for name, value in raw.items() if name in fields or cls.key_field}


def _of_step(before: dict[str, Any], after: dict[str, Any], node: Node) -> Iterator[Difference]:
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name, _NOTHING), after.get(name, _NOTHING)
        if one != other or _text(one) != _text(other):
            yield Difference(
                sort=Sort.CHANGED, step=node.id, kind=node.kind, field=name, before=_shown(one), after=_shown(other)
            )


def _of_branches(before: Node, after: Node) -> Iterator[Difference]:
    for label in after.branches:
        if label not in before.branches:
            yield Difference(sort=Sort.ADDED, step=after.id, kind=after.kind, branch=label)
    for label in before.branches:
        if label not in after.branches:
            yield Difference(sort=Sort.REMOVED, step=after.id, kind=after.kind, branch=label)


def _of_settings(old: Flow, new: Flow) -> Iterator[Difference]:
    before, after = ({k: v for k, v in flow.document.data.items() if k not in _STEPS} for flow in (old, new))
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name, _NOTHING), after.get(name, _NOTHING)
        if one != other:
            yield Difference(sort=Sort.CHANGED, field=name, before=_shown(one), after=_shown(other))
    for file in dict.fromkeys((*new.sounds, *old.sounds)):
        if (one := old.sounds.get(file)) and (other := new.sounds.get(file)) and one != other:
            yield Difference(sort=Sort.CHANGED, field=f"sound {file}", before=one, after=other)


def _text(value: object) -> str:
    return "" if value is _NOTHING else json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    text = "" if value in (_NOTHING, {}) else _text(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
