"""Routes and pages reach the platform through the asker's scope, and through nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import vcc.api

API = Path(vcc.api.__path__[0])
#: Modules that may hold the platform or the event log themselves.
INSIDE = {
    "app.py",
    "board.py",
    "commands.py",
    "desk.py",
    "feed.py",
    "handling.py",
    "history.py",
    "metrics.py",
    "own.py",
    "parts.py",
    "scope.py",
}
HANDLERS = sorted([*API.glob("routes/*.py"), *API.glob("pages/*.py"), *API.glob("login/*.py")])


@pytest.mark.parametrize("module", HANDLERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_handlers_never_hold_the_platform(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in {"vcc.calls.control", "vcc.calls.hub"}, f"line {node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr in {"control", "log", "_control", "_log"}:
            # the platform's own name stands on every page, also on the login's
            text = ast.unparse(node)
            assert (module.name, text) == ("frame.py", "self.request.app[PARTS].control"), f"{text} at {node.lineno}"


def test_what_holds_the_platform_is_known() -> None:
    holding = {
        module.name
        for module in API.glob("*.py")
        if "vcc.calls.control" in module.read_text("utf-8") or "reporting.port" in module.read_text("utf-8")
    }
    assert holding <= INSIDE | {"engagement.py"}
