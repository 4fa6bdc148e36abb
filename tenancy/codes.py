"""What agents key in: codes that are dialled and lead to a flow, and codes that do something in a conversation.

    "*71": sign_in            dialled: the platform's flow of this name
    "*2": talk.consult        keyed in by the agent in the course of a conversation: what is done
    "*74": null               in a tenant's table: nothing, whatever the platform's says

A tenant's own table is laid over the platform's. No code in it begins with another one, so that a code is known when
its last key is pressed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from core.validate import mistake
from core.words import nearest, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.document import Document, Path
    from core.errors import Problem
    from tenancy.model import Platform, Tenant

TALK = "talk."


class TalkAction(StrEnum):
    """What an agent does in a conversation by a code."""

    TRANSFER = "transfer"  # to a number that is asked for; in a consultation: to whoever is consulted
    CONSULT = "consult"
    CONFERENCE = "conference"
    ALTERNATE = "alternate"
    CANCEL = "cancel"
    HOLD = "hold"  # and again: no more
    MUTE = "mute"  # and again: no more
    PARK = "park"
    RECORD_START = "record_start"
    RECORD_PAUSE = "record_pause"
    RECORD_RESUME = "record_resume"
    RECORD_STOP = "record_stop"


def known_code(value: str) -> str:
    """What a code stands for, if it is a flow's name or something that is done in a conversation; raises a mistake
    else.
    """
    if value.startswith(TALK) and value.removeprefix(TALK) not in set(TalkAction):
        known = [TALK + action for action in TalkAction]
        raise mistake("{value}", expected=one_of(known), hint=nearest(value, known))
    return value


def table(platform: Platform, tenant: Tenant | None) -> dict[str, str]:
    """The codes that hold for a tenant's phones and own agents; None: for all others."""
    own: Mapping[str, str | None] = tenant.codes if tenant else {}
    return {code: value for code, value in {**platform.codes, **own}.items() if value is not None}


def flows(codes: Mapping[str, str]) -> dict[str, str]:
    """Of a table, the codes that are dialled: the flow of each."""
    return {code: value for code, value in codes.items() if not value.startswith(TALK)}


def in_talk(codes: Mapping[str, str]) -> dict[str, TalkAction]:
    """Of a table, the codes that are keyed in during a conversation."""
    return {code: TalkAction(value.removeprefix(TALK)) for code, value in codes.items() if value.startswith(TALK)}


def problems(platform: Platform, document: Document) -> Iterator[Problem]:
    """Codes that begin with another one: where, and which."""
    own: dict[str, Path] = {code: ("codes", code) for code in platform.codes}
    yield from _told_apart(table(platform, None), own, own, document)
    for tenant in platform.tenants.values():
        theirs: dict[str, Path] = {code: ("tenants", tenant.id, "codes", code) for code in tenant.codes}
        yield from _told_apart(table(platform, tenant), theirs, {**own, **theirs}, document)


def _told_apart(
    codes: Mapping[str, str], own: Mapping[str, Path], places: Mapping[str, Path], document: Document
) -> Iterator[Problem]:
    """Each pair once; of a tenant's table those in which a code of the tenant's own is."""
    for code in codes:
        for end in range(1, len(code)):
            other = code[:end]
            if other in codes and (code in own or other in own):
                here, there = (code, other) if code in own else (other, code)
                mark = document.mark(places[there])
                message = (
                    f"the code {code} begins with the code {other}"
                    if here == code
                    else f"the code {code} of the platform begins with the code {other}"
                )
                expected = f"codes of which none begins with another (also: {mark.file}:{mark.key_line})"
                yield document.problem(places[here], message, expected=expected, key=True)
