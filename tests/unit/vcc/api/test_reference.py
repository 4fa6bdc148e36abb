"""The reference that users read names every route, every error and every command."""

from __future__ import annotations

import re
from pathlib import Path

from vcc.api.routes import ROUTES
from vcc.cli.app import app

ROOT = Path(__file__).resolve().parents[4]
TEXT = (ROOT / "docs" / "api.md").read_text("utf-8")


def test_every_route_is_there_with_its_roles() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith(("| GET |", "| POST |"))]
    for route in ROUTES:
        (row,) = [row for row in rows if row.startswith(f"| {route.method} |") and f"`{route.path}`" in row]
        roles = row.rstrip(" |").rpartition("|")[2]
        assert ("all" in roles) == (len(route.roles) == 4), route.name
        if "all" not in roles:
            assert set(re.findall(r"\w+", roles)) == set(route.roles), route.name
        for parameter in route.query.model_fields:
            assert f"{parameter}=" in row, (route.name, parameter)
        for field in route.body.model_fields if route.body else ():
            assert re.search(rf"{{[^}}]*\b{field}\b", row), (route.name, field)


def test_every_error_code_is_there() -> None:
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "vcc" / "api").rglob("*.py"))
    codes = set(re.findall(r"ApiError\(\s*\d+,\s*\"(\w+)\"", sources)) | {"conflict", "configuration", "store"}
    assert codes >= {"not_found", "bad_request"}
    assert [code for code in sorted(codes) if f"`{code}`" not in TEXT] == []


def test_every_command_is_there() -> None:
    commands = {name for name in app if not name.startswith("-")}
    assert commands >= {"calls", "serve"}
    assert [command for command in sorted(commands) if f"vcc {command}" not in TEXT] == []
