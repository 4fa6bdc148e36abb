"""The switch interface: commands down, facts up; the only thing of a switch that the rest of vcc knows.

A *node* is one running switch. A *leg* is one channel on it, named by `leg`: for a leg that arrives, the switch's own
id (stable while the channel lives, also when vcc was away in between); for a leg that vcc rings, the id that vcc chose
(`core.ids.offer_leg_id`), known before the command leaves.

A leg is *under control* when the switch executes vcc's commands on it: from `CallArrived` or `LegAnswered` until
`LegHungUp`, except while it is in a conversation or spies. `Switch.send` never waits and never raises for what the
switch says: commands for one leg are carried out in order, and what came of them is a fact. A command for a leg that is
gone is no error: the `LegHungUp` is on its way or was there already. `HangUp`, `StopPlaying`, `Part`, `Mute`, `Show`
and `Whisper` do not wait in line, nor does a `Spy` while the leg spies.

A caller's leg through a call:

    CallArrived            under control, unanswered: Answer, Reject, Play and Music (as early media)
      -> Answer            then Play, StopPlaying, Music
      -> Bridge(leg, to)   joins it with an agent's answered leg            LegsBridged
                           the agent hangs up: the leg is free again         LegsParted, then commands as before
      -> HangUp            or the caller hangs up                            LegHungUp, the last fact of a leg

A recording belongs to a leg: StartRecording before its first Bridge, and it goes on over all its bridges, also while
vcc is away, until StopRecording or the leg's end: RecordingEnded. Whoever is to be heard in it has to come by `Bridge`:
a partner who is there by another way (one that joined and is left alone with the leg, one that a phone put in its own
place) may be silent in it, until the two are parted and bridged; so may one who is left of three, and whose phone has
begun its media anew, as some do after a hold.

An agent's leg: Ring -> LegRinging -> LegAnswered (under control) -> the caller's Bridge -> LegHungUp. When the caller
leaves, the agent's leg comes back under control (`LegsParted` names both): vcc hangs it up.

A *conversation* is the legs that hear each other. Two are brought together by `Bridge` and told by `LegsBridged`; a
third comes by `Join` (`LegJoined`) and any of three or more leaves with `LegLeft`; the last two end it with
`LegsParted`. Whoever has left and not hung up is under control again, with no other word about it; commands that were
sent to a leg meanwhile are carried out then. Told once each, in this order, also where one command does two of them.

The rule of all that follows: the agent's leg is moved, never the caller's, so that the caller's line of commands lives.

    hold         Part(agent), Music(caller)
      retrieve   Bridge(caller, agent)
    consult      hold; Ring c2; Bridge(agent, c2)
      alternate  Bridge(caller, agent), Music(c2); and back: Part(agent), Music(caller), Bridge(agent, c2)
      complete   Bridge(caller, c2): c2 leaves the agent
      cancel     HangUp(c2), Bridge(caller, agent)
    three-way    Join(third, to=caller) while they talk; Part or HangUp of the one who leaves
    park         Part(agent), HangUp(agent), Music(caller)
      take up    a phone calls: Answer, Bridge(caller, the phone's leg)
    supervise    Ring the supervisor; Spy(supervisor, on=agent)
      take part  Part(supervisor), Join(supervisor, to=caller)

What a phone does by itself is told: its hold key (`LegHeld`, `LegResumed`; the others hear the class that their last
`Music` or `Bridge` named), its own transfers (`LegTransferred`). A blind one brings the other leg back under control:
vcc decides what becomes of it, never the switch. A phone can transfer only the leg that it talks with, and not out of a
conversation of three: it leaves that one itself, and if that was an attended transfer, whom it talked with on its other
leg joins the two (`LegLeft`, `LegJoined`). What comes in on a trunk can transfer nothing.

A leg that the switch's own dial plan has *handed over* (`CallArrived.handed_over`) can go back there: `Release` ->
`LegReleased`, the last fact of the leg. Handed over again it arrives as a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenancy.dialling import Permit


class SpyMode(StrEnum):
    """What a supervisor does in a conversation: hears both; and is heard by the watched leg; and by both."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


#: From `RecordingEnded` until the file can be read, in seconds: the switch closes it in a thread of its own.
RECORDED_AFTER_S = 0.5


class Cause(StrEnum):
    """Why a leg ended or was refused: one vocabulary for every switch."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"  # the person said no (603)
    UNREACHABLE = "unreachable"  # no such phone, not registered, or it does not answer the network
    UNAVAILABLE = "unavailable"  # no line, congestion (503)
    ELSEWHERE = "elsewhere"  # answered or cancelled elsewhere
    MEDIA_LOST = "media_lost"  # no RTP within the limit
    NOT_FOUND = "not_found"  # no such number (404)
    FAILED = "failed"  # anything else


class MissedEnd(StrEnum):
    """How a call ended that vcc has missed."""

    GAVE_UP = "gave_up"  # the caller hung up before anything was said
    NOT_TAKEN = "not_taken"  # the caller hung up before vcc had taken the call: vcc was frozen, or the caller quick
    FALLBACK = "fallback"  # the switch's static fallback was said, to its end or not
    BUSY = "busy"  # the switch turned it away unanswered: the number has no other fallback
    LOST = "lost"  # the switch broke down with it


# --- facts: what a switch tells -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchFact:
    """Something that happened on a node at `at` (POSIX seconds)."""

    node: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CallArrived(SwitchFact):
    """A leg asks what to do. `trunk` it came in on, or `phone` (account) that placed it; one of them is empty.

    `again`: the leg was here before (vcc was away, or its wire was): a session that is still known goes on with it.
    `caller`, `caller_name` and `headers` (as configured for the trunk, lower-case names) are the sender's claims:
    hostile, though adapters replace control characters in them and cut them to 1,000 characters at most.
    `handed_over`: by the switch's own dial plan, to which it can be given back; then trunk and phone are empty both.
    """

    leg: str
    trunk: str = ""
    phone: str = ""
    dialled: str
    caller: str = ""
    caller_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    handed_over: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LegRinging(SwitchFact):
    """The phone of a leg that vcc rings has begun to ring."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegAnswered(SwitchFact):
    """A leg that vcc rang was answered and is under control. To a vcc that was not there then it is told when the leg
    is under control for the first time since.
    """

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitPressed(SwitchFact):
    """A key was pressed on a leg: one of `0123456789*#ABCD`. Told once, in every state of the leg."""

    leg: str
    digit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayEnded(SwitchFact):
    """A `Play` is over; `completed` False: a key or `StopPlaying` interrupted it, or a file could not be played.

    `leg_ends`: it ended because the leg does; the `LegHungUp` follows.
    """

    leg: str
    play: str
    completed: bool
    leg_ends: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LegsBridged(SwitchFact):
    """Two legs hear each other. `leg` is the one that was told to `Bridge`."""

    leg: str
    other: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegsParted(SwitchFact):
    """The bridge of the two is over; told once per bridge. Whichever of them has not hung up is under control again."""

    leg: str
    other: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegJoined(SwitchFact):
    """`leg` is in a conversation, which has three legs or more now; `others`: those who were there."""

    leg: str
    others: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LegLeft(SwitchFact):
    """`leg` is out of a conversation that goes on among the `others`. It ends, or is under control."""

    leg: str
    others: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SpyBegan(SwitchFact):
    """`leg` hears what the watched leg `on` says and hears, in this mode. Told anew when the mode has changed."""

    leg: str
    on: str
    mode: SpyMode


@dataclass(frozen=True, kw_only=True, slots=True)
class SpyEnded(SwitchFact):
    """`leg` watches `on` no more: that leg is gone, or `leg` was parted from it. It ends, or is under control again.

    A change of mode is no end.
    """

    leg: str
    on: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegHeld(SwitchFact):
    """The phone of `leg` has put whoever it talks with on hold (its own hold key)."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegResumed(SwitchFact):
    """The phone of `leg` has taken them back. Not told where the conversation has ended: the hold ends with it."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegTransferred(SwitchFact):
    """The phone of the leg `by` has transferred `leg`, with which it talked. `by` is under control: its phone ends the
    call, or vcc does; its `LegHungUp` is never told before this.

    Blind, `to` is the destination that was asked for, as dialled (hostile as `CallArrived.dialled`): `leg` is under
    control, nothing has been dialled, vcc decides. An arrived leg is told of once more by the `CallArrived` (`again`)
    that follows. After a crash both are told again until vcc has had a command carried out on the leg; a vcc that knows
    `by` for a former partner has acted already. `by` is empty where that leg was gone before its name could be read.

    Attended, `place_of` is the phone's other leg, whose place `leg` has taken: in its conversation, if it had one (told
    before: `LegsParted` of the two former ones, `LegsBridged` of the new one), else `leg` is under control in its
    stead. `place_of` ends soon.
    """

    leg: str
    by: str
    to: str = ""
    place_of: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegHungUp(SwitchFact):
    """The leg is gone, or never came to be (a `Ring` that failed). `detail` is the switch's own word for the cause."""

    leg: str
    cause: Cause
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallMissed(SwitchFact):
    """A call that arrived while vcc, or its wire, was away or frozen is over: found in the switch's own notes.

    Told after a `NodeUp`, oldest first, as many at a time as can be treated; and when such a call ends later. Told
    again, after each `NodeUp` and now and then, until `ForgetMissed`. Where the switch cannot know whether vcc had the
    leg for a moment, it tells of it, also after its `LegHungUp`: who knows the leg by its `CallArrived` passes it over.

    `arrived`, `ended` and `answered` (None: never) are whole POSIX seconds of the switch's clock; `at` is when this is
    told. `number`: what was dialled, from the header in which the trunk's rules look for it, if that is not the
    request. `caller`: digits and + of what the caller claims.
    """

    leg: str
    trunk: str = ""
    phone: str = ""
    dialled: str
    number: str = ""
    caller: str = ""
    arrived: float
    ended: float
    answered: float | None = None
    how: MissedEnd


@dataclass(frozen=True, kw_only=True, slots=True)
class LegReleased(SwitchFact):
    """The switch's own dial plan has the leg again: it is no leg of vcc's any more, though the call goes on."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandFailed(SwitchFact):
    """A command could not be carried out though its leg lives. `command` is its class name."""

    leg: str
    command: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingMuted(SwitchFact):
    """A `PauseRecording` was carried out: from here (or no more) there is silence in place of what is said."""

    leg: str
    on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingEnded(SwitchFact):
    """Nothing more comes into `file`, which is whole after RECORDED_AFTER_S. Told before the leg's `LegHungUp`.

    `by_silence`: it ended by itself, after its `silence_s`; the silence is in the file. `nothing_said`: from the
    beginning nobody said anything; known where it ended by silence, and on some switches also where it did not.
    """

    leg: str
    file: str
    by_silence: bool = False
    nothing_said: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneStatus(SwitchFact):
    """A phone became reachable or unreachable; told for every phone after `NodeUp`, then on each change."""

    phone: str
    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrunkStatus(SwitchFact):
    """A trunk on which calls go out is there for them or not: the carrier answers OPTIONS, and where a registration is
    needed there is one. None: the carrier was not asked yet, which only the time after a start can be. Told for every
    such trunk after `NodeUp`, then on each change.
    """

    trunk: str
    reachable: bool | None
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegSnapshot:
    """A leg that exists on the node. `controlled`: it is under vcc's control now. `up`: it was answered.

    `bridged_with`: the others in its conversation. `spies_on`: the leg that it watches. `muted`: by `Mute`. What no
    switch can list is not here: whether its phone holds.
    """

    leg: str
    up: bool
    controlled: bool
    bridged_with: tuple[str, ...] = ()
    spies_on: str = ""
    muted: bool = False
    phone: str = ""
    dialled: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeUp(SwitchFact):
    """The wires to the node are up, at start or again: `legs` is what is true there (ours and those that vcc serves).

    What the session store believes of legs not listed is out of date: they are gone. Strangers' legs are not listed.
    `began`: since when the switch runs, to a second; calls that are older broke down with its former life. None: it
    does not say.
    """

    legs: tuple[LegSnapshot, ...] = ()
    began: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeDown(SwitchFact):
    """The wire to the node is lost; nothing is known of its legs until the next `NodeUp`."""

    detail: str


# --- commands: what a switch is told --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Something that the leg `leg` shall do."""

    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Command):
    """Answer an arriving leg."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject(Command):
    """Refuse an unanswered leg; the caller's network sees `cause` (BUSY 486, UNAVAILABLE 503, NOT_FOUND 404 …)."""

    cause: Cause


@dataclass(frozen=True, kw_only=True, slots=True)
class Play(Command):
    """Play sound files one after the other (absolute paths of 8 kHz mono WAV). Music that was on is off afterwards.

    A key in `stop_keys` ends it within the switch; the key is told as `DigitPressed` too. Ends with one `PlayEnded`.
    """

    play: str
    sounds: tuple[str, ...]
    stop_keys: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StopPlaying(Command):
    """End the `Play` that is under way, if any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Music(Command):
    """Music of this class from now on, in a loop; empty: silence. It goes on while vcc is away."""

    music: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ringback(Command):
    """Whoever is on `leg` hears from now on that it rings elsewhere: the network's own ringing (SIP 180) before the leg
    is answered, else a tone. Music on `leg` stops first; the next command on the leg that makes a sound, or joins it
    with another, ends it.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Whisper(Command):
    """Play sound files (as `Play`) to whoever is on `leg` while it is in a conversation, at once: heard by nobody else,
    and nobody is kept from talking. A leg to which nobody else's sound comes may not hear it.

    Nothing is told of its end. The leg's next `Whisper`, `Play` or `StopPlaying` ends it, and so does the leg's end.
    """

    sounds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring(Command):
    """Ring a phone, as a new leg with the id `leg`, for at most `timeout_s`; what the phone shows is `shows_*`.

    `for_leg`: the caller's leg for which it rings, for the switch's own log. `auto_answer`: the phone is asked to
    answer by itself (Call-Info). `alert`: the name of a ring tone (Alert-Info), 40 at the most of letters, digits, `-`,
    `_` and `.`. Always ends with LegAnswered or LegHungUp.
    `at`: another node, where the phone is registered: it is rung there over the trunk between the two, and `leg` is
    this node's end of that trunk. Of the other node's end nobody is told.
    """

    phone: str
    timeout_s: float
    shows_number: str
    shows_name: str
    for_leg: str
    at: str = ""
    auto_answer: bool = False
    alert: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RingOutside(Command):
    """Ring a number outside over a trunk, as a new leg; number, trunk and caller id are those of the `permit`, which
    the toll-fraud guard alone gives (`tenancy.dialling`).

    As `Ring` it always ends with LegAnswered or LegHungUp; UNAVAILABLE: this trunk has no line, another may have one.
    """

    permit: Permit
    timeout_s: float
    for_leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bridge(Command):
    """Join `leg` (under control) with `other` (answered); music on `leg` stops first.

    `leg` keeps its line of commands, `other` is moved: so `leg` is the caller's; in a consultation the agent's. Where a
    phone takes up a parked caller `leg` is the caller's too, and the phone's, which called, is `other`. If `other` is
    in a conversation it leaves that one first; if it spies, part it before. `music`: the class that `leg` hears when
    the other one's phone puts it on hold; empty: that of its last `Music`.
    """

    other: str
    music: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Join(Command):
    """Bring `leg` (under control) into the conversation in which `to` is, as one more; music on `leg` stops first."""

    to: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Part(Command):
    """Take `leg` out of its conversation now, or end its spying; commands that wait for it go on then.

    Of two it is all the same which one is named: the one that was `Bridge`'s `other` is moved, both are under control
    again. Of more, the leg that was told to `Bridge` cannot leave while the others talk on: part those.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Spy(Command):
    """`leg` (a supervisor's, under control) watches the leg `on`, until that ends; never another one in its place.

    While it spies already: another mode, or another leg, from now on. What is said on `leg` is heard by nobody
    (LISTEN), by `on` (WHISPER), by `on` and those who talk with it (BARGE).
    """

    on: str
    mode: SpyMode = SpyMode.LISTEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Mute(Command):
    """What is said on `leg` is heard by nobody, until it is turned `on=False`; at once, in every state of the leg."""

    on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class StartRecording(Command):
    """Record what is said on the leg while it is bridged, over all its bridges, one recording at a time.

    `file`: an absolute path that ends in `.raw` and that the switch may write: 16-bit little-endian samples, 8 kHz, two
    channels: left what the leg says, right what it hears. `paused`: begin with silence. `again`: a vcc that is gone had
    begun it, and it goes on: only its end is to be told. `alone`: from now on, what is said on the leg while it is in
    no conversation, such as a message; it is to be stopped before it is in one. `silence_s`: one that is `alone` ends
    by itself when nothing was said for so many seconds, at its beginning or after something was; 0: never. Where
    nothing comes from the leg, not even silence, or the wire is away meanwhile, it may go on: limit its length.
    """

    file: str
    paused: bool = False
    alone: bool = False
    again: bool = False
    silence_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseRecording(Command):
    """Silence in place of what is said, in both channels, from now on; or (`on` False) no more."""

    on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Show(Command):
    """The phone of `leg` shows this number and name from now on; at once, in every state of an answered leg."""

    number: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StopRecording(Command):
    """End the leg's recording, also one that is still to begin; nothing if there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp(Command):
    """End a leg in whatever state it is, also one that is not under control or whose phone has not rung yet.

    `elsewhere` tells a ringing phone that the call was taken elsewhere, so that it shows no missed call.
    """

    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ToFallback(Command):
    """Give the leg to the static fallback that the tenant of the dialled number has in the switch's configuration.

    It waits for no `Play`: what is under way or waits in line is ended, as by `StopPlaying`.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetMissed(Command):
    """What `CallMissed` told of the leg is kept safe: the switch need not tell it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release(Command):
    """Give a leg that was handed over back to the switch's own dial plan, which goes on where it handed it over.

    It finds there how the call fared (`outcome`, a word) and what the flow has to say to it (`result`, text that may
    come from the caller: control characters are replaced, 500 characters are kept). Music on the leg stops.
    """

    outcome: str
    result: str = ""


class Switch(Protocol):
    """One node, driven by vcc."""

    @property
    def node(self) -> str:
        """The node's name in the configuration."""
        ...

    async def start(self, tell: Callable[[SwitchFact], None]) -> None:
        """Connect and go on connecting; `tell` gets every fact, in order, in the event loop. Returns at once."""
        ...

    def send(self, command: Command) -> None:
        """Have a command carried out; never waits, never raises."""
        ...

    async def close(self) -> None:
        """Let go of the node: legs stay as they are, but for those that are on their way to the fallback: they go."""
        ...
