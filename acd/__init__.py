"""The router: agents, queues, offers; who talks to whom, decided purely.

    (state, event, now) -> (state, commands)

Read `protocol.py` first: what the router is told and what it commands. Then `router.py`: the state machine
over agents, tickets (a contact that waits) and offers (agent and ticket reserved together, with a lease: an
expiry and a fencing token).

    event -> router.py     what it means for the agent (attendance.py, wishes.py) and the ticket (moving.py)
          -> matching.py   who takes whom (choosing.py: which contact; strategies/: which agent)
          -> pairs.py      agent and contact changed together, and why, with the offer (explaining.py)
          -> index.py      who waits for what, who is free for it
          -> commands      ring, stop ringing, and what the host has to store

`agents.py` and `tickets.py` hold the two sides. What a contact asks for is a `requirement.py` (levels, expressions);
`asking.py` widens it by the queue's ladder. `sharing.py` keeps the accounts of tenants that lease the same agents.
`ranking.py` and `deadlines.py` are the structures that, with the index, keep every event cheap: its cost does not grow
with idle agents or waiting callers. `expecting.py` tells how long somebody may expect to wait. `plain.py` and
`recovery.py` dump the state and take it back after a crash; `view.py` is what can be seen of it. There is no I/O and
no clock: `now` comes in with each event (`timeline.py` lets it never go back), and `next_deadline` tells when `tick`
has to be called.
"""
