"""The tables of a store, as the newest revision in ``store/migrations`` leaves them."""

import sqlalchemy as sa

SCHEMA = "0002"
"""The newest revision in ``store/migrations``; a store of another version is brought up to it, or refused."""
VERSION_TABLE = "course_kit_version"

metadata = sa.MetaData()
_row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

events_table = sa.Table(
    "events",
    metadata,
    sa.Column("id", _row_id, primary_key=True),
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
    sa.Index("events_by_course_and_learner", "course", "learner"),
)
set_asides_table = sa.Table(
    "set_asides",
    metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("content", sa.String(64), nullable=False, unique=True),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)
people_table = sa.Table(
    "people",
    metadata,
    sa.Column("pseudonym", sa.Text, primary_key=True),
    sa.Column("learner", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Index("people_by_learner", "learner"),
)
progress_table = sa.Table(
    "progress",
    metadata,
    sa.Column("course", sa.Text, primary_key=True),
    sa.Column("learner", sa.Text, primary_key=True),
    # of the tally's form (TALLY_VERSION); 0: not made yet
    sa.Column("version", sa.Integer, nullable=False),
    # another one with every change, so that who remembers a tally knows whether it is still the present one
    sa.Column("stamp", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)
erased_table = sa.Table(
    "erased",
    metadata,
    sa.Column("learner", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)
