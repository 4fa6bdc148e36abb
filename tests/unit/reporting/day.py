"""Random days of a small platform, as facts: two tenants, shared agents, calls of every sort, ends in both orders."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from core.facts import Direction, Fact, Outcome, Party
from reporting.measures import Target
from tests.unit.reporting.states import changed
from tests.unit.reporting.story import Story

TENANTS = ("press", "academy")
TARGETS = {
    f"{tenant}/{queue}": Target(threshold_s=threshold, short_abandon_s=5.0)
    for tenant in TENANTS
    for queue, threshold in (("sales", 20.0), ("orders", 45.0))
}
SECONDS = st.integers(min_value=0, max_value=90).map(float)
QUEUES = st.sampled_from(["sales", "orders"])


@dataclass
class RandomDay:
    """The facts, each with a rank that keeps those of one instant in the order in which they came about."""

    ranked: list[tuple[float, int, Fact]] = field(default_factory=list)
    calls: int = 0

    @property
    def facts(self) -> list[Fact]:
        """All facts in order of time."""
        return [fact for _, _, fact in sorted(self.ranked, key=lambda one: one[:2])]

    def tell(self, *facts: Fact) -> None:
        self.ranked += [(fact.at, n, fact) for n, fact in enumerate(facts, start=len(self.ranked))]

    def story(self, tenant: str) -> Story:
        self.calls += 1
        return Story(f"c{self.calls}", tenant)


def days(begin: float, end: float) -> st.SearchStrategy[RandomDay]:
    """Days whose facts lie around [begin, end), some before and some after."""

    @st.composite
    def build(draw: st.DrawFn) -> RandomDay:
        day = RandomDay()
        for agent in ("li", "wu"):
            _shift(draw, day, agent, float(draw(st.integers(int(begin) - 600, int(end)))))
        for _ in range(draw(st.integers(0, 2))):
            _colleagues(draw, day, float(draw(st.integers(int(begin) - 300, int(end) + 60))))
        for _ in range(draw(st.integers(0, 6))):
            _unanswered(draw, day, float(draw(st.integers(int(begin) - 300, int(end) + 60))))
        return day

    return build()


def _way_in(draw: st.DrawFn, day: RandomDay, tenant: str, queued: float) -> Story:
    """The call reaches a queue of `tenant` at `queued`: directly, through another tenant's number, or moved."""
    other = TENANTS[tenant == TENANTS[0]]
    queue = f"{tenant}/{draw(QUEUES)}"
    match draw(
        st.sampled_from(["direct", "led_on", "there_and_back", "moved", "second", "internal", "internal_led_on"])
    ):
        case "led_on":
            story = day.story(other).arrives(queued - 20).enters(queued - 5, tenant, number="2")
        case "there_and_back":
            story = day.story(tenant).arrives(queued - 20).enters(queued - 9, other, number="2")
            story.enters(queued - 5, tenant, number="1")
        case "moved":
            story = day.story(tenant).arrives(queued - 40).queued(queued - 30, f"{tenant}/sales")
            story.left_queue(queued, "moved")
            queue = f"{tenant}/orders"
        case "second":
            story = day.story(tenant).arrives(queued - 40).queued(queued - 30, f"{tenant}/sales")
            story.left_queue(queued, draw(st.sampled_from(["timeout", "key"])))
        case "internal":
            story = day.story(tenant).arrives(queued - 3, direction=Direction.INTERNAL)
        case "internal_led_on":
            story = day.story(other).arrives(queued - 9, direction=Direction.INTERNAL)
            story.enters(queued - 5, tenant, number="2")
        case _:
            story = day.story(tenant).arrives(queued - 3).flow(queued - 3)
    return story.queued(queued, queue)


def _unanswered(draw: st.DrawFn, day: RandomDay, queued: float) -> None:
    story = _way_in(draw, day, draw(st.sampled_from(TENANTS)), queued)
    end = queued + draw(SECONDS)
    match draw(st.sampled_from(["abandoned", "timeout", "untold", "led_on", "still"])):
        case "abandoned":
            story.left_queue(end, "abandoned").ends(end, Outcome.ABANDONED)
        case "timeout":
            story.left_queue(end, "timeout").ends(end + 3, Outcome.ENDED_BY_FLOW, Party.FLOW)
        case "untold":
            story.ends(end, Outcome.ABANDONED)
        case "led_on":
            other = TENANTS[story.tenant == TENANTS[0]]
            story.left_queue(end, "key").enters(end, other, number="2").ends(end + 9, Outcome.LEFT_FLOW)
        case _:
            pass
    day.tell(*story.facts)


def _colleagues(draw: st.DrawFn, day: RandomDay, at: float) -> None:
    """An agent calls another one, who takes it, or not."""
    story = day.story(draw(st.sampled_from(TENANTS))).arrives(at, direction=Direction.INTERNAL)
    end = at + 5 + draw(SECONDS)
    if draw(st.booleans()):
        story.connected(at + 5, "wu", told=False).agent_left(end, "wu").ends(end)
    else:
        story.ends(end, Outcome.NOT_TAKEN, Party.SYSTEM)
    day.tell(*story.facts)


@dataclass(frozen=True)
class _Agent:
    """An agent whose states are told to the day."""

    day: RandomDay
    name: str
    serves: tuple[str, ...]

    def is_in(self, at: float, phase: str, *, wish: str = "ready", contact: str = "") -> None:
        self.day.tell(changed(at, self.name, phase, wish=wish, serves=self.serves, contact=contact))


def _shift(draw: st.DrawFn, day: RandomDay, name: str, at: float) -> None:
    """An agent signs in, takes calls of the tenants served, and signs out, perhaps."""
    agent = _Agent(day, name, draw(st.sampled_from([("press",), ("academy",), TENANTS])))
    agent.is_in(at, "idle")
    for _ in range(draw(st.integers(0, 4))):
        at += draw(SECONDS)
        if draw(st.integers(0, 9)) == 0:
            agent.is_in(at, "idle", wish="not_ready")
            at += draw(SECONDS)
            agent.is_in(at, "idle")
        at = _answered(draw, agent, at)
    if draw(st.booleans()):
        agent.is_in(at + draw(SECONDS), "idle", wish="signed_out")


def _answered(draw: st.DrawFn, agent: _Agent, at: float) -> float:
    """The agent is offered a call at `at` and takes it; returns when the agent is idle again."""
    story = _way_in(draw, agent.day, draw(st.sampled_from(agent.serves)), at - draw(SECONDS))
    contact, state_first = story.contact, draw(st.booleans())
    connected = at + 1 + draw(SECONDS)
    left = connected + 1 + draw(SECONDS)
    idle = left + draw(SECONDS)
    story.offered(at, agent.name).connected(connected, agent.name, told=draw(st.booleans()))
    if state_first:
        agent.is_in(at, "reserved", contact=contact)
        agent.is_in(connected, "talking", contact=contact)
    agent.day.tell(*story.facts)
    if not state_first:
        agent.is_in(at, "reserved", contact=contact)
        agent.is_in(connected, "talking", contact=contact)
    told = len(story.facts)
    story.agent_left(left, agent.name).ends(left)
    shown = contact if draw(st.booleans()) else ""
    if state_first and idle > left:
        agent.is_in(left, "wrap_up", contact=shown)
    agent.day.tell(*story.facts[told:])
    if not state_first and idle > left:
        agent.is_in(left, "wrap_up", contact=shown)
    agent.is_in(idle, "idle")
    return idle
