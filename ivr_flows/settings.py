"""What stands in a flow's file beside its steps."""

from pydantic import BaseModel, ConfigDict, Field

from ivr_flows.fields import LanguageTag, NameText, Patience, VariableName, Wait
from ivr_flows.prompt_reader import SpokenText


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Defaults(_Part):
    """For every step of the flow that asks: what it is where the step does not say."""

    timeout: Patience = 5.0
    inter_digit: Patience = 3.0
    attempts: int = Field(default=3, ge=1, le=10)
    barge_in: bool = True
    type_ahead: bool = True
    invalid: SpokenText | None = None
    no_input: SpokenText | None = None


class FlowLimits(_Part):
    """The flow's own limits, where they are lower than the platform's. `prompt`, `message` in seconds."""

    steps: int = Field(default=1_000, ge=1, le=100_000)
    prompt: Wait = 600.0
    message: Wait = 300.0


class Settings(_Part):
    """All but the steps. `flow`: the name; empty: the file's. `arguments`, `results`: of a flow that others call."""

    flow: NameText | None = None
    languages: tuple[LanguageTag, ...] = ()
    answer: bool = True
    arguments: tuple[VariableName, ...] = ()
    results: tuple[VariableName, ...] = ()
    defaults: Defaults = Defaults()
    limits: FlowLimits = FlowLimits()
