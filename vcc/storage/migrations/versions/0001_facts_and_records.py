"""Facts, and the records computed from them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ARRIVAL = sa.text("name = 'ContactArrived'")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "facts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
    )
    op.create_index("facts_contact", "facts", ["contact", "seq"])
    op.create_index("facts_at", "facts", ["at", "seq"])
    op.create_index("facts_arrivals", "facts", ["at", "contact"], sqlite_where=_ARRIVAL, postgresql_where=_ARRIVAL)
    op.create_table(
        "records",
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
    op.create_index("records_arrived", "records", ["whole", "arrived", "contact"])
    op.create_index("records_tenant", "records", ["tenant", "part", "arrived", "contact"])
    op.create_index("records_caller", "records", ["caller", "arrived"])


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("records")
    op.drop_table("facts")
