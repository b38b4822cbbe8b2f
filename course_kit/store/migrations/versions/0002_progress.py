"""What each learner's events have come to, kept; and the names of whom were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "progress",
        sa.Column("course", sa.Text, primary_key=True),
        sa.Column("learner", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "erased",
        sa.Column("learner", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
    )
    # a row for everybody who has events; version 0 says that the tally is still to be made
    op.execute(
        "INSERT INTO progress (course, learner, version, stamp, state)"
        " SELECT DISTINCT course, learner, 0, '', '' FROM events"
    )
