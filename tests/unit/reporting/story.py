"""Tells what happened to a contact, as facts: `Story("c1").arrives(0).queued(5).connected(9, "li").ends(60)`."""

from typing import Any, Self

from core.facts import (
    AgentConnected,
    AgentLeft,
    ContactAnswered,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    ContactRecovered,
    ContactRefused,
    Direction,
    Fact,
    FlowStarted,
    LegHealed,
    NumberEntered,
    OfferEnded,
    OfferMade,
    OfferOutcome,
    Outcome,
    Party,
    QueueLeft,
)

CALLER = "13800138000"


class Story:
    """A contact's facts in the making; every method appends what happened at `at` and returns the story."""

    def __init__(self, contact: str = "c1", tenant: str = "press") -> None:
        self.contact = contact
        self.tenant = tenant
        self.facts: list[Fact] = []
        self._queued_at = 0.0
        self._queue = ""
        self._connected_at = 0.0
        self._offer = 0
        self._direction = Direction.INBOUND

    def about(self, at: float) -> dict[str, Any]:
        """What all facts of the contact have in common."""
        return {"at": at, "tenant": self.tenant, "contact": self.contact, "node": "n1"}

    def add(self, fact: Fact) -> Self:
        """Append any fact."""
        self.facts.append(fact)
        return self

    def arrives(
        self, at: float, *, number: str = "98668", project: str = "p1", direction: Direction = Direction.INBOUND
    ) -> Self:
        self._direction = direction
        return self.add(
            ContactArrived(
                **self.about(at),
                direction=direction,
                leg="l1",
                trunk="t1",
                dialled=number,
                number=number,
                project=project,
                caller=CALLER,
                caller_name="Wang",
            )
        )

    def answered(self, at: float) -> Self:
        return self.add(ContactAnswered(**self.about(at)))

    def refused(self, at: float, reason: Outcome) -> Self:
        return self.add(ContactRefused(**self.about(at), reason=reason, treatment="busy"))

    def flow(self, at: float) -> Self:
        return self.add(FlowStarted(**self.about(at), flow="main", version="v1"))

    def enters(self, at: float, tenant: str, *, number: str, project: str = "p2") -> Self:
        former, self.tenant = self.tenant, tenant
        return self.add(
            NumberEntered(
                **self.about(at), number=number, project=project, from_tenant=former, direction=self._direction
            )
        )

    def queued(self, at: float, queue: str = "press/sales") -> Self:
        self._queue, self._queued_at = queue, at
        return self.add(ContactQueued(**self.about(at), queue=queue, priority=50, position=1))

    def left_queue(self, at: float, why: str) -> Self:
        return self.add(QueueLeft(**self.about(at), queue=self._queue, why=why, waited_s=at - self._queued_at))

    def offered(self, at: float, agent: str) -> Self:
        self._offer += 1
        return self.add(
            OfferMade(**self.about(at), queue=self._queue, offer=self._offer, agent=agent, phone="p", leg="vcc-x")
        )

    def not_taken(self, at: float, agent: str, outcome: OfferOutcome = OfferOutcome.NO_ANSWER) -> Self:
        return self.add(
            OfferEnded(**self.about(at), queue=self._queue, offer=self._offer, agent=agent, outcome=outcome)
        )

    def connected(self, at: float, agent: str, *, told: bool = True) -> Self:
        """An agent and the caller hear each other; with `told` False no QueueLeft was written before."""
        if told:
            self.left_queue(at, "answered")
        self._connected_at = at
        waited = at - self._queued_at
        return self.add(AgentConnected(**self.about(at), queue=self._queue, agent=agent, leg="vcc-x", waited_s=waited))

    def agent_left(self, at: float, agent: str, by: Party = Party.AGENT) -> Self:
        talked = at - self._connected_at
        return self.add(AgentLeft(**self.about(at), queue=self._queue, agent=agent, by=by, talked_s=talked))

    def recovered(self, at: float) -> Self:
        return self.add(ContactRecovered(**self.about(at), state="talking", gap_s=2.0))

    def healed(self, at: float) -> Self:
        return self.add(LegHealed(**self.about(at), leg="vcc-x", why="stray"))

    def ends(
        self, at: float, outcome: Outcome = Outcome.ANSWERED, by: Party = Party.CALLER, *, cause: str = ""
    ) -> Self:
        return self.add(ContactEnded(**self.about(at), outcome=outcome, by=by, cause=cause))
