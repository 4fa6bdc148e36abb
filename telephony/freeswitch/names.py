"""What adapter and dial plan have agreed on; the names that stand in rendered files alone are in `templates/words.py`.

The dial plan does four things with a leg, and the adapter relies on each:

    it arrives       FROM_VARIABLE, DIALLED_VARIABLE and what else `words` lists are set; what `lasting.py` says
                     holds, the note's hook is on; `sched_transfer +N fallback XML vcc-fallback`, then `park`
    BACK             (extension in CONTEXT) the leg comes back, from a conversation or because vcc moved it; or a phone
                     that vcc rang was answered: in another's switch what lasts is set anew (GOES_BACK is forgotten when
                     it was followed); `sched_transfer +N …`, for a leg with RUNG `sched_hangup +N`; `park`
    TRANSFER_CONTEXT a phone has sent a leg on, blind: REFER_VARIABLE is what was asked for, then as BACK
    fallback         the number's fallback; also where vcc sends a leg itself

vcc takes the timer away while a leg talks, and winds it up again as long as it is there itself. The phones' profiles
have `fire-transfer-events`: who has transferred whom is known from these events alone.
"""

from __future__ import annotations

#: The context in which vcc moves its legs; nothing that comes over SIP leads into it.
CONTEXT = "vcc-legs"
BACK = "vcc-back"

#: Variables of a leg that vcc sets: it has the leg; it rang it; the leg is muted; by which leg's phone it was
#: transferred, once vcc knows.
TAKEN = "vcc_taken"
RUNG = "vcc_rung"
MUTED = "vcc_muted"
#: The file into which the leg is recorded; BACK pauses that (`record_session_pause`).
RECORDING = "vcc_recording"
REFERRER = "vcc_referrer"

#: A phone shows what vcc says and nothing else: no bridge tells it who is at the other end.
DISPLAY = {"ignore_display_updates": "true", "update_ignore_ua": "true"}
#: The switch's own variable for what the others hear while a phone has them on hold, and what it is at first.
ON_HOLD, SILENCE = "hold_music", "silence"
#: The same for the keys that end a sound.
TERMINATORS, NO_KEY = "playback_terminators", "none"

#: The switch's own variable that says where a leg goes when its conversation is over.
GOES_BACK = "transfer_after_bridge"
BACK_PLACE = f"{BACK}:XML:{CONTEXT}"
