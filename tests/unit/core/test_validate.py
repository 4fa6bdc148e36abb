"""Mistakes against a model: where they are, what was expected, the nearest valid word; and what is left."""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, field_validator, model_validator

from core import yaml_text
from core.errors import ConfigurationError
from core.schema import Shape, keys_at
from core.validate import build, mistake, read, salvage
from core.words import nearest


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Circle(Model):
    kind: Literal["circle"]
    radius: float = 1.0


class Square(Model):
    kind: Literal["square"]
    side: Annotated[int, Field(ge=1, le=10)] = 1


Figure = Annotated[Circle | Square, Field(discriminator="kind")]
Name = Annotated[str, Shape("[a-z]+", "small letters")]
Digits = Annotated[str, Shape("[0-9]+", "digits", digits=True)]


class Names(RootModel[dict[Name, int]]):
    pass


class Drawing(Model):
    title: str
    on: bool = False
    number: Digits = "0"
    colour: Colour = Colour.RED
    due: date | None = None
    closes: time | Literal["24:00"] = "24:00"
    figures: dict[Name, Figure] = {}
    points: tuple[int, ...] = ()
    some: Annotated[tuple[Name, ...], Field(min_length=1)] = ("a",)
    names: Names = Names({})
    secret: SecretStr | None = None

    @field_validator("due")
    @classmethod
    def _not_too_early(cls, due: date | None) -> date | None:
        if due is not None and due.year < 2000:
            raise mistake("{value}, in another century", expected="a date from 2000 on")
        return due

    @model_validator(mode="after")
    def _blue_is_on(self) -> "Drawing":
        if self.colour is Colour.BLUE and not self.on:
            raise mistake("blue is never off", expected="on: true")
        return self


def told(text: str) -> list[str]:
    _, problems = read(Drawing, yaml_text.load(text, "d.yaml"))
    return [str(problem).removeprefix("d.yaml:") for problem in problems]


def test_what_is_right_becomes_the_model() -> None:
    text = "title: x\nnumber: 010\ncolour: blue\non: true\ndue: 2026-03-01\nfigures: {a: {kind: square, side: 3}}\n"
    drawing = build(Drawing, yaml_text.load(text, "d.yaml"))
    assert drawing.number == "010"
    assert drawing.colour is Colour.BLUE
    assert drawing.due == date(2026, 3, 1)
    assert drawing.figures["a"] == Square(kind="square", side=3)


def test_digits_need_no_quotes() -> None:
    assert build(Drawing, yaml_text.load("{title: x, number: 98668}", "d.yaml")).number == "98668"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "1:1: 'title' is missing"),
        ("title:", "1:7: title is empty; expected text"),
        ("title: 12", "1:8: title is 12; expected text; put it in quotes"),
        ("title: [a]", "1:8: title is a list; expected text"),
        ("{title: x, on: yes}", "1:16: on is 'yes'; expected true or false"),
        ("{title: x, on: 1}", "1:16: on is 1; expected true or false"),
        ("{title: x, number: +1}", "1:20: number is '+1'; expected digits"),
        ("{title: x, number: true}", "1:20: number is true; expected digits"),
        ("{title: x, colour: blau}", "1:20: colour is 'blau'; expected one of blue, red; did you mean 'blue'?"),
        ("{title: x, due: 2026-13-01}", "1:17: due is '2026-13-01'; expected a date such as 2026-03-01"),
        ("{title: x, due: 1999-01-01}", "1:17: due is '1999-01-01', in another century; expected a date from 2000 on"),
        ("{title: x, closes: 25:00}", "1:20: closes is '25:00'; expected a time such as 09:30 or 24:00"),
        ("{title: x, figures: {A: {kind: circle}}}", "1:22: key is 'A'; expected small letters"),
        ("{title: x, figures: [a]}", "1:21: figures is a list; expected a mapping, 'key: value' lines"),
        ("{title: x, figures: {a: }}", "1:25: a is empty; expected a mapping, 'key: value' lines"),
        (
            "{title: x, figures: {a: {kind: cirle}}}",
            "1:32: kind is 'cirle'; expected one of circle, square; did you mean 'circle'?",
        ),
        ("{title: x, figures: {a: {side: 1}}}", "1:22: 'kind' is missing"),
        ("{title: x, figures: {a: {kind: square, side: 11}}}", "1:46: side is 11; expected a number not above 10"),
        ("{title: x, figures: {a: {kind: square, side: 1.5}}}", "1:46: side is 1.5; expected a whole number"),
        (
            "{title: x, figures: {a: {kind: square, sides: 1}}}",
            "1:40: unknown key 'sides'; expected one of kind, side; did you mean 'side'?",
        ),
        ("{title: x, points: 3}", "1:20: points is 3; expected a list, '- item' lines or [a, b]"),
        ("{title: x, points: [1, b, 3]}", "1:24: points[1] is 'b'; expected a whole number"),
        ("{title: x, some: []}", "1:18: some is a list; expected at least one item"),
        ("{title: x, some: [1]}", "1:19: some[0] is 1; expected small letters"),
        ("{title: x, names: {B: 1}}", "1:20: key is 'B'; expected small letters"),
        ("{title: x, colour: blue}", "1:1: blue is never off; expected on: true"),
        ("[a]", "1:1: the file is a list; expected a mapping, 'key: value' lines"),
        ("", "1:1: the file is empty; expected a mapping, 'key: value' lines"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    assert told(text) == [message]


def test_all_mistakes_are_told_in_the_order_of_the_file() -> None:
    assert [line.split(";")[0] for line in told("on: 3\ntitel: x\npoints: [a, b]\n")] == [
        "1:1: 'title' is missing",
        "1:5: on is 3",
        "2:1: unknown key 'titel'",
        "3:10: points[0] is 'a'",
        "3:13: points[1] is 'b'",
    ]


def test_what_is_wrong_is_left_out_and_the_rest_is_there() -> None:
    text = (
        "title: x\n"
        "points: [1, b, 3]\n"
        "figures:\n"
        "  a: {kind: circle, radius: wide}\n"
        "  b: {kind: square, extra: 1}\n"
        "  c: {radius: 1}\n"
        "typo: 1\n"
    )
    found = salvage(Drawing, yaml_text.load(text, "d.yaml"))
    assert found.value is not None
    assert found.value.points == (1, 3)
    assert found.value.figures == {"a": Circle(kind="circle"), "b": Square(kind="square")}
    assert len(found.problems) == 5
    assert found.document.mark(("points", 1)).column == 16, "the mark of what moved up moves with it"


def test_a_lost_root_is_none() -> None:
    value, problems = read(Drawing, yaml_text.load("title: 1\n", "d.yaml"))
    assert value is None
    assert len(problems) == 1


def test_build_raises_with_everything() -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(Drawing, yaml_text.load("{on: 1, off: 2}", "d.yaml"))
    assert len(caught.value.problems) == 3


def test_values_of_secrets_are_not_shown() -> None:
    found = salvage(Drawing, yaml_text.load("{title: x, number: hunter2, secret: 12}", "d.yaml"), show_values=False)
    said = " ".join(str(problem) for problem in found.problems)
    assert len(found.problems) == 2
    assert "hunter2" not in said
    assert "12" not in said.replace("1:12", "")


def test_a_long_value_is_cut() -> None:
    assert len(told("{title: x, colour: " + "y" * 5_000 + "}")[0]) < 200


@pytest.mark.parametrize(
    ("word", "hint"),
    [("ordres", "did you mean 'orders'?"), ("ORDERS", "did you mean 'orders'?"), ("xyz", ""), ("", ""), (3, "")],
)
def test_the_nearest_word(word: Any, hint: str) -> None:
    assert nearest(word, ["orders", "editorial"]) == hint


def test_the_keys_of_a_place() -> None:
    data = {"figures": {"a": {"kind": "square"}}}
    assert keys_at(Drawing, ("figures", "a"), data) == ["kind", "side"]
    assert keys_at(Drawing, ("figures", "b"), {"figures": {"b": {}}}) == ["kind", "radius", "side"]
    assert "title" in keys_at(Drawing, (), data)
    assert keys_at(Drawing, ("figures",), data) == []


def test_a_shape_shows_in_the_schema() -> None:
    text, number = Drawing.model_json_schema()["properties"]["number"]["anyOf"]
    assert text == {"type": "string", "pattern": "^([0-9]+)$"}
    assert number == {"type": "integer", "minimum": 0}
