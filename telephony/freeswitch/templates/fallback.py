"""The part of the dial plan that says, while no vcc is there, what the number's tenant says then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.document import Element, action, child, condition
from telephony.freeswitch.templates.words import inert
from tenancy.numbers import dialled_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenancy.model import NumberRules, Trunk

#: The most forms of numbers in one expression.
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberEntry:
    """A number that a tenant owns. `sound`: an absolute path, None: busy."""

    number: str
    sound: str | None


def add(context: Element, *, trunks: Mapping[str, Trunk], numbers: Sequence[NumberEntry]) -> None:
    """Add what each number says, in whatever form each carrier writes the numbers."""
    _handed_over(context, numbers)
    for name in sorted(trunks):
        rules = trunks[name].numbers
        dialled = words.DIALLED_VARIABLE if rules.dialled_from == "request_uri" else words.NUMBER_VARIABLE
        for sound, forms in _by_sound(numbers, rules).items():
            for some in batches(forms):
                extension, _ = _begin(context)
                condition(extension, f"${{{words.FROM_VARIABLE}}}", rf"^trunk/{name}\z")
                _answer(condition(extension, f"${{{dialled}}}", _one_of(some)), sound)
    _, otherwise = _begin(context)
    action(otherwise, *_noted(words.BUSY))
    action(otherwise, "hangup", "NORMAL_CIRCUIT_CONGESTION")


def _begin(context: Element) -> tuple[Element, Element]:
    """An extension and its first condition."""
    extension = child(context, "extension", name=words.FALLBACK_EXTENSION)
    return extension, condition(extension, "destination_number", rf"^{words.FALLBACK_EXTENSION}\z")


def batches(forms: Iterable[str]) -> Iterator[list[str]]:
    """As many at once as go into one expression."""
    rest = iter(forms)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _by_sound(numbers: Iterable[NumberEntry], rules: NumberRules) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for entry in numbers:
        found.setdefault(entry.sound, []).extend(dialled_forms(entry.number, rules))
    return found


def _one_of(forms: Iterable[str]) -> str:
    return rf"^(?:{'|'.join(re.escape(form) for form in forms)})\z"


def _noted(how: str) -> tuple[str, str]:
    return "set", f"{words.END_VARIABLE}={how}"


def _answer(found: Element, sound: str | None) -> None:
    if sound is None:
        action(found, *_noted(words.BUSY))
        action(found, "hangup", "USER_BUSY")
        return
    action(found, *_noted(words.FALLBACK))
    action(found, "answer")
    action(found, "playback", inert(sound, "a fallback"))
    action(found, "hangup", "NORMAL_CLEARING")


def _handed_over(context: Element, numbers: Sequence[NumberEntry]) -> None:
    """What the number says, and then its own dial plan has it again."""
    for entry in numbers:
        if entry.sound is not None:
            extension, _ = _begin(context)
            condition(extension, f"${{{words.FROM_VARIABLE}}}", "^handover/")
            found = condition(extension, f"${{{words.DIALLED_VARIABLE}}}", _one_of([entry.number]))
            action(found, "answer")
            action(found, "playback", inert(entry.sound, "a fallback"))
            _give_back(found)
    extension, _ = _begin(context)
    _give_back(condition(extension, f"${{{words.FROM_VARIABLE}}}", "^handover/"))


def _give_back(found: Element) -> None:
    action(found, "set", f"{words.OUTCOME_VARIABLE}=fallback")
    action(found, "transfer", f"${{{words.BACK_VARIABLE}}}")
