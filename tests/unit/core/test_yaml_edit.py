"""An entry more or less in a YAML text: every other line stays as it was, and the result means what it should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import yaml_edit, yaml_text
from core.errors import ConfigurationError

PHONES = """\
# SIP accounts.
p101: {node: bj1, name: 一号台}   # by the door
p102:
  node: bj1

# the quiet room
p103: {node: bj1}
"""
SECRETS = """\
phones:
    p101: abc   # ours
    # the next is old
    p102: def

# tokens are for programs
tokens:
    ci: {token: x}
"""


def test_a_line_more_at_the_end() -> None:
    assert yaml_edit.add(PHONES, "phones.yaml", "", "p104", "{node: bj1}") == PHONES + "p104: {node: bj1}\n"
    assert yaml_edit.add("", "phones.yaml", "", "p1", "{node: a}") == "p1: {node: a}\n"
    assert yaml_edit.add("# none yet", "phones.yaml", "", "p1", "{node: a}") == "# none yet\np1: {node: a}\n"


def test_a_line_more_in_a_section() -> None:
    text = yaml_edit.add(SECRETS, "secrets.yaml", "phones", "p103", "ghi")
    assert text == SECRETS.replace("    p102: def\n", "    p102: def\n    p103: ghi\n")
    last = yaml_edit.add(SECRETS, "secrets.yaml", "tokens", "ops", "{token: y}")
    assert last == SECRETS + "    ops: {token: y}\n"
    new = yaml_edit.add("tokens: {}\n", "secrets.yaml", "phones", "p1", "abc")
    assert new == "tokens: {}\nphones:\n  p1: abc\n"
    empty = yaml_edit.add("phones:\ntokens: {}\n", "secrets.yaml", "phones", "p1", "abc")
    assert empty == "phones:\n  p1: abc\ntokens: {}\n"


def test_an_entry_goes_and_its_neighbours_comments_stay() -> None:
    assert yaml_edit.remove(PHONES, "phones.yaml", "", "p102") == PHONES.replace("p102:\n  node: bj1\n", "")
    assert yaml_edit.remove(PHONES, "phones.yaml", "", "p103") == PHONES.replace("p103: {node: bj1}\n", "")
    less = yaml_edit.remove(SECRETS, "secrets.yaml", "phones", "p102")
    assert less == SECRETS.replace("    p102: def\n", "")
    none = yaml_edit.remove("phones:\n  p1: a\nami: {n: x}\n", "secrets.yaml", "phones", "p1")
    assert none == "ami: {n: x}\n"


@pytest.mark.parametrize(
    ("text", "section", "name", "said"),
    [
        (PHONES, "", "p101", "phones.yaml:2:1: 'p101' is there already"),
        ("{p101: {node: a}}\n", "", "p102", "cannot be changed; expected to add the line 'p102: …' by hand"),
        ("phones: {p1: a}\n", "phones", "p2", "cannot be changed"),
        ("- a\n", "", "p1", "this is no mapping"),
        ("phones: 5\n", "phones", "p1", "phones.yaml:1:1: this is no mapping"),
        ("a: [\n", "", "p1", "phones.yaml:"),
    ],
)
def test_what_cannot_be_added_to_is_left_alone(text: str, section: str, name: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        yaml_edit.add(text, "phones.yaml", section, name, "{node: a}")
    assert said in str(caught.value)


def test_what_is_not_there_cannot_be_removed() -> None:
    for text, section in ((PHONES, ""), (SECRETS, "phones"), ("", "")):
        with pytest.raises(ConfigurationError, match="there is no 'p9'"):
            yaml_edit.remove(text, "f.yaml", section, "p9")
    with pytest.raises(ConfigurationError, match="take 'p1' out by hand"):
        yaml_edit.remove("phones: {p1: a, p2: b}\n", "f.yaml", "phones", "p1")


_LINE = st.sampled_from(["# a note", "", "  # another", "p{}: {{node: a}}", "p{}:\n  node: a\n  # of it", "p{}: # why"])


@given(st.lists(_LINE, max_size=8), st.integers(0, 7))
def test_added_and_removed_again_nothing_has_changed(lines: list[str], which: int) -> None:
    text = "".join(f"{line.format(number)}\n" for number, line in enumerate(lines))
    more = yaml_edit.add(text, "f.yaml", "", "new", "{node: b}")
    before, after = yaml_text.load(text, "f.yaml").data or {}, yaml_text.load(more, "f.yaml").data
    assert after == {**before, "new": {"node": "b"}}
    assert yaml_edit.remove(more, "f.yaml", "", "new") == text
    if f"p{which}" in before:
        less = yaml_edit.remove(text, "f.yaml", "", f"p{which}")
        kept = {key: value for key, value in before.items() if key != f"p{which}"}
        assert (yaml_text.load(less, "f.yaml").data or {}) == kept
        assert [line for line in text.splitlines() if line == "# a note"] == [
            line for line in less.splitlines() if line == "# a note"
        ]
