"""nbgrader's gradebook, opened once for a batch: one engine, and one transaction for all that belongs together.

nbgrader's preprocessors each open the gradebook (an engine, a look at all tables, the course's row) and commit after
each cell. Nothing of what they do is replaced here: :func:`install` puts a subclass of nbgrader's own ``Gradebook`` in
its place in this process, which opens the database as ever, unless a :func:`transaction` on it is under way. Then it
works within that: the engine and its compiled statements are kept, ``commit`` waits for the end, and what is asked for
cell by cell is read at once. What is written becomes visible whole, or not at all. Runs in the worker.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from nbgrader import api, dbutil
from sqlalchemy.orm import with_polymorphic
from sqlalchemy.orm.attributes import set_committed_value

_OPEN: dict[str, "Ledger"] = {}
_ENGINES: dict[str, Any] = {}
_COURSES: set[tuple[str, str]] = set()
_REVISION = re.compile(r"^(revision|down_revision)\s*=\s*['\"](\w+)['\"]", re.MULTILINE)
_Original: Any = api.Gradebook


class Ledger:
    """A transaction on one gradebook, and what was read in it already.

    Where ``cells_stay``, nothing in it adds, removes or renames assignments, notebooks or cells.
    """

    def __init__(self, session: Any, *, cells_stay: bool = False) -> None:
        self.db, self.cells_stay = session, cells_stay
        self.rows: dict[tuple[str, ...], Any] = {}
        self.sources: dict[tuple[str, str], dict[str, Any]] = {}
        self.marked: dict[tuple[str, str], dict[str, Any]] = {}
        self.grades: dict[tuple[str, str, str], tuple[dict[str, Any], dict[str, Any]]] = {}

    def forget(self) -> None:
        """Read again what was read: cells were added or removed."""
        for known in (self.rows, self.sources, self.marked, self.grades):
            known.clear()

    def kept(self, key: tuple[str, ...], find: Callable[[], Any]) -> Any:
        """The row of that key, as nbgrader finds it when it is asked for the first time."""
        if not self.cells_stay:
            return find()
        row = self.rows.get(key)
        if row is None or row not in self.db:
            row = self.rows[key] = find()
        else:
            self.db.flush()  # as a query would
        return row


class SharedGradebook(api.Gradebook):  # type: ignore[misc]  # nbgrader publishes no types
    """nbgrader's gradebook; within a :func:`transaction` on the same database it is a part of that."""

    def __init__(self, db_url: str, course_id: str = "default_course", authenticator: Any = None) -> None:
        self._ledger = _OPEN.get(db_url)
        if self._ledger is None:
            super().__init__(db_url, course_id, authenticator)
            return
        self.engine, self.db = _ENGINES[db_url], self._ledger.db
        self.course_id, self.authenticator = course_id, authenticator
        if (db_url, course_id) not in _COURSES:
            self.check_course(course_id=course_id)
            _COURSES.add((db_url, course_id))

    def close(self) -> None:
        if self._ledger is None:
            super().close()

    def find_assignment(self, name: str) -> Any:
        if self._ledger is None:
            return super().find_assignment(name)
        return self._ledger.kept(("assignment", name), partial(super().find_assignment, name))

    def find_notebook(self, name: str, assignment: str) -> Any:
        if self._ledger is None or not self._ledger.cells_stay:
            return super().find_notebook(name, assignment)
        return self._ledger.kept(("notebook", name, assignment), partial(self._whole_notebook, name, assignment))

    def find_submission(self, assignment: str, student: str) -> Any:
        if self._ledger is None:
            return super().find_submission(assignment, student)
        find = partial(super().find_submission, assignment, student)
        return self._ledger.kept(("submission", assignment, student), find)

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> Any:
        if self._ledger is None:
            return super().find_submission_notebook(notebook, assignment, student)
        find = partial(super().find_submission_notebook, notebook, assignment, student)
        return self._ledger.kept(("submitted notebook", notebook, assignment, student), find)

    def _whole_notebook(self, name: str, assignment: str) -> Any:
        """A notebook with all of its cells, which would else be read one by one, each when it is asked for points."""
        row = super().find_notebook(name, assignment)
        every = with_polymorphic(api.BaseCell, [api.GradeCell, api.SolutionCell, api.TaskCell])
        set_committed_value(row, "_base_cells", self.db.query(every).filter(every.notebook_id == row.id).all())
        return row

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> Any:
        if self._ledger is None:
            return super().find_source_cell(name, notebook, assignment)
        known = self._ledger.sources
        if (notebook, assignment) not in known:
            if self._ledger.cells_stay:
                rows = _cells(self, "source_cells", notebook, assignment)
            else:
                rows = _of_notebook(self.db.query(api.SourceCell), api.SourceCell, notebook, assignment)
            known[notebook, assignment] = {row.name: row for row in rows}
        return _found(known[notebook, assignment], name, "source cell", assignment, notebook)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> Any:
        if self._ledger is None:
            return super().find_graded_cell(name, notebook, assignment)
        known = self._ledger.marked
        if (notebook, assignment) not in known:
            # a grade cell goes before a task cell of the same name, as in nbgrader
            if self._ledger.cells_stay:
                found = [_cells(self, kind, notebook, assignment) for kind in ("task_cells", "grade_cells")]
                rows = [row for cells in found for row in cells]
            else:
                kinds = (api.TaskCell, api.GradeCell)
                rows = [row for kind in kinds for row in _of_notebook(self.db.query(kind), kind, notebook, assignment)]
            known[notebook, assignment] = {row.name: row for row in rows}
        return _found(known[notebook, assignment], name, "grade cell", assignment, notebook)

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Any:
        if self._ledger is None:
            return super().find_grade(grade_cell, notebook, assignment, student)
        grades, _ = self._submitted(self._ledger, notebook, assignment, student)
        return _found(grades, grade_cell, "grade", assignment, notebook, f" for {student}")

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Any:
        if self._ledger is None:
            return super().find_comment(solution_cell, notebook, assignment, student)
        _, comments = self._submitted(self._ledger, notebook, assignment, student)
        return _found(comments, solution_cell, "taskcomment", assignment, notebook, f" for {student}")

    def _submitted(
        self, ledger: Ledger, notebook: str, assignment: str, student: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The grades and the comments of one submitted notebook, by the names of their cells."""
        known = ledger.grades
        key = (notebook, assignment, student)
        if key not in known:
            try:
                row = self.find_submission_notebook(notebook, assignment, student)
            except api.MissingEntry:
                return {}, {}
            grades = _by_cell(self.db, api.Grade, row.id, ("TaskCell", "GradeCell"))
            known[key] = grades, _by_cell(self.db, api.Comment, row.id, ("TaskCell", "SolutionCell"))
        return known[key]


def _cells(gradebook: Any, kind: str, notebook: str, assignment: str) -> list[Any]:
    try:
        return list(getattr(gradebook.find_notebook(notebook, assignment), kind))
    except api.MissingEntry:
        return []


def _of_notebook(query: Any, kind: Any, notebook: str, assignment: str) -> Any:
    return (
        query.join(api.Notebook, api.Notebook.id == kind.notebook_id)
        .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
        .filter(api.Notebook.name == notebook, api.Assignment.name == assignment)
    )


def _by_cell(db: Any, table: Any, submitted_notebook: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A submitted notebook's rows in ``table`` by the name of their cell; of two, the later kind's counts."""
    cells = api.BaseCell.__table__
    rows = (
        db.query(cells.c.name, cells.c.type, table)
        .join(cells, cells.c.id == table.cell_id)
        .filter(table.notebook_id == submitted_notebook)
        .all()
    )
    return {name: row for kind in kinds for name, of, row in rows if of == kind}


def _found(rows: dict[str, Any], name: str, what: str, assignment: str, notebook: str, whose: str = "") -> Any:
    if name not in rows:
        raise api.MissingEntry(f"No such {what}: {assignment}/{notebook}/{name}{whose}")
    return rows[name]


def install() -> None:
    """Have every part of nbgrader in this process, and plug-ins that are loaded from here on, use the subclass."""
    if api.Gradebook is SharedGradebook:
        return
    api.Gradebook, api.get_alembic_version = SharedGradebook, _database_version
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "nbgrader" and getattr(module, "Gradebook", None) is _Original:
            module.Gradebook = SharedGradebook  # type: ignore[attr-defined]  # it has one, as was just seen


def _database_version(ask: Any = api.get_alembic_version) -> str:
    """The version of a fresh gradebook: the newest of nbgrader's migrations, as ``alembic heads`` would say.

    nbgrader starts that command to ask, which takes seconds; the files say it themselves.
    """
    found: dict[str, str] = {}
    for path in (Path(dbutil.ALEMBIC_DIR) / "versions").glob("*.py"):
        marks = dict(_REVISION.findall(path.read_text(encoding="utf-8")))
        found[marks.get("revision", "")] = marks.get("down_revision", "")
    heads = found.keys() - found.values()
    return heads.pop() if len(heads) == 1 and "" not in heads else str(ask())


@contextmanager
def transaction(db_url: str, course_id: str, *, write: bool = False, cells_stay: bool = False) -> Iterator[Any]:
    """A gradebook that commits once, after the block, where ``write``; without, or after an error, nothing is kept.

    ``cells_stay``: the block leaves the assignment's cells as they are, so that they are read once.
    """
    install()
    if db_url in _OPEN:
        raise RuntimeError("a transaction is under way already")
    if db_url not in _ENGINES:
        _Original(db_url, course_id).close()  # nbgrader's own making of tables and version, once
        _ENGINES[db_url] = api.create_engine(db_url)
    session: Any = api.sessionmaker(bind=_ENGINES[db_url], expire_on_commit=False)()
    # nbgrader commits after each cell; here what was changed is flushed when somebody asks, or at the end
    keep, session.commit = session.commit, lambda: None
    session.remove = lambda: None  # what nbgrader calls on a session of its own; this one goes on
    if write and db_url.startswith("sqlite:"):
        # the right to write before the first look: nobody changes in between what a score is built on
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
    _OPEN[db_url] = Ledger(session, cells_stay=cells_stay)
    known_courses = set(_COURSES)
    kept = False
    try:
        yield SharedGradebook(db_url, course_id)
        if write:
            keep()
            kept = True
    finally:
        del _OPEN[db_url]
        if not kept:
            _COURSES.intersection_update(known_courses)
        session.close()
