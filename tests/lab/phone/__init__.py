"""A scriptable SIP and RTP phone for tests, the demo and the bench: real calls against a real switch, from asyncio.

    async with Phone("ada", "secret", server=("127.0.0.1", 5060)) as ada:
        await ada.register()
        call = await ada.dial("98668")              # INVITE; answers digest challenges (MD5, SHA-256)
        await call.answered(timeout=5)
        heard = await call.hears("greeting.wav", within=8)  # the audio received, compared: heard.score, .offset_s
        await call.dtmf("1")                        # RFC 4733
        offered = await bob.incoming(timeout=5)     # another Phone: offered.caller.user, .header("Alert-Info")
        await offered.ring()
        await offered.answer()
        call.send_tone(440)
        await offered.hears_tone(440, within=2)     # who hears whom
        await call.hang_up()
        await offered.ended()                       # by whom; offered.bye_reason

What flows: a datagram -> `transport` -> `layer` (parses by `message`, matches `transaction`s) -> `ua` (dialogs,
challenges by `auth`) -> `phone` (new calls, registration) or `call` (`outgoing`, `incoming`; what comes within it:
`indialog`). Media: `sdp` (offer, answer) -> `media` (one RTP socket per call) -> `sender` (20 ms beats, keys) and
`playout` (packets to a timeline). Sound: `audio` (files, tones), `g711`, `match` (was the whole reference heard?).
Waiting is by event, never by polling (`waiting`); a wait that fails tells the likely causes (`diagnosis`) and the last
SIP messages (`wire`). `bank` is a different thing: hundreds of agents on one port, cheap, without audio, for load.

Everything runs in one event loop without tasks per call; states change in callbacks of transport and timers. Standard
library only. Start reading at `phone.Phone`.
"""

from tests.lab.phone.audio import level, read_wav, tone, tone_level, write_wav
from tests.lab.phone.bank import PhoneBank
from tests.lab.phone.bank_calls import AgentCall, idle_gaps
from tests.lab.phone.call import Call
from tests.lab.phone.errors import ExpectationError, MalformedError, MisuseError, PhoneError
from tests.lab.phone.incoming import IncomingCall
from tests.lab.phone.match import Match, heard_score
from tests.lab.phone.outgoing import OutgoingCall
from tests.lab.phone.phone import Phone
from tests.lab.phone.playout import KeyPress
from tests.lab.phone.states import CallState, EndedBy
from tests.lab.phone.transaction import Timers

__all__ = [
    "AgentCall",
    "Call",
    "CallState",
    "EndedBy",
    "ExpectationError",
    "IncomingCall",
    "KeyPress",
    "MalformedError",
    "Match",
    "MisuseError",
    "OutgoingCall",
    "Phone",
    "PhoneBank",
    "PhoneError",
    "Timers",
    "heard_score",
    "idle_gaps",
    "level",
    "read_wav",
    "tone",
    "tone_level",
    "write_wav",
]
