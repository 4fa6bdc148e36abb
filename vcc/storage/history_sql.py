"""The statements of the writers, made once from the tables, and executed by the drivers themselves.

A writer sends the same few statements all day; executed through SQLAlchemy they cost three times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vcc.storage.history_rows import FACT_COLUMNS, RECORD_COLUMNS
from vcc.storage.schema import facts, records

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY = ("contact", "tenant", "whole")
_INSERT_FACTS = f"INSERT INTO {facts.name} ({', '.join(FACT_COLUMNS)})"
_INSERT_RECORDS = f"INSERT INTO {records.name} ({', '.join(RECORD_COLUMNS)})"
_ON_CONFLICT = f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in RECORD_COLUMNS if name not in _KEY
)
_SELECT_FACTS = f"SELECT {', '.join(FACT_COLUMNS)} FROM {facts.name} WHERE contact = "  # noqa: S608 - our own names
_DELETE_RECORDS = f"DELETE FROM {records.name} WHERE contact = "  # noqa: S608


@dataclass(frozen=True, kw_only=True, slots=True)
class SqliteStatements:
    """What stands before and after the rows of `FACT_COLUMNS` and of `RECORD_COLUMNS`; the others take one contact."""

    insert_facts: str = f"{_INSERT_FACTS} VALUES"
    insert_records: str = f"{_INSERT_RECORDS} VALUES"
    replace_records: str = _ON_CONFLICT
    delete_records: str = f"{_DELETE_RECORDS}?"
    select_facts: str = f"{_SELECT_FACTS}? ORDER BY seq"


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresStatements:
    """`write` takes facts and records by column, as one array each, and answers with the transaction's id: all in one
    statement, as each costs a round trip. The others take one contact.
    """

    write: str
    delete_records: str = f"{_DELETE_RECORDS}$1"
    select_facts: str = f"{_SELECT_FACTS}$1 ORDER BY seq"


def postgres_statements() -> PostgresStatements:
    """PostgreSQL's statements."""
    fact_rows = _rows_of_arrays(facts, FACT_COLUMNS, first=1)
    record_rows = _rows_of_arrays(records, RECORD_COLUMNS, first=1 + len(FACT_COLUMNS))
    return PostgresStatements(
        write=f"WITH new_facts AS ({_INSERT_FACTS} {fact_rows}),"
        f" new_records AS ({_INSERT_RECORDS} {record_rows} {_ON_CONFLICT})"
        " SELECT pg_current_xact_id()::text"
    )


def _rows_of_arrays(table: sa.Table, names: Sequence[str], *, first: int) -> str:
    """A query that makes rows of the parameters from `$first` on, in their order."""
    types = [_array_type(table.c[name]) for name in names]
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, start=first))
    columns = ", ".join(f"{name}::json" if isinstance(table.c[name].type, sa.JSON) else name for name in names)
    return f"SELECT {columns} FROM unnest({arrays}) WITH ORDINALITY AS row ({', '.join(names)}, place) ORDER BY place"  # noqa: S608


def _array_type(column: sa.Column[object]) -> str:
    if isinstance(column.type, sa.Boolean):
        return "bool"
    return "float8" if isinstance(column.type, sa.Float) else "text"
