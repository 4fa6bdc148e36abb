"""A flow of each tenant of the platform in memory, and what is published of them: the real thing, over texts."""

import asyncio
from collections.abc import Callable, Mapping

from core.clock import Clock
from core.facts import Fact
from ivr_flows.protocol import Text
from vcc.calls.publications import Publications
from vcc.calls.versions import FlowVersions
from vcc.lint import Bundle, check_texts
from vcc.publishing import Publishing
from vcc.storage.live_memory import MemoryLiveStore

FLOW = "steps:\n  - say: {zh-CN: 您好。, en: Hello.}\n"


def _tenant(number: str, review: str) -> str:
    return f"""
name: {{zh-CN: 租户, en: Tenant}}
languages: [zh-CN, en]
time_zone: Asia/Shanghai
review: {review}
projects: {{lease: {{name: {{zh-CN: 座席租赁, en: Seats}}, kind: seat_lease, starts: 2026-01-01}}}}
numbers: {{{number}: {{project: lease, flow: main}}}}
"""


TEXTS = {
    "platform.yaml": """
name: {zh-CN: 阳光, en: Sunshine}
languages: [zh-CN, en]
time_zone: Asia/Shanghai
nodes: {a1: {kind: simulated}}
""",
    "tenants/press/tenant.yaml": _tenant("98668", "false"),
    "tenants/press/flows/main.yaml": FLOW,
    "tenants/chess/tenant.yaml": _tenant("98667", "true"),
    "tenants/chess/flows/main.yaml": FLOW,
}


async def _nothing_to_render(bundle: Bundle, also: frozenset[Text]) -> Mapping[str, Mapping[str, str]]:
    del also
    return {"": {}} | {tenant: {} for tenant in bundle.platform.tenants}


def publishing(clock: Clock, tell: Callable[[Fact], None]) -> tuple[Publishing, Publications]:
    """Publications of the platform in memory; none yet."""
    store = MemoryLiveStore()
    bundle = check_texts(TEXTS, now=clock.now()).use()
    publications = Publications(store)
    sounds: dict[str, dict[str, str]] = {tenant: {} for tenant in ("", *bundle.platform.tenants)}
    versions = FlowVersions(bundle.flows_with(sounds), store, publications)
    made = Publishing(
        publications, versions, render=_nothing_to_render, tell=tell, clock=clock, changing=asyncio.Lock()
    )
    made.use(bundle, {}, sounds)
    return made, publications
