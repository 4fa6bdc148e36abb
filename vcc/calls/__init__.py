"""One session per contact: where a switch, a flow and the router meet.

    switch fact -> Hub -> ContactSession -> flow engine -> flow commands -> switch commands, router events
    router commands -> Hub -> ring, bridge, withdraw -> switch commands

Read `hub.py` first: it takes every fact and every timer, finds the session, carries out what the pure parts decide, and
writes state through to the live store. `session.py` is one contact; `agents.py` does what agents ask by telephone;
`control.py` is what the control API may see and do; `ports.py` what a live store must do. Everything here runs in one
event loop and never waits: what takes time is started elsewhere and comes back as a fact.
"""
