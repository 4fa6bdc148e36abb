"""Publications through the API and the command line: the tenant's own only, and everything that is said about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from core.facts import FlowPublished
from tests.integration.api.test_cli import run
from tests.lab.standin.flows import FLOW
from vcc.api.routes.flows import TEXT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.api.conftest import Site
    from tests.integration.api.test_cli import Run

__all__ = ["run"]

PRESS = "/tenants/press/flows/main"
NEW = FLOW.replace("Hello", "Good day")


async def publish(
    site: Site, text: str = NEW, *, path: str = PRESS, who: str = "press", **more: Any
) -> tuple[int, Any]:
    return await site.ask("POST", f"{path}/publications", who=who, json={"text": text, **more})


async def test_publish_list_and_roll_back(site: Site) -> None:
    before = await site.get(f"{PRESS}/publications", who="press")
    assert before["publications"] == []
    status, made = await publish(site, note="friendlier", share=20)
    assert (status, made["number"], made["standing"], made["share"]) == (200, 1, "in_force", 20)
    assert made["version"] != before["configured"]
    assert made["author"] == "token:press"
    now = await site.get(f"{PRESS}/publications", who="press-supervisor")
    assert now["publications"] == [made]
    assert "text" not in made
    status, taken = await site.ask("POST", f"{PRESS}/rollback", who="press")
    assert (status, taken["standing"], taken["withdrawn_by"]) == (200, "withdrawn", "token:press")
    status, refused = await site.ask("POST", f"{PRESS}/rollback", who="press")
    assert (status, refused["code"]) == (409, "conflict")


async def test_a_mistake_is_told_with_its_place(site: Site) -> None:
    status, answer = await publish(site, "steps:\n  - queue: nowhere\n")
    assert status == 422
    assert answer["mistakes"][0]["where"] == "tenants/press/flows/main.yaml:2:12"


@pytest.mark.parametrize("at", ["NaN", "1e400", "-1e400", "-5", "1e18"])
@pytest.mark.parametrize(
    ("path", "field", "body"),
    [
        (f"{PRESS}/publications", "begins", '"text": "steps: [hang_up]"'),
        (f"{PRESS}/publications", "ends", '"text": "steps: [hang_up]"'),
        ("/agents/press/wang/queues", "until", '"queue": "press/orders", "on": true'),
    ],
)
async def test_what_is_no_time(site: Site, path: str, field: str, body: str, at: str) -> None:
    data = f'{{{body}, "{field}": {at}}}'.encode()
    status, answer = await site.ask("POST", path, data=data, headers={"Content-Type": "application/json"})
    assert (status, [mistake["where"] for mistake in answer["mistakes"]]) == (400, [field])
    assert (await site.get(f"{PRESS}/publications"))["publications"] == []


async def test_who_may_do_what(site: Site) -> None:
    assert (await publish(site, who="press-supervisor"))[0] == 403
    assert (await publish(site, who="wang"))[0] == 403
    assert (await publish(site, path="/tenants/chess/flows/main"))[0] == 404
    assert (await publish(site, path="/tenants/press/flows/nowhere"))[0] == 404
    assert (await site.ask("POST", f"{PRESS}/publications/x/withdraw", who="press"))[0] == 404
    assert not [fact for fact in site.platform.log.all if isinstance(fact, FlowPublished)]


async def test_a_review_is_somebody_elses(site: Site) -> None:
    path = "/tenants/chess/flows/main"
    status, made = await publish(site, path=path, who="chess")
    assert (status, made["standing"]) == (200, "proposed")
    assert (await site.ask("POST", f"{path}/publications/1/approve", who="chess"))[0] == 409
    status, approved = await site.ask("POST", f"{path}/publications/1/approve", who="platform")
    assert (status, approved["standing"], approved["approved_by"]) == (200, "in_force", "token:platform")


async def test_differences_and_outcomes(site: Site) -> None:
    await publish(site)
    answer = await site.get(f"{PRESS}/differences?new=1", who="press")
    assert answer["lines"] == [
        '~ say: text: {"zh-CN": "您好。", "en": "Hello."} -> {"zh-CN": "您好。", "en": "Good day."}'
    ]
    call = site.platform.arrive("98668", caller="13812345678")
    site.platform.now += 30
    site.platform.end(call)
    site.platform.now += 1
    (row,) = (await site.get(f"{PRESS}/outcomes", who="press"))["versions"]
    assert (row["calls"], row["over"], row["mean_s"]) == (1, 1, 30.0)
    assert sum(row["outcomes"].values()) == 1
    assert (await site.get(f"{PRESS}/outcomes?until=5", who="press"))["versions"] == []


async def test_a_long_flow_fits_and_an_endless_one_does_not(site: Site) -> None:
    assert (await publish(site, NEW + "#" * (TEXT_BYTES - 1_000)))[0] == 200
    assert (await publish(site, "#" * (TEXT_BYTES + 1)))[0] == 400
    assert (await publish(site, "#" * (2 * TEXT_BYTES + 1)))[0] == 413


# --- the command line


async def test_the_commands(run: Run, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(NEW, "utf-8")
    code, out, errors = await run("flow", "publish", "press/main", str(file), "--share", "10", "--note", "try it")
    assert (code, errors) == (0, "")
    assert "in force" in out
    assert "10 %" in out
    assert "try it" in out
    code, out, _ = await run("flow", "history", "press/main", "--json")
    assert [one["number"] for one in json.loads(out)["publications"]] == [1]
    code, out, _ = await run("flow", "diff", "press/main")
    assert code == 0
    assert '"Good day."' in out.replace("\n", " ")
    assert (await run("flow", "diff", "press/main", "1", "1"))[1] == "They mean the same.\n"
    code, out, _ = await run("flow", "rollback", "press/main")
    assert (code, "withdrawn" in out) == (0, True)
    code, _, errors = await run("flow", "rollback", "press/main")
    assert code == 1
    assert "No publication of press/main is in force" in errors
    assert (await run("flow", "outcomes", "press/main"))[1].startswith("No calls of press/main")


async def test_what_is_typed_wrong(run: Run, tmp_path: Path) -> None:
    code, _, errors = await run("flow", "publish", "main")
    assert (code, "write tenant/flow" in errors) == (2, True)
    code, _, errors = await run("flow", "publish", "press/main", str(tmp_path / "nowhere.yaml"))
    assert (code, "cannot be read: No such file or directory" in errors) == (1, True)
    file = tmp_path / "new.yaml"
    file.write_text("steps: [{goto: nowhere}]", "utf-8")
    code, _, errors = await run("flow", "publish", "press/main", str(file), "--at", "noon")
    assert (code, "'noon' is no time" in errors) == (2, True)
    code, _, errors = await run("flow", "publish", "press/main", str(file))
    assert (code, "is 1 mistake" in errors, "main.yaml:1:16: there is no step 'nowhere'" in errors) == (1, True, True)
