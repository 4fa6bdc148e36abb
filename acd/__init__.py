"""The router: agents, queues, offers; who talks to whom, decided purely.

    (state, event, now) -> (state, commands)

Read `protocol.py` first: what the router is told and what it commands. `router.py` holds the state machine over agents,
tickets (a contact that waits) and offers (agent and ticket reserved together, with a lease: an expiry and a fencing
token). `strategies/` choose the agent, one file each. There is no I/O and no clock: `now` comes in with each event, and
`next_deadline` tells when `tick` has to be called. Whatever can wait is indexed: the cost of an event does not grow with
idle agents or waiting callers.
"""
