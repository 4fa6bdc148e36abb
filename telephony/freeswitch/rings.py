"""Phones and numbers outside that vcc rings: every ring comes to an end.

Ring -> bgapi originate -> CHANNEL_CREATE, CHANNEL_PROGRESS, CHANNEL_ANSWER -> CHANNEL_PARK
                        -> BACKGROUND_JOB -ERR CAUSE: it failed, with a channel (CHANNEL_HANGUP was told) or without
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from core.errors import SwitchError, SwitchUnavailableError
from telephony.freeswitch import translate
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

_JOBS_KEPT = 10_000


class Rings:
    """Those of a node."""

    def __init__(
        self, legs: Legs, esl: EslClient, endings: Endings, profiles: Mapping[str, str], secure: Collection[str] = ()
    ) -> None:
        """`profiles`: of each phone, where it registers; `secure`: those whose media are encrypted."""
        self._legs, self._esl, self._endings, self._profiles = legs, esl, endings, profiles
        self._secure = frozenset(secure)
        self._jobs: dict[str, str] = {}  # by job: the leg
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
            if isinstance(command, Ring) and command.phone not in self._profiles:
                self._legs.end(leg, Cause.UNREACHABLE, "no such phone")
                return
            self._originate(leg, self._words(command))
        except (SwitchError, ValueError) as error:
            self._legs.end(leg, Cause.FAILED, str(error))

    def _words(self, command: Ring | RingOutside) -> list[str]:
        if isinstance(command, Ring):
            return translate.originate(command, self._profiles[command.phone], secure=command.phone in self._secure)
        return translate.originate_outside(command)

    def _originate(self, leg: Leg, words: list[str]) -> None:
        job = str(uuid.uuid4())
        self._jobs[job] = leg.name
        if len(self._jobs) > _JOBS_KEPT:
            del self._jobs[next(iter(self._jobs))]
        self._esl.send(written(["bgapi", "originate", *words], Job_UUID=job), lambda answer: self._queued(leg, answer))

    def _queued(self, leg: Leg, answer: Answer) -> None:
        """Begun, refused, or nobody knows: then what is true is found out when the wire is up again."""
        if isinstance(answer, SwitchUnavailableError):
            return
        if isinstance(answer, SwitchError):
            self._legs.end(leg, Cause.FAILED, str(answer))
            self._endings.orphan(leg.name)
        elif said(answer).startswith("-ERR"):
            self._legs.end(leg, Cause.FAILED, said(answer))

    def job_over(self, event: Event) -> None:
        """An `originate` has ended: answered, or not."""
        leg = self._legs.get(self._jobs.pop(event.get("Job-UUID", ""), ""))
        printed = event.get("_body", "").strip()
        if leg is not None and not leg.up and printed.startswith("-ERR"):
            cause = printed.removeprefix("-ERR").strip()
            self._legs.end(leg, translate.cause_named(cause), cause)
