"""Callbacks whose turn has come: an agent is offered one, the number is dialled, and the two are joined.

agent first    offered -> the agent is rung -> picks up, is told -> the number rings, the agent hears that
                 -- answered ------------------------------------> joined
                 -- busy, nobody: the agent is free at once, without wrap-up -> tried again (callbacks.py)
caller first   offered -> the agent is reserved, not rung -> the number rings
                 -- answered, with music from now on ------------> the agent is rung -> joined
                 -- busy, nobody: the agent has heard nothing of it

To the router the contact is one that waits: it keeps its place while agents do not pick up, and whoever is there and
lost the agent again waits with music, as any caller. Who answers may have to press 1 first (`callbacks.accept`): a
voicemail does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import CallbackDialled, CallbackReached, ContactAnswered, Outcome, Party
from core.ids import LEG_PREFIX
from ivr_flows import agent_phrases, phrases
from ivr_flows.protocol import Text
from telephony.port import Music, Play, Ringback, StopPlaying
from tenancy.dialling import Purpose
from vcc.calls import arrivals, several
from vcc.calls.outbound import Call
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from acd.protocol import OfferContact
    from core.clock import TimerHandle
    from ivr_flows.protocol import Part
    from telephony.port import LegHungUp
    from vcc.calls.callbacks import Callback
    from vcc.calls.floor import Floor
    from vcc.calls.offers import Offers
    from vcc.calls.session import ContactSession

#: What is said on the leg of whoever is called back.
_QUESTION, _GREETING = "callback.accept", "callback.greeting"
_ACCEPT = "1"
#: An offer is held for so much longer (s) than all may take.
_GRACE_S = 5.0


class CallingBack:
    """All callbacks of the floor that are being carried out."""

    def __init__(self, floor: Floor, offers: Offers) -> None:
        """Serve this floor; `offers` rings agents, and joins them."""
        self._floor = floor
        self._offers = offers
        #: by contact and offer: whom to ring when the caller is there
        self._reserved: dict[str, dict[int, OfferContact]] = {}
        self._asked: dict[str, TimerHandle] = {}  # by contact: who has answered and is asked to press a key
        floor.callbacks.stop = self.stop

    # --- the turn has come ------------------------------------------------------------------------------------------

    def reserves(self, session: ContactSession, command: OfferContact) -> bool:
        """Whether the agent of an offer is not rung yet: the caller is dialled first, and not there."""
        callback = self._floor.callbacks.of(session)
        if not session.calls_back or session.answered or callback is None or callback.first != "caller":
            return False
        self._reserved.setdefault(session.contact, {})[command.offer] = command
        if not self._dials(session):
            self._dial(session, callback, ring_s=command.ring_s)
        return True

    def picked_up(self, session: ContactSession) -> bool:
        """An agent has picked up and was told what there is; whether the caller is dialled now."""
        callback = self._floor.callbacks.of(session)
        if not session.calls_back or session.answered or callback is None:
            return False
        self._dial(session, callback, ring_s=0.0)
        return True

    def told(self, session: ContactSession, agent: str) -> tuple[Part, ...]:
        """What an agent is told before everything else."""
        _, who = self._floor.directory.agents.get(agent, ("", None))
        if not session.calls_back or who is None or not who.whisper:
            return ()
        return (Text(text=agent_phrases.CALLBACK.label(who.language), language=who.language),)

    def _dials(self, session: ContactSession) -> bool:
        return session.leg in self._floor.legs.callers

    def _dial(self, session: ContactSession, callback: Callback, *, ring_s: float) -> None:
        """Dial whoever is called back. The offer is held for as long as that may take; `ring_s`: and an agent after."""
        floor, settings = self._floor, self._floor.callbacks.settings(callback)
        if settings is None:
            return self.stop(session, outcome=Outcome.FAILED, by=Party.SYSTEM, why="no such tenant")
        if callback.attempts >= settings.attempts:  # the last of them was cut off by a crash
            return self.stop(session, outcome=Outcome.NOT_REACHED, by=Party.SYSTEM, why="vcc restarted")
        lasts = settings.ring_s + (settings.accept_s if settings.accept else 0.0) + ring_s + _GRACE_S
        if not self._held(session, lasts):
            if session.agent_leg in floor.legs.agents:
                floor.healer.hang_up(session.agent_node, session.agent_leg)
            return None
        session.dialled_out += 1
        session.leg = f"{LEG_PREFIX}{session.contact}-back{session.dialled_out}"
        floor.legs.callers[session.leg] = session
        floor.touch(session)
        floor.callbacks.dialled(session)
        floor.record(
            CallbackDialled(
                **floor.about(session),
                callback=callback.callback,
                number=callback.to,
                attempt=callback.attempts,
            )
        )
        if callback.first != "caller":
            floor.send(session.agent_node, Ringback(leg=session.agent_leg))

        def moved(old: str, new: str) -> None:
            floor.legs.callers.pop(old, None)
            floor.legs.callers[new] = session
            session.leg = new
            floor.touch(session)

        refused = floor.outbound.ring(
            Call(
                leg=session.leg,
                number=callback.to,
                tenant=session.tenant,
                contact=session.contact,
                node=session.node,
                purpose=Purpose.CALLBACK,
                timeout_s=settings.ring_s,
                for_leg=session.agent_leg,
                moved=moved,
            )
        )
        if refused is not None:
            floor.legs.callers.pop(session.leg, None)
            self.stop(session, outcome=Outcome.NOT_REACHED, by=Party.SYSTEM, why=str(refused.reason))
        return None

    def _held(self, session: ContactSession, seconds: float) -> bool:
        if session.offer is None:
            return False
        now = self._floor.now()
        valid, commands = self._floor.router.offer_held(session.offer, now + seconds, now)
        self._floor.obey(commands)
        return valid

    # --- the caller's leg -------------------------------------------------------------------------------------------

    def answered(self, session: ContactSession) -> None:
        """Somebody has picked up; or the leg of somebody who was there is under control again, after a crash."""
        floor = self._floor
        if session.answered:
            return self._back(session)
        session.answered = True
        floor.touch(session)
        floor.record(ContactAnswered(**floor.about(session)))
        callback = floor.callbacks.of(session)
        settings = floor.callbacks.settings(callback) if callback else None
        if settings is None or not settings.accept:
            return self._reached(session)
        language = session.language if session.language in settings.accept else next(iter(settings.accept))
        self._asked[session.contact] = floor.timers.call_at(
            floor.now() + settings.accept_s, lambda: self._not_accepted(session)
        )
        return self._say(session, _QUESTION, (Text(text=settings.accept[language], language=language),) * 2)

    def _back(self, session: ContactSession) -> None:
        """A vcc that has come back has the leg."""
        if session.stage is Stage.PARTING:
            return self._offers.free(session)
        if session.stage is Stage.TALKING and not session.agent_leg:
            return arrivals.end(self._floor, session, Outcome.ANSWERED, Party.SYSTEM, hang_up=True)
        if session.stage is Stage.WAITING:
            self._wait(session)
        elif session.stage is Stage.ENDING:
            self._floor.healer.hang_up(session.node, session.leg)
        return None

    def pressed(self, session: ContactSession, key: str) -> None:
        """A key of whoever is called back."""
        if key == _ACCEPT and (timer := self._asked.pop(session.contact, None)) is not None:
            timer.cancel()
            self._floor.send(session.node, StopPlaying(leg=session.leg))
            self._reached(session)

    def _not_accepted(self, session: ContactSession) -> None:
        if self._asked.pop(session.contact, None) is not None:
            self.stop(session, outcome=Outcome.NOT_REACHED, by=Party.SYSTEM, why="not_accepted")
            self._floor.settle()

    def played(self, session: ContactSession, play: str) -> None:
        """What was said is over: music, until an agent is there."""
        if play == _GREETING and session.stage is Stage.WAITING:
            self._wait(session)

    def _reached(self, session: ContactSession) -> None:
        """The caller is there."""
        floor, callback = self._floor, self._floor.callbacks.of(session)
        if callback is not None:
            floor.record(CallbackReached(**floor.about(session), callback=callback.callback, attempt=callback.attempts))
        if session.agent_leg in floor.legs.agents:  # that agent has picked up, and waits for this
            return self._offers.take(session)
        reserved = self._reserved.pop(session.contact, {})
        self._say(session, _GREETING, tuple(phrases.CALLBACK_GREETING.parts(session.language, lambda name: "")))
        if session.offer is not None and (command := reserved.get(session.offer)) is not None:
            self._offers.ring_agent(session, command)
        return None

    def _say(self, session: ContactSession, play: str, parts: tuple[Part, ...]) -> None:
        floor = self._floor

        def ready(sounds: tuple[str, ...], *, later: bool = True) -> None:
            if session.contact not in floor.sessions or session.stage is not Stage.WAITING:
                return
            if sounds:
                floor.send(session.node, Play(leg=session.leg, play=play, sounds=sounds, stop_keys=_ACCEPT))
            else:
                self.played(session, play)
            if later:
                floor.settle()

        own = floor.speech.sounds(session.tenant)
        sounds = floor.speech.resolve(own, parts)
        if sounds is None:
            floor.speech.render(own, parts, ready)
        else:
            ready(sounds, later=False)

    def _wait(self, session: ContactSession) -> None:
        music = self._floor.directory.music(session.tenant, "", session.queue)
        self._floor.send(session.node, Music(leg=session.leg, music=music))

    # --- what goes otherwise ----------------------------------------------------------------------------------------

    def caller_gone(self, session: ContactSession, fact: LegHungUp) -> bool:
        """The leg of whoever is called back is gone; whether that was before they talked."""
        if not session.calls_back:
            return False
        self._floor.legs.callers.pop(fact.leg, None)
        if session.stage is not Stage.ENDING:
            by = Party.CALLER if session.answered else Party.SYSTEM
            why = "hung_up" if session.answered else str(fact.cause)
            self.stop(session, outcome=Outcome.NOT_REACHED, by=by, why=why)
        else:  # it was hung up: it had waited for too long, or by command
            if session.agent_leg in self._floor.legs.agents:  # who had picked up, and was not brought together yet
                self._floor.healer.hang_up(session.agent_node, session.agent_leg)
            self._finish(session)
        return True

    def agent_gone(self, session: ContactSession) -> None:
        """The session has no agent any more: who is there waits for the next, who is dialled for one is so no more."""
        if not session.calls_back or session.contact not in self._floor.sessions:
            return
        callback = self._floor.callbacks.of(session)
        if session.stage is Stage.ENDING:
            self._finish(session)
        elif session.answered:
            if session.contact not in self._asked:
                self._wait(session)
        elif self._dials(session) and (callback is None or callback.first != "caller"):
            self._drop(session)
            settings = self._floor.callbacks.settings(callback) if callback else None
            if callback is None or settings is None or callback.attempts >= settings.attempts:
                self.stop(session, outcome=Outcome.NOT_REACHED, by=Party.AGENT, why="agent_left")
        elif callback is not None:
            self._floor.callbacks.expire(callback)

    def withdrawn(self, session: ContactSession, offer: int) -> None:
        """An offer is over whose agent was not rung yet; the caller goes on being dialled for another."""
        if self._reserved.get(session.contact, {}).pop(offer, None) is None:
            return
        if session.offer == offer:
            self._offers.forget_agent(session)
        else:
            session.also.pop(several.leg_of(session, offer), None)

    def lost(self, session: ContactSession, fact: LegHungUp) -> bool:
        """An agent's leg is gone; whether it was waited for, to end an attempt that has failed."""
        if not session.calls_back or session.stage is not Stage.ENDING or fact.leg != session.agent_leg:
            return False
        self._finish(session)
        return True

    def stop(self, session: ContactSession, *, outcome: Outcome, by: Party, why: str) -> None:
        """The attempt is over before the two have talked. The agent is free when that phone is, without wrap-up."""
        floor = self._floor
        if session.contact not in floor.sessions or session.stage is Stage.ENDING:
            return
        session.outcome, session.by = session.outcome or outcome, session.by or by
        session.cause = session.cause or why
        self._reserved.pop(session.contact, None)
        if (timer := self._asked.pop(session.contact, None)) is not None:
            timer.cancel()
        if self._dials(session):
            self._drop(session)
        if session.stage is Stage.JOINING:
            floor.recordings.no_talk(session)
        floor.enter(session, Stage.ENDING)
        if session.agent_leg in floor.legs.agents:
            self._offers.before.forget(session.agent_leg)
            floor.healer.hang_up(session.agent_node, session.agent_leg, elsewhere=True)
        else:
            self._finish(session)

    def _drop(self, session: ContactSession) -> None:
        """Let go of the caller's leg; its end means nothing any more."""
        floor = self._floor
        floor.legs.callers.pop(session.leg, None)
        floor.healer.hang_up(session.node, session.leg)
        floor.touch(session)

    def _finish(self, session: ContactSession) -> None:
        floor = self._floor
        if session.contact in floor.sessions:
            floor.obey(floor.router.leave(session.contact, floor.now()))
            arrivals.gone(floor, session, cause=session.cause)

    def restored(self, session: ContactSession) -> None:
        """After a crash: who was not there yet is dialled anew, with the next agent; a phone that still rings is a
        stray.
        """
        session.dialled_out += 1
        session.leg = f"{LEG_PREFIX}{session.contact}-back{session.dialled_out}"
        self._floor.touch(session)
