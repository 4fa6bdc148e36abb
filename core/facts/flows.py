"""What a flow does with a contact: its steps, what the caller keyed in, what came of it."""

from dataclasses import dataclass

from core.facts.fact import Fact, personal


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowStarted(Fact):
    """A version of a flow took the contact."""

    flow: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntered(Fact):
    """The flow came to a step. `step` is its id, `kind` its type."""

    step: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptEnded(Fact):
    """A prompt was spoken to its end, or was interrupted. `what` is its text or file."""

    step: str
    what: str
    completed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceMade(Fact):
    """The caller chose in a menu, or a branch was taken: `choice` is the key or the branch."""

    step: str
    choice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitsCollected(Fact):
    """The caller entered digits into `name`: masked but for the last two, whole where the flow says so, empty where it
    marks them secret.
    """

    step: str
    name: str
    digits: str = personal(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class InputMissed(Fact):
    """The caller pressed nothing (`timeout`), something else (`invalid`), digits of which a check says what is wrong
    (`luhn`, `pattern`, `date`, `past`, `future`, `range`), or did not confirm them (`not_confirmed`). `attempt` counts
    from 1.
    """

    step: str
    why: str
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyAnswered(Fact):
    """The caller gave a `score` to a question of a survey; `agent` and `queue` are those whom it is about (empty: the
    caller has talked with nobody).
    """

    step: str
    question: str
    score: int
    agent: str = ""
    queue: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactResolved(Fact):
    """The flow says that the caller has what the call was for, without an agent; `what` in the flow's own word."""

    step: str
    what: str = ""
