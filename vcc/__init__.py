"""The program: where switches, flows, the router and the event log meet.

`calls/` holds one session per contact and is the only place where the three are joined; `app.py` wires everything and
is the only place that does; `storage/` and `api/` fulfil and use the ports. Start reading at `calls/__init__`.
"""
