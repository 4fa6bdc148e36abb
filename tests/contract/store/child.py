"""A program that writes to a store until it is killed; run as `python -m tests.contract.store.child KIND WHERE`.

It prints a number after everything up to that number is safe.
"""

import asyncio
import sys
from pathlib import Path

from core.facts import NodeChanged
from tests.unit.reporting.story import Story
from vcc.storage.history import SqlEventLog, history_url
from vcc.storage.live_redis import RedisLiveStore
from vcc.storage.live_sqlite import SqliteLiveStore


def tell(n: int) -> None:
    """Everything up to `n` is safe."""
    sys.stdout.write(f"{n}\n")
    sys.stdout.flush()


async def write_live(store: SqliteLiveStore | RedisLiveStore) -> None:
    """Change two keys together, again and again, and tell what is safe; some rounds are never flushed."""
    await store.start()
    for n in range(1_000_000):
        store.put("session", "c1", {"n": n})
        store.put("ticket", "c1", {"n": n})
        store.put("agent", f"a{n}", {"n": n})
        if n >= 50:
            store.delete("agent", f"a{n - 50}")
        if n % 10 == 0:
            await store.flush()
            tell(n)
        else:
            await asyncio.sleep(0)


async def write_log(log: SqlEventLog) -> None:
    """Tell of one call after the other, and of one that never ends."""
    await log.start()
    for fact in Story("never-ends").arrives(0.0).queued(1.0).facts:
        log.append(fact)
    for n in range(1_000_000):
        at = float(n)
        story = Story(f"c{n:06}").arrives(at).flow(at).queued(at + 1).connected(at + 2, "li").agent_left(at + 3, "li")
        for fact in (*story.ends(at + 3).facts, NodeChanged(at=at + 3, node="n1", up=True)):
            log.append(fact)
        if n % 10 == 0:
            await log.flush()
            tell(n)
        else:
            await asyncio.sleep(0)


def main() -> None:
    """Write until killed."""
    kind, where = sys.argv[1:]
    if kind == "sqlite":
        asyncio.run(write_live(SqliteLiveStore(Path(where), gather_s=0.001)))
    elif kind == "redis":
        asyncio.run(write_live(RedisLiveStore(where, gather_s=0.001)))
    else:
        asyncio.run(write_log(SqlEventLog(history_url(where, Path()), gather_s=0.001)))


if __name__ == "__main__":
    main()
