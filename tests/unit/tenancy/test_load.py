"""From texts to a platform. The messages of each mistake are golden files: tests/golden/config."""

import pytest

from core.errors import ConfigurationError
from tenancy.load import load, read_all

PLATFORM = "name: {zh-CN: 平台, en: Platform}\nnodes: {n1: {kind: simulated}}\n"
PRESS = "name: {zh-CN: 出版社, en: Press}\nprojects: {}\n"


def messages(files: dict[str, str]) -> list[str]:
    return [str(problem) for problem in read_all(files).problems]


def test_the_smallest_platform() -> None:
    platform = load({"platform.yaml": PLATFORM})
    assert list(platform.nodes) == ["n1"]
    assert platform.tenants == {}


def test_sections_stand_in_files_of_their_own_or_in_the_main_file() -> None:
    apart = load(
        {
            "platform.yaml": PLATFORM,
            "phones.yaml": "p1: {node: n1}\n",
            "agents.yaml": "lin: {name: 林, number: 1}\n",
            "tenants/press/tenant.yaml": PRESS,
            "tenants/press/queues.yaml": "q: {name: {zh-CN: 队, en: Queue}}\n",
            "tenants/press/agents.yaml": "wang: {name: 王, number: 2}\n",
        }
    )
    together = load(
        {
            "platform.yaml": PLATFORM + "phones: {p1: {node: n1}}\nagents: {lin: {name: 林, number: 1}}\n",
            "tenants/press/tenant.yaml": PRESS
            + "queues: {q: {name: {zh-CN: 队, en: Queue}}}\nagents: {wang: {name: 王, number: 2}}\n",
        }
    )
    assert apart == together


def test_a_tenants_id_is_its_folder() -> None:
    platform = load({"platform.yaml": PLATFORM, "tenants/press/tenant.yaml": PRESS})
    assert platform.tenants["press"].id == "press"


def test_empty_sections_are_empty() -> None:
    platform = load({"platform.yaml": PLATFORM, "agents.yaml": "# nobody yet\n", "phones.yaml": ""})
    assert platform.agents == {}


def test_dialled_numbers_keep_their_zeros_without_quotes() -> None:
    tenant = "name: {zh-CN: 出版社, en: Press}\n"
    tenant += "projects: {p: {name: {zh-CN: 项, en: P}, kind: staffed, starts: 2024-01-01}}\n"
    tenant += "numbers: {01065551234: {project: p, flow: main}, 110: {project: p, flow: main}}\n"
    tenant += "agents: {wang: {name: 王, number: 007}}\n"
    platform = load({"platform.yaml": PLATFORM, "tenants/press/tenant.yaml": tenant})
    assert list(platform.tenants["press"].numbers) == ["01065551234", "110"]
    assert platform.tenants["press"].agents["wang"].number == "007"


def test_everything_is_told_at_once_in_the_order_of_files() -> None:
    found = messages(
        {
            "platform.yaml": PLATFORM + "limits: {calls: many}\n",
            "phones.yaml": "p1: {node: n2}\n",
            "agents.yaml": "lin: {name: 林, number: 1, serves: [pres], skills: {zh: 3}}\n",
            "tenants/press/tenant.yaml": PRESS + "numbers: {98668: {project: p, flow: main}}\nopen: office\n",
            "tenants/press/queues.yaml": "q: [\n",
            "tenants/chess/agents.yaml": "chen: {name: 陈}\n",
        }
    )
    assert [message.partition(": ")[0] for message in found] == [
        "agents.yaml:1:36",
        "agents.yaml:1:52",
        "phones.yaml:1:12",
        "platform.yaml:3:17",
        "tenants/chess/agents.yaml:1:1",
        "tenants/chess/tenant.yaml:1:1",
        "tenants/press/queues.yaml:2:1",
        "tenants/press/tenant.yaml:3:28",
        "tenants/press/tenant.yaml:4:7",
    ]


def test_a_reference_to_something_wrong_is_no_second_mistake() -> None:
    found = messages(
        {
            "platform.yaml": "name: {zh-CN: 平台, en: P}\nnodes: {n1: {kind: asterisk, ami: 5}}\n"
            "skills: {zh: {zh-CN: 3, en: x}}\n",
            "phones.yaml": "p1: {node: n1}\n",
            "agents.yaml": "lin: {name: 林, number: 1, serves: [press], skills: {zh: 3, press/orders: 1}}\n",
            "tenants/press/tenant.yaml": "name: {zh-CN: 出版社, en: Press}\nprojects: {\n",
        }
    )
    assert [message.partition(":")[0] for message in found] == [
        "platform.yaml",
        "platform.yaml",
        "tenants/press/tenant.yaml",
    ]


def test_without_a_readable_main_file_the_rest_is_still_looked_at() -> None:
    found = read_all(
        {"platform.yaml": "name: [\n", "agents.yaml": "lin: {name: 林}\n", "phones.yaml": "p1: {node: n1}\n"}
    )
    assert found.platform is None
    assert [str(p).split(": ")[0] for p in found.problems] == ["agents.yaml:1:1", "platform.yaml:2:1"]


def test_no_files_at_all() -> None:
    assert messages({}) == ["platform.yaml:1:1: this file is missing"]


def test_where_the_flows_are() -> None:
    loaded = read_all(
        {
            "platform.yaml": PLATFORM,
            "flows/a.yaml": "?",
            "tenants/press/tenant.yaml": PRESS,
            "tenants/press/flows/b.yaml": "!",
        }
    )
    assert loaded.problems == ()
    assert loaded.flows == {("", "a"): "flows/a.yaml", ("press", "b"): "tenants/press/flows/b.yaml"}


def test_load_raises_with_every_mistake() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"platform.yaml": "nodes: {n1: {kind: simulated}}\nx: 1\n"})
    assert len(caught.value.problems) == 2
    assert caught.value.code == "configuration"
