"""Which trunks are there for calls that go out."""

from __future__ import annotations

from tests.unit.vcc.calls import outside
from vcc.calls.lines import Lines


def test_a_node_whose_trunk_is_another_tenants_leads_out_for_that_one_alone() -> None:
    files = outside.texts()
    files["platform.yaml"] = files["platform.yaml"].replace("    node: n1\n", "    node: n1\n    tenant: chess\n")
    platform = outside.centre(files=files).floor.directory.platform
    lines = Lines()
    assert lines.goes_out(platform, "n1")
    assert lines.goes_out(platform, "n1", platform.tenants["chess"])
    assert not lines.goes_out(platform, "n1", platform.tenants["press"])
