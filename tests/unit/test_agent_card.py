"""The agent's card says what the example's codes do and what their flows say: no more, no less, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr_flows import phrases
from ivr_flows.readout import vocabulary
from vcc.lint import check_folder

ROOT = Path(__file__).parents[2]
CARD = (ROOT / "docs" / "agent-card.md").read_text("utf-8")
BUNDLE = check_folder(ROOT / "config").use()
_SIGNS = re.compile(r"[\s…，。：、,.:?？!]+")


def told() -> set[str]:
    """Everything that the card says is heard, without its punctuation."""
    return {_bare(quoted) for quoted in re.findall(r"“([^”]*)”", CARD)}


def _bare(text: str) -> str:
    return _SIGNS.sub("", text)


def spoken(flow: str, language: str) -> set[str]:
    """What a flow can say, but for digits, values, and the apology after a defect."""
    texts = {text.text for text in BUNDLE.flows[flow].speakables([language]) if text.language == language}
    clips = {*vocabulary("number", language), *vocabulary("", language)}
    return {_bare(text) for text in texts - clips if not _is_apology(text)}


def _is_apology(text: str) -> bool:
    return any(text == said for said in _texts_of(phrases.APOLOGY))


def _texts_of(prompt: object) -> set[str]:
    return {template.source for item in prompt.items for template in item.by_language.values()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_said_is_on_the_card(language: str) -> None:
    heard = {text for flow in set(BUNDLE.platform.codes.values()) for text in spoken(flow, language)}
    assert len(heard) > 20
    assert sorted(heard - told()) == []


def test_what_is_on_the_card_is_said() -> None:
    heard = {text for flow in BUNDLE.platform.codes.values() for to in ("zh-CN", "en") for text in spoken(flow, to)}
    assert sorted(told() - heard) == []


def test_every_code_has_its_row_in_each_language_and_no_other_is_named() -> None:
    rows = re.findall(r"^\| `(\*\d+)` \|", CARD, re.MULTILINE)
    assert sorted(rows) == sorted([*BUNDLE.platform.codes] * 2)
    assert set(re.findall(r"\*\d+", CARD)) == set(BUNDLE.platform.codes)


def test_the_locks_words_are_the_configurations() -> None:
    limits = BUNDLE.platform.limits
    assert (limits.pin_attempts, limits.pin_lock_s) == (5, 300)


def test_it_fits_on_a_page() -> None:
    assert len(CARD) < 6_500
