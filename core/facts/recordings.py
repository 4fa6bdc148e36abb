"""What is recorded of a conversation, and who heard it."""

from dataclasses import dataclass

from core.facts.fact import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingStarted(Fact):
    """What caller and agent say is recorded. `recording` is its id; `why` is always, share or on_demand; `by` whoever
    asked for one on demand (`agent:lin`, or who gave the command). `announced`: the caller was told before.
    """

    recording: str
    queue: str
    agent: str
    why: str
    by: str = ""
    announced: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPaused(Fact):
    """From here there is silence in the recording; `by` as in RecordingStarted."""

    recording: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingResumed(Fact):
    """What is said is recorded again."""

    recording: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFinished(Fact):
    """The recording is a file: `file` below the folder of recordings, its SHA-256, `size` in bytes, length, and the
    share of the time in which nobody was heard (0 to 1). `problem` says why there is none: all else is empty then.
    """

    recording: str
    file: str = ""
    sha256: str = ""
    size: int = 0
    seconds: float = 0.0
    silence: float = 0.0
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingErased(Fact):
    """The file is no more; `why` is retention."""

    recording: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPlayed(Fact):
    """Somebody got the file, or what of it begins at byte `offset`: who, and whether to play or to download it."""

    recording: str
    who: str
    how: str
    offset: int = 0
