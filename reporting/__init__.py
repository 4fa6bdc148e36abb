"""The event log, and everything computed from it.

    facts (core.facts) -> EventLog.append -> records (one per contact) -> measures of an interval
                       -> LiveDays.apply  -> the present day of each tenant

Read `port.py` first: `EventLog` is what a store must do. `timeline.py` folds a contact's facts into waits and
conversations, the values of `segments.py`; `record.py` makes its record of them, `part.py` says what of it each tenant
may see. `measures.py` holds the field's definitions (service level variants, abandonment, ASA ...) as functions of
counts and times, `duty.py` what agents did with their time. `live.py` keeps a tenant's day up to date fact by fact,
with the same definitions, and `live_days.py` those of all tenants. All of it is pure: the same facts give the same
figures on any day.
"""
