"""Asterisk 20.12, 21.7, 22.2 or later as a `telephony.port.Switch`.

    AMI events  -> ami.py -> events.py ------> legs.py, bridges.py, transfers.py, phones.py -> facts
    FastAGI     -> fastagi.py -> arrivals.py > legs.py -> facts
    commands    -> adapter.py -> AMI actions (Ring; endings.py: HangUp; actions.py: Part, Mute, Show), or the leg's own
                   line -> AGI command lines

Two wires per node. AMI is one connection: it tells what happens to every channel, and carries what is done *about* a
leg (ring a phone, end a leg in any state). FastAGI is one connection per leg, opened by the switch's dial plan: it
carries what is done *on* a leg (answer, play, music, bridge), one command at a time, in order. Keys are told by AMI
alone, in every state of a leg, and so counted once.

Start with `adapter.py` (`AsteriskSwitch`); `legs.py` is one leg with its line of commands, `sound.py` what it plays,
`bridges.py` whom it talks with, `spying.py` whom it watches, `recording.py` what is recorded of it, `transfers.py` what
phones do by themselves, `endings.py` how it ends for sure; `reconcile.py` (pure) finds what is true on the node after
each connect; `translate.py` (pure) knows Asterisk's words; `ami.py`, `ami_client.py` and `fastagi.py` are the wires and
nothing else: panoramisk is imported in `ami.py` only. `render.py` with `templates/` writes the switch's configuration
for one node from the platform's.

The dial plan (`templates/extensions.py`) is the other half of this adapter: it brings a leg to vcc, brings it back
while vcc is away, with music, and gives it to the number's fallback after a limit.
"""
