"""extensions.conf: the half of the adapter that runs in the switch.

    vcc-trunk-NAME, vcc-phones   where a leg comes from
      -> vcc-serve               AGI to vcc; when vcc is away: music (ringing, if unanswered) and again, up to a limit
           -> vcc-missed         when vcc is away for the first time: the leg is noted (missed.py), its end by a
                                 hangup handler, vcc-missed-end
           -> vcc-unseen         when a leg ends of which vcc has asked nothing yet, for it is frozen: noted as well
           -> vcc-fallback       what the number's tenant says while no vcc is there
    vcc-nodes                    a call of another node for a phone of this one: nodes.py
    vcc-agent                    a leg that vcc rang and that was answered
    vcc-transfer                 a leg that a phone transfers blind: back to vcc-serve or vcc-agent
    vcc-handover                 a subroutine for a dial plan that is not ours: Gosub(vcc-handover,NUMBER,1)
      -> vcc-serve -> vcc-back   and on at the next step of that dial plan

Nothing that a caller can write is evaluated, and what is dialled is let in only if every character of it is harmless:
Asterisk decodes `%0D%0A` in a request URI, and what it takes as the extension stands in its events
(docs/adr/who-calls-at-asterisk.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from telephony.asterisk.templates import nodes
from telephony.asterisk.templates.words import (
    AGENT_CONTEXT,
    AGENT_EXTENSION,
    ANSWERED_EXTENSION,
    BACK_CONTEXT,
    BACK_LABEL,
    CHECK,
    CHECK_CONTEXT,
    FALLBACK_CONTEXT,
    HANDOVER,
    HANDOVER_CONTEXT,
    LETTER_MARK,
    MISSED_CONTEXT,
    MISSED_COUNT,
    MISSED_END_CONTEXT,
    NUMBER_CONTEXT,
    PHONES_CONTEXT,
    SECURE_VARIABLE,
    SEEN_VARIABLE,
    SERVE_CONTEXT,
    TRANSFER_CONTEXT,
    UNSEEN_CONTEXT,
    WAITS,
    WHISPER_CONTEXT,
    WHISPER_INTO,
    argument,
    music_class,
    trunk_context,
)
from telephony.values import bracketed, header_name, socket_address
from tenancy.model import NumberRules
from tenancy.numbers import dialled_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from telephony.between import Links
    from tenancy.model import AsteriskNode, Trunk

_DIALLED = "[+*#0-9a-zA-Z]"
#: Asterisk keeps no more of what was dialled.
_LONGEST = 79
#: What fits into the 255 bytes that Asterisk reads of a pattern.
_PATTERN_BYTES = 255


def _each_length(first: str, more: str, *, least: int = 1) -> tuple[str, ...]:
    """The patterns, one per length, of one sign of the class `first` and others of the class `more`."""
    most = min(_LONGEST - 1, (_PATTERN_BYTES - 1 - len(first)) // len(more))
    return tuple(f"_{first}{more * others}" for others in range(least - 1, most + 1))


#: What may be dialled, one pattern per length: Asterisk's wildcards would let in any character. The more signs are
#: possible, the shorter has it to be. Never one letter alone, for `h`, `i`, `s` and `t` mean something else.
ARRIVING = (
    *_each_length("[+*#0-9]", "X"),
    *_each_length("[+*#0-9]", "[*#0-9]", least=2),
    *_each_length(_DIALLED, _DIALLED, least=2),
    *_each_length(_DIALLED, "[0-9a-zA-Z]", least=18),
    *_each_length("[a-zA-Z]", "[0-9a-z]", least=23),
)
#: One letter alone, let in at the door and nowhere else; from there on it has this mark, which nobody can dial.
_LETTER = "_[a-zA-Z]"
#: The same where only what was let in can come.
PATTERNS = ("_[+*#0-9]!", f"_[a-zA-Z]{_DIALLED}!", f"_{LETTER_MARK}[a-zA-Z]")
#: What is set before vcc is asked: when that was; and that Asterisk lets go of a leg that hung up meanwhile.
_ASKING = {"AGIEXITONHANGUP": "yes", "VCC_ASKED": "${EPOCH}"}
#: Where a leg comes back to that vcc moves, which is there then: how long it was away before counts no more.
_BACK = (f"n({BACK_LABEL}),MSet(VCC_AGAIN=again,VCC_LOST=,VCC_ASKED=${{EPOCH}})", "Goto(1)")
#: Where a leg goes on that vcc was asked about where it came in.
_ASKED_LABEL = "asked"
#: Where Asterisk goes when a leg ends that vcc was asked about: one step for nearly all.
_ENDED = f'GotoIf($["${{{SEEN_VARIABLE}}}" = ""]?{UNSEEN_CONTEXT},s,1)'
_NO_MUSIC: Mapping[str, str] = MappingProxyType({})
#: A connection to vcc that lasted longer was in use: the time without vcc is counted anew from its end.
SERVED_S = 5
#: Within this time a leg that was answered is in a conversation, or is fetched.
JOINED_S = 3
#: So many calls are noted while vcc is away, and no more: vcc reads the notes as one list of at most 50,000.
MOST_MISSED = 40_000
#: How a missed call ended, in its note; what else follows is when the platform answered.
GAVE_UP, NOT_TAKEN, BUSY, FALLBACK = "gave_up", "not_taken", "busy", "fallback"
#: What is kept of a number that a caller claims: more than any number has.
_CLAIMED_DIGITS = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberEntry:
    """A number that a tenant owns. `sound`: path without extension, None: busy. `music`: class `tenant/name`."""

    number: str
    sound: str | None
    music: str | None


def text(
    *, node: AsteriskNode, trunks: Mapping[str, Trunk], numbers: Iterable[NumberEntry], links: Links | None = None
) -> str:
    """The file."""
    entries = sorted(numbers, key=lambda entry: entry.number)
    lines = [] if node.inside else ["[general]", "static = yes", "writeprotect = yes", "clearglobalvars = yes"]
    for name in sorted(trunks):
        lines += _trunk(name, trunks[name], node, entries)
        lines += _numbers(name, trunks[name].numbers, entries)
    lines += _phones(node)
    lines += nodes.dial_plan(links, PATTERNS) if links is not None else []
    lines += _handover()
    lines += _check(node)
    lines += _table(NUMBER_CONTEXT, NumberRules(), entries, prefix="")
    lines += _serve(node)
    lines += _agent(node)
    lines += _transfer(linked=links is not None)
    lines += _whisper()
    lines += _missed()
    lines += _fallback(entries)
    return "\n".join([*lines, ""])


def _extension(pattern: str, steps: Iterable[str]) -> Iterator[str]:
    first, *rest = steps
    yield f"exten => {pattern},1,{first}"
    for step in rest:
        yield f" same => {step}" if step.startswith("n(") else f" same => n,{step}"


def _context(name: str, patterns: Iterable[str], steps: list[str]) -> list[str]:
    return ["", f"[{name}]", *(line for pattern in patterns for line in _extension(pattern, steps))]


def _trunk(name: str, trunk: Trunk, node: AsteriskNode, entries: list[NumberEntry]) -> list[str]:
    """Where a carrier's calls arrive. What came to the phones' port is none of theirs, whoever sent it."""
    port = f":{socket_address(node.trunk_sip, 'trunk_sip')[1]}"
    ask = ":".join(_asked_headers(name, trunk.numbers))
    ours = f'"${{CHANNEL(pjsip,local_addr):-{len(port)}}}" = "{port}"'
    known = {"VCC_FROM": f"trunk/{name}", "VCC_TRUNK": name, **({"VCC_HEADERS": ask} if ask else {})}
    by_uri = trunk.numbers.dialled_from == "request_uri"
    music = {
        form: music
        for entry, music in _with_music(entries if by_uri else ())
        for form in dialled_forms(entry.number, trunk.numbers)
    }
    return _entrance(trunk_context(name), node, ours, known, music)


def _with_music(entries: Iterable[NumberEntry]) -> Iterator[tuple[NumberEntry, str]]:
    yield from ((entry, music_class(entry.music)) for entry in entries if entry.music is not None)


def _entrance(
    context: str, node: AsteriskNode, ours: str, known: Mapping[str, str], music: Mapping[str, str] = _NO_MUSIC
) -> list[str]:
    """Where legs arrive that are ours if the expression `ours` holds; what is `known` of them is set on the channel.

    Each step that a leg takes is told to all of Asterisk's inside: so they are few, and vcc is asked from here the
    first time. `music`: of a tenant by what is dialled, so that it need not be told for each call.
    """
    arriving = _context(context, ARRIVING, [f"GotoIf($[{ours}]?{context}-in,${{EXTEN}},1)", "Hangup(21)"])
    known = {**known, "VCC_DIALLED": "${EXTEN}", **_ASKING}
    on = [_ask(node), f"Goto({SERVE_CONTEXT},${{EXTEN}},{_ASKED_LABEL})"]
    theirs = [
        line
        for form, name in music.items()
        for line in _extension(form, [_set(**known, **{"CHANNEL(musicclass)": name}), *on])
    ]
    ended = _extension("h", [_ENDED])
    letter = _extension(_LETTER, _one_letter(f"GotoIf($[{ours}]?{context}-in,{LETTER_MARK}${{EXTEN}},1)"))
    return [*arriving, *letter, *_context(f"{context}-in", PATTERNS, [_set(**known), *on]), *theirs, *ended]


def _one_letter(let_in: str) -> list[str]:
    """Who dials `h` alone is let in. Asterisk itself goes to `h` when a call ends here, and to others of the kind when
    something fails: then something else was dialled, or this was here before.
    """
    dialled = "${FILTER(0-9a-zA-Z+*#\\x2d,${VCC_LETTER})}"
    return [
        'GotoIf($["${VCC_LETTER}" != ""]?over)',
        "Set(VCC_LETTER=${CHANNEL(pjsip,request_uri)})",
        'GotoIf($["${FIELDQTY(VCC_LETTER,@)}${EXTEN}" = "1s"]?in)',  # a request to nobody: Asterisk takes it for `s`
        "Set(VCC_LETTER=${CUT(VCC_LETTER,@,1)})",
        "Set(VCC_LETTER=${CUT(VCC_LETTER,:,2)})",
        "Set(VCC_LETTER=${CUT(VCC_LETTER,\\;,1)})",
        f'GotoIf($["{dialled}" != "${{EXTEN}}"]?over)',
        f"n(in),{let_in}",
        "n(over),Hangup(21)",
    ]


def _set(**values: str) -> str:
    """Set several variables in one step."""
    return f"MSet({','.join(f'{name}={value}' for name, value in values.items())})"


def _asked_headers(name: str, rules: NumberRules) -> list[str]:
    wanted: list[str] = [rules.dialled_from] if rules.dialled_from != "request_uri" else []
    wanted += [header for header in rules.headers if header.lower() not in wanted]
    return [header_name(header, f"trunk {name}: headers") for header in wanted]


def _phones(node: AsteriskNode) -> list[str]:
    # a phone that forwards its calls (SIP 302) sends them here on a channel of its own: that is no phone's call
    ours = '"${CHANNEL(channeltype)}" = "PJSIP"'
    secret = f'"${{{SECURE_VARIABLE}}}" != "1" | "${{CHANNEL(pjsip,secure)}}" = "1"'
    return _entrance(PHONES_CONTEXT, node, f"{ours} & ({secret})", {"VCC_FROM": "phone/${CHANNEL(endpoint)}"})


def _handover() -> list[str]:
    """Where a call of somebody else's dial plan comes in, at any channel, and where it goes out again as it was.

    What the caller's number and name are made of is not ours to choose: characters that control are taken out before
    they come near an AGI line.
    """
    began = ("OUTCOME", "RESULT", "NEXT", "AGAIN", "LOST", "RUNG", "NUMBER", "TRUNK", "HEADERS", "REFER_TO", "REFERRER")
    steps = [
        _set(VCC_KEPT_AGIEXITONHANGUP="${AGIEXITONHANGUP}", VCC_KEPT_MUSIC="${CHANNEL(musicclass)}"),
        f"Set(VCC_CALLER=${{FILTER({_PRINTABLE},${{CALLERID(num)}})}})",
        f"Set(VCC_CALLER_NAME=${{FILTER({_PRINTABLE},${{CALLERID(name)}})}})",
        _set(VCC_FROM=f"{HANDOVER}/${{EXTEN}}", VCC_DIALLED="${EXTEN}", **{f"VCC_{name}": "" for name in began}),
        _set(**_ASKING),
        f"Goto({SERVE_CONTEXT},${{EXTEN}},1)",
    ]
    back = [
        "StopMusicOnHold()",
        "Set(AGIEXITONHANGUP=${VCC_KEPT_AGIEXITONHANGUP})",
        "Set(CHANNEL(musicclass)=${VCC_KEPT_MUSIC})",
        "Return()",
    ]
    fallback = ["Set(VCC_OUTCOME=fallback)", f"Goto({AGENT_EXTENSION},1)"]
    return [
        *_context(HANDOVER_CONTEXT, ARRIVING, [f"Goto({HANDOVER_CONTEXT}-in,${{EXTEN}},1)"]),
        *_context(f"{HANDOVER_CONTEXT}-in", PATTERNS, steps),
        *_context(BACK_CONTEXT, [AGENT_EXTENSION], back),
        *_extension("fallback", fallback),
    ]


def _check(node: AsteriskNode) -> list[str]:
    """What `vcc pbx check` has the switch try by itself, on a channel that nobody hears; then it is asked about it."""
    tries = [
        "Answer()",
        "Set(VCC_CHECK=agi)",
        f"AGI({_agi(node)}/{CHECK})",
        "Set(VCC_CHECK_AGI=${AGISTATUS})",
        "TryExec(SendDTMF(5))",
        "Set(VCC_CHECK_KEYS=${TRYSTATUS})",
        "Set(VCC_CHECK=sound)",
        'ExecIf($["${VCC_CHECK_SOUND}" != ""]?Playback(${VCC_CHECK_SOUND}))',
        "Set(VCC_CHECK_PLAYED=${PLAYBACKSTATUS})",
        "Set(VCC_CHECK=done)",
        "Wait(5)",
    ]
    lines = _context(CHECK_CONTEXT, [AGENT_EXTENSION], tries)
    return [*lines, *_extension("listen", [f"Wait({_CHECK_S})"])]


#: The longest that a try of `vcc pbx check` lasts.
_CHECK_S = 20
#: Whether the leg was handed over, as a condition.
_HANDED_OVER = f'$["${{CUT(VCC_FROM,/,1)}}" = "{HANDOVER}"]'
#: What FILTER lets through: no control character.
_PRINTABLE = r"\x20-\x7e\x80-\xff"


def _serve(node: AsteriskNode) -> list[str]:
    steps = [
        _ask(node),
        f'n({_ASKED_LABEL}),GotoIf($["${{VCC_NEXT}}" = "fallback"]?fallback)',
        f'GotoIf($["${{VCC_NEXT}}" = "back"]?{BACK_CONTEXT},{AGENT_EXTENSION},1)',
        *_lost(node),
        "Gosub(number)",
        'ExecIf($["${CHANNEL(state)}" = "Up"]?StartMusicOnHold())',
        # told once for each time that vcc is away: every Ringing() is a 180 on the wire
        'ExecIf($["${CHANNEL(state)}" != "Up" & "${VCC_RUNG}" != "${VCC_LOST}"]?Ringing())',
        "Set(VCC_RUNG=${VCC_LOST})",
        "Wait(0.25)",
        "Set(VCC_ASKED=${EPOCH})",
        "Goto(1)",
        "n(fallback),Gosub(number)",
        "StopMusicOnHold()",
        f"Goto({FALLBACK_CONTEXT},${{VCC_NUMBER}},1)",
        'n(number),GotoIf($["${VCC_NUMBER}" != ""]?known)',
        "Set(VCC_NUMBER=none)",
        f'GosubIf($["${{VCC_TRUNK}}" != ""]?{NUMBER_CONTEXT}-${{VCC_TRUNK}},${{EXTEN}},1)',
        # a leg that is up was answered by vcc; whether vcc has seen one that it had for a moment only, vcc itself knows
        # one that was handed over is no missed call: its own dial plan has it again
        f'GosubIf($["${{CHANNEL(state)}}" != "Up" & "${{VCC_NEXT}}" = "" & ${{EPOCH}} - ${{VCC_ASKED}} <= {SERVED_S}'
        f' & "${{CUT(VCC_FROM,/,1)}}" != "{HANDOVER}"]?{MISSED_CONTEXT},s,1)',
        f"GosubIf({_HANDED_OVER}?{NUMBER_CONTEXT},${{EXTEN}},1)",
        "n(known),Return()",
        *_BACK,
    ]
    return [*_context(SERVE_CONTEXT, PATTERNS, steps), *_extension("h", [_ENDED])]


def _agent(node: AsteriskNode) -> list[str]:
    """A leg that was answered waits in a bridge in which nobody hears anybody, which tells of it, and is nearly always
    taken from there into a conversation at once: it connects to vcc only if it is not, if vcc fetches it, or after the
    conversation. From a bridge it goes over to another one; out of an application the switch would make a new channel
    for it.
    """
    waits = f"{WAITS}({AGENT_CONTEXT},participant,e(n)S({JOINED_S}))"
    answered = [waits, f"Goto({AGENT_EXTENSION},1)"]
    steps = [
        _set(**_ASKING),
        f"AGI({_agi(node)}/agent,${{VCC_AGAIN}},,${{VCC_REFER_TO}},${{VCC_REFERRER}})",
        "StopPlayTones()",
        'GotoIf($["${VCC_NEXT}" = "fallback"]?fallback)',
        *_lost(node),
        "Wait(0.25)",
        "Goto(1)",
        "n(fallback),Hangup()",
        *_BACK,
    ]
    lines = _context(AGENT_CONTEXT, [ANSWERED_EXTENSION], answered)
    return [*lines, *_extension(AGENT_EXTENSION, steps)]


def _transfer(*, linked: bool) -> list[str]:
    """Where a leg goes that a phone transfers blind: nowhere but to vcc, which is told what was asked for.

    With more than two in the conversation Asterisk sends a channel of its own instead, which is refused.
    """
    arriving = [
        f'GotoIf($["${{CHANNEL(channeltype)}}" = "PJSIP"]?{TRANSFER_CONTEXT}-in,${{EXTEN}},1)',
        "Hangup(21)",
    ]
    steps = [
        *([nodes.sent_on()] if linked else []),
        _set(VCC_REFER_TO="${EXTEN}", VCC_REFERRER="${BLINDTRANSFER}"),
        f'GotoIf($["${{VCC_FROM}}" = ""]?{AGENT_CONTEXT},{AGENT_EXTENSION},{BACK_LABEL})',
        f"Goto({SERVE_CONTEXT},${{VCC_DIALLED}},{BACK_LABEL})",
    ]
    return [
        *_context(TRANSFER_CONTEXT, ARRIVING, arriving),
        *_context(f"{TRANSFER_CONTEXT}-in", PATTERNS, steps),
    ]


def _whisper() -> list[str]:
    """Something is said to one leg in a conversation: one half of a Local channel speaks when the other listens to that
    leg, which takes ChanSpy a moment.
    """
    says = ["Answer()", "Wait(0.2)", "Playback(${VCC_SAYS},noanswer)", "Hangup()"]
    into = ["ChanSpy(${VCC_INTO},qwE)", "Hangup()"]
    return [*_context(WHISPER_CONTEXT, [AGENT_EXTENSION], says), *_extension(WHISPER_INTO, into)]


def _lost(node: AsteriskNode) -> list[str]:
    """After an AGI that vcc did not end: note since when vcc is away, and give up after the limit."""
    limit = max(1, round(node.fallback_after_s))
    return [
        'ExecIf($["${AGISTATUS}" = "SUCCESS"]?Set(VCC_AGAIN=again))',
        f'ExecIf($["${{VCC_LOST}}" = "" | ${{EPOCH}} - ${{VCC_ASKED}} > {SERVED_S}]?Set(VCC_LOST=${{EPOCH}}))',
        f"GotoIf($[${{EPOCH}} - ${{VCC_LOST}} >= {limit}]?fallback)",
    ]


def _ask(node: AsteriskNode) -> str:
    """The connection to vcc of a leg that arrived."""
    known = "${VCC_AGAIN},${VCC_HEADERS},${VCC_REFER_TO},${VCC_REFERRER},${CHANNEL(musicclass)}"
    return f"AGI({_agi(node)}/${{VCC_FROM}},{known})"


def _agi(node: AsteriskNode) -> str:
    return f"agi://{bracketed(*socket_address(node.agi, 'agi'))}"


def _numbers(trunk: str, rules: NumberRules, entries: list[NumberEntry]) -> list[str]:
    """A subroutine per trunk: whose number was dialled, in whatever form this carrier writes it."""
    context = f"{NUMBER_CONTEXT}-{trunk}"
    if rules.dialled_from != "request_uri":
        read = [
            f"Set(VCC_HEADER=${{PJSIP_HEADER(read,{rules.dialled_from})}})",
            "Set(VCC_USER=${CUT(VCC_HEADER,@,1)})",
            "Set(VCC_USER=${CUT(VCC_USER,:,2)})",
            "Set(VCC_USER=u${FILTER(0-9+*#,${VCC_USER})})",
            f"Goto({context}-read,${{VCC_USER}},1)",
        ]
        lines = [*_context(context, PATTERNS, read), *_extension("h", [_ENDED])]
        return [*lines, *_table(f"{context}-read", rules, entries, prefix="u")]
    return _table(context, rules, entries, prefix="")


def _table(context: str, rules: NumberRules, entries: list[NumberEntry], *, prefix: str) -> list[str]:
    lines = ["", f"[{context}]"]
    for entry in entries:
        steps = [f"Set(VCC_NUMBER={entry.number})", *_keep_music(entry.music), "Return()"]
        for form in dialled_forms(entry.number, rules):
            lines += _extension(prefix + form, steps)
    for pattern in ("_u!",) if prefix else PATTERNS:
        lines += _extension(pattern, ["Return()"])
    return [*lines, *_extension("h", [_ENDED])]


def _keep_music(music: str | None) -> list[str]:
    """The tenant's music, unless vcc has set a class already."""
    if music is None:
        return []
    return [f'ExecIf($["${{CHANNEL(musicclass)}}" = ""]?Set(CHANNEL(musicclass)={music_class(music)}))']


def _missed() -> list[str]:
    """Note a leg for a vcc that is away: when, from where, to which number, who claims to call; and how it ended.

    A leg whose connection was open all the time is noted only if it ends and vcc has asked nothing of it.
    The note is made of our own words and of characters that were let in or filtered, nothing else. Its end is added
    only if it is still there: vcc deletes it when it has the leg after all.
    """
    note = f"DB({MISSED_CONTEXT}/${{UNIQUEID}})"
    handed_over = f'"${{CUT(VCC_FROM,/,1)}}" = "{HANDOVER}"'
    unseen = [
        f'GotoIf($["${{VCC_MISSED}}" != "" | "${{CHANNEL(state)}}" = "Up" | {handed_over}]?known)',
        f'GosubIf($["${{VCC_TRUNK}}" != ""]?{NUMBER_CONTEXT}-${{VCC_TRUNK}},${{VCC_DIALLED}},1)',
        f"Gosub({MISSED_CONTEXT},s,1)",
        f"Set(VCC_END={NOT_TAKEN})",
        "n(known),NoOp()",
    ]
    noted = (
        f"${{VCC_ASKED}} ${{VCC_FROM}} ${{VCC_DIALLED}} n${{VCC_USER:1:{_CLAIMED_DIGITS}}}"
        f" c${{VCC_CALLER:0:{_CLAIMED_DIGITS}}}"
    )
    steps = [
        f"GotoIf($[0${{{MISSED_COUNT}}} >= {MOST_MISSED}]?full)",
        f"Set(GLOBAL({MISSED_COUNT})=$[0${{{MISSED_COUNT}}} + 1])",
        "Set(VCC_CALLER=${PJSIP_HEADER(read,From)})",
        "Set(VCC_CALLER=${CUT(VCC_CALLER,<,${FIELDQTY(VCC_CALLER,<)})})",  # behind the name, whatever stands in it
        "Set(VCC_CALLER=${CUT(VCC_CALLER,>,1)})",
        "Set(VCC_CALLER=${FILTER(0-9+,${PJSIP_PARSE_URI_FROM(VCC_CALLER,user)})})",
        f"Set(VCC_END={GAVE_UP})",
        f"Set(CHANNEL(hangup_handler_push)={MISSED_END_CONTEXT},s,1)",
        f"MSet({note}={noted},VCC_MISSED={noted})",  # in one step: between two, who hangs up is neither noted nor not
        "n(full),Return()",
    ]
    end = [
        f'GotoIf($["${{DB_EXISTS({MISSED_CONTEXT}/${{UNIQUEID}})}}" != "1"]?served)',
        f"Set({note}=${{VCC_MISSED}} ${{EPOCH}} ${{VCC_END}})",
        "n(served),Return()",
    ]
    return [
        *_context(MISSED_CONTEXT, ["s"], steps),
        *_extension("h", [_ENDED]),
        *_context(MISSED_END_CONTEXT, ["s"], end),
        *_context(UNSEEN_CONTEXT, ["s"], unseen),
    ]


def _fallback(entries: list[NumberEntry]) -> list[str]:
    """What a handed-over call is given here it is given, then its own dial plan has it again."""
    lines = ["", f"[{FALLBACK_CONTEXT}]"]
    back = f"GotoIf({_HANDED_OVER}?{BACK_CONTEXT},fallback,1)"
    for entry in entries:
        if entry.sound is None:
            lines += _extension(entry.number, [f"Set(VCC_END={BUSY})", back, "Hangup(17)"])
        else:
            sound = argument(entry.sound, f"the fallback of {entry.number}")
            heard = f"Set(VCC_END={FALLBACK} ${{EPOCH}})"
            lines += _extension(entry.number, [heard, "Answer()", f"Playback({sound})", back, "Hangup()"])
    return [*lines, *_extension("none", [f"Set(VCC_END={BUSY})", back, "Hangup(34)"])]
