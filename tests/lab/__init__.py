"""The laboratory: real programs around vcc, on this machine's loopback only.

`./run` prepares what is used here (`setup.py`: Debian packages are its shell part, the switch is made by
`setup_root.py` with debootstrap from the machine's own mirror, see `setup_mirror.py`). The tests, `./run demo`,
`./run serve` and `./run bench` then start from here:

    pbx.py      a real Asterisk on a given configuration: AsteriskProcess
    redis.py    a real Redis of our own: RedisServer
    baresip.py  a real softphone, driven over its control port: Softphone
    sipp.py     SIPp scenarios, and their statistics: run_scenario
    ports.py    port numbers that nobody else gets meanwhile: reserve_ports
    process.py  what they share: a program in the background that ends with us and is never forgotten

Each is an asynchronous context manager (or is awaited to its end), says when it is ready instead of making the caller
sleep, has a limit on every wait, keeps its files in a folder that it is given, and shows the end of its log when
something fails. Start reading at process.py, then pbx.py.
"""
