"""Expressions: what comes out, what is found before they run, and that nothing is ever raised when they do."""

import math
from typing import Any

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.expressions import (
    ANY,
    BOOL,
    DOUBLE,
    INT,
    MAX_DEPTH,
    MAX_LENGTH,
    STRING,
    ExpressionError,
    Kind,
    compile,
    group,
    list_of,
    map_of,
)

NAMES = {
    "amount": DOUBLE,
    "caller": STRING,
    "n": INT,
    "now": group(hour=INT, weekday=STRING),
    "queues": map_of(group(waiting=INT, wait=DOUBLE)),
    "reply": ANY,
    "skills": map_of(INT),
    "tags": list_of(STRING),
    "vip": BOOL,
}
KNOWN = ", ".join(sorted(NAMES))
SKILLED = "skills.zh >= 5 && (skills.orders >= 1 || skills.refunds >= 3)"


@pytest.mark.parametrize(
    ("text", "env", "expected"),
    [
        (SKILLED, {"skills": {"zh": 5, "refunds": 3}}, True),
        (SKILLED, {"skills": {"zh": 5, "refunds": 2}}, False),
        (SKILLED, {"skills": {"zh": 4, "orders": 9}}, False),
        (SKILLED, {}, False),
        ('skills["zh-cn"] > 3', {"skills": {"zh-cn": 4}}, True),
        ("now.hour < 12 && now.weekday in ['sat', 'sun']", {"now": {"hour": 9, "weekday": "sun"}}, True),
        ("queues.orders.waiting > 5 || queues.orders.wait > 60.0", {"queues": {"orders": {"wait": 61.0}}}, True),
        ("queues.orders.wait > 60", {"queues": {"orders": {"wait": 61.0}}}, True),
        ("amount * 2.0", {"amount": 1.5}, 3.0),
        ('"中" + caller', {"caller": "文"}, "中文"),
        ('size("中文") + size(tags)', {"tags": ["a"]}, 3),
        ("caller.size()", {"caller": "héllo"}, 5),
        ("caller.matches('^1[3-9][0-9]{9}$')", {"caller": "13800138000"}, True),
        ("caller.startsWith('138') ? 'mobile' : 'other'", {"caller": "13800138000"}, "mobile"),
        ("int(caller) % 2 == 1", {"caller": "13800138001"}, True),
        ("string(n) + '!'", {"n": 7}, "7!"),
        ("-n * 2 - 1", {"n": 3}, -7),
        ("!vip", {}, True),
        ("7 / 2", {}, 3),
        ("skills[caller]", {"skills": {"zh": 2}, "caller": "zh"}, 2),
        ("'zh' in skills", {"skills": {"zh": 2}}, True),
        ("tags.exists(t, t == caller)", {"tags": ["a", "b"], "caller": "b"}, True),
        ("tags.filter(t, t != caller)", {"tags": ["a", "b"], "caller": "b"}, ["a"]),
        ("reply.items.exists(i, i.status == 'open')", {"reply": {"items": [{"status": "open"}]}}, True),
        ("reply.items[1].name", {"reply": {"items": [{}, {"name": "x"}]}}, "x"),
        ("reply.total > 100", {"reply": {"total": 100.5}}, True),
        ("reply.status == null", {"reply": {}}, True),
        (r"'it\'s \u4e2d\n'", {}, "it's 中\n"),
    ],
)
def test_a_result(text: str, env: dict[str, Any], expected: object) -> None:
    assert compile(text, NAMES).value(env) == expected


@pytest.mark.parametrize(
    ("text", "env", "result", "expected"),
    [
        ("1 / (n - n)", {"n": 1}, INT, 0),
        ("int(caller) > 3", {"caller": "abc"}, BOOL, False),
        ("int(caller) > 3 || vip", {"caller": "abc", "vip": True}, BOOL, True),
        ("tags[3]", {"tags": ["a"]}, STRING, ""),
        ("n + n", {"n": 2**62}, INT, 0),
        ("n + 1", {"n": 2**64}, INT, 1),
        ("n + 1", {"n": "7"}, INT, 1),
        ("reply.total + 1", {"reply": {"total": "7"}}, INT, 0),
        ("reply.total", {"reply": {"total": "7"}}, INT, 0),
        ("reply.items.exists(i, i.x.y == 1)", {"reply": {"items": [1, None, {}]}}, BOOL, False),
        ("caller + 'x'", {"caller": "\ud800"}, STRING, ""),
        ("size(reply) > 3", {"reply": 5}, BOOL, False),
        ("n", {"n": 3}, DOUBLE, 3.0),
    ],
)
def test_what_is_missing_or_cannot_be_worked_out(
    text: str, env: dict[str, Any], result: Kind, expected: object
) -> None:
    value = compile(text, NAMES, result).value(env)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "result", "message"),
    [
        ("", ANY, "column 1: the expression ends too early; expected a name, a value or '('"),
        ("queus.orders.waiting > 3", ANY, f"column 1: unknown name 'queus'; expected one of {KNOWN}; "
         "did you mean 'queues'?"),
        ("queues.orders.waitng > 3", ANY, "column 15: 'queues.orders' has no 'waitng'; expected one of wait, waiting; "
         "did you mean 'waiting'?"),
        ("queues.orders > 3", ANY, "column 8: 'queues.orders' alone has no value; expected one of queues.orders.wait, "
         "queues.orders.waiting"),
        ("queues[caller].waiting", ANY, "column 1: 'queues' alone has no value; expected one of queues.NAME.wait, "
         "queues.NAME.waiting"),
        ("skills.zh-cn > 3", ANY, f"column 11: unknown name 'cn'; expected one of {KNOWN}; "
         'a name with - in it is written ["zh-cn"]'),
        ("caller.length", ANY, "column 8: a string has no 'length'"),
        ("caller[0]", ANY, "column 7: a string has no items"),
        ("tags['a']", ANY, "column 6: a string where an int is needed"),
        ("n + 1.5", ANY, "column 3: an int + a double; expected two of one kind; write 2.0 for 2, or double(…)"),
        ("caller + 1", ANY, "column 8: a string + an int; expected two of one kind; "
         "write string(…) around the number"),
        ("caller < 5", ANY, "column 8: a string < an int; expected two of one kind; write int(…) around the text"),
        ("vip < vip", ANY, "column 5: a bool < a bool; expected two numbers or two strings"),
        ("n in tags", ANY, "column 3: an int in a list of string; expected a list or a map of its kind after 'in'"),
        ("n && vip", ANY, "column 1: an int where a bool is needed"),
        ("!n", ANY, "column 2: an int where a bool is needed"),
        ("-vip", ANY, "column 1: '-' before a bool; expected a number after it"),
        ("vip ? 'a' : 1", ANY, "column 5: a string or an int, as it comes; expected both of one kind"),
        ("1 < n < 3", ANY, "column 7: a bool < an int; expected two of one kind"),
        ("n == null", ANY, "column 3: an int == a null; expected two of one kind"),
        ("n + 1", BOOL, "column 1: the result is an int; expected a bool"),
        ("vip = true", ANY, "column 5: '=' cannot stand here; did you mean '=='?"),
        ("vip and vip", ANY, "column 5: 'and' cannot stand here; expected an operator such as && or ==, or the end; "
         "did you mean '&&'?"),
        ("not vip", ANY, "column 1: 'not' cannot stand here; expected an operator such as && or ==, or the end; "
         "did you mean '!'?"),
        ("{caller} == '1'", ANY, "column 1: '{' cannot stand in an expression; variables are written without braces"),
        ("caller == 'abc", ANY, "column 11: a text without its end; expected ' after it"),
        ("n\n+ 1", ANY, "column 2: an expression of several lines; expected one line"),
        ("(n + 1", ANY, "column 7: the expression ends too early; expected ')'"),
        ("for == 1", ANY, "column 1: 'for' cannot stand here; expected a name, a value or '('"),
        (r"'a\q'", ANY, r"column 3: '\q' means nothing; expected \\ for a backslash itself"),
        (r"'\ud800'", ANY, r"column 2: '\ud800' means nothing; expected \\ for a backslash itself"),
        ("99999999999999999999", ANY, "column 1: 99999999999999999999 is too large; "
         "expected at most 9223372036854775807"),
        ("1e400", ANY, "column 1: 1e400 is too large; expected a double"),
        ("has(skills.zh)", ANY, "column 1: 'has' is no function here; a missing value is \"\", 0, false or null"),
        ("startsWith(caller, '1')", ANY, "column 1: 'startsWith' stands after a text; expected text.startsWith(…)"),
        ("caller.startswith('1')", ANY, "column 8: unknown function 'startswith'; expected one of all, contains, "
         "endsWith, exists, exists_one, filter, map, matches, size, startsWith; did you mean 'startsWith'?"),
        ("floor(1.5)", ANY, "column 1: unknown function 'floor'; expected one of double, int, size, string"),
        ("int(vip)", ANY, "column 1: int() of a bool; expected one of double, int, string"),
        ("size(n)", ANY, "column 1: size of an int; expected a string, a list or a map"),
        ("int(n, 2)", ANY, "column 1: int with 2 arguments; expected 1"),
        ("caller.matches(caller)", ANY, "column 16: a pattern that is put together; expected a text in quotes"),
        ("caller.matches('[')", ANY, "column 16: a pattern that is none; error: unclosed character class"),
        (r"caller.matches('\\d')", ANY, r"column 16: '\d' in a pattern; "
         "expected the characters, such as [0-9] or [A-Za-z]"),
        ("caller.matches('(a{99}){99}')", ANY, "column 16: a pattern that repeats too often; "
         "expected at most 1000 times in all"),
        ("tags.exists(x, tags.exists(y, x == y))", ANY, "column 21: 'exists' inside another; expected one at a time"),
        ("tags.exists(caller, true)", ANY, "column 13: 'caller' is known already; expected another name"),
        ("caller.map(c, c)", ANY, "column 8: 'map' of a string; expected a list before it"),
        ("1" * (MAX_LENGTH + 1), ANY, f"column {MAX_LENGTH + 1}: an expression of {MAX_LENGTH + 1} characters; "
         f"expected at most {MAX_LENGTH}"),
        ("(" * MAX_DEPTH + "n" + ")" * MAX_DEPTH, ANY, f"column {MAX_DEPTH + 1}: nested too deep; "
         f"expected at most {MAX_DEPTH} brackets in each other"),
        ("reply" + ".a" * 13, ANY, "column 30: too many members in a row; expected at most 12"),
    ],
)  # fmt: skip
def test_a_mistake(text: str, result: Kind, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile(text, NAMES, result)
    assert str(caught.value) == message


def test_what_it_reads_is_known() -> None:
    rule = compile("skills['zh-cn'] > n && reply.order.items[0].price > 1 && skills['zh-cn'] < 9", NAMES, BOOL)
    assert rule.names == {"skills.zh-cn", "n", "reply.order.items"}
    assert list(rule.reads) == [("skills", "zh-cn"), ("n",), ("reply", "order", "items")]


def test_the_deepest_and_the_longest_that_is_admitted_runs() -> None:
    deep = "n"
    for _ in range(MAX_DEPTH - 2):  # the innermost number after ':' is one deeper
        deep = f"(vip || vip && 1 == 1 + 2 * {deep} ? 1 : 0)"
    assert len(deep) <= MAX_LENGTH
    assert compile(deep, NAMES).value({}) == 0
    assert compile("+".join("1" * (MAX_LENGTH // 2)), NAMES).value({}) == MAX_LENGTH // 2


def test_what_a_caller_said_is_never_run() -> None:
    evil = "' || true || '1' == '1"
    assert compile("caller == '10086'", NAMES, BOOL).value({"caller": evil}) is False
    assert compile("caller.contains('.*')", NAMES, BOOL).value({"caller": "abc"}) is False


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
TEXTS = (
    "reply.a + reply.b", "reply.a / reply.b == reply.c", "int(reply.a) % int(reply.b) > 1", "reply[reply.a] == 1",
    "size(reply.a) > 1 || reply.b", "reply.a.exists(x, x.b > 1)", "reply.a in reply.b", "caller + tags[n]", "-n - 1",
    "vip ? reply.a : reply.b", "double(reply.a) * amount > 1.0", "string(reply.a) + caller", "reply.a.map(x, x + 1)",
    "reply.a.matches('a+') && reply.b < reply.c", "skills.a + skills[caller] > n",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@given(env=st.dictionaries(st.sampled_from(sorted(NAMES)), values))
def test_nothing_is_raised_whatever_comes(text: str, env: dict[str, Any]) -> None:
    for result in (ANY, compile(text, NAMES).kind):
        rule = compile(text, NAMES, result)
        assert rule.kind.fits(rule.value(env))


@given(text=st.text(alphabet=st.sampled_from("nvip callertgs.()[]?:+-*/%<>=!&|'\"\\1230{}_,"), max_size=40))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    try:
        rule = compile(text, NAMES)
    except ExpressionError as error:
        column = error.column
    else:
        rule.value({})
        column = 1
    assert 1 <= column <= len(text) + 1


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_a_text_is_itself(text: str) -> None:
    written = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    if len(written) <= MAX_LENGTH - 2:
        assert compile(f"'{written}'", {}).value({}) == text


@st.composite
def sums(draw: st.DrawFn, depth: int = 3) -> str:
    """Expressions of ints and bools, with fewer brackets than they have operators."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["n", "7", "skills.a", "2", "0"]))
    one, other = draw(sums(depth=depth - 1)), draw(sums(depth=depth - 1))
    match draw(st.integers(0, 3)):
        case 0:
            return f"({one} < {other} || vip && {one} != {other} ? {one} : {other})"
        case 1:
            return f"-({one})"
        case 2:
            return f"({one} {draw(st.sampled_from('+-*'))} {other})"
    return f"{one} {draw(st.sampled_from('+-*/%'))} {other}"


@given(text=sums(), n=st.integers(-5, 5), a=st.integers(-5, 5), vip=st.booleans())
def test_the_library_would_have_said_the_same_of_the_text_as_written(text: str, n: int, a: int, vip: bool) -> None:
    env = {"n": n, "skills": {"a": a}, "vip": vip}
    if len(text) > MAX_LENGTH:
        return
    try:
        expected = cel.evaluate(text, env)
    except ArithmeticError:
        expected = 0
    assert compile(text, NAMES, INT).value(env) == expected


def test_numbers_that_are_none_are_values_too() -> None:
    assert compile("amount > 1.0", NAMES, BOOL).value({"amount": math.nan}) is False
    assert compile("amount > 1.0", NAMES, BOOL).value({"amount": math.inf}) is True
