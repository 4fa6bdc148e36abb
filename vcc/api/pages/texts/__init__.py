"""Every word of the pages, in every language of theirs. A test holds the languages to the same keys."""

from __future__ import annotations

from typing import Final

from vcc.api.pages.texts import en, zh_cn

#: Languages of the pages, the default first.
LANGUAGES: Final = ("zh-CN", "en")

TEXTS: Final = {"zh-CN": zh_cn.WORDS, "en": en.WORDS}


def choose(wanted: str | None, accepted: str) -> str:
    """The language of a page: `wanted` if it is one of ours, else the best of an Accept-Language header."""
    if wanted in TEXTS:
        return wanted
    for tag in _by_quality(accepted):
        for language in LANGUAGES:
            if tag.split("-")[0] == language.split("-")[0]:
                return language
    return LANGUAGES[0]


def pick(texts: dict[str, str], language: str) -> str:
    """A text of the configuration in the page's language, or in the nearest that it has."""
    if language in texts:
        return texts[language]
    family = language.split("-", maxsplit=1)[0]
    return next((text for tag, text in texts.items() if tag.split("-")[0] == family), next(iter(texts.values()), ""))


def _by_quality(accepted: str) -> list[str]:
    found = []
    for part in accepted[:200].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            found.append((float(quality or 1), tag.strip().lower()))
        except ValueError:
            continue
    return [tag for quality, tag in sorted(found, key=lambda pair: -pair[0]) if quality > 0]
