"""Pictures of flows: the tree as it was written, as SVG or for Mermaid.

    Flow -> tree.py: boxes with their branches -> svg.py: where each stands, as a picture
                                               -> mermaid.py: the same in Mermaid's words

Nothing here knows a step type: a step tells what it says, what it names and where it leads.
"""

from __future__ import annotations

from ivr_flows.drawing.mermaid import mermaid
from ivr_flows.drawing.svg import svg
from ivr_flows.drawing.tree import trees

__all__ = ["mermaid", "svg", "trees"]
