"""What the models of the steps tell about themselves: a JSON Schema for editors, and the reference page.

    steps/ -> kinds.py: fields, defaults, what each takes -> schema.py, page.py

Nothing here names a step type.
"""

from __future__ import annotations

from ivr_flows.reference.page import page
from ivr_flows.reference.schema import schema

__all__ = ["page", "schema"]
