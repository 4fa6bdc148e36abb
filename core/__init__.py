"""The shared words and the shared language: what every other package may import, and what imports nothing of ours.

Start with `facts` (what can have happened to a contact or an agent: the rows of the event log), then `ids` and
`clock` (how things are named, how time is told) and `errors` (the error tree: every error has a stable code,
says what to do, and knows whether trying again helps). `yaml_text` reads YAML 1.2 strictly from text, with the
line and column of every value.

Time is always `now: float` or `at: float`: POSIX seconds, UTC. It comes in as an argument; nothing here reads a clock.
"""
