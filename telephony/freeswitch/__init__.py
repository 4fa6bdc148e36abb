"""FreeSWITCH as a `telephony.port.Switch`.

    events    -> esl.py -> inbox.py -> esl_client.py -> adapter
    commands  <- adapter -> esl_client.py -> esl.py

One wire per node: the event socket, inbound. It tells what happens to every channel and carries every command.
`frames.py` (pure) knows its framing and what may be written, `esl.py` holds greenswitch in a thread of its own,
`inbox.py` brings what comes to the event loop, `esl_client.py` keeps the wire up: greenswitch and gevent are imported
in `esl.py` only.
"""
