"""A copy of the gradebook before it is first written by a command: ``.course-kit/backups/gradebook-<UTC time>.db``."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from course_kit.errors import Invalid
from course_kit.files.atomic import disk_errors

KEPT = 20


def back_up(database: Path | None, backups: Path, at: datetime) -> Path | None:
    """Copy a SQLite database with its own backup function (whole, also while the formgrader writes).

    Returns the copy, or None where there is nothing to copy (no database yet, or one on a server). The newest
    ``KEPT`` copies stay. Raises :class:`Invalid` if the database is damaged, :class:`Unavailable` if the disk is full.
    """
    if database is None or not database.is_file() or database.stat().st_size == 0:
        return None
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = backups / f"{database.stem}-{stamp}.db"
    with disk_errors(str(target)):
        backups.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".tmp")
        try:
            with closing(sqlite3.connect(database, timeout=30)) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
        except sqlite3.DatabaseError as error:
            draft.unlink(missing_ok=True)
            raise Invalid(
                f"The gradebook {database} cannot be read ({error}), so nothing was graded.",
                hint=f"If it is damaged, put the newest file of {backups} in its place.",
            ) from error
        draft.replace(target)
        for old in sorted(backups.glob(f"{database.stem}-*.db"))[:-KEPT]:
            old.unlink(missing_ok=True)
    return target
