"""What is said: texts with variables and sound files, per language, as parts to be spoken.

    {zh-CN: 您的订单号是{order}。, en: …} -> Prompt -> parts("zh-CN") -> Text("您的订单号是"), Text("一"), Text("零") …

A text is cut at its variables: what stands between them is rendered once, before any call; what the variables hold is
said in clips of `readout`. `prompt_reader` makes a prompt of what was written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ivr_flows import readout
from ivr_flows.protocol import Part, Sound, Text
from ivr_flows.templates import raw

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import tzinfo

    from ivr_flows.templates import Lookup, Template

#: The language of a part that is said in every language that it has, one after the other.
EVERY = "all"
_MAX_LABEL = 200

#: Keys and indices from a prompt to a part of it, as it was written.
Location = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """A text per language; the key `""` is the text of a flow with one language. `language`: said in this one alone."""

    texts: dict[str, Template]
    language: str = ""

    @property
    def by_language(self) -> dict[str, Template]:
        """What is chosen from."""
        return self.texts


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """A sound file per language; the key `""` is for every language."""

    files: dict[str, str]
    language: str = ""

    @property
    def by_language(self) -> dict[str, str]:
        """What is chosen from."""
        return self.files


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """Parts that are said one after the other. `where` are their places in what was written; `built_in`: they are
    words of vcc's own.
    """

    items: tuple[Spoken | Played, ...]
    where: tuple[Location, ...]
    built_in: bool = False

    def parts(
        self,
        language: str,
        lookup: Lookup,
        zone: tzinfo | None = None,
        *,
        private: Collection[str] = (),
        contact: str = "",
    ) -> Iterator[Part]:
        """What is to be spoken to a caller of this language; moments by the clock of `zone`; values of `private`
        variables that are said as they stand are for this `contact` alone.
        """
        for item in self.items:
            for spoken_in, value in _chosen(item.by_language, item.language, language):
                if isinstance(value, str):
                    yield Sound(file=value)
                else:
                    for piece in value.pieces:
                        clips = (
                            [piece]
                            if isinstance(piece, str)
                            else readout.say(lookup(piece.name), piece.form, spoken_in, zone)
                        )
                        if isinstance(piece, str) or piece.name not in private:
                            yield from (Text(text=clip, language=spoken_in) for clip in clips)
                            continue
                        known = frozenset(readout.vocabulary(piece.form, spoken_in))
                        for clip in clips:
                            yield Text(text=clip, language=spoken_in, only_in="" if clip in known else contact)

    def written(self, language: str, lookup: Lookup) -> str:
        """The texts to be read, not heard: values stand as they are, and pauses where they were written."""
        texts = [value for item in self.items for _, value in _chosen(item.by_language, item.language, language)]
        return " ".join(raw(text.source).filled(lookup) for text in texts if not isinstance(text, str))

    def label(self, language: str) -> str:
        """What it is called in a record: its texts as written, or its files."""
        sources = []
        for item in self.items:
            for _, value in _chosen(item.by_language, item.language, language):
                sources.append(value if isinstance(value, str) else value.source)
        return " ".join(sources)[:_MAX_LABEL]

    @property
    def has_languages(self) -> bool:
        """Whether every text and file in it is given per language."""
        return all("" not in item.by_language for item in self.items)

    def fixed(self, language: str) -> Prompt:
        """The same in this language (or `EVERY`), but for parts whose own is given."""
        return replace(
            self,
            items=tuple(item if item.language else replace(item, language=language) for item in self.items),
        )

    def templates(self) -> Iterator[tuple[Location, str, Template]]:
        """Every text: where it was written, its language (empty where any), and it."""
        for where, item in zip(self.where, self.items, strict=True):
            if isinstance(item, Spoken):
                for language, template in item.texts.items():
                    fixed = item.language if item.language != EVERY else ""
                    yield ((*where, language) if language else where), language or fixed, template

    def sounds(self) -> Iterator[tuple[Location, str]]:
        """Every sound file and where it was written."""
        for where, item in zip(self.where, self.items, strict=True):
            if isinstance(item, Played):
                for language, file in item.files.items():
                    yield ((*where, language) if language else where), file

    def speakable(self, languages: Iterable[str]) -> Iterator[Text]:
        """Every text that can come of it for callers of these languages, but for values said as they stand."""
        for item in self.items:
            if not isinstance(item, Spoken):
                continue
            for caller in languages:
                for language, template in _chosen(item.texts, item.language, caller):
                    for piece in template.pieces:
                        clips = [piece] if isinstance(piece, str) else readout.vocabulary(piece.form, language)
                        yield from (Text(text=clip, language=language) for clip in clips)


def _chosen(by_language: dict[str, Any], fixed: str, language: str) -> Iterator[tuple[str, Any]]:
    """Which of the texts or files are said to a caller of `language`, and in which language each."""
    if "" in by_language:
        yield (fixed if fixed not in ("", EVERY) else language), by_language[""]
    elif fixed == EVERY:
        yield from by_language.items()
    else:
        wanted = fixed or language
        spoken_in = wanted if wanted in by_language else _nearest(wanted, by_language)
        yield spoken_in, by_language[spoken_in]


def _nearest(language: str, given: Iterable[str]) -> str:
    """Another form of the same language (en for en-GB) where there is one, else the first."""
    languages = list(given)
    return next((other for other in languages if other[:2] == language[:2]), languages[0])
