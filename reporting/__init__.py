"""The event log, and everything computed from it.

    facts (core.facts) -> EventLog.append -> records (one per contact) · live measures per tenant · reports

Read `port.py` first: `EventLog` is what a store must do. `record.py` computes a contact's record from its facts,
`measures.py` the measures of field's standard definitions (service level variants, abandonment, occupancy …), `live.py`
keeps a tenant's day up to date fact by fact. All of it is pure: the same facts give the same figures on any day.
"""
