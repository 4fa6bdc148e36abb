"""A tenant's tables: CSV and YAML come to the same, and every mistake has its line."""

from __future__ import annotations

import pytest

from tenancy import tables
from tenancy.tables import MAX_CELL, MAX_COLUMNS, MAX_ROWS


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("t.csv", "number,tier,agent\n13800138000,gold,li\n\n010,silver\n"),
        ("t.csv", "\ufeffNumber, tier, agent\r\n13800138000, gold, li\r\n010,silver,\r\n"),
        ("t.csv", 'n,tier,agent\n"13800138000","gold",li\n010,silver,'),
        ("t.yaml", "13800138000: {tier: gold, agent: li}\n010:\n  tier: silver\n"),
    ],
)
def test_rows_by_key(file: str, text: str) -> None:
    table, problems = tables.read(text, file)
    assert (problems, table and table.columns) == ([], ("tier", "agent"))
    assert table is not None
    assert table.row("13800138000") == {"tier": "gold", "agent": "li"}
    assert table.row("010") == {"tier": "silver", "agent": ""}
    assert table.row("10") is None


def test_a_table_of_keys_alone() -> None:
    for file, text in (("t.csv", "number\n1\n2\n"), ("t.yaml", "1: {}\n2:\n")):
        table, problems = tables.read(text, file)
        assert (problems, table and dict(table.rows)) == ([], {"1": (), "2": ()})


def test_numbers_and_truth_in_yaml_are_texts() -> None:
    table, problems = tables.read("a: {level: 7, vip: true, code: 007, none: null}\n", "t.yaml")
    assert table is not None
    assert (problems, table.row("a")) == ([], {"level": "7", "vip": "true", "code": "007", "none": ""})


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("t.csv", "", ["t.csv:1:1: the table is empty; expected a first line with the columns' names, "
                       "such as number,tier"]),
        ("t.csv", "n,Tier,tier,tier\n1,a,b,c\n", [
            "t.csv:1:1: a column cannot be called 'Tier'; "
            "expected a lower-case letter, then at most 39 of a-z, 0-9 and _",
            "t.csv:1:1: the column 'tier' is there twice; expected each column once",
            "t.csv:1:1: the column 'tier' is there twice; expected each column once"]),
        ("t.csv", "n,tier\n1,a\n1,b\n,c\n2,a,b\n3,\"x\ny\"\n4,\"a\"b\n", [
            "t.csv:3:1: the key '1' stands here a second time; expected each key once",
            "t.csv:4:1: a row without a key; expected a text in the first column",
            "t.csv:5:1: a row of 3 cells; expected 2, as in the first line",
            "t.csv:8:1: this is no CSV: ',' expected after '\"'"]),
        ("t.csv", f"n,tier\n1,{'x' * 201}\n", [
            f"t.csv:2:1: '{'x' * 60}…' has 201 characters; expected at most {MAX_CELL}"]),
        ("t.csv", "n," + ",".join(f"c{i}" for i in range(21)) + "\n", [
            f"t.csv:1:1: the table has 21 columns beside the key; expected at most {MAX_COLUMNS}"]),
        ("t.yaml", "- a\n", ["t.yaml:1:1: the table is a list; expected a mapping, 'key: value' lines"]),
        ("t.yaml", "1: gold\n2: {tier: [a]}\n", [
            "t.yaml:1:4: '1' is 'gold'; expected columns: {tier: gold}",
            "t.yaml:2:11: tier is a list; expected a text; a number with a point is quoted"]),
        ("t.yaml", "a: {b\n", [
            "t.yaml:1:4: this '{' is never closed; expected 'key: value' pairs with ',' between them, then '}'"]),
    ],
)  # fmt: skip
def test_a_mistake(file: str, text: str, told: list[str]) -> None:
    _, problems = tables.read(text, file)
    assert [str(problem) for problem in problems] == told


def test_what_is_told_and_kept_is_bounded() -> None:
    _, problems = tables.read("n\n" + "1\n" * 1000, "t.csv")
    assert len(problems) == 20
    table, problems = tables.read("n\n" + "".join(f"{i}\n" for i in range(MAX_ROWS + 5)), "t.csv")
    assert table is None
    assert [problem.message for problem in problems] == ["the table has too many rows"]
