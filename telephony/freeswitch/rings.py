"""Phones and numbers outside that vcc rings: every ring comes to an end.

Ring -> bgapi originate -> CHANNEL_ORIGINATE, CHANNEL_PROGRESS, CHANNEL_ANSWER -> CHANNEL_PARK
                        -> BACKGROUND_JOB -ERR CAUSE: it failed, with a channel (CHANNEL_HANGUP was told) or without
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.errors import SwitchError, SwitchUnavailableError
from telephony.freeswitch import lasting, translate
from telephony.freeswitch.esl_client import said
from telephony.freeswitch.frames import command as written
from telephony.port import Cause, CommandFailed, Ring, RingOutside

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from telephony.freeswitch.endings import Endings
    from telephony.freeswitch.esl import Answer
    from telephony.freeswitch.esl_client import EslClient
    from telephony.freeswitch.frames import Event
    from telephony.freeswitch.legs import Leg, Legs
    from telephony.freeswitch.orders import Orders

_JOBS_KEPT = 10_000
#: Of what a job of anybody's has printed.
_PRINTED_KEPT = 100
#: The switch's cause for a phone that nobody picks up.
NO_ANSWER = "NO_ANSWER"


class Rings:
    """Those of a node."""

    def __init__(
        self,
        legs: Legs,
        esl: EslClient,
        endings: Endings,
        profiles: Mapping[str, str],
        *,
        orders: Orders,
        secure: Collection[str] = (),
        others: Collection[str] = (),
        inside: bool = False,
    ) -> None:
        """`profiles`: of each phone, where it registers; `secure`: those whose media are encrypted; `others`: nodes to
        which there is a trunk; `inside`: the switch is another's.
        """
        self._others = frozenset(others)
        self._legs, self._esl, self._endings, self._profiles = legs, esl, endings, profiles
        self._orders, self._lasting = orders, lasting.VARIABLES if inside else {}
        self._secure = frozenset(secure)
        self._jobs: dict[str, str] = {}  # by job: the leg
        self._over: dict[str, str] = {}  # by job whose leg is not known yet: what it printed
        self.up = False

    def ring(self, command: Ring | RingOutside) -> None:
        """Ring."""
        if command.leg in self._legs:
            at, name, detail = self._legs.now(), type(command).__name__, "this leg rings already"
            self._legs.tell(CommandFailed(node=self._legs.node, at=at, leg=command.leg, command=name, detail=detail))
            return
        leg = self._legs.add(command.leg, rung=True)
        leg.phone = command.phone if isinstance(command, Ring) else ""
        try:
            if not self.up:
                raise SwitchUnavailableError("the switch cannot be heard")
            if isinstance(command, Ring) and (missing := self._missing(command)):
                self._legs.end(leg, Cause.UNREACHABLE, missing)
                return
            self._originate(leg, self._words(command))
            leg.gives_up = asyncio.get_running_loop().call_later(command.timeout_s, self._give_up, leg)
        except (SwitchError, ValueError) as error:
            self._legs.end(leg, Cause.FAILED, str(error))

    def _give_up(self, leg: Leg) -> None:
        """It has rung for as long as it was to; the switch would end it by itself up to two seconds later."""
        if leg.there and not (leg.up or leg.hang_up_wanted):
            self._orders.quietly("uuid_kill", leg.name, NO_ANSWER)

    def _missing(self, command: Ring) -> str:
        """What there is not that the ring needs, for people."""
        if command.at:
            return "" if command.at in self._others else f"there is no trunk to node {command.at}"
        return "" if command.phone in self._profiles else "no such phone"

    def _words(self, command: Ring | RingOutside) -> list[str]:
        if isinstance(command, Ring):
            profile = self._profiles.get(command.phone, "")  # one at another node has none here
            secure = command.phone in self._secure
            return translate.originate(command, profile, secure=secure, lasting=self._lasting)
        return translate.originate_outside(command, lasting=self._lasting)

    def _originate(self, leg: Leg, words: list[str]) -> None:
        raw = written(["bgapi", "originate", *words])
        self._esl.send(raw, lambda answer: self._queued(leg, answer), about=leg.name)

    def _queued(self, leg: Leg, answer: Answer) -> None:
        """Begun, refused, or nobody knows: then what is true is found out when the wire is up again."""
        if isinstance(answer, SwitchUnavailableError):
            return
        if isinstance(answer, SwitchError):
            self._legs.end(leg, Cause.FAILED, str(answer))
            self._endings.orphan(leg.name)
        elif said(answer).startswith("-ERR"):
            self._legs.end(leg, Cause.FAILED, said(answer))
        else:
            job = answer.headers.get("Job-UUID", "")
            if job in self._over:
                self._ended(leg, self._over.pop(job))
            else:
                _keep(self._jobs, job, leg.name)

    def job_over(self, event: Event) -> None:
        """An `originate` has ended: answered, or not. That may be told before the answer that says which it was."""
        job, printed = event.get("Job-UUID", ""), event.get("_body", "").strip()
        if job in self._jobs:
            self._ended(self._legs.get(self._jobs.pop(job)), printed)
        else:
            _keep(self._over, job, printed[:_PRINTED_KEPT])

    def _ended(self, leg: Leg | None, printed: str) -> None:
        if leg is not None and not leg.up and printed.startswith("-ERR"):
            cause = printed.removeprefix("-ERR").strip()
            self._legs.end(leg, translate.cause_named(cause), cause)


def _keep(found: dict[str, str], job: str, value: str) -> None:
    found[job] = value
    if len(found) > _JOBS_KEPT:
        del found[next(iter(found))]
