"""Legs that the dial plan brings: callers who arrive or come back, agents who answer or come back.

While it is not known what is true on the node, connections are held back, a short time only: then the dial plan gets
its leg back, plays music, and asks again.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from core.errors import SwitchError
from telephony import untrusted
from telephony.asterisk import spying, transfers, translate
from telephony.asterisk.fastagi import AgiServer, AgiSession
from telephony.asterisk.templates.words import CHECK
from telephony.port import CallArrived, CallMissed, Command, MissedEnd, Music
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from telephony.asterisk.endings import Endings
    from telephony.asterisk.legs import Leg, Legs
    from telephony.asterisk.missed import Missed

#: How long a leg may be held back while the node is not known to be up.
HOLD_S = 3.0
LISTEN_RETRY_S = 1.0

_log = structlog.get_logger()


class Arrivals:
    """The FastAGI connections of a node."""

    def __init__(self, legs: Legs, endings: Endings, missed: Missed, on_reply: Callable[[float], None]) -> None:
        """Nobody is listened to yet. `on_reply`: see `AgiServer`."""
        self._legs, self._endings, self._missed = legs, endings, missed
        self._server = AgiServer(self._connected, on_reply)
        self._held: list[AgiSession] = []
        self.up = False

    async def listen(self, host: str, port: int) -> None:
        """Listen; where the address is taken, try until it is free."""
        while True:
            try:
                await self._server.start(host, port)
            except OSError as error:
                _log.error("cannot listen for the switch's calls", node=self._legs.node, reason=str(error))
                await asyncio.sleep(LISTEN_RETRY_S)
            else:
                return

    async def close(self) -> None:
        """Listen no longer; every leg is the dial plan's."""
        self._held.clear()
        await self._server.close()

    # --- held back

    def held(self) -> set[str]:
        """The legs that are held back."""
        return {session.environment["agi_uniqueid"] for session in self._held}

    def first(self) -> set[str]:
        """Those of them that were never here before."""
        return {
            session.environment["agi_uniqueid"]
            for session in self._held
            if session.environment.get("agi_arg_1", "") != "again"
        }

    def release(self) -> None:
        """It is known what is true: go on with those who were held back."""
        sessions, self._held = self._held, []
        for session in sessions:
            if not session.closed:
                self._connected(session)

    def _hold(self, session: AgiSession) -> None:
        self._held.append(session)
        asyncio.get_running_loop().call_later(HOLD_S, self._let_go, session)

    def _let_go(self, session: AgiSession) -> None:
        if session in self._held:
            self._held.remove(session)
            session.close()

    # --- a connection

    def _connected(self, session: AgiSession) -> None:
        if not self.up:
            self._hold(session)
            return
        arrival = self._arrival(session)
        if arrival is None or self._legs.ends(arrival.leg):
            session.close()  # a leg that was hung up before is dead on it, and stays in the switch until it ends
            return
        session.forget_environment()
        leg = self._legs.add(arrival.leg, rung=arrival.rung)
        leg.channel, leg.origin, leg.dialled = arrival.channel, arrival.origin, arrival.dialled
        leg.handed_over = arrival.handed_over
        if not arrival.rung:
            leg.sound.found_class(arrival.music)
        back = leg.moved and leg.told and not arrival.refer_to
        if not arrival.rung and (arrival.again or back):
            leg.sound.found_playing()
        leg.attach(session, arriving=bool(arrival.refer_to) or not (arrival.rung or back))
        if leg.hang_up_wanted:
            self._endings.end(leg)
        elif back:
            _settle(leg)
            if not arrival.rung and not leg.next_is(Command):
                leg.push(Music(leg=leg.name, music=""))  # the dial plan's own
        elif arrival.refer_to:
            spawn(self._referred(leg, arrival, session), name=f"transfer {leg.name}")
        elif arrival.rung:
            self._answered(leg)
        else:
            spawn(self._arrived(leg, arrival, session), name=f"arrival {leg.name}")

    def _arrival(self, session: AgiSession) -> translate.Arrival | None:
        """What its environment says; None for one that is no leg's."""
        if session.environment["agi_network_script"] == CHECK:
            return None  # `vcc pbx check`: the switch tries whether it gets here
        try:
            return translate.arrival(session.environment)
        except ValueError as error:
            _log.warning("a FastAGI connection of no leg of ours", node=self._legs.node, reason=str(error))
            return None

    async def _referred(self, leg: Leg, arrival: translate.Arrival, session: AgiSession) -> None:
        """A phone has transferred the leg; then it is as any that arrives or was answered."""
        _settle(leg)
        by = self._legs.sent_on.by(leg.name) or _referrer(self._legs.of_channel(arrival.referrer), arrival.referrer)
        with contextlib.suppress(SwitchError):
            if by not in {"", arrival.referrer}:  # for a vcc that comes later: then the phone's channel is gone
                await session.command(translate.remember_referrer(by))
            transfers.blind(self._legs, leg, arrival.refer_to, by)
        if arrival.rung:
            self._answered(leg)
            leg.arrived(session)
        else:
            await self._arrived(leg, arrival, session)

    def _answered(self, leg: Leg) -> None:
        """The agent's leg is here: for the first time, or back from where it was, of which nothing is told."""
        _settle(leg)
        leg.answered()

    async def _arrived(self, leg: Leg, arrival: translate.Arrival, session: AgiSession) -> None:
        """Read what the caller claims, then tell of the call. Nothing else is sent on this connection before."""
        try:
            caller = await _handed_over_caller(session) if arrival.handed_over else None
            claims = {} if caller else await _headers(session, arrival.asked_headers)
            written = "" if caller else await self._take(leg, arrival, session)
        except SwitchError:
            if not leg.told and leg.session in {None, session}:
                self._legs.forget(leg)  # left within a millisecond: whoever was never told of needs no end
            session.close()
            return
        number, name = caller or (translate.caller_of(written) if arrival.trunk else ("", ""))
        _settle(leg)
        again, leg.told = arrival.again or leg.told, True
        leg.fact(
            CallArrived,
            trunk=arrival.trunk,
            phone=arrival.phone,
            dialled=translate.as_dialled(arrival.dialled),
            caller=number,
            caller_name=name,
            headers={
                header: untrusted.harmless(claims[header]) for header in arrival.asked_headers if header in claims
            },
            again=again,
            handed_over=arrival.handed_over,
        )
        self._missed.served(leg.name)
        leg.arrived(session)

    async def _take(self, leg: Leg, arrival: translate.Arrival, session: AgiSession) -> str:
        """Ask who calls, the last question. Once it is asked, the dial plan may take the call for one that vcc has, and
        notes it no more; so whoever leaves before the answer is told of. Raises SwitchError if the call is gone.
        """
        if session.hung_up:
            raise SwitchError("the caller has gone")
        try:
            reply = await session.command(translate.TAKE)
        except SwitchError:
            if self._legs.is_gone(leg.name) and not (leg.told or arrival.again):
                self._tell_not_taken(leg, arrival)
            raise
        if reply.dead:
            raise SwitchError("the caller has gone")
        return reply.value

    def _tell_not_taken(self, leg: Leg, arrival: translate.Arrival) -> None:
        now = self._legs.now()
        leg.fact(
            CallMissed,
            trunk=arrival.trunk,
            phone=arrival.phone,
            dialled=translate.as_dialled(arrival.dialled),
            arrived=float(int(now)),
            ended=float(int(now)),
            how=MissedEnd.NOT_TAKEN,
        )


def _settle(leg: Leg) -> None:
    """It is here, so it is in no conversation and watches nobody, though nobody saw the end of that."""
    leg.conversations.left(leg)
    spying.over(leg)


def _referrer(by: Leg | None, noted: str) -> str:
    """Whose phone transferred a leg: noted is that leg's name, or its channel's, which may have ended."""
    if by is not None:
        return by.name
    return "" if "/" in noted else noted


async def _handed_over_caller(session: AgiSession) -> tuple[str, str]:
    """Number and name that the dial plan had for the caller. Raises SwitchError if the call is gone."""
    number = await _asked(session, translate.HANDOVER_CALLER)
    name = await _asked(session, translate.HANDOVER_CALLER_NAME)
    return untrusted.caller(number, name)


async def _asked(session: AgiSession, line: str) -> str:
    reply = await session.command(line)
    if reply.dead or session.hung_up:
        raise SwitchError("the caller has gone")
    return reply.value


async def _headers(session: AgiSession, names: Iterable[str]) -> dict[str, str]:
    """The headers of the call's INVITE that are there. Raises SwitchError if the call is gone."""
    found = {}
    for name in names:
        if value := await _asked(session, translate.get_header(name)):
            found[name] = value
    return found
