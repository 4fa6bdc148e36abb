"""What holds for each leg as long as it is there, whatever becomes of it.

Where the switch is vcc's alone these are the switch's own variables (`templates/variables.py`): a channel has them
without having them, so that nobody has to set them, no event carries them, and none is forgotten. In another's switch
they would hold for strangers too: there the dial plan sets them on what arrives and what comes back, and vcc on what it
rings.
"""

from __future__ import annotations

from telephony.freeswitch import names
from telephony.freeswitch.templates.words import TRANSFER_CONTEXT

#: More transfers than any call has; the switch counts them down, and hangs up at 0.
_TRANSFERS = 1_000_000

#: Who is rung leads the call nowhere else: by itself the switch follows a SIP 302, to whatever number.
LED_NOWHERE = ("outbound_redirect_fatal", "true")

#: Where a leg goes when its conversation is over; where a phone sends it; that it is led nowhere else; that no key of a
#: supervisor changes anything; what a phone shows, which without a word of its maker is nothing; that nothing is heard
#: of who is on hold until vcc says so; and that no key ends a sound.
VARIABLES = {
    names.GOES_BACK: names.BACK_PLACE,
    "force_transfer_context": TRANSFER_CONTEXT,
    LED_NOWHERE[0]: LED_NOWHERE[1],
    "max_session_transfers": str(_TRANSFERS),
    "eavesdrop_enable_dtmf": "false",
    **names.DISPLAY,
    "sip_user_agent": "unknown",
    names.ON_HOLD: names.SILENCE,
    names.TERMINATORS: names.NO_KEY,
}
#: What a leg says of itself that arrives, and what is about those alone that are rung.
_OF_OTHERS = {"sip_user_agent", LED_NOWHERE[0]}
#: What whoever hands a call over may have set otherwise, and has again when it goes back.
_KEPT = {names.ON_HOLD, names.TERMINATORS}


def of_arriving(*, inside: bool, handed_over: bool = False) -> dict[str, str]:
    """What the dial plan sets when a leg arrives, and when it comes back. `inside`: the switch is another's."""
    left_out = _OF_OTHERS | (_KEPT if handed_over else set())
    return {name: value for name, value in VARIABLES.items() if name not in left_out} if inside else {}
