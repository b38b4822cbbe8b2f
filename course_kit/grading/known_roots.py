"""nbgrader courses whose configuration was read before: ``.course-kit/graded/roots.json``.

Asking nbgrader for a course's folders costs seconds. The answer is kept as long as the configuration's files are the
same, and only where they are plain: values written out, so that nothing else can change what they say.
"""

import ast
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.config import CourseInfo, config_files, quick_info
from course_kit.errors import CourseKitError
from course_kit.files.atomic import read_json, write_json

VERSION = 1
OURS = "course_kit.bridges.nbgrader.enabled"
STEPS = ("seal_quizzes", "show_safely")
Ask = Callable[[], CourseInfo]


class KnownRoots:
    """``info(root, ask)`` gives a root's folders: from the defaults, from what is kept, or by asking nbgrader."""

    def __init__(self, hidden: Path) -> None:
        self._path = hidden / "graded" / "roots.json"

    def known(self, root: Path) -> CourseInfo | None:
        """The answer, if nbgrader need not be asked."""
        quick = quick_info(root)
        if quick is not None:
            return quick
        row = self._rows().get(str(root))
        if not isinstance(row, dict) or row.get("config") != config_digest(root) or not is_plain(root):
            return None
        try:
            found = row["info"]
            return CourseInfo(**{**found, "root": Path(found["root"]), "excluded": tuple(found["excluded"])})
        except (KeyError, TypeError):
            return None

    def info(self, root: Path, ask: Ask) -> CourseInfo:
        """The answer, asked for where it is not known."""
        return self.known(root) or ask()

    def remember(self, root: Path, found: CourseInfo) -> None:
        """Keep an answer of nbgrader's for the next time."""
        if quick_info(root) is not None or self.known(root) == found or not is_plain(root):
            return
        rows = {**self._rows(), str(root): {"config": config_digest(root), "info": _row(found)}}
        with suppress(CourseKitError):  # it only saves work
            write_json(self._path, {"version": VERSION, "roots": rows})

    def _rows(self) -> dict[str, Any]:
        try:
            data = read_json(self._path, "The list of courses")
            rows = data["roots"] if data["version"] == VERSION else {}
        except (CourseKitError, KeyError, TypeError, OSError):
            return {}
        return rows if isinstance(rows, dict) else {}


def config_digest(root: Path) -> str:
    """Names the configuration of an nbgrader root: "" where there is none."""
    files = _files(root)
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest() if files else ""


def is_plain(root: Path) -> bool:
    """Whether the configuration's files hold nothing but values (a program could answer differently each time)."""
    return all(path.suffix == ".json" or _plain(path) for path in _files(root))


def _files(root: Path) -> list[Path]:
    from jupyter_core.paths import jupyter_config_path

    places = [root, Path.cwd(), *(Path(place) for place in jupyter_config_path())]
    return [path for path in dict.fromkeys(config_files(places)) if path.is_file()]


def _plain(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return False
    return all(_plain_statement(statement) for statement in tree.body)


def _plain_statement(statement: ast.stmt) -> bool:
    """A value, or a part of the blocks that course-kit writes: its steps say nothing of folders."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == OURS
    if isinstance(statement, ast.Try):
        parts = [*statement.body, *statement.orelse, *statement.finalbody]
        parts += [inner for handler in statement.handlers for inner in handler.body]
        return all(map(_plain_statement, parts))
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) or _is_ours(statement.value)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target, value = statement.targets[0], statement.value
    if isinstance(target, ast.Name):
        return ast.unparse(value) == "get_config()"
    while isinstance(target, ast.Attribute):
        target = target.value
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return isinstance(target, ast.Name)


def _is_ours(value: ast.expr) -> bool:
    """A call of ours: ``seal_quizzes(c)``."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in STEPS
        and not value.keywords
        and all(ast.unparse(part) in ("c", "get_config()") for part in value.args)
    )


def _row(info: CourseInfo) -> dict[str, Any]:
    return {**asdict(info), "root": str(info.root)}
