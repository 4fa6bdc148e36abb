"""The router: agents, queues, offers; who talks to whom, decided purely.

    (state, event, now) -> (state, commands)

Read `protocol.py` first: what the router is told and what it commands. Then `router.py`: the state machine
over agents, tickets (a contact that waits) and offers (agent and ticket reserved together, with a lease: an
expiry and a fencing token).

    event -> router.py     what it means for the agent and the ticket
          -> matching.py   who takes whom, and the offer that follows
          -> floor.py      the index: who waits for what, who is free for it
          -> commands      ring, stop ringing, and what the host has to store

`strategies/` choose the agent, one file each. `ranking.py`, `pool.py` and `deadlines.py` are the structures
that keep every event cheap: its cost does not grow with idle agents or waiting callers. `plain.py` dumps and
loads the state. There is no I/O and no clock: `now` comes in with each event, and `next_deadline` tells when
`tick` has to be called.
"""
