"""Facts and records as rows, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import structlog

from core.facts import FACTS, Fact, load
from reporting import record as contact_record
from reporting.part import tenants_of, visible_to
from reporting.record import ContactRecord, compute
from vcc.storage import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_log = structlog.get_logger()
#: The columns of a fact that is to be written, in order.
FACT_COLUMNS = ("at", "tenant", "contact", "node", "name", "data")
#: The columns of a record, in order.
RECORD_COLUMNS = ("contact", "tenant", "whole", "part", "arrived", "outcome", "caller", "agents", "data")

FactRow = tuple[float, str, str, str, str, str]
RecordRow = tuple[str, str, bool, bool, float, str, str, str, str]

_COMMON = frozenset(f.name for f in fields(Fact))
_OWN = {kind: tuple(f.name for f in fields(kind) if f.name not in _COMMON) for kind in FACTS.values()}


def fact_row(fact: Fact) -> FactRow:
    """The fact as a row. Raises TypeError or ValueError for one whose fields are not what their types say."""
    kind = type(fact)
    data = json_text.encode({name: getattr(fact, name) for name in _OWN[kind]})
    return float(fact.at), clean(fact.tenant), clean(fact.contact), clean(fact.node), kind.__name__, data


def fact_of(row: Sequence[Any]) -> Fact:
    """The fact that stands in a row. Raises KeyError for a name that this version does not know."""
    at, tenant, contact, node, name, data = row
    values: Mapping[str, Any] = json_text.decode(data) if isinstance(data, str) else data
    return load(name, {**values, "at": at, "tenant": tenant, "contact": contact, "node": node})


def facts_of(rows: Iterable[Sequence[Any]]) -> list[Fact]:
    """The facts that stand in rows; one that cannot be read (a newer vcc wrote it) is logged and left out."""
    found = []
    for row in rows:
        try:
            found.append(fact_of(row))
        except (KeyError, TypeError, ValueError):
            _log.exception("stored fact cannot be read", fact=row[4], contact=row[2])
    return found


def record_rows(facts: Sequence[Fact]) -> list[RecordRow]:
    """The rows of a contact that is over: one, or with several tenants the whole and each one's part."""
    whole, tenants = compute(facts), tenants_of(facts)
    if len(tenants) <= 1:
        return [_record_row(whole, whole.arrived, whole=True, part=bool(tenants))]
    parts = [compute(visible_to(facts, tenant)) for tenant in tenants]
    return [
        _record_row(whole, whole.arrived, whole=True, part=False),
        *(_record_row(part, whole.arrived, whole=False, part=True) for part in parts),
    ]


def rows_of_contact(facts: Sequence[Fact]) -> list[RecordRow]:
    """As `record_rows`; a defect in computing is logged, and must not keep anything else from being written."""
    try:
        return record_rows(facts)
    except Exception:  # noqa: BLE001 - whatever it is, the facts are there and the record can be computed later
        _log.exception("record cannot be computed", contact=facts[0].contact if facts else "")
        return []


def _record_row(record: ContactRecord, arrived: float, *, whole: bool, part: bool) -> RecordRow:
    return (
        clean(record.contact),
        clean(record.tenant),
        whole,
        part,
        arrived,
        record.outcome.value if record.outcome else "",
        clean(record.caller),
        clean(f" {' '.join(record.agents)} ") if record.agents else "",
        json_text.encode(contact_record.dump(record)),
    )


def clean(text: str) -> str:
    """The text without what a database refuses in a column: NUL, and halves of characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
