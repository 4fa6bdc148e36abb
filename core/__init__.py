"""The shared words and the shared language: what every other package may import, and what imports nothing of ours.

Start with `facts` (what can have happened to a contact or an agent: the rows of the event log), then `ids` and
`clock` (how things are named, how time is told) and `errors` (the error tree: every error has a stable code, says
what to do, and knows whether trying again helps).

What people write comes in through three modules, and every mistake in it is told with its place:

    text -> yaml_text: strict YAML -> document: data, and where each value stands -> validate: a pydantic model

`schema` holds text types that say in words what they want, `words` how mistakes are put, `yaml_syntax` what is wrong
with a text that is not YAML.

`expressions` is what flows and routing share: conditions and values in CEL, checked when they are loaded.

Time is always `now: float` or `at: float`: POSIX seconds, UTC. It comes in as an argument; nothing here reads a clock.
"""
