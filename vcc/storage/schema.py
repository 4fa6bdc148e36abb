"""The tables of the event log. A change here needs a migration in `migrations/versions/` and its name in `REVISION`."""

from __future__ import annotations

import sqlalchemy as sa

#: The newest migration.
REVISION = "0001"

metadata = sa.MetaData()

#: Facts, appended once and never changed. `data` holds the fields that not every fact has.
facts = sa.Table(
    "facts",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("at", sa.Double(), nullable=False),
    sa.Column("tenant", sa.Text(), nullable=False),
    sa.Column("contact", sa.Text(), nullable=False),
    sa.Column("node", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("data", sa.JSON(), nullable=False),
)
sa.Index("facts_contact", facts.c.contact, facts.c.seq)
sa.Index("facts_at", facts.c.at, facts.c.seq)
#: Written out, since an index on some rows is used only where the query says the same.
IS_ARRIVAL = facts.c.name == sa.literal_column("'ContactArrived'")
#: PostgreSQL's condition is set in `database_postgres`: to name it here would load that dialect, 2 MB.
ARRIVALS = sa.Index("facts_arrivals", facts.c.at, facts.c.contact, sqlite_where=IS_ARRIVAL)

#: Records of contacts that are over: the `whole` contact, and the `part` of each tenant. A contact of one tenant has
#: one row that is both. `arrived` is when the contact came to the platform, in all its rows; what else is queried by
#: has a column of its own, `agents` as names between spaces. `data` is the record.
records = sa.Table(
    "records",
    metadata,
    sa.Column("contact", sa.Text(), primary_key=True),
    sa.Column("tenant", sa.Text(), primary_key=True),
    sa.Column("whole", sa.Boolean(), primary_key=True),
    sa.Column("part", sa.Boolean(), nullable=False),
    sa.Column("arrived", sa.Double(), nullable=False),
    sa.Column("outcome", sa.Text(), nullable=False),
    sa.Column("caller", sa.Text(), nullable=False),
    sa.Column("agents", sa.Text(), nullable=False),
    sa.Column("data", sa.JSON(), nullable=False),
)
sa.Index("records_arrived", records.c.whole, records.c.arrived, records.c.contact)
sa.Index("records_tenant", records.c.tenant, records.c.part, records.c.arrived, records.c.contact)
sa.Index("records_caller", records.c.caller, records.c.arrived)
