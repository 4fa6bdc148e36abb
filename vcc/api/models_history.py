"""What is answered of the past: a call's record, and one call with all that may be seen of it."""

from __future__ import annotations

from pydantic import Field

from vcc.api.models import Answer, Call, FactData


class Visit(Answer):
    """A wait in one queue."""

    queue: str
    tenant: str
    since: float = Field(description="when the wait began, also if in another queue")
    queued_at: float
    left_at: float | None
    why: str = Field(description="answered, abandoned, timeout, key, full, moved, ended; empty: it waits still")
    expected_s: float | None = Field(
        description="how long it was expected to last from queued_at on; null: nobody was there"
    )


class Talk(Answer):
    """A conversation with one agent."""

    agent: str
    queue: str
    tenant: str
    began_at: float
    ended_at: float | None
    by: str
    held_s: float = Field(description="of it, seconds on hold")


class Transfer(Answer):
    """An agent sent the call on."""

    at: float
    agent: str
    how: str = Field(description="blind, attended, parked: out of a slot")
    to: str = Field(description="as it was asked for")
    kind: str = Field(description="agent, queue, number (of the platform), outside; empty: nothing that there is")
    target: str = Field(description="the name of the agent, the queue or the number; outside: empty")
    failed: str = Field(description="why the call came back; empty: it did not")


class OutsideTalk(Answer):
    """A conversation with a number outside, to which an agent had sent the call."""

    agent: str
    number: str
    tenant: str
    began_at: float
    ended_at: float | None
    by: str


class Recording(Answer):
    """A recording of a call: a WAV file with two channels, the caller left, the agent right."""

    recording: str
    tenant: str
    queue: str
    agent: str
    why: str = Field(description="always, share, on_demand")
    announced: bool
    began_at: float | None
    pauses: int
    finished_at: float | None = Field(description="null: it is not a file yet")
    file: str = Field(description="below the folder of recordings; its name is the recording's")
    sha256: str
    size: int
    seconds: float
    silence: float = Field(description="the share of the time in which nobody was heard, 0 to 1")
    problem: str = Field(description="why there is no file")
    erased_at: float | None = Field(description="when its time was over and the file was erased")


class CallRecording(Recording):
    """A recording with the call that it is of."""

    contact: str
    caller: str = Field(description="whole with the right 'listen'; else all but the last two digits are stars")


class Play(Answer):
    """Somebody got the sound, or what of it begins at byte `offset`."""

    at: float
    who: str
    how: str = Field(description="play, download")
    offset: int


class RecordingDetail(CallRecording):
    """A recording and who has heard it."""

    plays: tuple[Play, ...] = Field(description="a browser that seeks asks several times")


class Recordings(Answer):
    """Recordings, those of the newest calls first."""

    recordings: tuple[CallRecording, ...]
    next: str | None = Field(description="to be sent as 'before' for the next page; null: there is none")


class Disposition(Answer):
    """What an agent said that came of the call."""

    agent: str
    queue: str
    code: str
    meaning: str


class SurveyAnswer(Answer):
    """What the caller answered to a question of a survey, and about whom."""

    at: float
    question: str
    score: int
    agent: str
    queue: str


class SurveyAnswers(Answer):
    """The answers to one question, about one agent or queue."""

    tenant: str
    question: str
    of: str = Field(description="the agent or queue; empty: callers who had talked with nobody")
    count: int
    mean: float
    scores: dict[str, int] = Field(description="how often each score was given")


class Surveys(Answer):
    """Answers to surveys, by tenant, question, and agent or queue."""

    surveys: tuple[SurveyAnswers, ...]


class Record(Answer):
    """What became of one call; of a call that was led through several tenants, the asker's part."""

    contact: str
    tenant: str
    entry_tenant: str
    project: str
    number: str
    node: str
    trunk: str
    medium: str
    direction: str
    caller: str
    placed_by: str = Field(description="the agent who called a colleague or a queue on a phone")
    callback: str = Field(description="of a callback: the call that asked for it")
    arrived: float
    answered: float | None
    queued: float | None
    agent_answered: float | None
    ended: float | None
    outcome: str | None
    by: str
    cause: str
    detail: str
    refused: str | None
    resolved: str | None = Field(description="what the flow resolved without an agent; null: it said nothing of that")
    queue: str
    agents: tuple[str, ...]
    waited_s: float
    talked_s: float
    ivr_s: float
    offers: int
    visits: tuple[Visit, ...]
    talks: tuple[Talk, ...]
    transfers: tuple[Transfer, ...]
    outside: tuple[OutsideTalk, ...]
    recordings: tuple[Recording, ...]
    dispositions: tuple[Disposition, ...]
    surveys: tuple[SurveyAnswer, ...]
    in_flow: bool = Field(description="a flow took it")
    complete: bool = Field(description="false while the call goes on, and where something had to be inferred")


class Records(Answer):
    """Records, newest first."""

    records: tuple[Record, ...]
    next: str | None = Field(description="to be sent as 'before' for the next page; null: there is none")


class Waits(Answer):
    """Why a call waits for an agent."""

    position: int
    rung: int = Field(description="of the queue's ladder, 0 at the beginning")
    able: dict[str, int] = Field(description="agents signed in who could take it, by what they do instead")
    step_at: float | None = Field(description="when it asks for less next; null: never")
    prefers: tuple[str, ...] = Field(description="agents who alone are asked until then")


class CallDetail(Answer):
    """One call with all that may be seen of it."""

    live: Call | None = Field(description="null: the call is over")
    waits: Waits | None = Field(default=None, description="null: it does not wait for an agent")
    record: Record | None
    facts: tuple[FactData, ...]
