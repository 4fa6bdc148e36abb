"""A switch for our event socket: FreeSWITCH's commands and events, on the simulated exchange.

    api, sendmsg -> commands.py, applications.py -> telephony/simulated: who hears what, who talks with whom
    what happens there -> switch.py -> channel.py: events, with the headers that the real one sends

So people and their ears come from the same exchange as on the simulated switch, while the adapter is the real one, on a
real wire, in real time. What it shows of the real switch is what `docs/adr/conversations-on-freeswitch.md` says, no
more: the suite on a real one is the proof. The dial plan that is rendered for the real one is played by `dial_plan.py`.

Start with `switch.py`.
"""
