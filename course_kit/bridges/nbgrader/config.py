"""An nbgrader course: its folders, its database, and nbgrader's own reading of its ``nbgrader_config.py``.

:class:`CourseInfo` and :func:`quick_info` are light; :func:`load_app` runs the course's configuration (which is code)
and imports nbgrader, so it is called in a worker only.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.lean import import_nbgrader
from course_kit.errors import Invalid, NotFound, Unavailable

CONFIG = "nbgrader_config.py"
DEFAULT_STRUCTURE = os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}")  # noqa: PTH118 (a pattern)


@dataclass(frozen=True)
class CourseInfo:
    """Where an nbgrader course keeps things, and whom its configuration leaves out (``student_id_exclude``).

    ``database`` is a file for SQLite, else None.
    """

    root: Path
    course_id: str
    db_url: str
    structure: str
    source: str
    submitted: str
    autograded: str
    feedback: str
    excluded: tuple[str, ...] = ()

    @property
    def database(self) -> Path | None:
        prefix = "sqlite:///"
        if not self.db_url.startswith(prefix) or self.db_url == prefix:
            return None
        return self.root / self.db_url.removeprefix(prefix)

    def folder(self, step: str, learner: str, assignment: str) -> Path:
        """The folder of one step, as nbgrader's ``format_path`` makes it."""
        named = self.structure.format(nbgrader_step=step, student_id=learner, assignment_id=assignment)
        return self.root / named

    def source_folder(self, assignment: str) -> Path:
        return self.folder(self.source, ".", assignment)

    def submitted_folder(self, learner: str, assignment: str) -> Path:
        return self.folder(self.submitted, learner, assignment)

    def autograded_folder(self, learner: str, assignment: str) -> Path:
        return self.folder(self.autograded, learner, assignment)

    def submitters(self, assignment: str) -> tuple[str, ...]:
        """Everyone with a folder for this assignment, in the order of their ids."""
        return tuple(sorted(learner for learner, name in self._submitted() if name == assignment))

    def source_assignments(self) -> tuple[str, ...]:
        """The names of the assignments that have a source folder."""
        folders = self.source_folder("x").parent
        if not folders.is_dir():
            return ()
        return tuple(sorted(path.name for path in folders.iterdir() if path.is_dir() and path.name[0] != "."))

    def submitted_assignments(self) -> tuple[str, ...]:
        return tuple(sorted({name for _, name in self._submitted()}))

    def _submitted(self) -> list[tuple[str, str]]:
        order = [part for part in Path(self.structure).parts if part in {"{student_id}", "{assignment_id}"}]
        top = self.folder(self.submitted, "\0", "\0")
        while "\0" in str(top):
            top = top.parent
        found = []
        for path in top.glob("*/*") if top.is_dir() else ():
            if path.is_dir() and not any(part.startswith(".") for part in path.relative_to(top).parts):
                names = dict(zip(order, path.relative_to(top).parts, strict=False))
                found.append((names.get("{student_id}", ""), names.get("{assignment_id}", "")))
        return found


def config_files(places: Iterable[Path]) -> list[Path]:
    """The files in ``places`` that may configure nbgrader."""
    names = (CONFIG, "nbgrader_config.json", "jupyter_config.py", "jupyter_config.json")
    return [place / name for place in places for name in names if (place / name).exists()]


def quick_info(root: Path) -> CourseInfo | None:
    """nbgrader's defaults, when no configuration file could say otherwise; None where one could.

    nbgrader takes seconds to import, and most courses have no need of it to know their folders.
    """
    from jupyter_core.paths import jupyter_config_path

    if config_files([root, Path.cwd(), *(Path(place) for place in jupyter_config_path())]):
        return None
    return CourseInfo(
        root=root,
        course_id="",
        db_url=f"sqlite:///{root / 'gradebook.db'}",
        structure=DEFAULT_STRUCTURE,
        source="source",
        submitted="submitted",
        autograded="autograded",
        feedback="feedback",
    )


def load_app(root: Path, *, kernel: str | None = None, database: str | None = None) -> Any:
    """nbgrader's own application with the course's configuration, as ``nbgrader autograde`` in ``root`` would have it.

    Changes the process's directory to ``root``. ``kernel`` replaces the kernel that notebooks name, ``database``
    (a path) the gradebook. Raises
    :class:`NotFound` without the folder, :class:`Unavailable` without nbgrader, :class:`Invalid` if the
    configuration fails.
    """
    if not root.is_dir():
        raise NotFound(f"There is no nbgrader course in {root}.", hint="Check the folder's name.")
    try:
        import_nbgrader()
        from nbgrader.apps import AutogradeApp
    except ImportError as error:
        raise Unavailable(
            f"Grading needs nbgrader, which cannot be imported here ({error}).",
            hint="Install it with: pip install 'course-kit[grading]'",
        ) from error
    from course_kit.bridges.nbgrader.ledger import install

    install()  # before the configuration imports what opens gradebooks
    os.chdir(root)
    app = AutogradeApp()
    try:
        app.initialize([], root=str(root))
    except (Exception, SystemExit) as error:
        raise Invalid(
            f"{root / CONFIG} cannot be used: {type(error).__name__}: {error}.",
            hint="Mend it (`nbgrader --help` in that folder must work) and run the same command again.",
        ) from error
    if kernel is not None:
        from traitlets.config import Config

        mapped = Config()
        mapped.ExecutePreprocessor.kernel_name = kernel
        mapped.Execute.kernel_name = kernel
        mapped.ExecuteSubmission.kernel_name = kernel
        app.update_config(mapped)
    if database is not None:
        app.coursedir.db_url = f"sqlite:///{database}"
    return app


def info_of(app: Any) -> CourseInfo:
    """What a loaded application says of its course."""
    course = app.coursedir
    return CourseInfo(
        root=Path(course.root),
        course_id=course.course_id,
        db_url=course.db_url,
        structure=course.directory_structure,
        source=course.source_directory,
        submitted=course.submitted_directory,
        autograded=course.autograded_directory,
        feedback=course.feedback_directory,
        excluded=tuple(name for name in course.student_id_exclude.split(",") if name),
    )
