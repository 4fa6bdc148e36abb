"""An event socket of our own: the framing half of a switch, written from the protocol, for tests.

    commands.py        a command as it was written, read                       (pure)
    subscriptions.py   which events a connection wants: event, nixevent, filter (pure)
    frames.py          replies, events and notices as the switch writes them    (pure)
    connection.py      one connection: logging in, one command after the other, the events between them
    server.py          listens, keeps what was asked, fires events; and the ways in which it may misbehave

Start with `server.py`. What a switch is (channels, applications, registrations) is not here: a `Model` is given to the
server, which asks it what a command prints and what a message to a channel does; it fires events through the server.

It keeps the real one's order of things: a command is carried out before anything else is done for its connection, no
event is told while a command is only half there, 100,000 events wait at most, and a connection that lost more than 500
is ended.
"""
