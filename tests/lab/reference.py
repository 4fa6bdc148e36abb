"""Writes docs/reference/flow-steps.md and docs/reference/flow.schema.json anew: `python -m tests.lab.reference`."""

from __future__ import annotations

import json
from pathlib import Path

from ivr_flows import reference

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference" / "flow-steps.md"
SCHEMA = DOCS / "reference" / "flow.schema.json"


def page() -> str:
    """The page as it should be."""
    return reference.page((DOCS / "flow-language.md").read_text(encoding="utf-8"))


def schema() -> str:
    """The schema as it should be."""
    return json.dumps(reference.schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")
