"""Events, what was set aside, and who is who."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "events",
        sa.Column("id", row_id, primary_key=True),
        sa.Column("event_id", sa.String(36), nullable=False, unique=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("order_at", sa.Text, nullable=False),
        sa.Column("learner", sa.Text, nullable=False),
        sa.Column("course", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.Column("acknowledged_at", sa.Text),
    )
    op.create_index("events_by_course_and_learner", "events", ["course", "learner"])
    op.create_table(
        "set_asides",
        sa.Column("id", row_id, primary_key=True),
        sa.Column("content", sa.String(64), nullable=False, unique=True),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("pseudonym", sa.Text, primary_key=True),
        sa.Column("learner", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("people_by_learner", "people", ["learner"])
