"""What came of a call, over the API: whose may be given by whom, when, and what a wrong code is answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.facts import CommandGiven, DispositionGiven

if TYPE_CHECKING:
    from tests.integration.api.conftest import Site


class Talk:
    """Wang of the press in a conversation, and Lin, who is leased, in one of the chess academy's."""

    def __init__(self, site: Site) -> None:
        self.site, platform = site, site.platform
        platform.sign_in("press/wang", "p104")
        platform.sign_in("lin", "p101")
        self.contact = platform.arrive("98668")
        platform.queue(self.contact, "press/orders")
        platform.talk(self.contact, "press/wang")
        self.of_chess = platform.arrive("98667")
        platform.queue(self.of_chess, "chess/lessons")
        platform.talk(self.of_chess, "lin")

    async def give(self, who: str, code: str = "1", *, contact: str = "", **more: Any) -> tuple[int, Any]:
        path = f"/calls/{contact or self.contact}/disposition"
        return await self.site.ask("POST", path, who=who, json={"code": code, **more})

    def given(self) -> list[tuple[str, str]]:
        return [(fact.agent, fact.code) for fact in self.site.platform.log.all if isinstance(fact, DispositionGiven)]


@pytest.fixture
def talk(site: Site) -> Talk:
    return Talk(site)


async def test_an_agent_of_its_own_conversation_until_the_next_is_over(talk: Talk, site: Site) -> None:
    platform = site.platform
    assert (await talk.give("wang"))[0] == 200
    platform.end(talk.contact)
    status, answer = await talk.give("wang", "2")
    assert (status, answer) == (
        200,
        {"agent": "press/wang", "queue": "press/orders", "code": "2", "meaning": "需要回电。"},
    )
    platform.wrapped_up("press/wang")
    assert (await talk.give("wang", agent="press/wang"))[0] == 200
    following = platform.arrive("98668")
    platform.queue(following, "press/orders")
    platform.talk(following, "press/wang")
    assert (await talk.give("wang", "2"))[0] == 200, "the wrap-up may have been short"
    platform.end(following)
    assert (await talk.give("wang", "2"))[0] == 404
    assert talk.given() == [("press/wang", code) for code in ("1", "2", "1", "2")]
    (record,) = [one for one in (await site.get("/records"))["records"] if one["contact"] == talk.contact]
    assert [(given["agent"], given["code"]) for given in record["dispositions"]] == [("press/wang", "2")]
    assert [fact.who for fact in platform.log.all if isinstance(fact, CommandGiven)] == ["token:wang"] * 4


async def test_an_agent_of_nobody_elses(talk: Talk, site: Site) -> None:
    assert (await talk.give("lin"))[0] == 404
    assert (await talk.give("wang", agent="lin"))[0] == 404
    site.platform.end(talk.contact)
    assert (await talk.give("lin", agent="press/wang"))[0] == 404
    assert talk.given() == []


@pytest.mark.parametrize(
    ("who", "status"), [("platform", 200), ("press", 200), ("press-supervisor", 200), ("chess", 404)]
)
async def test_a_supervisor_for_others_also_later(talk: Talk, site: Site, who: str, status: int) -> None:
    site.platform.end(talk.contact)
    site.platform.agent_state("press/wang", wish="signed_out")
    assert (await talk.give(who, agent="press/wang"))[0] == status
    assert (await talk.give(who))[0] == status, "of the last who talked"
    assert talk.given() == [("press/wang", "1")] * (2 if status == 200 else 0)


async def test_who_did_not_talk(talk: Talk, site: Site) -> None:
    status, answer = await talk.give("press", agent="lin")
    assert (status, answer["code"]) == (404, "not_found")
    waiting = site.platform.arrive("98668")
    status, answer = await talk.give("press", contact=waiting)
    assert (status, answer["code"]) == (409, "conflict")


async def test_a_leased_agents_work_is_each_tenants_own(talk: Talk) -> None:
    assert (await talk.give("press", contact=talk.of_chess, agent="lin"))[0] == 404
    assert (await talk.give("chess", contact=talk.of_chess, agent="lin"))[0] == 200
    assert (await talk.give("lin", contact=talk.of_chess))[0] == 200


async def test_a_wrong_code_is_answered_with_the_right_ones(talk: Talk) -> None:
    for who in ("wang", "press-supervisor"):
        status, answer = await talk.give(who, "9")
        assert status == 404
        assert "press has no disposition 9; it has 1" in answer["message"]
    for body in ({"code": "x"}, {"code": ""}, {"code": "12345"}, {"code": 1}):
        assert (await talk.site.ask("POST", f"/calls/{talk.contact}/disposition", who="wang", json=body))[0] == 400
    assert talk.given() == []


async def test_the_codes_are_listed_with_the_tenant(site: Site) -> None:
    assert (await site.get("/tenants/press", who="press"))["dispositions"]["1"] == {
        "zh-CN": "已下单。",
        "en": "Ordered.",
    }
