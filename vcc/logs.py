"""Structured logs: static text with fields, one JSON object a line; numbers that people dial or own are masked."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from pydantic_core import PydanticSerializationError, to_json

from core.masking import masked

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from structlog.typing import Processor

#: Fields that hold a person's number or name, whatever logs them.
_PERSONAL = frozenset({"caller", "caller_name", "number_dialled", "digits", "dialled"})
_NUMBER = re.compile(r"(?<![\w.:-])\+?\d{7,20}(?![\w.:-])")


class Subject:
    """Which node and contact the program is at work for; every line that is logged meanwhile says so."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.node = ""
        self.contact: Contact | None = None

    def set(self, node: str, contact: Contact | None) -> None:
        """From now on this; empty and None: nothing in particular."""
        self.node, self.contact = node, contact


class Contact(Protocol):
    """What a log line tells of a contact."""

    contact: str
    tenant: str


subject = Subject()


def _add_subject(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if subject.node:
        event.setdefault("node", subject.node)
    if subject.contact is not None:
        event.setdefault("contact", subject.contact.contact)
        event.setdefault("tenant", subject.contact.tenant)
    return event


def _mask_numbers(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not isinstance(value, str) or key in ("event", "timestamp", "level"):
            continue
        event[key] = masked(value) if key in _PERSONAL else _NUMBER.sub(lambda m: masked(m.group()), value)
    return event


def _json(line: MutableMapping[str, Any], *, default: Callable[[Any], Any]) -> str:
    """A line as JSON, by pydantic's Rust where it can: a call logs two lines, and is to log them for little."""
    try:
        return to_json(line, fallback=default).decode()
    except PydanticSerializationError:
        return json.dumps(line, ensure_ascii=False, default=default)


def set_up(level: int = logging.INFO) -> None:
    """Configure structlog and the standard library's logging for the whole process; lines go to standard error."""
    shared: list[Processor] = [
        _add_subject,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_numbers,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(_json)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # a line in one piece; print makes two of it
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
