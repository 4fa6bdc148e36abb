"""A switch in memory on virtual time: for tests, and for trying flows without telephones.

    test or simulation -> exchange.py: a call arrives, a key is pressed, somebody hangs up
                       -> adapter.py: facts, as from any switch; commands the other way
                       -> line.py: what the person at the other end of each leg has seen and heard, with the times

Start with `adapter.py` (`SimulatedSwitch`, which fulfils `telephony.port.Switch`), then `exchange.py` (`Exchange`: the
switch itself with the world around it; it lives on when vcc dies). `leg.py` is one leg with its line of commands,
`talks.py` who hears whom, `phones.py` what people do when their phone rings, `sounds.py` how long a file plays,
`clock.py` the time.

Nothing happens by itself: time goes on when `VirtualClock.advance` is called, and facts are told from there, in order,
never from inside a command. With an event loop's clock and timers in its place the same switch runs in real time.
"""
