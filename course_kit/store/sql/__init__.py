"""The store in a database, by SQLAlchemy Core: SQLite now. Loads SQLAlchemy, and alembic where a schema must change."""

from course_kit.store.sql.store import SqlStore
from course_kit.store.sql.tables import SCHEMA, VERSION_TABLE

__all__ = ["SCHEMA", "VERSION_TABLE", "SqlStore"]
