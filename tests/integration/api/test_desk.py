"""An agent's own page as data: what is the agent's own, for whom it works at the moment, and nothing of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vcc.api import snapshots

if TYPE_CHECKING:
    from tests.integration.api.conftest import Site
    from tests.lab.standin import StandIn


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SPACING_S", 0.0)


def talk(platform: StandIn, number: str, queue: str, agent: str, caller: str = "13812345678") -> str:
    contact = platform.arrive(number, caller=caller, caller_name="李晓明")
    platform.queue(contact, queue)
    platform.talk(contact, agent)
    return contact


async def test_off_duty(site: Site) -> None:
    desk = await site.get("/desk", who="wang")
    assert (desk["agent"], desk["name"], desk["wish"], desk["since"]) == ("press/wang", "王芳", "signed_out", None)
    assert (desk["call"], desk["conversation"], desk["parked"], desk["seated"]) == (None, None, [], [])


async def test_in_a_conversation_and_after_it(site: Site) -> None:
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    contact = talk(platform, "98668", "press/orders", "press/wang")
    desk = await site.get("/desk", who="wang")
    call = desk["call"]
    assert (call["contact"], call["own"], call["state"], call["number"]) == (contact, True, "talking", "98668")
    assert (call["caller"], call["caller_name"], call["agent"]) == ("13812345678", "李晓明", "王芳")
    assert (call["tenant"]["en"], call["queue"]["en"]) == ("Beijing Starry Sky Press", "Orders")
    assert call["greeting"] == "press/wang: press/orders"
    assert desk["conversation"]["contact"] == contact
    assert desk["conversation"]["dispositions"]["1"]["en"] == "Ordered."
    platform.end(contact)
    after = await site.get("/desk", who="wang")
    assert (after["phase"], after["call"]) == ("wrap_up", None)
    assert (after["conversation"]["contact"], after["conversation"]["given"]) == (contact, "")
    await site.ask("POST", f"/calls/{contact}/disposition", who="wang", json={"code": "2"})
    async with site.events("/desk/events", who="wang") as events:
        assert events.first["data"]["conversation"]["given"] == "2"


async def test_the_number_is_not_shown_where_the_tenant_does_not_want_that(site: Site) -> None:
    platform = site.platform
    press = platform.platform.tenants["press"].model_copy(update={"shows_caller": False})
    platform.platform = platform.platform.model_copy(update={"tenants": {**platform.platform.tenants, "press": press}})
    platform.sign_in("press/wang", "p104")
    contact = talk(platform, "98668", "press/orders", "press/wang")
    desk = await site.get("/desk", who="wang")
    assert (desk["call"]["caller"], desk["call"]["caller_name"], desk["call"]["number"]) == ("", "", "98668")
    assert (await site.ask("POST", f"/calls/{contact}/park", who="wang", json={}))[0] == 200
    desk = await site.get("/desk", who="wang")
    assert (desk["parked"][0]["slot"], desk["parked"][0]["caller"]) == ("1", "")


async def test_nothing_of_what_others_do(site: Site) -> None:
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    platform.sign_in("lin", "p101")
    platform.sign_in("chess/wu", "x301")
    talk(platform, "98667", "chess/lessons", "lin", "13900000099")
    parked = talk(platform, "98667", "chess/lessons", "chess/wu", "13900000098")
    platform.park(parked, who="test")
    for path in ("/desk", "/desk/phones"):
        text = json.dumps(await site.get(path, who="wang"), ensure_ascii=False)
        assert not [word for word in ("chess", "棋", "1390000", parked, "x301", "lin", "p101") if word in text], path
    lin = await site.get("/desk", who="lin")
    assert (lin["call"]["caller"], lin["call"]["tenant"]["en"]) == ("13900000099", "Sichuan Chess Academy")
    assert lin["parked"] == []


async def test_where_one_could_go_on_duty(site: Site) -> None:
    site.platform.plugged_in = {"p105", "x201", "x301"}
    site.platform.sign_in("lin", "p101")
    for who, phones in (("wang", ["p105", "x201"]), ("lin", ["p101", "p105", "x201", "x301"])):
        found = (await site.get("/desk/phones", who=who))["phones"]
        assert [phone["phone"] for phone in found] == phones


async def test_who_could_take_the_call(site: Site) -> None:
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    assert (await site.ask("GET", "/desk/targets", who="wang"))[0] == 404
    contact = talk(platform, "98668", "press/orders", "press/wang")
    platform.sign_in("lin", "p101", seats=("chess",))
    platform.sign_in("zhao", "p102")
    platform.sign_in("sun", "p103")
    platform.agent_state("sun", wish="not_ready")
    targets = await site.get("/desk/targets", who="wang")
    assert targets["agents"] == [{"agent": "zhao", "name": "赵一鸣"}]
    assert [queue["queue"] for queue in targets["queues"]] == ["press/orders", "press/authors"]
    for away, back in (({"in_use": True}, {"in_use": False}), ({"reachable": False}, {"reachable": True})):
        platform.agent_state("zhao", **away)
        assert (await site.get("/desk/targets", who="wang"))["agents"] == [], away
        platform.agent_state("zhao", **back)
    platform.agent_state("zhao", phase="talking")
    assert (await site.get("/desk/targets", who="wang"))["agents"] == []
    platform.end(contact)
    assert (await site.ask("GET", "/desk/targets", who="wang"))[0] == 404


async def test_the_page_wakes_at_what_concerns_it(site: Site) -> None:
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    async with site.events("/desk/events", who="wang") as events:
        contact = platform.arrive("98668")
        platform.queue(contact, "press/orders")
        platform.offer(contact, "press/wang")
        assert (await events.next())["data"]["call"]["state"] == "ringing"
        platform.talk(contact, "press/wang")
        found = (await events.next())["data"]
        while found["phase"] != "talking":
            found = (await events.next())["data"]
        assert found["call"]["state"] == "talking"
        platform.sign_in("lin", "p101")
        talk(platform, "98667", "chess/lessons", "lin")
        with pytest.raises(TimeoutError):
            await events.next(within_s=0.3)


async def test_an_agent_that_is_taken_out_ends_its_page(site: Site) -> None:
    async with site.events("/desk/events", who="lin") as events:
        platform = site.platform
        platform.next_platform = platform.platform.model_copy(update={"agents": {}})
        await platform.reload(who="test")
        end = await events.next()
        assert (end["event"], end["data"]) == ("end", {"why": "no_access"})
