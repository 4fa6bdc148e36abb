"""Whatever happens to the files of a configuration, checking it ends with problems or a bundle, never otherwise."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.vcc.lint.cases import BASE
from vcc.lint import check_texts

PIECES = [
    "",
    "x",
    "0",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\n",
    "  ",
    "null",
    "~",
    "98668",
    "press/orders",
    "zh-CN",
    "-1",
    "1e9",
]
KEYS = sorted({word for text in BASE.texts.values() for word in text.replace(",", " ").split()})


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, str]:
    texts = dict(BASE.texts)
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(texts)))
        text = texts[name]
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        texts[name] = text[:start] + draw(st.sampled_from(PIECES) | st.sampled_from(KEYS)) + text[end:]
    return texts


@settings(max_examples=120)
@given(damaged())
def test_damage_is_told_with_its_place(texts: dict[str, str]) -> None:
    result = check_texts(texts, BASE.sounds, now=1_772_416_800.0)
    assert (result.bundle is None) == bool(result.problems)
    for problem in result.problems:
        assert problem.file in texts
        assert 1 <= problem.line <= texts[problem.file].count("\n") + 2
        assert "\n" not in str(problem)
