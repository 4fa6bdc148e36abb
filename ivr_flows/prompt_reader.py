"""From what was written where something is said to a `Prompt`, with every mistake and its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from core.validate import mistake
from core.words import nearest
from ivr_flows.fields import LANGUAGE, LANGUAGE_EXPECTED, Read
from ivr_flows.prompts import EVERY, Location, Played, Prompt, Spoken
from ivr_flows.templates import Template, raw, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

_PART_KEYS = ("text", "play", "language")
_EXPECTED = "a text, {zh-CN: …, en: …}, {play: file.wav}, or a list of these"
_MAX_TEXT = 2_000
_MAX_PARTS = 20
_SOUND = re.compile(r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*\.wav")
_SOUND_EXPECTED = "a .wav file of the tenant's prompts folder, such as zh/welcome.wav"


def prompt(value: object) -> Prompt:
    """What was written where something is said. Raises a pydantic error with every mistake and its place."""
    reader = _Reader()
    items = value if isinstance(value, list) else [value]
    if not items or len(items) > _MAX_PARTS:
        reader.wrong((), value, mistake("{value}", expected=f"1 to {_MAX_PARTS} parts"))
    parts = []
    for index, item in enumerate(items[:_MAX_PARTS]):
        where: Location = (index,) if isinstance(value, list) else ()
        if (part := reader.part(item, where)) is not None:
            parts.append((part, (*where, *_within(item))))
    if reader.errors:
        raise ValidationError.from_exception_data("Prompt", reader.errors)
    return Prompt(items=tuple(part for part, _ in parts), where=tuple(where for _, where in parts))


def sound(value: object) -> Prompt:
    """A sound file, or one per language. Raises a pydantic error with every mistake and its place."""
    reader = _Reader()
    files = reader.files(value, ())
    if reader.errors:
        raise ValidationError.from_exception_data("Prompt", reader.errors)
    return Prompt(items=(Played(files=files),), where=((),))


def _within(item: object) -> Location:
    if isinstance(item, dict):
        return tuple(key for key in ("text", "play") if key in item)
    return ()


class _Reader:
    """Reads the parts of a prompt and keeps every mistake."""

    def __init__(self) -> None:
        self.errors: list[InitErrorDetails] = []

    def wrong(self, where: Location, value: object, error: PydanticCustomError) -> None:
        self.errors.append(InitErrorDetails(type=error, loc=where, input=value))

    def part(self, item: object, where: Location) -> Spoken | Played | None:
        if isinstance(item, dict) and any(key in item for key in _PART_KEYS):
            return self._described(item, where)
        texts = self._by_language(item, where, self._template)
        return Spoken(texts=texts) if texts else None

    def files(self, value: object, where: Location) -> dict[str, str]:
        return self._by_language(value, where, self._file)

    def _described(self, item: dict[str, Any], where: Location) -> Spoken | Played | None:
        """`{text: …, language: …}` or `{play: …}`."""
        for key, value in item.items():
            if key not in _PART_KEYS:
                expected = f"one of {', '.join(_PART_KEYS)}"
                error = mistake(f"unknown key '{key[:60]}'", expected=expected, hint=nearest(key, _PART_KEYS))
                self.wrong((*where, key, "[key]"), value, error)
        if ("text" in item) == ("play" in item):
            self.wrong(where, item, mistake("a part of a prompt says one thing", expected="either 'text' or 'play'"))
            return None
        language = self._fixed_language(item, where)
        if "play" in item:
            files = self.files(item["play"], (*where, "play"))
            return Played(files=files, language=language) if files else None
        texts = self._by_language(item["text"], (*where, "text"), self._template)
        if language == EVERY and "" in texts:
            error = mistake("a text without languages for 'language: all'", expected="{zh-CN: …, en: …}")
            self.wrong((*where, "text"), item["text"], error)
        return Spoken(texts=texts, language=language) if texts else None

    def _fixed_language(self, item: dict[str, Any], where: Location) -> str:
        language = item.get("language", "")
        try:
            return language_or_all(language) if "language" in item else ""
        except PydanticCustomError as error:
            self.wrong((*where, "language"), language, error)
            return ""

    def _by_language(self, value: object, where: Location, read: Callable[[object], Any]) -> dict[str, Any]:
        if not isinstance(value, dict):
            return self._read({"": value}, lambda _: where, read)
        for key in value:
            if not LANGUAGE.fullmatch(key):
                hint = nearest(key, _PART_KEYS)
                if value[key] is None:
                    what = "begins with a brace" if len(value) == 1 else "has a comma in it"
                    hint = f"put a text that {what} in quotes"
                error = mistake(f"'{key[:60]}' is no language", expected=LANGUAGE_EXPECTED, hint=hint)
                self.wrong((*where, key, "[key]"), value[key], error)
        if not value:
            self.wrong(where, value, mistake("{value}", expected=_EXPECTED))
        known = {key: text for key, text in value.items() if LANGUAGE.fullmatch(key)}
        return self._read(known, lambda key: (*where, key), read)

    def _read(
        self, values: dict[str, Any], where: Callable[[str], Location], read: Callable[[object], Any]
    ) -> dict[str, Any]:
        result = {}
        for key, value in values.items():
            try:
                result[key] = read(value)
            except PydanticCustomError as error:
                self.wrong(where(key), value, error)
        return result

    @staticmethod
    def _template(value: object) -> Template:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise mistake("{value}", expected="a text", hint="put it in quotes")
        if not isinstance(value, str):
            raise mistake("{value}", expected=_EXPECTED)
        if not value.strip() or len(value) > _MAX_TEXT:
            raise mistake("{value}", expected=f"a text of 1 to {_MAX_TEXT} characters")
        return spoken(value)

    @staticmethod
    def _file(value: object) -> str:
        if not isinstance(value, str) or not _SOUND.fullmatch(value):
            raise mistake("{value}", expected=_SOUND_EXPECTED)
        return value


def language_or_all(value: object) -> str:
    """A language, or `all`. Raises a pydantic mistake."""
    if isinstance(value, str) and (value == EVERY or LANGUAGE.fullmatch(value)):
        return value
    raise mistake("{value}", expected=f"{LANGUAGE_EXPECTED}, or all")


def _per_language(one: dict[str, Any]) -> dict[str, Any]:
    """As JSON Schema: such a thing, or one for each language."""
    each = {"type": "object", "patternProperties": {f"^{LANGUAGE.pattern}$": one}, "minProperties": 1}
    return {"anyOf": [one, {**each, "additionalProperties": False}]}


_LANGUAGE = {"type": "string", "pattern": f"^({LANGUAGE.pattern}|{EVERY})$"}
_TEXTS = _per_language({"type": "string", "minLength": 1, "maxLength": _MAX_TEXT})
_SOUNDS = _per_language({"type": "string", "pattern": f"^{_SOUND.pattern}$"})
_DESCRIBED = {
    "type": "object",
    "properties": {"text": _TEXTS, "play": _SOUNDS, "language": _LANGUAGE},
    "additionalProperties": False,
    "oneOf": [{"required": ["text"]}, {"required": ["play"]}],
}
_PART = {"anyOf": [*_TEXTS["anyOf"], _DESCRIBED]}
#: What may stand where something is said, as JSON Schema.
PROMPT_SCHEMA = {"anyOf": [*_PART["anyOf"], {"type": "array", "items": _PART, "minItems": 1, "maxItems": _MAX_PARTS}]}

SpokenText = Annotated[Prompt, Read(prompt, PROMPT_SCHEMA)]
SoundFile = Annotated[Prompt, Read(sound, _SOUNDS)]
RawText = Annotated[Template, Read(raw, {"type": ["string", "integer"]})]
LanguageOrAll = Annotated[str, Read(language_or_all, _LANGUAGE)]
