"""How a value is written into Asterisk's files, and which names ours have there."""

from __future__ import annotations

import hashlib
import re

from telephony.values import RenderError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CODEC = re.compile(r"[a-z0-9]{2,20}")
#: What has a meaning in an argument of a dial plan application, or starts a variable or an expression.
_DIAL_PLAN_SYNTAX = re.compile(r'[,;|&"\\${}\[\]()]')
_MUSIC_CLASS_LIMIT = 79  # Asterisk's MAX_MUSICCLASS, less the terminator
_CONFIGURED_LINE_LIMIT = 4_000  # a line of a file must fit Asterisk's buffer of 8,192 bytes


def plain(value: str, where: str) -> str:
    """A value of `key = value`: `;` escaped; RenderError for control characters and for what the parser would eat."""
    if not value or value != value.strip() or _CONTROL.search(value):
        raise RenderError(f"{where}: {value!r} is empty, begins or ends with a blank, or has a control character")
    if value.startswith((">", "<")) or "--;" in value or ";--" in value:
        raise RenderError(f"{where}: {value!r} would be read as something else by Asterisk; choose another")
    if len(value.encode()) > _CONFIGURED_LINE_LIMIT:
        raise RenderError(f"{where}: longer than {_CONFIGURED_LINE_LIMIT} bytes")
    return value.replace(";", "\\;")


def secret(value: str, where: str) -> str:
    """The same for a secret, which the error does not show."""
    try:
        return plain(value, where)
    except RenderError:
        raise RenderError(
            f"{where} has a sign that Asterisk's files cannot hold, or is empty: choose another"
        ) from None


def argument(value: str, where: str) -> str:
    """A value that stands as an argument in the dial plan: RenderError for anything that has a meaning there."""
    if found := _DIAL_PLAN_SYNTAX.search(value):
        raise RenderError(f"{where}: {value!r} has {found[0]!r}, which the dial plan would read as syntax")
    return plain(value, where)


def codec(text: str, where: str) -> str:
    """A codec's name. Raises RenderError."""
    if not _CODEC.fullmatch(text):
        raise RenderError(f"{where}: {text!r} is no codec name, such as alaw")
    return text


def music_class(name: str) -> str:
    """Asterisk's name for the music class `tenant/name`: the slash is a dot, which our names never have.

    A name that is too long for Asterisk ends in a digest of itself, so that two never become one.
    """
    text = name.replace("/", ".")
    if len(text) <= _MUSIC_CLASS_LIMIT:
        return text
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{text[: _MUSIC_CLASS_LIMIT - 13]}-{digest}"


#: What the names of our contexts begin with: a leg in one of them is served by vcc.
CONTEXT_PREFIX = "vcc-"
SERVE_CONTEXT = "vcc-serve"
AGENT_CONTEXT = "vcc-agent"
PHONES_CONTEXT = "vcc-phones"
TRANSFER_CONTEXT = "vcc-transfer"
FALLBACK_CONTEXT = "vcc-fallback"
NUMBER_CONTEXT = "vcc-number"
#: Where a leg is noted that came while vcc was away, and where its end is. The first is also the notes' family in the
#: switch's database.
MISSED_CONTEXT = "vcc-missed"
MISSED_END_CONTEXT = "vcc-missed-end"
#: Where a leg goes that has ended before vcc asked anything of it.
UNSEEN_CONTEXT = "vcc-unseen"
#: The global variable that counts the notes.
MISSED_COUNT = "VCC_NOTED"
#: Set on a channel that is muted.
MUTED_VARIABLE = "VCC_MUTED"
#: Set on a channel by vcc's first question.
SEEN_VARIABLE = "VCC_SEEN"
#: Set on the channel of a phone whose calls come over TLS alone.
SECURE_VARIABLE = "VCC_SECURE"
#: Where a dial plan of somebody else's hands calls over, and gets them back.
HANDOVER_CONTEXT = "vcc-handover"
BACK_CONTEXT = "vcc-back"
#: Where `vcc pbx check` has the switch try things, and the script by which vcc knows that it is no leg.
CHECK_CONTEXT = "vcc-check"
CHECK = "check"
#: Where something is said to one leg in a conversation: one half of a Local channel speaks, the other hands it on.
WHISPER_CONTEXT = "vcc-whisper"
WHISPER_INTO = "into"
#: The script by which vcc knows such a leg: `handover/NUMBER`.
HANDOVER = "handover"
#: Where calls of the platform's other nodes arrive, and are let in; what is done on the channel of the phone that
#: rings; and where that phone sends its caller.
NODES_CONTEXT, NODES_IN_CONTEXT = "vcc-nodes", "vcc-nodes-in"
NODES_RING_CONTEXT, NODES_TRANSFER_CONTEXT = "vcc-nodes-ring", "vcc-nodes-transfer"
NODES_TRANSPORT = "nodes-udp"
#: The endpoint of their calls; the dot keeps it apart from every phone.
NODES_ENDPOINT = "from.nodes"
#: The extension at which a leg that vcc rang begins when it is answered, and the one at which vcc controls it.
ANSWERED_EXTENSION = "answered"
AGENT_EXTENSION = "s"
#: The application in which it waits at the former.
WAITS = "BridgeWait"
#: What the switch calls the kind of bridge in which it does.
WAITING_BRIDGE = "holding_bridge"
#: What stands before a letter that was dialled alone: to Asterisk `h`, `i`, `s` and `t` mean something else.
LETTER_MARK = "="
#: What a trunk's endpoint is called before its name.
TRUNK_PREFIX = "trunk."
#: The label, in the contexts that serve legs, at which a leg begins that vcc takes out of a conversation.
BACK_LABEL = "back"


def trunk_context(trunk: str) -> str:
    """The context in which the calls of a trunk arrive."""
    return f"vcc-trunk-{trunk}"


def trunk_endpoint(trunk: str) -> str:
    """The name of a trunk's endpoint; the dot keeps it apart from every phone."""
    return f"{TRUNK_PREFIX}{trunk}"


def outgoing_endpoint(trunk: str) -> str:
    """The name of the endpoint, address and registration over which calls go out on a trunk."""
    return f"out.{trunk}"


def node_endpoint(node: str) -> str:
    """The name of the endpoint over which phones at another node are rung."""
    return f"node.{node}"
