"""The log of a bank's call centre, month by month, as the Technion gives it away; and the bank's own rule.

The file is tab-separated, with the columns that `COLUMNS` names. What is wrong in it is survived: rows marked PHANTOM
are left out, as its authors say; where a caller never queued, the queue's times are zero and the wait began and ended
with the conversation, or with hanging up; a conversation over midnight has a negative length and is mended by a day.
Callers who never queued all carry priority 0, so a customer's class is that of the customer's other calls, if any.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from acd.protocol import AgentRules, QueueRules, Rules
from vcc.planning import capacity
from vcc.planning.floor import ABANDONED, ANSWERED
from vcc.planning.history import Past, PastCall, PastDay
from vcc.planning.replay import Variant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

COLUMNS = frozenset(
    ("call_id", "customer_id", "priority", "type", "date", "vru_exit", "q_start", "q_time", "outcome", "ser_start",
     "ser_time", "server")
)  # fmt: skip
ACKNOWLEDGEMENT = (
    '"Anonymous Bank" Call-Center Data, collected by I. Guedj and A. Mandelbaum, Technion, Haifa; used with thanks.'
)
TENANT = "bank"
REGULAR, PRIORITY = "regular", "priority"
#: With how many seconds on the clock a priority customer begins to wait.
HEAD_START_S = 90.0
_NEVER = "0:00:00"
_DAY_S = 86_400
_LONGEST_S = 6 * 3_600
#: Longer than any time after a call: how long that is, is told for each call.
_WRAP_UP_S = 86_400.0


def read(lines: Iterable[str]) -> Past:
    """The days that the lines of a file describe. Raises ValueError for a file that is another one."""
    rows = csv.DictReader(lines, delimiter="\t")
    missing = COLUMNS - set(rows.fieldnames or ())
    if missing:
        message = f"the file lacks the columns {', '.join(sorted(missing))}"
        raise ValueError(message)
    kept = [row for row in rows if row["outcome"] in ("AGENT", "HANG")]
    valued = {row["customer_id"] for row in kept if row["priority"] == "2"} - {"0"}
    days: dict[str, list[PastCall]] = defaultdict(list)
    for number, row in enumerate(kept):
        days[row["date"]].append(_call(row, number, valued))
    ordered = {day: sorted(calls, key=lambda call: (call.at, call.waited_s)) for day, calls in sorted(days.items())}
    known = capacity.known_after_s(ordered.values())
    return Past(
        name="the bank's month",
        days=tuple(_day(day, calls, known) for day, calls in ordered.items()),
        acknowledgement=ACKNOWLEDGEMENT,
        inferred=True,
        wrap_up_s=known[len(known) // 2] if known else 0.0,
    )


def _day(day: str, calls: list[PastCall], known: list[float]) -> PastDay:
    turns, after = capacity.infer(calls, (TENANT,), known, Random(day))  # noqa: S311 - no secret
    began = _midnight(day)
    name = datetime.fromtimestamp(began, UTC).date().isoformat()
    return PastDay(name=name, midnight=began, calls=tuple(calls), turns=turns, after_s=after)


def _midnight(day: str) -> float:
    """The beginning of a day; the bank's own time is taken for UTC, as nothing depends on where on earth it was."""
    return datetime.strptime(f"19{day}", "%Y%m%d").replace(tzinfo=UTC).timestamp()


def _call(row: Mapping[str, str], number: int, valued: Collection[str]) -> PastCall:
    queued, served = row["q_start"] != _NEVER, row["outcome"] == "AGENT"
    began = row["q_start"] if queued else row["ser_start"] if served else row["vru_exit"]
    waited = _length(row["q_time"]) if queued else 0
    priority = row["priority"] == "2" or row["customer_id"] in valued
    return PastCall(
        contact=f"{row['date']}.{number}",
        kind=PRIORITY if priority else REGULAR,
        queue=queue_of(row["type"]),
        at=_midnight(row["date"]) + _clock(began),
        waited_s=float(waited),
        state=ANSWERED if served else ABANDONED,
        service_s=float(_length(row["ser_time"])) if served else None,
        agent="" if row["server"] == "NO_SERVER" or not served else row["server"].lower(),
        head_start_s=HEAD_START_S if priority else 0.0,
    )


def queue_of(kind: str) -> str:
    """The queue of a type of call."""
    return f"{TENANT}/{kind.lower()}"


def _clock(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3_600 + minutes * 60 + seconds


def _length(text: str) -> int:
    """Seconds; what ends before it begins went on over midnight."""
    seconds = int(text)
    seconds += _DAY_S if seconds < 0 else 0
    return seconds if seconds <= _LONGEST_S else 0


def takes(past: Past) -> dict[str, dict[str, int]]:
    """Which queues each agent took calls of, as skills of level 1."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for call in (call for day in past.days for call in day.calls if call.agent):
        found[call.agent][skill(call.queue)] = 1
    return found


def variants(past: Past) -> tuple[Variant, ...]:
    """The bank's own rule, and what else might have been: the same calls, the same people."""
    as_seen = takes(past)
    everything = {agent: {skill(queue): 1 for queue in _queues(past)} for agent in as_seen}
    return (
        Variant(
            name="own rule",
            text="in order of time in the queue, priority customers with 90 s on the clock",
            rules=rules(past, as_seen),
        ),
        Variant(
            name="no head start",
            text="in order of time in the queue, whoever calls",
            rules=rules(past, as_seen),
            head_starts=False,
        ),
        Variant(
            name="all skills",
            text="the bank's rule; every agent is trained for every type of call",
            rules=rules(past, everything),
        ),
        Variant(
            name="specialists",
            text="the bank's rule; each agent takes only types that this one took as often as all did on average",
            rules=rules(past, specialists(past)),
        ),
        Variant(
            name="fair shares",
            text="each type of call a tenant of its own that leases every agent; the bank's rule within each",
            rules=rules(past, as_seen, apart=True),
        ),
    )


def specialists(past: Past) -> dict[str, dict[str, int]]:
    """Of each agent the queues that make up as large a share of this one's calls as of everybody's."""
    counted: Counter[str] = Counter()
    own: dict[str, Counter[str]] = defaultdict(Counter)
    for call in (call for day in past.days for call in day.calls if call.agent):
        counted[call.queue] += 1
        own[call.agent][call.queue] += 1
    return {
        agent: {
            skill(queue): 1
            for queue, count in queues.items()
            if count / queues.total() >= counted[queue] / counted.total()
        }
        for agent, queues in own.items()
    }


def _queues(past: Past) -> list[str]:
    return sorted({call.queue for day in past.days for call in day.calls})


def skill(queue: str) -> str:
    """The skill that a queue asks for."""
    return queue.rpartition("/")[2]


def rules(past: Past, skills: Mapping[str, Mapping[str, int]], *, apart: bool = False) -> Rules:
    """The rules of the bank with agents of these skills: each type of call its queue, in order of time on the clock.

    `apart`: each queue belongs to a tenant of its own, and all tenants share all agents.
    """
    tenants = {queue: skill(queue) if apart else TENANT for queue in _queues(past)}
    return Rules(
        queues={
            queue: QueueRules(queue=queue, tenant=tenant, skills={skill(queue): 1}, wrap_up_s=_WRAP_UP_S)
            for queue, tenant in tenants.items()
        },
        agents={
            agent: AgentRules(agent=agent, serves=frozenset(tenants.values()), skills=dict(has))
            for agent, has in skills.items()
        },
    )
