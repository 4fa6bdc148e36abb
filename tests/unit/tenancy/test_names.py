"""Short names, and what they are called over the platform."""

import pytest

from tenancy import names
from tenancy.load import load
from tenancy.model import Platform


@pytest.fixture(scope="module")
def platform() -> Platform:
    return load(
        {
            "platform.yaml": """
name: {zh-CN: 平台, en: Platform}
nodes: {n1: {kind: simulated}}
skills: {zh: {zh-CN: 中文, en: Chinese}, sales: {zh-CN: 销售, en: Sales}}
agents:
  lin: {name: 林, number: 1001, serves: [press, chess], skills: {zh: 9, press/orders: 4, sales: 3}}
""",
            "tenants/press/tenant.yaml": """
name: {zh-CN: 出版社, en: Press}
projects: {p: {name: {zh-CN: 项目, en: Project}, kind: staffed, starts: 2024-01-01}}
numbers: {98668: {project: p, flow: main}, 010: {project: p, flow: main}}
skills: {orders: {zh-CN: 订购, en: Orders}, sales: {zh-CN: 书店, en: Shops}}
queues: {orders: {name: {zh-CN: 订购, en: Orders}, skills: {orders: 3, zh: 2, sales: 1}}}
agents: {wang: {name: 王, number: 2001, skills: {orders: 5, sales: 2, press/orders: 7}}}
""",
            "tenants/chess/tenant.yaml": """
name: {zh-CN: 棋院, en: Chess}
projects: {}
queues: {orders: {name: {zh-CN: 订购, en: Orders}}}
""",
        }
    )


def test_qualify_and_split_are_inverse() -> None:
    assert names.qualify("press", "orders") == "press/orders"
    assert names.qualify("", "lin") == "lin"
    assert names.split("press/orders") == ("press", "orders")
    assert names.split("lin") == ("", "lin")


@pytest.mark.parametrize(
    ("tenant", "skill", "found"),
    [
        ("press", "orders", "press/orders"),
        ("press", "zh", "zh"),
        ("press", "sales", "press/sales"),  # the tenant's own comes first
        ("chess", "sales", "sales"),
        ("press", "press/orders", "press/orders"),
        ("", "press/orders", "press/orders"),
        ("", "sales", "sales"),
        ("chess", "press/orders", None),  # no other tenant's
        ("chess", "orders", None),
        ("", "orders", None),
        ("", "nobody/orders", None),
        ("nobody", "zh", "zh"),
    ],
)
def test_a_skill_is_the_tenants_first_then_the_platforms(
    platform: Platform, tenant: str, skill: str, found: str | None
) -> None:
    assert names.find_skill(platform, tenant, skill) == found
    if found is not None:
        assert names.skill_key(platform, tenant, skill) == found


def test_a_skill_that_is_gone_is_one_that_nobody_has(platform: Platform) -> None:
    assert names.skill_key(platform, "chess", "orders") == "chess/orders"
    assert names.skill_key(platform, "chess", "press/orders") == "chess/orders"


def test_everything_of_the_platform_by_its_full_name(platform: Platform) -> None:
    assert [(digits, tenant.id) for digits, tenant, _ in names.numbers(platform)] == [
        ("98668", "press"),
        ("010", "press"),
    ]
    assert [(name, tenant.id) for name, tenant, _ in names.queues(platform)] == [
        ("chess/orders", "chess"),
        ("press/orders", "press"),
    ]
    assert [(name, tenant) for name, tenant, _ in names.agents(platform)] == [("lin", ""), ("press/wang", "press")]


def test_skills_of_agents_and_queues(platform: Platform) -> None:
    press = platform.tenants["press"]
    assert names.agent_skills(platform, "", platform.agents["lin"]) == {"zh": 9, "press/orders": 4, "sales": 3}
    assert names.queue_skills(platform, press, press.queues["orders"]) == {"press/orders": 3, "zh": 2, "press/sales": 1}


def test_the_better_of_two_levels_for_one_skill_counts(platform: Platform) -> None:
    wang = platform.tenants["press"].agents["wang"]
    assert names.agent_skills(platform, "press", wang) == {"press/orders": 7, "press/sales": 2}


def test_whom_an_agent_serves(platform: Platform) -> None:
    assert names.serves("", platform.agents["lin"]) == ("press", "chess")
    assert names.serves("press", platform.tenants["press"].agents["wang"]) == ("press",)
