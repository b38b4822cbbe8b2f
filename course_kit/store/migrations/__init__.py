"""How a store's schema comes to be: one revision a file in ``versions``, run in the caller's transaction.

Revisions are numbered (``0001``), so that a store from a newer course-kit is recognised. Imports alembic: load this
only when a schema has to change.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory


def script() -> ScriptDirectory:
    """The revisions that this course-kit carries."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def upgrade(connection: sa.Connection, version_table: str) -> None:
    """Run every revision that the database lacks; schema and version row are part of ``connection``'s transaction."""
    revisions = script()

    def steps(revision: object, context: object) -> object:  # noqa: ARG001 - alembic's form
        return revisions._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), revisions, fn=steps) as environment:
        environment.configure(connection=connection, version_table=version_table, transactional_ddl=True)
        environment.run_migrations()
