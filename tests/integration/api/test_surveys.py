"""Answers to surveys: counted for those who may see the tenant, by the API and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import SurveyAnswered

if TYPE_CHECKING:
    from tests.integration.api.conftest import Site


def answer(site: Site, tenant: str, score: int, agent: str, *, question: str = "friendly") -> None:
    site.platform.now += 1
    site.platform.tell(
        SurveyAnswered(
            at=site.platform.now, tenant=tenant, contact=f"c{site.platform.now:.0f}", node="a1", step="s",
            question=question, score=score, agent=agent, queue=f"{tenant}/orders",
        )
    )  # fmt: skip


async def test_means_by_agent_and_queue(site: Site) -> None:
    began = site.platform.now
    for tenant, score, agent in (("press", 5, "press/wang"), ("press", 4, "press/wang"), ("press", 1, "press/li")):
        answer(site, tenant, score, agent)
    answer(site, "chess", 2, "lin")
    found = await site.get("/surveys")
    assert [(one["tenant"], one["of"], one["count"], one["mean"]) for one in found["surveys"]] == [
        ("chess", "lin", 1, 2.0),
        ("press", "press/li", 1, 1.0),
        ("press", "press/wang", 2, 4.5),
    ]
    found = await site.get("/surveys?by=queue&tenant=press")
    assert [(one["of"], one["mean"], one["scores"]) for one in found["surveys"]] == [
        ("press/orders", 3.33, {"1": 1, "4": 1, "5": 1})
    ]
    found = await site.get(f"/surveys?since={began + 2}&until={began + 3}")
    assert [(one["of"], one["count"]) for one in found["surveys"]] == [("press/wang", 1)]


async def test_a_tenant_sees_its_own(site: Site) -> None:
    answer(site, "press", 5, "press/wang")
    answer(site, "chess", 2, "lin")
    _, found = await site.ask("GET", "/surveys", who="press")
    assert [one["tenant"] for one in found["surveys"]] == ["press"]
