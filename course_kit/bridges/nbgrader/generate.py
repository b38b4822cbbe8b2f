"""nbgrader's generate_assignment, run where it can do no harm.

nbgrader changes the process's directory, shells out to alembic and writes to the course's gradebook. So it runs in a
process of its own, in a temporary copy of the course, with a throwaway database; the live gradebook is never opened.
"""

import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid, NotFound, Unavailable
from course_kit.files.atomic import disk_errors
from course_kit.quizzes.graded import RESPONSES

TIMEOUT = 900.0
"""Seconds for all assignments of one call; autotests start a kernel."""
_OUTPUTS = {"release", "submitted", "autograded", "feedback", "solution", "source_with_tests", "downloaded", "source"}
_OURS = {"releases", "course.yml"}
"""What course-kit itself keeps in a wrapped nbgrader course; nbgrader never knew of it."""
NOISE = {".ipynb_checkpoints", "__pycache__", ".DS_Store"}
"""What tools leave behind wherever they work."""
_MAX_EXTRA = 20_000_000
_BEGUN = b"course-kit: begun"
_NEEDS = "Run `pip install 'course-kit[grading]'`, which brings nbgrader."


Progress = Callable[[int, int, str], None]


def _nothing(_done: int, _total: int, _what: str) -> None:
    pass


def generate_assignment(root: Path, name: str, to: Path) -> None:
    """Make the learners' version of the assignment ``name`` of the nbgrader course in ``root``, as folder ``to``.

    As :func:`generate_assignments` for one assignment.
    """
    generate_assignments(root, {name: to})


def generate_assignments(
    root: Path,
    targets: Mapping[str, Path],
    *,
    leave_out: Collection[Path] = (),
    timeout: float = TIMEOUT,
    progress: Progress = _nothing,
) -> None:
    """Make the learners' versions of some assignments (nbgrader's name to a folder that is not there yet).

    The course's nbgrader_config.py is honoured, except for where its folders and its database are; it and the
    assignments find the :func:`helper_files` that ``leave_out`` does not name. Nothing in ``root`` is changed.

    Raises :class:`NotFound` for an assignment that is not there, :class:`Unavailable` without nbgrader or on a full
    disk, and :class:`Invalid` with nbgrader's reason and the cell; then no folder is made.
    """
    if importlib.util.find_spec("nbgrader") is None:
        raise Unavailable("Assignments need nbgrader, which is not installed here.", hint=_NEEDS)
    for name in targets:
        if not (root / "source" / name).is_dir():
            raise NotFound(f"There is no assignment {name!r} in {root / 'source'}.")
    with disk_errors("the temporary copy of the course"), tempfile.TemporaryDirectory(prefix="course-kit-") as scratch:
        course = Path(scratch) / "course"
        _copy_course(root, list(targets), leave_out, course)
        results = _run(course, list(targets), Path(scratch), timeout, progress)
        for name in targets:
            _check_result(root, name, results.get(name))
        for name, to in targets.items():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(course / "release" / name, to)


def helper_files(root: Path, leave_out: Collection[Path] = ()) -> dict[str, Path]:
    """What generating may use besides the assignments' own folders, by its path below ``root``, links included.

    Settings and other small files, whole folders of helpers, and what lies beside the assignments (headers). Left out
    are nbgrader's outputs, the gradebook, hidden files, course-kit's own, what is larger than 20 MB, and the files in
    ``leave_out``.
    """
    found: dict[str, Path] = {}
    for entry in sorted(root.iterdir()):
        if entry.name.startswith((".", "gradebook.db")) or entry.name in _OUTPUTS | _OURS | NOISE:
            continue
        if entry.is_file() and entry.stat().st_size <= _MAX_EXTRA:
            found[entry.name] = entry
        elif entry.is_dir() and not entry.is_symlink() and _size(entry) <= _MAX_EXTRA:
            found |= {path.relative_to(root).as_posix(): path for path in _inside(entry)}
    for entry in sorted((root / "source").iterdir()):
        if entry.is_file() and entry.name not in NOISE:
            found[f"source/{entry.name}"] = entry
    return {name: path for name, path in found.items() if path not in leave_out}


def _copy_course(root: Path, names: Sequence[str], leave_out: Collection[Path], to: Path) -> None:
    """The helper files and the assignments themselves."""
    (to / "source").mkdir(parents=True)
    for name, path in helper_files(root, leave_out).items():
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # a link inside of a folder may lead to its neighbour: it stays one
        shutil.copy2(path, target, follow_symlinks=path.parent in (root, root / "source"))
    for name in names:
        shutil.copytree(root / "source" / name, to / "source" / name, ignore=shutil.ignore_patterns(*NOISE, RESPONSES))


def _inside(folder: Path) -> list[Path]:
    """Every file and link in a folder, however deep, that is not some tool's leftover."""
    found = []
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in NOISE and name not in links)
        found += [Path(parent) / name for name in sorted([*files, *links]) if name not in NOISE]
    return [path for path in found if path.is_symlink() or path.is_file()]


def _size(folder: Path) -> int:
    total = 0
    for path in _inside(folder):
        total += path.lstat().st_size
        if total > _MAX_EXTRA:
            break
    return total


def _run(course: Path, names: Sequence[str], scratch: Path, timeout: float, progress: Progress) -> dict[str, Any]:
    """Start the process that runs nbgrader; its results by assignment."""
    request, answer = scratch / "request.json", scratch / "answer.json"
    request.write_text(json.dumps({"course": str(course), "names": list(names), "answer": str(answer)}), "utf-8")
    settings = scratch / "settings"
    settings.mkdir()
    environment = {
        **os.environ,
        # nbgrader runs `alembic` by its bare name
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "JUPYTER_CONFIG_DIR": str(settings),
        "IPYTHONDIR": str(settings),
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-m", "course_kit.bridges.nbgrader.generate", str(request)]
    words = scratch / "stderr.txt"
    with words.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=settings, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr
        )
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    watch = threading.Timer(timeout, stop)
    watch.start()
    try:
        _listen(process, names, progress)
    finally:
        watch.cancel()
        process.kill()
        process.wait()
    said = words.read_text("utf-8", errors="replace")
    if late.is_set():
        raise Invalid(
            f"nbgrader did not finish {', '.join(names)} within {timeout:.0f} seconds.",
            hint="An autotest that never ends keeps it busy: run `nbgrader generate_assignment` by hand to see it.",
        )
    if "No space left on device" in said:
        raise Unavailable(
            "The disk is full: nbgrader could not write.", hint="Free some space and run the same command again."
        )
    try:
        return dict(json.loads(answer.read_text("utf-8")))
    except (OSError, ValueError) as error:
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        raise Invalid(
            f"nbgrader ended without a result: {last[0]}.",
            hint="Check nbgrader_config.py: run `nbgrader generate_assignment` by hand to see all that it says.",
        ) from error


def _listen(process: "subprocess.Popen[bytes]", names: Sequence[str], progress: Progress) -> None:
    """Tell of each assignment as it is begun, until the process ends."""
    begun = 0
    if process.stdout is None:
        return
    with process.stdout:
        for line in process.stdout:
            if line.startswith(_BEGUN) and begun < len(names):
                progress(begun, len(names), names[begun])
                begun += 1
    process.wait()
    progress(len(names), len(names), "")


def _check_result(root: Path, name: str, result: Any) -> None:
    if isinstance(result, dict) and result.get("ok") is True:
        return
    found = result if isinstance(result, dict) else {}
    where = f"{root.name}/source/{name}"
    if found.get("notebook"):
        where += f"/{found['notebook']}.ipynb"
    if found.get("cell"):
        where += f", cell {found['cell']!r}"
    if found.get("line"):
        where += f" (`{found['line']}`)"
    raise Invalid(
        f"{where}: nbgrader refuses the assignment: {found.get('error') or 'no reason is given'}",
        hint="Mend the cell; `course-kit check` names most of what nbgrader trips over.",
    )


# ---------------------------------------------------------------- in the process of its own


class _Listener(logging.Handler):
    """Keeps nbgrader's last words, and the cell that was under way when it stumbled."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []
        self.place: dict[str, str] = {}
        self.reason = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        error = sys.exc_info()[1]
        if error is not None:
            self.reason = self.reason or _one_line(error)
            self.place = self.place or _place_of(error)


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _place_of(error: BaseException) -> dict[str, str]:
    """Where in nbgrader's frames a notebook and a cell were at hand; nbgrader itself does not say."""
    place: dict[str, str] = {}
    trace = error.__traceback__
    while trace is not None:
        local = trace.tb_frame.f_locals
        path, cell = local.get("notebook_filename"), local.get("cell")
        if isinstance(path, str):
            place["notebook"] = Path(path).stem
        if isinstance(cell, Mapping) and isinstance(cell.get("source"), str):
            first = next((line.strip() for line in cell["source"].splitlines() if line.strip()), "")
            meta = cell.get("metadata", {}).get("nbgrader") or {}
            place.update(cell=str(meta.get("grade_id") or cell.get("id") or ""), line=first[:80])
        trace = trace.tb_next
    return place


def _generate(course: Path, name: str) -> dict[str, Any]:
    from nbgrader.apps import GenerateAssignmentApp

    from course_kit.bridges.nbgrader.enabled import seal_quizzes

    listener = _Listener()
    app = GenerateAssignmentApp()
    database = f"sqlite:///{course / 'gradebook.db'}"
    try:
        app.initialize([name])
        app.log.addHandler(listener)
        seal_quizzes(app.config)
        # Last, so that no setting of the course's can lead to its live folders or its gradebook.
        app.coursedir.root = str(course)
        app.coursedir.db_url = database
        app.coursedir.source_directory, app.coursedir.release_directory = "source", "release"
        app.coursedir.notebook_id = "*"
        app.start()
        return {"ok": (course / "release" / name).is_dir()}
    except SystemExit:
        pass
    except Exception as error:
        listener.reason = listener.reason or _one_line(error)
    finally:
        app.log.removeHandler(listener)
        app.reset()
    fallback = listener.lines[0].strip().splitlines()[0] if listener.lines else ""
    return {"ok": False, "error": listener.reason or fallback, **listener.place}


def main(request: Path) -> None:
    """Generate what the request names, one after another, and write the results beside it."""
    asked = json.loads(request.read_text("utf-8"))
    course = Path(asked["course"])
    os.chdir(course)
    results = {}
    for name in asked["names"]:
        sys.stdout.buffer.write(_BEGUN + b"\n")
        sys.stdout.flush()
        results[name] = _generate(course, name)
        os.chdir(course)
    Path(asked["answer"]).write_text(json.dumps(results), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
