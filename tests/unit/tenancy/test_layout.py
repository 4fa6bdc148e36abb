"""Which file of a configuration folder is what."""

import pytest

from core.errors import Problem
from tenancy.layout import Place, Role, folder, main_file, place


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("platform.yaml", Place(role=Role.MAIN)),
        ("phones.yaml", Place(role=Role.SECTION, name="phones")),
        ("agents.yaml", Place(role=Role.SECTION, name="agents")),
        ("secrets.yaml", Place(role=Role.SECRETS)),
        ("flows/sign_in.yaml", Place(role=Role.FLOW, name="sign_in")),
        ("tenants/press/tenant.yaml", Place(role=Role.MAIN, tenant="press")),
        ("tenants/press/queues.yaml", Place(role=Role.SECTION, tenant="press", name="queues")),
        ("tenants/press/agents.yaml", Place(role=Role.SECTION, tenant="press", name="agents")),
        ("tenants/press/flows/main.yaml", Place(role=Role.FLOW, tenant="press", name="main")),
        ("README.md", None),
        ("tenants/press/prompts/welcome.wav", None),
        ("tenants/README.md", None),
    ],
)
def test_a_file_that_belongs_here(path: str, expected: Place | None) -> None:
    assert place(path) == expected


PLATFORM_FILES = "expected one of agents.yaml, flows/<name>.yaml, phones.yaml, platform.yaml"
TENANT_FILES = "expected one of agents.yaml, flows/<name>.yaml, queues.yaml, tenant.yaml"
NAMES = "expected small letters, digits, '_' and '-'; a letter first"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("platfrom.yaml", f"nothing reads this file; {PLATFORM_FILES}; did you mean 'platform.yaml'?"),
        ("tenant.yaml", f"nothing reads this file; {PLATFORM_FILES}"),
        ("platform.yml", "files end in .yaml; expected platform.yaml"),
        ("flows/Main.yaml", f"this cannot be a flow's name; {NAMES}"),
        ("flow/main.yaml", f"nothing reads this file; {PLATFORM_FILES}; did you mean 'flows'?"),
        ("flows/press/main.yaml", f"nothing reads this file; {PLATFORM_FILES}"),
        ("tenants/press/phones.yaml", f"nothing reads this file; {TENANT_FILES}"),
        ("tenants/press/queue.yaml", f"nothing reads this file; {TENANT_FILES}; did you mean 'queues.yaml'?"),
        ("tenants/press.yaml", "a tenant is a folder; expected tenants/press/tenant.yaml"),
        ("tenants/Press/tenant.yaml", f"'Press' cannot be a tenant; {NAMES}"),
    ],
)
def test_a_file_that_nothing_reads_is_a_mistake(path: str, message: str) -> None:
    found = place(path)
    assert isinstance(found, Problem)
    assert str(found) == f"{path}:1:1: {message}"


def test_where_things_stand() -> None:
    assert (main_file(""), main_file("press")) == ("platform.yaml", "tenants/press/tenant.yaml")
    assert (folder(""), folder("press")) == ("", "tenants/press/")
