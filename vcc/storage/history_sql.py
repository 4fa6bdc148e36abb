"""The statements of the writers, compiled once: the tables are SQLAlchemy's, the execution the driver's own.

A writer sends the same four statements thousands of times a second; executed through SQLAlchemy they cost three times
as much as through the driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from vcc.storage.history_rows import FACT_COLUMNS, RECORD_COLUMNS
from vcc.storage.schema import facts, records

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql import ClauseElement

_KEY = ("contact", "tenant", "whole")


@dataclass(frozen=True, kw_only=True, slots=True)
class Statements:
    """SQL with parameters in the order of `FACT_COLUMNS`, `RECORD_COLUMNS`, or one contact."""

    insert_fact: str
    put_record: str
    delete_records: str
    select_facts: str


def statements(dialect: Dialect) -> Statements:
    """The statements in the words of a database."""
    insert: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    put = insert(records)
    put = put.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={name: put.excluded[name] for name in RECORD_COLUMNS if name not in _KEY},
    )
    contact: sa.BindParameter[str] = sa.bindparam("contact", type_=sa.Text())
    select = sa.select(*(facts.c[name] for name in FACT_COLUMNS))
    return Statements(
        insert_fact=_compile(sa.insert(facts).inline(), dialect, FACT_COLUMNS),
        put_record=_compile(put, dialect, RECORD_COLUMNS),
        delete_records=_compile(sa.delete(records).where(records.c.contact == contact), dialect, ("contact",)),
        select_facts=_compile(select.where(facts.c.contact == contact).order_by(facts.c.seq), dialect, ("contact",)),
    )


def _compile(statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]) -> str:
    is_insert = isinstance(statement, sa.Insert)
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names) if is_insert else None)
    if tuple(compiled.positiontup or ()) != names:
        message = f"parameters {compiled.positiontup} are not in the order {names}"
        raise AssertionError(message)
    return str(compiled)
