"""`./run bench`: the same load on vcc and on the same switch's own queue, in turns, with a table at the end.

    settings.py   how big the loads are, in full and with --quick
    folder.py     the configuration under load: one tenant, three queues, two hundred agents
    kinds.py      the two switches: each one's own queue, and what is to be reached
    callcenter.py the same phones and callers on a FreeSWITCH whose dial plan is mod_callcenter's
    peer.py       the same phones and callers on an Asterisk whose dial plan is app_queue's
    callers.py    many callers on one UDP port, as cheap as can be; the agents are tests.lab.phone.bank's
    sides.py      a side: a switch, who decides on it, its agents and its callers
    loads.py      what is placed on a side, and what is measured: drain, steady, silent
    wire.py       how many events of FreeSWITCH's event socket come through, beside a reader in asyncio alone
    meters.py     processor time and memory of processes, and what else the machine did meanwhile
    figures.py    from what was measured to the named figures
    report.py     the table, and the list of --json

Start reading at __main__.py, which plays the loads in order, then loads.py. What the figures mean, and what was done to
keep the comparison fair, is in docs/benchmarks.md.
"""
