"""nbgrader's gradebook: who is in it and what it holds of each submission. Runs in the worker."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.config import info_of
from course_kit.errors import Invalid, Unavailable


@contextmanager
def open_gradebook(app: Any) -> Iterator[Any]:
    """The live gradebook, made whole first if it is new. Raises :class:`Unavailable` if its tables are outdated."""
    from nbgrader.api import Gradebook

    make_whole(app)
    with gradebook_errors(app), Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        yield gradebook


@contextmanager
def gradebook_errors(app: Any) -> Iterator[None]:
    """Turn what the database says into :class:`Unavailable`."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ not in {"OperationalError", "DatabaseError", "ProgrammingError"}:
            raise
        raise Unavailable(
            f"The gradebook {shown_url(app)} cannot be used: {getattr(error, 'orig', error)}.",
            hint="If it was made by an older nbgrader, run `nbgrader db upgrade` there; if the formgrader is saving, "
            "try again in a moment.",
        ) from error


def shown_url(app: Any) -> str:
    """Where the gradebook is, without the password that its address may hold."""
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:…@", app.coursedir.db_url)


def make_whole(app: Any) -> None:
    """Make a missing gradebook in one step, and replace one that an interrupted start left empty and versionless.

    nbgrader makes the tables first and then calls ``alembic`` for the version; stopped in between, it never
    completes the file.
    """
    from nbgrader.api import Gradebook

    from course_kit.bridges.nbgrader.ledger import install

    install()
    path = info_of(app).database
    if path is None or (path.exists() and not _half_made(path)):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with Gradebook(f"sqlite:///{draft}", app.coursedir.course_id):
        pass
    draft.replace(path)


def _half_made(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as database:
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "alembic_version" in tables and database.execute("SELECT 1 FROM alembic_version").fetchone():
                return False
            # names of nbgrader's tables, never from outside
            filled = [
                name
                for name in tables & {"assignment", "student", "grade", "comment"}
                if database.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608
            ]
            return not filled
    except sqlite3.DatabaseError as error:
        raise Invalid(
            f"The gradebook {path} is damaged: {error}.",
            hint="Restore the newest file of .course-kit/backups/ in its place.",
        ) from error


def assignments(app: Any) -> list[str]:
    """The names of all assignments in the gradebook."""
    path = info_of(app).database
    if path is not None and not path.exists():
        return []
    with open_gradebook(app) as gradebook:
        return [assignment.name for assignment in gradebook.assignments]


def students(app: Any) -> list[dict[str, str]]:
    """Everyone in the gradebook: ``learner``, ``name``, ``email``, ``lms_id``."""
    path = info_of(app).database
    if path is not None and not path.exists():
        return []
    with open_gradebook(app) as gradebook:
        return [
            {
                "learner": student.id,
                "name": " ".join(part for part in (student.first_name, student.last_name) if part),
                "email": student.email or "",
                "lms_id": student.lms_user_id or "",
            }
            for student in gradebook.students
        ]


def import_students(app: Any, people: list[dict[str, str]]) -> int:
    """Put people into the gradebook; what it knows of them already stays. Returns how many."""
    with open_gradebook(app) as gradebook:
        known = {student.id: student for student in gradebook.students}
        for person in people:
            given, _, family = person.get("name", "").rpartition(" ")
            fields = {
                "first_name": given,
                "last_name": family,
                "email": person.get("email", ""),
                "lms_user_id": person.get("lms_id", ""),
            }
            there = known.get(person["learner"])
            filled = {name: value for name, value in fields.items() if value and not getattr(there, name, None)}
            gradebook.update_or_create_student(person["learner"], **filled)
    return len(people)


def scores(app: Any, assignment: str) -> dict[str, Any]:
    """What the gradebook holds: ``max_score`` and ``submissions`` by learner, late penalties taken off.

    Each is a row of :func:`submission_rows`.
    """
    from nbgrader.api import MissingEntry

    with open_gradebook(app) as gradebook:
        try:
            known = gradebook.find_assignment(assignment)
        except MissingEntry:
            return {"max_score": None, "submissions": {}}
        return {"max_score": float(known.max_score), "submissions": submission_rows(gradebook.db, assignment=known.id)}


def submission_rows(db: Any, *, assignment: str = "", submission: str = "") -> dict[str, dict[str, Any]]:
    """All submissions of an assignment, or the one of that id, by learner: what is flushed counts.

    Each has ``score``, ``max_score``, ``penalty``, ``needs_manual``, ``timestamp`` (UTC text or None) and
    ``notebooks``. Each notebook, by its name, has ``score``, ``max_score``, ``needs_manual``, ``comments``, ``scored``
    (whether anything was ever marked by running it) and ``cells`` (grade id to points).
    """
    from nbgrader.api import Notebook, SubmittedAssignment, SubmittedNotebook

    whole, part = SubmittedAssignment, SubmittedNotebook
    wanted = whole.id == submission if submission else whole.assignment_id == assignment
    heads = db.query(whole.id, whole.student_id, whole.timestamp, whole.max_score, whole.late_submission_penalty)
    notebooks = (
        db.query(part.id, part.assignment_id, Notebook.name, Notebook.max_score)
        .select_from(part)
        .join(Notebook, Notebook.id == part.notebook_id)
        .join(whole, whole.id == part.assignment_id)
        .filter(wanted)
        .all()
    )
    parts: dict[str, dict[str, Any]] = {key: {} for key, *_ in notebooks}
    marks, comments = _marks(db, wanted), _comments(db, wanted)
    for key, _, _, most in notebooks:
        parts[key] = _notebook_row(marks.get(key, []), comments.get(key, []), most)
    rows = {}
    for key, learner, timestamp, most, late in heads.filter(wanted):
        own = {name: parts[notebook] for notebook, of, name, _ in notebooks if of == key}
        penalty = float(late or 0.0)
        rows[learner] = {
            "score": max(0.0, sum(row["score"] for row in own.values()) - penalty),
            "max_score": float(most),
            "penalty": penalty,
            "needs_manual": any(row["needs_manual"] for row in own.values()),
            "timestamp": timestamp.isoformat() + "Z" if timestamp else None,
            "notebooks": own,
        }
    return rows


def _marks(db: Any, wanted: Any) -> dict[str, list[Any]]:
    """By submitted notebook: name, score, automatic score and whether a person has to mark it, of each grade."""
    from nbgrader.api import BaseCell, Grade, SubmittedAssignment, SubmittedNotebook

    cells = BaseCell.__table__
    found: dict[str, list[Any]] = {}
    query = (
        db.query(Grade.notebook_id, cells.c.name, Grade.score, Grade.auto_score, Grade.needs_manual_grade)
        .join(cells, cells.c.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .filter(wanted)
    )
    for key, *grade in query:
        found.setdefault(key, []).append(grade)
    return found


def _comments(db: Any, wanted: Any) -> dict[str, list[str]]:
    from nbgrader.api import Comment, SubmittedAssignment, SubmittedNotebook

    found: dict[str, list[str]] = {}
    query = (
        db.query(Comment.notebook_id, Comment.manual_comment)
        .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .filter(wanted, Comment.manual_comment.is_not(None), Comment.manual_comment != "")
    )
    for key, text in query:
        found.setdefault(key, []).append(text)
    return found


def _notebook_row(grades: list[Any], comments: list[str], most: Any) -> dict[str, Any]:
    return {
        "score": float(sum(score for _, score, _, _ in grades)),
        "max_score": float(most),
        "needs_manual": any(waits for *_, waits in grades),
        "comments": comments,
        "scored": any(automatic is not None for _, _, automatic, _ in grades),
        "cells": {name: float(score) for name, score, _, _ in grades},
    }
