"""An assignment's cells in the gradebook: put there when they are missing, compared when the source changed.

Runs in the worker.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_kit.bridges.kernel_name import named_kernel
from course_kit.bridges.nbgrader.changes import (
    apply,
    count_manual,
    differences,
    recorded_cells,
    submission_count,
)
from course_kit.bridges.nbgrader.config import info_of
from course_kit.bridges.nbgrader.desk import desk_of
from course_kit.bridges.nbgrader.gradebook import gradebook_errors, make_whole, open_gradebook
from course_kit.bridges.nbgrader.lean import ipython_unseen
from course_kit.bridges.nbgrader.ledger import transaction
from course_kit.bridges.nbgrader.source_cells import SourceCells, read_source_cells, source_digest
from course_kit.errors import CourseKitError, NotFound
from course_kit.files.atomic import read_json, write_json
from course_kit.model.keys import slug

VERSION = 1


def kernels(app: Any, assignment: str) -> dict[str, Any]:
    """Which kernels the assignment's notebooks will ask for: ``needed`` (names), ``installed`` (names)."""
    from jupyter_client.kernelspec import KernelSpecManager

    with ipython_unseen():
        installed = sorted(KernelSpecManager().find_kernel_specs())
    forced = desk_of(app).execution.kernel_name
    if forced:
        return {"needed": [named_kernel({}, forced)], "installed": installed}
    needed = set()
    for path in sorted(info_of(app).source_folder(assignment).glob("*.ipynb")):
        with suppress(OSError, ValueError, AttributeError):
            needed.add(named_kernel(json.loads(path.read_text(encoding="utf-8"))))
    with open_gradebook(app) as gradebook:
        for known in gradebook.assignments:
            for notebook in known.notebooks if known.name == assignment else ():
                needed.add(named_kernel({"metadata": {"kernelspec": json.loads(notebook.kernelspec or "{}")}}))
    return {"needed": sorted(needed), "installed": installed}


def publish_cells(app: Any, assignment: str) -> str:
    """Put an assignment's cells into the gradebook, as long as nothing was recorded on them.

    Returns ``added``, ``updated``, ``unchanged``, ``no-source`` where only the gradebook knows the assignment, or
    ``kept``: the source has other cells than the gradebook, which holds submissions already; they keep the recorded
    ones until :func:`apply_cells`. Raises :class:`NotFound` if neither knows it, and :class:`Invalid` if nbgrader
    cannot read the source.
    """
    make_whole(app)
    with gradebook_errors(app), _reading(app) as gradebook:
        known = recorded_cells(gradebook, assignment)
    if not _has_source(app, assignment, known):
        return "no-source"
    source = source_digest(app, assignment)
    if known is not None and _seen(app, assignment) == (source, _digest(known)):
        return "unchanged"
    wanted = read_source_cells(app, assignment)
    if known == wanted:
        _remember(app, assignment, source, wanted)
        return "unchanged"
    with gradebook_errors(app), transaction(*_where(app), write=True) as gradebook:
        if known is not None and submission_count(gradebook, assignment):
            return "kept"
        apply(gradebook, assignment, wanted)
    _remember(app, assignment, source, wanted)
    return "added" if known is None else "updated"


def cell_changes(app: Any, assignment: str) -> dict[str, Any]:
    """What :func:`apply_cells` would do: ``state`` (``new``, ``unchanged``, ``changed``, ``no-source``),
    ``submissions`` (how many are recorded) and ``changes`` as :func:`differences` has them, with ``manual``: how many
    scores and comments by hand would go.
    """
    make_whole(app)
    with gradebook_errors(app), _reading(app) as gradebook:
        known = recorded_cells(gradebook, assignment)
        if not _has_source(app, assignment, known):
            return {"state": "no-source", "submissions": submission_count(gradebook, assignment), "changes": []}
        if known is None:
            return {"state": "new", "submissions": 0, "changes": []}
        submissions = submission_count(gradebook, assignment)
        if _seen(app, assignment) == (source_digest(app, assignment), _digest(known)):
            return {"state": "unchanged", "submissions": submissions, "changes": []}
        changes = differences(known, read_source_cells(app, assignment))
        count_manual(gradebook, assignment, changes, known)
    return {"state": "changed" if changes else "unchanged", "submissions": submissions, "changes": changes}


def apply_cells(app: Any, assignment: str) -> dict[str, Any]:
    """Carry the source's cells into the gradebook although submissions are recorded; what was changed.

    In one transaction; scores and comments on cells that stay, stay. The caller makes a backup first.
    """
    changes = cell_changes(app, assignment)
    if changes["state"] in ("new", "changed"):
        wanted = read_source_cells(app, assignment)
        with gradebook_errors(app), transaction(*_where(app), write=True) as gradebook:
            apply(gradebook, assignment, wanted)
        _remember(app, assignment, source_digest(app, assignment), wanted)
    return changes


def trial_gradebook(app: Any, assignment: str, path: str, changed_cells: bool = False) -> None:
    """Copy the gradebook into a new SQLite file at ``path``; with ``changed_cells``, the source's cells go into it."""
    from nbgrader import api

    make_whole(app)
    url = f"sqlite:///{path}"
    live = info_of(app).database
    if live is not None:
        with closing(sqlite3.connect(live)) as origin, closing(sqlite3.connect(path)) as copy:
            origin.backup(copy)
    else:
        _copy_rows(api, app.coursedir.db_url, url)
    wanted = read_source_cells(app, assignment) if changed_cells else {}
    if wanted:
        with transaction(url, app.coursedir.course_id, write=True) as gradebook:
            apply(gradebook, assignment, wanted)


def _copy_rows(api: Any, origin_url: str, url: str) -> None:
    origin, copy = api.create_engine(origin_url), api.create_engine(url)
    try:
        api.Base.metadata.create_all(bind=copy)
        with origin.connect() as reading, copy.begin() as writing:
            for table in api.Base.metadata.sorted_tables:
                rows = [dict(row) for row in reading.execute(table.select()).mappings()]
                if rows:
                    writing.execute(table.insert(), rows)
    finally:
        origin.dispose()
        copy.dispose()


def _where(app: Any) -> tuple[str, str]:
    return app.coursedir.db_url, app.coursedir.course_id


def _reading(app: Any) -> Any:
    return transaction(*_where(app))


def _has_source(app: Any, assignment: str, known: Any) -> bool:
    """Whether there is a source. Raises :class:`NotFound` where the gradebook has nothing either."""
    info = info_of(app)
    source = info.source_folder(assignment)
    if any(source.glob("*.ipynb")):
        return True
    if known is not None:
        return False
    raise NotFound(
        f"There is no assignment {assignment!r}: neither {source} nor the gradebook has it.",
        hint=f"Assignments here: {', '.join(info.source_assignments()) or 'none'}.",
    )


def _digest(cells: Mapping[str, SourceCells]) -> str:
    rows = {name: asdict(found) for name, found in cells.items()}
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def _memory(app: Any, assignment: str) -> Path:
    """Which source the recorded cells were made of: spares making them again only to see that nothing changed."""
    named = hashlib.sha256(assignment.encode()).hexdigest()[:8]
    return info_of(app).root / ".course-kit" / "cells" / f"{slug(assignment)}-{named}.json"


def _seen(app: Any, assignment: str) -> tuple[str, str] | None:
    with suppress(CourseKitError, LookupError, TypeError):
        found = read_json(_memory(app, assignment), "The note on the assignment's cells")
        if found["version"] == VERSION:
            return str(found["source"]), str(found["cells"])
    return None


def _remember(app: Any, assignment: str, source: str, cells: Mapping[str, SourceCells]) -> None:
    note = {"version": VERSION, "source": source, "cells": _digest(cells)}
    with suppress(CourseKitError, OSError):  # without it the next run takes a moment longer
        write_json(_memory(app, assignment), note)
