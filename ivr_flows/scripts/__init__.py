"""Scripts that stand beside a flow: what a caller does in it, and what must be heard and come of it.

    text -> reading.py -> Script(given, lines) -> player.play(flow, script) -> Played(problem, told, ways gone)

`written.py` is what one may write, `call.py` a call in a flow on virtual time, `world.py` what the flow may ask of the
world and who answers it, `moments.py` times as people write them, `coverage.py` which steps and ways were gone.
What one writes is told in docs/flow-testing.md.

The engine is the production one. What is said takes no time, so that a script holds whatever the voice; everything else
(time-outs, announcements, opening hours) goes by the clock of the call. Each script is played twice, the second time
with the state through JSON before every event: what a call does may not depend on whether vcc was started anew in it.
"""

from __future__ import annotations

from ivr_flows.scripts.coverage import Coverage
from ivr_flows.scripts.player import Played, play
from ivr_flows.scripts.reading import Script, read
from ivr_flows.scripts.world import Surroundings

__all__ = ["Coverage", "Played", "Script", "Surroundings", "play", "read"]
