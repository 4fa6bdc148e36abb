"""What every store of live state does: `vcc.calls.ports.LiveStore`."""

import asyncio
import contextlib
import json
from typing import Any

import pytest

from core.errors import StoreError
from core.facts import Outcome
from tests.contract.store.conftest import LiveHome
from vcc.calls.ports import KINDS, LiveStore

HOSTILE = "北京\u0000\r\n\t'\";%0A -- {}[]\\ 𝄞 \u2028"
SESSION: dict[str, Any] = {
    "contact": "c1",
    "caller": HOSTILE,
    "since": 1_772_380_800.123,
    "answered": True,
    "offer": None,
    "flow_state": {"memory": {"tries": 2, "collected": ["1", "2"]}, "deadline": 0.5},
    "empty": {},
}


async def test_what_was_put_is_there(live: LiveHome) -> None:
    store = await live.open()
    store.put("session", "c1", SESSION)
    await store.flush()
    assert await store.load("session") == {"c1": SESSION}


async def test_load_waits_for_what_was_put_before(live: LiveHome) -> None:
    store = await live.open()
    store.put("session", "c1", SESSION)
    store.delete("session", "c0")
    assert await store.load("session") == {"c1": SESSION}


async def test_nothing_was_put(live: LiveHome) -> None:
    store = await live.open()
    await store.flush()
    for kind in KINDS:
        assert await store.load(kind) == {}


async def test_the_newest_value_wins(live: LiveHome) -> None:
    store = await live.open()
    for n in range(100):
        store.put("agent", "press/li", {"n": n})
    assert await store.load("agent") == {"press/li": {"n": 99}}
    store.put("agent", "press/li", {"n": 100})
    assert await store.load("agent") == {"press/li": {"n": 100}}


async def test_kinds_do_not_mix(live: LiveHome) -> None:
    store = await live.open()
    for kind in KINDS:
        store.put(kind, "same", {"kind": kind})
    store.delete("ticket", "same")
    for kind in KINDS:
        assert await store.load(kind) == ({} if kind == "ticket" else {"same": {"kind": kind}})


@pytest.mark.parametrize("apart", [False, True], ids=["at once", "one by one"])
async def test_put_and_delete_in_every_order(live: LiveHome, *, apart: bool) -> None:
    store = await live.open()

    async def written() -> None:
        if apart:
            await store.flush()

    store.put("session", "gone", {"n": 1})
    await written()
    store.delete("session", "gone")
    store.put("session", "back", {"n": 1})
    await written()
    store.delete("session", "back")
    await written()
    store.put("session", "back", {"n": 2})
    store.delete("session", "never there")
    await written()
    store.delete("session", "never there")
    assert await store.load("session") == {"back": {"n": 2}}


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("press/李-1", {"text": HOSTILE}),
        ("c" * 200, {"text": "x" * 10_000}),
        ("c1", {"half a character": "\udcff"}),
        ("c2", {"number": 2**53, "small": 1e-9, "negative": -1, "nested": [[[{"a": [None, False]}]]]}),
        ("c3", {}),
    ],
)
async def test_every_value_comes_back_as_it_was(live: LiveHome, key: str, data: dict[str, Any]) -> None:
    store = await live.open()
    store.put("session", key, data)
    assert await store.load("session") == {key: data}


async def test_enumerations_and_tuples_come_back_as_json_has_them(live: LiveHome) -> None:
    store = await live.open()
    store.put("session", "c1", {"outcome": Outcome.ANSWERED, "tried": ("li", "wu")})
    assert await store.load("session") == {"c1": {"outcome": "answered", "tried": ["li", "wu"]}}


async def test_what_is_loaded_is_a_copy(live: LiveHome) -> None:
    store = await live.open()
    store.put("session", "c1", SESSION)
    loaded = await store.load("session")
    loaded["c1"]["caller"] = "changed"
    assert await store.load("session") == {"c1": json.loads(json.dumps(SESSION))}


async def test_many(live: LiveHome) -> None:
    store = await live.open()
    everything = {f"c{n}": {**SESSION, "n": n} for n in range(5_000)}
    for key, data in everything.items():
        store.put("session", key, data)
    for n in range(0, 5_000, 2):
        store.delete("session", f"c{n}")
    assert await store.load("session") == {key: data for key, data in everything.items() if data["n"] % 2}


async def test_it_is_there_after_a_restart(lasting: LiveHome) -> None:
    store = await lasting.open()
    store.put("session", "c1", SESSION)
    store.put("ticket", "c1", {"order": 1})
    store.delete("ticket", "c1")
    await lasting.close()
    store = await lasting.open()
    assert await store.load("session") == {"c1": SESSION}
    assert await store.load("ticket") == {}


async def test_no_more_than_the_bound_is_kept_waiting(lasting: LiveHome) -> None:
    store = await lasting.open(bound=10)
    for n in range(10):
        store.put("session", f"c{n}", SESSION)
    store.put("session", "c9", {"again": True})  # takes no more room
    with pytest.raises(StoreError, match="10 keys wait"):
        store.put("session", "c10", SESSION)
    with pytest.raises(StoreError, match="10 keys wait"):
        store.delete("session", "c11")
    await store.flush()
    store.put("session", "c10", SESSION)
    assert len(await store.load("session")) == 11


async def test_what_one_turn_of_the_event_loop_puts_is_written_together(lasting: LiveHome) -> None:
    store = await lasting.open(gather_s=0.0)
    for n in range(300):
        for kind in ("session", "ticket", "agent"):
            store.put(kind, "c1", {"n": n})
        await asyncio.sleep(0)
    for kind in ("session", "ticket", "agent"):
        assert await store.load(kind) == {"c1": {"n": 299}}


async def test_what_is_not_json_harms_nothing_else(live: LiveHome) -> None:
    store: LiveStore = await live.open()
    store.put("session", "c1", {"n": 1})
    store.put("session", "c2", {"n": 1})
    await store.flush()
    with contextlib.suppress(TypeError):  # said at once in memory, logged by the others
        store.put("session", "c1", {"n": object()})
    store.put("session", "c2", {"n": 2})
    assert await store.load("session") == {"c1": {"n": 1}, "c2": {"n": 2}}


async def test_before_the_start_and_after_the_end_nothing_is_taken(lasting: LiveHome) -> None:
    store = await lasting.open()
    healthy = [store.healthy]
    await lasting.close()
    assert [*healthy, store.healthy] == [True, False]
    with pytest.raises(StoreError, match="not being written"):
        store.put("session", "c1", {})
    await store.close()  # a second time changes nothing
