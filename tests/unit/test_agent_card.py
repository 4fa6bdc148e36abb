"""The agent's card says what the example's codes do and what their flows say: no more, no less, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr_flows import agent_phrases, phrases
from ivr_flows.readout import vocabulary
from tenancy import codes
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


def in_talks(language: str) -> set[str]:
    """What an agent can hear who keys in a code during a conversation."""
    clips = {*vocabulary("number", language)}
    return {_bare(text.text) for text in agent_phrases.speakables([language]) if text.text not in clips}


def heard(language: str) -> set[str]:
    """All that an agent can hear by telephone."""
    flows = set(codes.flows(BUNDLE.platform.codes).values())
    return {text for flow in flows for text in spoken(flow, language)} | in_talks(language)


def _is_apology(text: str) -> bool:
    return any(text == said for said in _texts_of(phrases.APOLOGY))


def _texts_of(prompt: object) -> set[str]:
    return {template.source for item in prompt.items for template in item.by_language.values()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_said_is_on_the_card(language: str) -> None:
    assert len(heard(language)) > 40
    assert sorted(heard(language) - told()) == []


def test_what_is_on_the_card_is_said() -> None:
    assert sorted(told() - heard("zh-CN") - heard("en")) == []


def test_every_code_has_its_row_in_each_language_and_no_other_is_named() -> None:
    rows = re.findall(r"^\| `(\*\d+)` \|", CARD, re.MULTILINE)
    assert sorted(rows) == sorted([*BUNDLE.platform.codes] * 2)
    assert set(re.findall(r"\*\d+", CARD)) - {"*781"} == set(BUNDLE.platform.codes)


def test_the_locks_words_are_the_configurations() -> None:
    limits, conversation = BUNDLE.platform.limits, BUNDLE.platform.conversation
    assert conversation.key_s == 3
    assert (limits.pin_attempts, limits.pin_lock_s) == (5, 300)


def test_it_fits_on_a_page() -> None:
    assert len(CARD) < 9_500
