"""What the routes answer and what the commands do, and what is refused how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import Problem, StoreError
from core.facts import AgentStateChanged, ContactEnded, Party

if TYPE_CHECKING:
    from tests.integration.api.conftest import Site


@pytest.fixture
def waiting(site: Site) -> str:
    """A call of the press that waits."""
    call = site.platform.arrive("98668", caller="13812345678", caller_name="李晓明")
    site.platform.now += 10
    site.platform.queue(call, "press/orders")
    site.platform.now += 5
    return call


async def test_a_call_that_is_going_on(site: Site, waiting: str) -> None:
    calls = (await site.get("/calls"))["calls"]
    assert calls == [
        {
            "contact": waiting, "tenant": "press", "project": "lease", "node": "a1", "number": "98668",
            "caller": "13812345678", "caller_name": "李晓明", "state": "waiting", "held": False, "muted": False,
            "since": site.platform.now - 5, "arrived": site.platform.now - 15, "flow": "main", "step": "welcome",
            "queue": "press/orders", "position": 1, "waited_s": 0.0, "agent": "", "direction": "inbound", "slot": "",
            "left_agent": "", "outside": "", "consultation": "", "consulted": "", "recording": "",
            "may_stop_recording": False, "supervisors": [],
        }
    ]  # fmt: skip
    assert (await site.get("/calls?state=talking"))["calls"] == []
    assert (await site.get("/calls?queue=press/orders&tenant=press"))["calls"] == calls
    detail = await site.get(f"/calls/{waiting}")
    assert detail["live"] == calls[0]
    assert detail["record"]["outcome"] is None
    assert [fact["fact"] for fact in detail["facts"]] == [
        "ContactArrived", "ContactAnswered", "FlowStarted", "ContactQueued",
    ]  # fmt: skip


async def test_a_call_that_is_over(site: Site, waiting: str) -> None:
    site.platform.sign_in("press/wang", "p104")
    site.platform.talk(waiting, "press/wang")
    site.platform.now += 42
    site.platform.end(waiting)
    detail = await site.get(f"/calls/{waiting}")
    assert detail["live"] is None
    record = detail["record"]
    assert (record["outcome"], record["waited_s"], record["talked_s"]) == ("answered", 5, 42)
    assert record["talks"][0]["agent"] == "press/wang"
    assert detail["facts"][-1]["fact"] == "ContactEnded"
    assert (await site.get("/records"))["records"] == [record]


async def test_hang_up(site: Site, waiting: str) -> None:
    assert await site.ask("POST", f"/calls/{waiting}/hang-up", who="press-supervisor") == (200, {"done": True})
    assert (await site.get("/calls"))["calls"] == []
    ended = next(fact for fact in site.platform.log.all if isinstance(fact, ContactEnded))
    assert ended.by is Party.OPERATOR
    status, answer = await site.ask("POST", f"/calls/{waiting}/hang-up")
    assert (status, answer["code"]) == (404, "not_found")


async def test_move(site: Site, waiting: str) -> None:
    path = f"/calls/{waiting}/move"
    assert (await site.ask("POST", path, json={"queue": "press/authors", "priority": 80}))[0] == 200
    assert (await site.get("/calls"))["calls"][0]["queue"] == "press/authors"
    site.platform.sign_in("press/wang", "p104")
    site.platform.talk(waiting, "press/wang")
    status, answer = await site.ask("POST", path, json={"queue": "press/orders"})
    assert (status, answer["code"]) == (409, "conflict")


async def test_agent_states(site: Site) -> None:
    path = "/agents/press%2Fwang/state"
    status, answer = await site.ask("POST", path, json={"wish": "ready"})
    assert (status, answer["code"]) == (409, "conflict")
    status, agent = await site.ask("POST", path, json={"wish": "ready", "phone": "p104"})
    assert (status, agent["wish"], agent["phone"], agent["seated"]) == (200, "ready", "p104", ["press"])
    status, agent = await site.ask("POST", "/agents/press/wang/state", json={"wish": "not_ready", "reason": "用餐"})
    assert (status, agent["reason"]) == (200, "用餐")
    assert await site.get("/agents/press/wang") == agent
    changed = [fact for fact in site.platform.log.all if isinstance(fact, AgentStateChanged)]
    assert changed[-1].reason == "用餐"


async def test_closure(site: Site) -> None:
    turned = await site.ask("POST", "/tenants/press/overflow", who="press", json={"on": True, "queue": "orders"})
    assert turned == (200, {"tenant": "press", "on": True, "queue": "orders", "reason": ""})
    assert [on["queue"] for on in (await site.get("/tenants/press"))["overflow"]] == ["orders"]
    closed = await site.ask("POST", "/tenants/press/closure", who="press", json={"closed": True})
    assert closed == (200, {"tenant": "press", "closed": True, "hours": "", "reason": ""})
    assert (await site.get("/tenants/press"))["closed"]
    await site.ask("POST", "/tenants/press/closure", who="press", json={"closed": False})
    assert not (await site.get("/tenants/press"))["closed"]


async def test_an_agent_is_moved_between_queues(site: Site) -> None:
    path = "/agents/press/wang"
    status, answer = await site.ask(
        "POST",
        f"{path}/queues",
        who="press-supervisor",
        json={"queue": "press/authors", "on": False, "reason": "flood"},
    )
    [said] = answer["assigned"]
    assert (status, said["queue"], said["level"], said["until"], said["reason"]) == (
        200,
        "press/authors",
        0,
        None,
        "flood",
    )
    work = await site.get("/assignments/press/wang", who="press")
    takes = {queue["queue"]: (queue["takes"], queue["assigned"] == said) for queue in work["queues"]}
    assert takes == {"press/authors": (False, True), "press/orders": (True, False)}
    assert (await site.ask("POST", f"{path}/skills", who="press", json={"skill": "novels", "level": 3}))[0] == 200
    work = await site.get("/assignments/press/wang", who="press")
    assert [(skill["skill"], skill["assigned"] is not None) for skill in work["skills"]] == [
        ("books", False),
        ("press/novels", True),
    ]
    status, answer = await site.ask("POST", f"{path}/queues", json={"queue": "press/authors", "on": None})
    assert [one["skill"] for one in answer["assigned"]] == ["press/novels"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("press/wang/queues", {"queue": "chess/lessons", "on": True}, 404),
        ("press/wang/queues", {"queue": "press/orders", "on": True, "until": 1.0, "shift": True}, 400),
        ("press/wang/queues", {"queue": "press/orders"}, 400),
        ("press/wang/skills", {"skill": "novels", "level": 11}, 400),
        ("press/wang/skills", {"skill": "chess/novels", "level": 1}, 404),
        ("press/wang/skills", {"skill": "french", "level": 1}, 404),
        ("lin/queues", {"queue": "press/orders", "on": False}, 200),
        ("lin/queues", {"queue": "chess/lessons", "on": False}, 404),
        ("lin/skills", {"skill": "press/novels", "level": 1}, 200),
        ("lin/skills", {"skill": "chess/novels", "level": 1}, 404),
        ("lin/skills", {"skill": "books", "level": 1}, 403),
    ],
)
async def test_who_may_be_moved_where(site: Site, path: str, body: dict[str, object], status: int) -> None:
    answer = await site.ask("POST", f"/agents/{path}", who="press-supervisor", json=body)
    assert answer[0] == status, answer
    own = await site.ask("POST", "/agents/press/wang/queues", who="wang", json={"queue": "press/orders", "on": False})
    assert own[0] == 403, "an agent does not move itself"


async def test_another_tenant_does_not_see_what_was_said_of_a_leased_agent(site: Site) -> None:
    await site.ask("POST", "/agents/lin/queues", who="press", json={"queue": "press/orders", "on": False})
    assert [one["queue"] for one in (await site.get("/agents/lin", who="press"))["assigned"]] == ["press/orders"]
    assert (await site.get("/agents/lin", who="chess"))["assigned"] == []
    work = await site.get("/assignments/lin", who="chess")
    assert [queue["queue"] for queue in work["queues"]] == ["chess/lessons"]


async def test_use_of_quotas(site: Site, waiting: str) -> None:
    site.platform.sign_in("lin", "p101")
    site.platform.arrive("98668")
    tenant = await site.get("/tenants/press")
    assert tenant["use"] == {"calls": 2, "waiting": 1, "seats": 1}
    assert tenant["quotas"] == {"calls": 30, "waiting": 20, "seats": 10, "share": None, "asking": 50, "beyond": 50}


async def test_reload(site: Site) -> None:
    assert await site.ask("POST", "/reload") == (200, {"version": "v2"})
    site.platform.problems = [
        Problem(file="tenants/press/tenant.yaml", line=3, column=7, message="unknown key", expected="name")
    ]
    status, answer = await site.ask("POST", "/reload")
    assert (status, answer["code"]) == (422, "configuration")
    assert answer["mistakes"] == [
        {"where": "tenants/press/tenant.yaml:3:7", "message": "unknown key", "expected": "name"}
    ]
    assert (await site.get("/nodes"))["version"] == "v2"


async def test_drain_answers_at_once(site: Site) -> None:
    assert await site.ask("POST", "/drain") == (200, {"done": True})
    await site.platform.drained.wait()


async def test_records_page_by_page(site: Site) -> None:
    platform = site.platform
    contacts = []
    for number in range(7):
        platform.now += 60
        contacts.append(platform.arrive("98668", caller=f"1380000000{number}"))
        platform.end(contacts[-1])
    found: list[str] = []
    path: str | None = "/records?limit=3"
    while path:
        answer = await site.get(path, who="press")
        found += [record["contact"] for record in answer["records"]]
        path = f"/records?limit=3&before={answer['next']}" if answer["next"] else None
    assert found == contacts[::-1]
    third = platform.now - 4 * 60
    answer = await site.get(f"/records?since={third}&until={third + 61}")
    assert [record["contact"] for record in answer["records"]] == contacts[3:1:-1]
    answer = await site.get("/records?since=2026-03-04T12:02:30%2B08:00&until=2026-03-04T04:03:30Z")
    assert [record["contact"] for record in answer["records"]] == contacts[2:3]
    answer = await site.get("/records?caller=13800000005&outcome=left_flow")
    assert [record["contact"] for record in answer["records"]] == contacts[5:6]
    assert (await site.get("/records?outcome=answered"))["records"] == []


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "since=2026-03-04T12:00", "since=-1", "since=nan", "since=1e300", "limit=0", "limit=501",
     "limit=x", "outcome=nice", "colour=red", "limit=1&limit=2", "tenant=", "caller=" + "1" * 65],
)  # fmt: skip
async def test_wrong_queries(site: Site, query: str) -> None:
    status, answer = await site.ask("GET", f"/records?{query}")
    assert status in {400, 404}, answer
    assert answer["code"] in {"bad_request", "not_found"}
    assert answer["message"]
    assert answer["advice"]


async def test_a_store_that_fails(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(query: object) -> None:
        raise StoreError("disk full: /secret/path")

    monkeypatch.setattr(site.platform.log, "records", fail)
    status, answer = await site.ask("GET", "/records")
    assert (status, answer["code"]) == (503, "store")
    assert "/secret/path" not in answer["message"]


async def test_a_fault_of_ours_is_told_by_a_mark_only(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(site.platform, "calls", fail)
    status, answer = await site.ask("GET", "/calls")
    assert (status, answer["code"]) == (500, "internal")
    assert "inner detail" not in str(answer)
    mark = answer["message"].split("(")[1][:8]
    assert mark in capsys.readouterr().out
