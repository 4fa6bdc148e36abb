"""Strict YAML: what values mean, what is refused, where things stand."""

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core import yaml_text
from core.document import Document
from core.errors import ConfigurationError, Problem


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers: a machine without libyaml has to read the same."""
    monkeypatch.setattr(yaml_text, "_LOADER", getattr(yaml, request.param))


def load(text: str) -> Any:
    return yaml_text.load(text, "x.yaml").data


def seconds_allowed() -> float:
    """libyaml, which comes with PyYAML's wheels, keeps the promised second; the parser in Python is slower."""
    return 1.0 if "C" in yaml_text._LOADER.__name__ else 4.0


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        yaml_text.load(text, "x.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("1:2:3", "1:2:3"),
        ("2026-03-01", "2026-03-01"),
        ("010", "010"),
        ("00", "00"),
        ("0", 0),
        ("98668", 98668),
        ("-3", -3),
        ("+8610", "+8610"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("NaN", "NaN"),
        ("9" * 20, int("9" * 20)),
        ("9" * 21, "9" * 21),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("'true'", "true"),
        ('"98668"', "98668"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("<<", "<<"),
    ],
)
def test_a_plain_value_means_what_json_has_and_is_else_text(text: str, value: Any) -> None:
    found = load(f"key: {text}")["key"]
    assert found == value
    assert type(found) is type(value)


@given(st.integers(min_value=-(10**20) + 1, max_value=10**20 - 1))
def test_a_whole_numbers_text_can_be_had_back(number: int) -> None:
    assert str(yaml_text.resolve(str(number))) == str(number)


@given(st.text(alphabet="0123456789+", min_size=1, max_size=25))
def test_no_digit_of_a_dialled_number_is_ever_lost(digits: str) -> None:
    assert str(yaml_text.resolve(digits)) == digits


def test_keys_are_text_as_written() -> None:
    assert load("98668: a\n010: b\nno: c\n1.50: d\n~: e\ntrue: f\n") == {
        "98668": "a",
        "010": "b",
        "no": "c",
        "1.50": "d",
        "~": "e",
        "true": "f",
    }


def test_an_empty_text_is_none() -> None:
    assert load("") is None
    assert load("# nothing\n") is None


def test_a_byte_order_mark_does_not_matter() -> None:
    assert yaml_text.load("\ufeffa: 1\n", "x.yaml").marks.children["a"].key_column == 1


def test_every_value_and_key_knows_its_place() -> None:
    document = yaml_text.load("a:\n  - b: 您好\n    c:\n      d: 1\n  - 2\n", "x.yaml")
    mark = document.mark(("a", 0, "c", "d"))
    assert (mark.file, mark.line, mark.column, mark.key_line, mark.key_column) == ("x.yaml", 4, 10, 4, 7)
    assert (document.mark(("a", 1)).line, document.mark(("a", 1)).column) == (5, 5)
    assert document.mark(("a", 0, "b")).column == 8


def test_what_is_not_there_stands_where_its_mapping_stands() -> None:
    document = yaml_text.load("a: {b: 1}\n", "x.yaml")
    problem = document.problem(("a", "missing"), "lost", key=True)
    assert (problem.line, problem.column) == (1, 4)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "key 'a' stands here a second time"),
        ("98668: 1\n'98668': 3\n", 2, 1, "key '98668' stands here a second time"),
        ("a: {b: 1, b: 2}\n", 1, 11, "key 'b' stands here a second time"),
        ("a: &x 1\n", 1, 4, "anchor '&x' is not allowed"),
        ("a: *x\n", 1, 4, "alias '*x' is not allowed"),
        ("<<: {a: 1}\n", 1, 1, "merge key '<<' is not allowed"),
        ("a: !!python/object:os.system x\n", 1, 4, "tag 'tag:yaml.org,2002:python/object:os.system' is not allowed"),
        ("a: !!str 1\n", 1, 4, "tag 'tag:yaml.org,2002:str' is not allowed"),
        ("a: ! 1\n", 1, 4, "tag '!' is not allowed"),
        ("? [a]\n: 1\n", 1, 3, "this cannot be a key"),
        ("? {a: 1}\n: 1\n", 1, 3, "this cannot be a key"),
        ("a: 1\n?\n: 1\n", 2, 2, "a key is missing before ':'"),
        ("a: 1\n---\nb: 1\n", 2, 1, "a second document begins here"),
        ("%YAML 1.1\n---\na: 1\n", 1, 1, "directives are not allowed"),
        ("a: \x07\n", 1, 4, "character U+0007 is not allowed"),
        ("a: b\n您: \u2028\n", 2, 4, "character U+2028 is not allowed"),
        ("a: \ud800\n", 1, 4, "character U+D800 is not allowed"),
    ],
)
def test_what_is_refused(text: str, line: int, column: int, message: str) -> None:
    (problem,) = problems(text)
    assert (problem.line, problem.column, problem.message) == (line, column, message)
    assert problem.expected


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: [1,\nb: 2\n", 1, 4, "this '[' is never closed"),
        ("a: {b: 1\nc: 2\n", 1, 4, "this '{' is never closed"),
        ("a: 'b\n", 1, 4, "this quote is never closed"),
        ("a: b: c\n", 1, 5, "a ':' that does not fit here"),
        ("a: 1\n  b: 2\n", 2, 4, "a ':' that does not fit here"),
        ("a: @b\n", 1, 4, "a text cannot begin with '@'"),
        ("\ta: 1\n", 1, 1, "a tab in the indentation"),
        ("a: 1\nb\nc: 2\n", 2, 1, "a ':' is missing after this key"),
        ("a: 1\n- b\n", 2, 1, "this line does not fit the mapping around it"),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(text: str, line: int, column: int, message: str) -> None:
    (problem,) = problems(text)
    assert (problem.line, problem.column, problem.message) == (line, column, message)


def test_full_width_punctuation_is_recognised() -> None:
    (problem,) = problems("名称：阳光\nb: 2\n")
    assert problem.hint == "did you mean ':' instead of the full-width '：'?"


def test_several_mistakes_are_told_at_once() -> None:
    found = problems("a: 1\na: &x 2\nb: !t 3\nc: *x\nd: [\n")
    assert [(p.line, p.message.split()[0]) for p in found] == [
        (2, "key"),
        (2, "anchor"),
        (3, "tag"),
        (4, "alias"),
        (6, "a"),
    ]


def test_the_number_of_mistakes_is_bounded() -> None:
    assert len(problems("- *x\n" * 1_000)) == yaml_text.MAX_PROBLEMS
    assert len(problems("\x07" * 1_000)) == yaml_text.MAX_PROBLEMS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "x" * 1_000_000, "the file is too big"),
        ("a: " + "x" * 100_000, "the text is too big"),
        ("x" * 100_000 + ": a", "the text is too big"),
        ("[" * 10_000, "the nesting is too big"),
        ("{a: " * 10_000, "the nesting is too big"),
        ("- " * 10_000, "the nesting is too big"),
        ("? " * 10_000, "the nesting is too big"),
        ("- a\n" * 60_000, "the file is too big"),
        ("[" + "a," * 200_000 + "]", "the file is too big"),
    ],
)
def test_bounds_hold_within_a_second(text: str, message: str) -> None:
    begin = time.process_time()
    found = problems(text)
    assert time.process_time() - begin < seconds_allowed()
    assert found[-1].message == message
    assert found[-1].expected.startswith("at most")


@pytest.mark.parametrize(
    "text", ["\n" * 500_000, "'" + "''" * 9_000 + "'", "# x\n" * 120_000, '"' + "\\x41" * 19_000 + '"']
)
def test_what_is_long_and_allowed_takes_less_than_a_second(text: str) -> None:
    begin = time.process_time()
    yaml_text.load(text, "x.yaml")
    assert time.process_time() - begin < seconds_allowed()


def test_a_bomb_of_aliases_is_refused_unexploded() -> None:
    lines = ["a0: &a0 [x, x, x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 30)]
    assert all("is not allowed" in problem.message for problem in problems("\n".join(lines)))


def test_a_recursive_alias_is_refused() -> None:
    assert [p.message for p in problems("a: &a [*a]\n")] == ["anchor '&a' is not allowed", "alias '*a' is not allowed"]


plain = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=20).filter(
    lambda text: not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or ord(c) in (0xFEFF, 0x2028, 0x2029) or
                         0xD800 <= ord(c) < 0xE000 or ord(c) in (0xFFFE, 0xFFFF) for c in text)
)  # fmt: skip
trees = st.recursive(
    plain, lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text("abc98", min_size=1), t, max_size=4)
)


@given(trees)
def test_json_is_read_as_it_is_and_marked_throughout(tree: Any) -> None:
    document = yaml_text.load(json.dumps(tree, ensure_ascii=False), "x.yaml")
    assert document.data == tree
    assert_marked(document, (), tree)


def assert_marked(document: Document, path: tuple[str | int, ...], tree: Any) -> None:
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            assert document.value((*path, key)) == value
            mark = document.mark(path)
            assert key in mark.children
            assert_marked(document, (*path, key), value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        yaml_text.load(text, "x.yaml")
    except ConfigurationError as error:
        places = [(problem.line, problem.column) for problem in error.problems]
    else:
        places = [(1, 1)]
    assert min(line for line, _ in places) >= 1
    assert min(column for _, column in places) >= 1
