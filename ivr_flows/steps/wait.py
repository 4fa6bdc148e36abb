"""wait: a pause, in silence or with music; a key with a branch ends it, others are kept for the next step that asks.

enter: PlayMusic --> waiting --- a key with a branch ---> the branch;  --- time is up ---> on
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from ivr_flows.fields import Between, NameText, Read
from ivr_flows.protocol import Event, KeyPressed, PlayMusic, Resumed, TimedOut
from ivr_flows.steps.base import WAIT, Named, Next, Step

if TYPE_CHECKING:
    from ivr_flows.run import Run

_UNTIL = "until"
_PAUSE = {"type": "string", "examples": ["2s", "1m"]}


class Wait(Step):
    """A pause before the next step; a key may end it."""

    kind = "wait"
    short = "time"
    waits = True
    keyed = True

    time: Annotated[float, Read(Between(0.1, 3_600.0), _PAUSE)]
    music: NameText | None = None

    def needs(self) -> Iterator[Named]:
        """The music."""
        if self.music:
            yield Named("music", self.music, ("music",))

    def enter(self, run: "Run") -> Next:
        """Begin; who has pressed a key that ends it need not wait."""
        if (key := run.first_typed) in run.node.branches:
            run.next_typed()
            return self._pressed(run, key)
        run.state.memory[_UNTIL] = run.now + self.time
        return self._wait(run)

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        match event:
            case KeyPressed(key=key) if key in run.node.branches:
                self._stop(run)
                return self._pressed(run, key)
            case KeyPressed(key=key):
                run.keep(key)
            case TimedOut():
                self._stop(run)
                return run.node.next
            case Resumed():
                return self._wait(run)
        return WAIT

    def _wait(self, run: "Run") -> Next:
        """For what is left of it."""
        if self.music:
            run.answer()
            run.commands.append(PlayMusic(music=self.music))
        run.wait("time", max(0.0, float(run.state.memory[_UNTIL]) - run.now))
        return WAIT

    def _stop(self, run: "Run") -> None:
        if self.music:
            run.commands.append(PlayMusic(music=None))

    @staticmethod
    def _pressed(run: "Run", key: str) -> Next:
        run.chosen(key, run.node.branches[key])
        return run.node.branches[key]
