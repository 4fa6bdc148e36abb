"""Where things are kept: fulfils the ports that the layers below declare.

    hub -> LiveStore.put ---> the newest value of each key ┐
    hub -> EventLog.append -> facts in order               ┴-> inbox -> a writer in the background: everything that
                                                               is pending in one transaction, until it succeeds

Read `writers.py` first: nothing here makes a call wait; `inbox` is what waits to be written, `progress` how far it is.
Live state (`vcc.calls.ports.LiveStore`): `live_sqlite` is the embedded default, `live_redis` the shared one,
`live_memory` for unit tests. The event log (`reporting.port.EventLog`): `history` over SQLite or PostgreSQL. Its writer
(`history_sqlite`, `history_postgres`) writes facts and, when a contact has ended, its record in the same transaction;
`open_contacts` keeps the facts until then. `history_rows` is how both look as rows, `schema` the tables, `migrate` and
`migrations/` how a database comes to have them. `crypt` seals what must not be readable in either.
"""
