"""FreeSWITCH 1.11 as a `telephony.port.Switch`.

    events    -> esl.py -> inbox.py -> esl_client.py -> events.py -> arrivals.py, legs.py, bridges.py … -> facts
    commands  -> adapter.py -> orders.py (at once: HangUp, Part, Mute, Show), rings.py (Ring), or the leg's own line ->
                 executions.py, esl_client.py

One wire per node: the event socket, inbound. It tells what happens to every channel and carries every command; those
about legs go by lanes, more connections in the same thread.
`frames.py` (pure) knows its framing and what may be written, `esl.py` holds greenswitch in a thread of its own,
`inbox.py` brings what comes to the event loop, `esl_client.py` keeps the wire up: greenswitch and gevent are imported
in `esl.py` only. `console.py` is a connection for a few commands, not the adapter's.

Start with `adapter.py` (`FreeSwitch`); `legs.py` is one leg with its line of commands, `sound.py` what it plays,
`bridges.py` whom it talks with, `spying.py` whom it watches, `recording.py` what is recorded of it, `transfers.py` what
phones do by themselves, `endings.py` how it ends for sure, `timers.py` what becomes of it without vcc; `reconcile.py`
(pure) finds what is true on the node after each connect; `translate.py` (pure) knows FreeSWITCH's words.

`render.py` with `templates/` writes the switch's configuration for one node from the platform's. Its dial plan is the
other half of this adapter: it brings a leg to vcc and back, and gives it to the number's fallback when vcc is away.
`names.py` is what the two have agreed on. docs/adr/conversations-on-freeswitch.md says what each verb is on the switch.
"""
