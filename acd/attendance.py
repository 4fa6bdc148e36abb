"""The agents' side of the router: who is there, what they want, and what is known of their phones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from acd.decision import Decision
from acd.learning import learn
from acd.protocol import AgentState, Phase, Wish
from acd.view import View
from acd.wishes import change_phone, sign_out, wish_for
from core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from acd.protocol import AgentRules, Command

#: An agent whose phone was lost for no longer than this has not lost the place among the idle.
SHORT_LOSS_S = 60.0


class Attendance(View):
    """Agents who sign in, are ready or not, and leave. Times are POSIX seconds."""

    def sign_in(
        self,
        agent: str,
        phone: str,
        serves: Iterable[str],
        now: float,
        *,
        wish: Wish = Wish.READY,
        reason: str = "",
        move: bool = False,
    ) -> list[Command]:
        """Sign an agent in on a phone, in the seats of the tenants `serves`; again on the same phone is fine. `move`:
        an agent who is signed in on another phone is taken over to this one, but for one in a conversation.

        Raises NotFoundError for an unknown agent, InUseError if the agent is on another phone or the phone
        another's, NoSeatError if a tenant has no free seat or does not lease the agent.
        """
        now, matching, seats = self._timeline.at(now), self._matching, tuple(sorted(set(serves)))
        matching.agents.check_sign_in(self.rules, agent, phone, seats, move=move)
        decision, desk = Decision(), matching.agents.get(agent)
        if desk is not None and desk.state.phone != phone:
            change_phone(matching, desk, phone, now, decision)
        if desk is None:
            reachable = matching.agents.reachable(phone)
            state = AgentState(agent=agent, phone=phone, serves=seats, since=now, reachable=reachable)
            state.idle_since = state.load_at = now
            state.lost_at = None if reachable else now
            state.in_use = matching.agents.in_use(phone)
            desk = matching.agents.add(state)
            matching.seat(desk, now)
        elif desk.state.serves != seats:
            matching.agents.serve(desk, seats)
            decision.agent(agent)
            matching.seat(desk, now)
        wish_for(matching, desk, wish, reason, now=now, decision=decision)
        return decision.commands()

    def sign_out(self, agent: str, now: float) -> list[Command]:
        """Sign an agent out: at once, or when the conversation ends. No error for one who is not signed in."""
        now, decision, desk = self._timeline.at(now), Decision(), self._matching.agents.get(agent)
        if desk is not None:
            sign_out(self._matching, desk, now, decision)
        return decision.commands()

    def ready(self, agent: str, now: float) -> list[Command]:
        """The agent wants calls from now on: ends wrap-up and being unresponsive.

        Raises ConflictError for one who is not signed in, NotFoundError for one whom the rules do not know.
        """
        return self._wish(agent, Wish.READY, "", now)

    def not_ready(self, agent: str, reason: str, now: float) -> list[Command]:
        """The agent wants no calls, from now or from the end of this one on; an offer goes to somebody else.

        Raises ConflictError for one who is not signed in, NotFoundError for one whom the rules do not know.
        """
        return self._wish(agent, Wish.NOT_READY, reason, now)

    def end_wrap_up(self, agent: str, now: float) -> list[Command]:
        """The agent is done with the last contact before the time is up."""
        now, decision, desk = self._timeline.at(now), Decision(), self._matching.agents.get(agent)
        if desk is not None and desk.state.phase is Phase.WRAP_UP:
            self._matching.idle(desk, now, decision)
        return decision.commands()

    def extend_wrap_up(self, agent: str, now: float) -> list[Command]:
        """The agent needs more time for the last contact: as much as its queue allows, once. Nothing, for one who is
        not in wrap-up, whose wrap-up ends by the agent's own word, or who has had it.
        """
        now, decision, desk = self._timeline.at(now), Decision(), self._matching.agents.get(agent)
        if desk is not None and desk.state.phase is Phase.WRAP_UP:
            self._matching.extend(desk, decision)
        return decision.commands()

    def phone_reachable(self, phone: str, reachable: bool, now: float) -> list[Command]:
        """What the switch says of a phone, told again or anew; also for phones on which nobody is signed in."""
        now, decision, agents = self._timeline.at(now), Decision(), self._matching.agents
        agents.set_reachable(phone, reachable=reachable)
        desk = agents.on_phone(phone)
        if desk is None or desk.state.reachable == reachable:
            return []
        state = desk.state
        if not reachable:
            state.lost_at = now
        elif state.phase is Phase.IDLE and now - (state.lost_at or 0.0) > SHORT_LOSS_S:
            state.idle_since = now
        state.reachable, state.lost_at = reachable, None if reachable else state.lost_at
        decision.agent(state.agent)
        self._matching.settle(desk, now, decision)
        return decision.commands()

    def phone_in_use(self, phone: str, in_use: bool, now: float) -> list[Command]:
        """Whether a phone has a call of its own (a dialled code, a number): the agent there is offered nothing until it
        is over, and keeps the place among the idle. Also for phones on which nobody is signed in; told again is fine.
        """
        now, decision, agents = self._timeline.at(now), Decision(), self._matching.agents
        agents.set_in_use(phone, in_use=in_use)
        desk = agents.on_phone(phone)
        if desk is None or desk.state.in_use == in_use:
            return []
        desk.state.in_use = in_use
        decision.agent(desk.state.agent)
        self._matching.settle(desk, now, decision)
        return decision.commands()

    def lease(self, seats: Mapping[str, int], weights: Mapping[str, float], now: float) -> list[Command]:
        """How many agents may be signed in for each tenant from now on (others: any number), and the tenants' weights.
        Who is signed in stays.
        """
        self._timeline.at(now)
        decision, matching = Decision(), self._matching
        matching.rules = replace(matching.rules, seats=dict(seats), weights=dict(weights))
        for pool in sorted(matching.sharing.weigh(weights, (desk.state.serves for desk in matching.agents))):
            decision.pool(pool)
        return decision.commands()

    def learn(self, known: AgentRules, now: float) -> list[Command]:
        """An agent can do something else from now on. An offer under way that the agent can no longer take goes to
        somebody else, a conversation goes on; seats and the agent's place among the idle stay.

        Raises NotFoundError for an agent whom the rules do not know.
        """
        now, decision = self._timeline.at(now), Decision()
        learn(self._matching, known, now, decision)
        return decision.commands()

    def _wish(self, agent: str, wish: Wish, reason: str, now: float) -> list[Command]:
        now, decision, desk = self._timeline.at(now), Decision(), self._matching.agents.signed_in(agent)
        if agent not in self.rules.agents:
            message = f"agent {agent} is no longer in the configuration and leaves when this conversation ends"
            raise NotFoundError(message)
        wish_for(self._matching, desk, wish, reason, now=now, decision=decision)
        return decision.commands()
