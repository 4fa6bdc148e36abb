"""No identifier of another tenant opens any door, and nothing of another tenant comes out of one.

The doors are the rows of the route table: a new row without an entry here fails.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from vcc.api.routes import ROUTES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.api.conftest import Site
    from tests.lab.standin import StandIn
    from vcc.api.routing import Route

#: A body with which each command would be carried out, if its target were one's own.
BODIES: dict[str, dict[str, Any] | None] = {
    "setAgentState": {"wish": "not_ready"},
    "extendWrapUp": {},
    "hangUp": {},
    "cancelCallback": {},
    "moveCall": {"priority": 90},
    "takeCall": {"agent": "press/wang"},
    "controlRecording": {"action": "pause"},
    "converse": {"action": "hold"},
    "consult": {"agent": "press/li"},
    "parkCall": {},
    "retrieveCall": {"agent": "press/wang"},
    "supervise": {"phone": "p101"},
    "transferCall": {"agent": "press/li"},
    "giveDisposition": {"code": "1"},
    "setClosure": {"closed": True},
    "setOverflow": {"on": True},
    "assignQueue": {"queue": "press/orders", "on": True},
    "assignSkill": {"skill": "novels", "level": 5},
    "planShifts": {"text": "day,agent,begins,ends\n2026-07-01,lin,09:00,18:00\n"},
    "publishFlow": {"text": "steps: [hang_up]"},
    "approvePublication": {},
    "withdrawPublication": {},
    "rollBackFlow": {},
    "reload": {},
    "drain": {},
}
#: What a query may have that names nothing of anybody's.
PLAIN = {"since", "until", "outcome", "limit", "state", "kinds", "download", "to_ring", "by", "messages"}
#: Routes that name nothing in their path, and what their queries may name.
QUERIES = {
    "getMe": (),
    "listTenants": (),
    "listNumbers": ("tenant",),
    "listQueues": ("tenant",),
    "listAgents": ("tenant",),
    "listPhones": ("tenant",),
    "listCalls": ("tenant", "queue"),
    "listCallbacks": ("tenant",),
    "cancelCallback": (),
    "listRecords": ("tenant", "agent", "before", "caller"),
    "listRecordings": ("tenant", "agent", "queue", "before", "caller"),
    "listSurveys": ("tenant",),
    "getRecording": (),
    "getRecordingAudio": (),
    "controlRecording": (),
    "streamEvents": ("tenant", "contact"),
    "listNodes": (),
    "listTrunks": (),
    "reload": (),
    "drain": (),
    "getTenant": (),
    "listPublications": (),
    "publishFlow": (),
    "approvePublication": (),
    "withdrawPublication": (),
    "rollBackFlow": (),
    "compareFlows": (),
    "getFlowOutcomes": (),
    "setClosure": (),
    "setOverflow": (),
    "planShifts": (),
    "getAttendance": (),
    "getAgent": (),
    "setAgentState": (),
    "extendWrapUp": (),
    "getAssignments": (),
    "assignQueue": (),
    "assignSkill": (),
    "getCall": (),
    "hangUp": (),
    "moveCall": (),
    "takeCall": (),
    "converse": (),
    "consult": (),
    "parkCall": (),
    "retrieveCall": (),
    "supervise": (),
    "transferCall": (),
    "giveDisposition": (),
    "getDesk": (),
    "streamDesk": (),
    "listDeskTargets": (),
    "listDeskPhones": (),
    "getBoard": (),
    "streamBoard": (),
}
#: Parameters that name something within what stands before them in the path, and a name there.
WITHIN = {"flow": "main", "number": "1"}
#: Parameters that only narrow what is one's own: another tenant's value finds nothing, and says no more than that.
NARROWING = {"queue", "agent", "caller", "contact"}
#: What must not be found in anything that the press is told.
OF_CHESS = ("chess", "98667", "棋院", "吴清源", "13900000099", "Chess", "wu")


class Floor:
    """The chess academy and the press at work, with an agent leased to both on the academy's call."""

    def __init__(self, platform: StandIn, folder: Path) -> None:
        platform.recordings = folder
        platform.sign_in("lin", "p101")
        platform.sign_in("zhao", "p102")
        platform.sign_in("chess/wu", "p103")
        platform.sign_in("press/wang", "p104")
        old = platform.arrive("98667", caller="13900000099")
        platform.queue(old, "chess/lessons")
        platform.talk(old, "lin")
        recording = platform.recorded(old)
        platform.now += 60
        platform.end(old)
        platform.wrapped_up("lin")
        platform.ask_callback(old, "chess", "chess/lessons", "13900000099")
        live = platform.arrive("98667", caller="13900000099", caller_name="wu's caller")
        platform.queue(live, "chess/lessons")
        platform.talk(live, "lin")
        waiting = platform.arrive("98667", caller="13900000099")
        platform.queue(waiting, "chess/lessons")
        own = platform.arrive("98668", caller="13800000001")
        platform.queue(own, "press/orders")
        led = platform.arrive("98667", caller="13800000002")
        platform.lead_on(led, "98668")
        self.own, self.led = own, led
        self.identifiers = {
            "tenant": ("chess", "sunshine", "nobody"),
            "agent": ("chess/wu", "press/wu", "wu", "nobody"),
            "contact": (old, live, waiting, "0123456789abcdefghj"),
            "callback": (old, "0123456789abcdefghj"),
            "recording": (recording, f"{old}-2", f"{waiting}-1", "0123456789abcdefghj-1"),
            "queue": ("chess/lessons",),
            "before": (old, live),
            "caller": ("13900000099",),
        }
        self.contacts = (old, live, waiting)


@pytest.fixture
def floor(platform: StandIn, tmp_path: Path) -> Floor:
    return Floor(platform, tmp_path)


def test_every_door_is_tried() -> None:
    assert {route.name for route in ROUTES} == set(QUERIES)
    for route in ROUTES:
        queried = set(route.query.model_fields)
        naming = queried - {
            "since",
            "until",
            "outcome",
            "limit",
            "state",
            "kinds",
            "download",
            "to_ring",
            "by",
            "messages",
            "old",
            "new",
        }
        assert naming == set(QUERIES[route.name]), route.name
        assert set(route.parameters) <= {"tenant", "agent", "callback", "contact", "recording", *WITHIN}, route.name
        assert not set(route.parameters[:1]) & set(WITHIN), route.name
        assert (route.body is None) == (route.name not in BODIES), route.name


@pytest.mark.parametrize("route", [route for route in ROUTES if route.parameters], ids=lambda route: route.name)
@pytest.mark.parametrize("who", ["press", "press-supervisor", "wang"])
async def test_paths(site: Site, floor: Floor, route: Route, who: str) -> None:
    parameter = route.parameters[0]
    facts = len(site.platform.log.all)
    for identifier in floor.identifiers[parameter]:
        status, answer = await send(site, route, who, identifier)
        role = {"press": "tenant", "press-supervisor": "supervisor", "wang": "agent"}[who]
        assert status == (404 if role in route.roles else 403), (identifier, answer)
        assert not leaks(answer, floor, identifier)
    assert len(site.platform.log.all) == facts, "a command was carried out"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.parameters], ids=lambda route: route.name)
async def test_what_is_another_tenants_looks_like_what_is_not_there(site: Site, floor: Floor, route: Route) -> None:
    """The same words for a thing of another tenant as for one that nobody has."""
    parameter = route.parameters[0]
    there, *_, nowhere = floor.identifiers[parameter]
    _, of_other = await send(site, route, "press", there)
    _, of_nobody = await send(site, route, "press", nowhere)
    assert json.dumps(of_other).replace(there, "X") == json.dumps(of_nobody).replace(nowhere, "X")


@pytest.mark.parametrize("route", [route for route in ROUTES if QUERIES[route.name]], ids=lambda route: route.name)
async def test_queries(site: Site, floor: Floor, route: Route) -> None:
    for parameter in QUERIES[route.name]:
        for identifier in floor.identifiers[parameter]:
            if parameter in NARROWING and route.answer is None:
                continue  # a stream of nothing: tried in test_events
            status, answer = await site.ask("GET", f"{route.path}?{parameter}={identifier}", who="press")
            if parameter in NARROWING:
                assert status == 200
                assert all(not rows for rows in answer.values() if rows is not None), answer
            else:
                assert status == 404, answer
                assert not leaks(answer, floor, identifier)


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.method == "GET" and route.answer is not None],
    ids=lambda route: route.name,
)
@pytest.mark.parametrize("who", ["press", "press-supervisor", "wang"])
async def test_nothing_of_another_tenant_comes_out(site: Site, floor: Floor, route: Route, who: str) -> None:
    own = {
        "recording": [f"{floor.own}-1"],
        "tenant": ["press"],
        "agent": ["press/wang", "lin", "zhao"],
        "contact": [floor.own, floor.led],
        "callback": [],
    }
    names = own[route.parameters[0]] if route.parameters else [""]
    for name in names:
        status, answer = await send(site, route, who, name)
        assert status in {200, 403, 404}
        assert not leaks(answer, floor)


async def test_a_move_into_another_tenants_queue(site: Site, floor: Floor) -> None:
    status, answer = await site.ask("POST", f"/calls/{floor.own}/move", who="press", json={"queue": "chess/lessons"})
    assert status == 404
    assert answer["message"] == "There is no queue 'chess/lessons'."


async def test_no_other_tenants_phone_is_rung(site: Site, floor: Floor) -> None:
    site.platform.sign_in("press/wang", "p104")
    site.platform.talk(floor.own, "press/wang")
    site.platform.sign_in("chess/wu", "x301")
    site.platform.sign_in("lin", "p101", seats=("chess",))
    answers = []
    for phone in ("x301", "p101", "nobody"):  # the academy's; where somebody works for it alone; nobody's
        body = {"phone": phone}
        status, answer = await site.ask("POST", f"/calls/{floor.own}/supervise", who="press", json=body)
        assert status == 404
        answers.append(json.dumps(answer).replace(phone, "X"))
    assert len(set(answers)) == 1
    assert (await site.ask("POST", f"/calls/{floor.own}/supervise", who="press", json={"phone": "p104"}))[0] == 200
    listed = (await site.get("/phones?to_ring=true", who="press"))["phones"]
    assert [(phone["phone"], phone["agent"]) for phone in listed] == [("p102", "zhao"), ("p104", "press/wang")]
    assert {phone["registered"] for phone in listed} == {None}
    assert (await site.get("/phones?to_ring=true&tenant=press", who="platform"))["phones"][0]["registered"] is True


async def test_an_agent_takes_back_whom_it_has_parked_and_nobody_else(site: Site, floor: Floor) -> None:
    platform = site.platform
    platform.talk(floor.own, "press/wang")
    path = f"/calls/{floor.own}/retrieve"
    assert (await site.ask("POST", path, who="wang", json={"agent": "press/wang"}))[0] == 404
    assert (await site.ask("POST", f"/calls/{floor.own}/park", who="wang", json={}))[0] == 200
    for who, agent in (("lin", "lin"), ("wang", "lin"), ("lin", "press/wang")):
        assert (await site.ask("POST", path, who=who, json={"agent": agent}))[0] == 404
    assert (await site.ask("POST", path, who="wang", json={"agent": "press/wang"}))[0] == 200


@pytest.mark.parametrize("who", ["press", "wang"])
async def test_an_agent_is_not_signed_in_on_another_tenants_phone(site: Site, who: str) -> None:
    """By command; whoever sits at that phone and knows number and PIN may dial."""
    answers = []
    for phone in ("x301", "nobody"):
        body = {"wish": "ready", "phone": phone}
        status, answer = await site.ask("POST", "/agents/press/wang/state", who=who, json=body)
        assert status == 404
        answers.append(json.dumps(answer).replace(phone, "X"))
    assert answers[0] == answers[1]
    body = {"wish": "ready", "phone": "x201"}
    assert (await site.ask("POST", "/agents/press/wang/state", who=who, json=body))[0] == 200


async def test_a_leased_agent_is_seen_as_far_as_it_serves(site: Site, floor: Floor) -> None:
    lin = await site.get("/agents/lin", who="press")
    assert lin["phase"] == "busy_elsewhere"
    assert lin["since"] is None
    assert lin["contact"] == ""
    assert lin["serves"] == lin["seated"] == ["press"]
    assert lin["skills"] == {"books": 5, "press/novels": 7}
    seen = await site.get("/agents/lin", who="chess")
    assert (seen["phase"], seen["contact"]) == ("talking", floor.contacts[1])
    zhao = await site.get("/agents/zhao", who="press")
    assert (zhao["wish"], zhao["phase"]) == ("ready", "idle")


async def test_a_leased_agent_off_duty_for_the_asker_is_signed_out_for_it(site: Site) -> None:
    site.platform.sign_in("lin", "p101", seats=["chess"])
    site.platform.agent_state("lin", wish="not_ready", reason="meal")
    lin = await site.get("/agents/lin", who="press")
    assert (lin["wish"], lin["reason"], lin["phone"], lin["since"]) == ("signed_out", "", "", None)
    assert (await site.get("/agents/lin", who="chess"))["reason"] == "meal"


async def test_a_leased_agent_is_commanded_by_the_platform_alone(site: Site, floor: Floor) -> None:
    path, body = "/agents/lin/state", {"wish": "not_ready", "reason": "meal"}
    assert (await site.ask("POST", path, who="press", json=body))[0] == 403
    assert (await site.ask("POST", path, who="wang", json=body))[0] == 404
    assert (await site.ask("POST", path, who="lin", json=body))[0] == 200
    assert (await site.ask("POST", path, who="platform", json=body))[0] == 200


async def test_a_call_that_was_led_on_is_each_tenants_own_part(site: Site, floor: Floor) -> None:
    platform = site.platform
    platform.queue(floor.led, "press/orders")
    platform.sign_in("sun", "p105")
    platform.talk(floor.led, "sun")
    platform.end(floor.led)
    press = await site.get(f"/calls/{floor.led}", who="press")
    assert press["record"]["entry_tenant"] == "press"
    assert press["record"]["outcome"] == "answered"
    chess = await site.get(f"/calls/{floor.led}", who="chess")
    assert chess["record"]["tenant"] == "chess"
    assert chess["record"]["outcome"] == "ended_by_flow"
    assert chess["record"]["agents"] == []
    records = (await site.get("/records", who="chess"))["records"]
    assert next(r for r in records if r["contact"] == floor.led) == chess["record"]
    found = await site.get("/records?agent=sun", who="chess")
    assert found["records"] == [], "what another tenant did with the call finds it"
    whole = await site.get(f"/calls/{floor.led}", who="platform")
    assert (whole["record"]["entry_tenant"], whole["record"]["tenant"]) == ("chess", "press")


async def send(site: Site, route: Route, who: str, identifier: str) -> tuple[int, Any]:
    """Send a request of this route that names `identifier`."""
    path = route.path
    for parameter in route.parameters:
        path = path.replace(f"{{{parameter}}}", WITHIN.get(parameter, identifier))
    body = BODIES.get(route.name)
    return await site.ask(route.method, path, who=who, **({} if body is None else {"json": body}))


def leaks(answer: Any, floor: Floor, asked: str = "\0") -> list[str]:
    """What of the academy's stands in an answer, but for the name that was asked for."""
    text = json.dumps(answer, ensure_ascii=False).replace(asked, "")
    return [secret for secret in (*OF_CHESS, *floor.contacts) if secret in text]


async def test_a_tenant_sees_its_own_phones_and_nobody_who_works_for_another(site: Site, platform: StandIn) -> None:
    platform.sign_in("press/wang", "x201")
    platform.sign_in("lin", "x301", seats=("chess",))
    _, all_ = await site.ask("GET", "/phones", who="platform")
    assert {phone["phone"]: phone["agent"] for phone in all_["phones"] if phone["agent"]} == {
        "x201": "press/wang",
        "x301": "lin",
    }
    _, own = await site.ask("GET", "/phones", who="press")
    assert [(phone["phone"], phone["agent"]) for phone in own["phones"]] == [("x201", "press/wang")]
    platform.agent_state("press/wang", wish="signed_out", phone="", seated=())
    platform.sign_in("chess/wu", "x201")
    _, own = await site.ask("GET", "/phones", who="press")
    assert [(phone["phone"], phone["agent"]) for phone in own["phones"]] == [("x201", "")]
