"""The learners' versions of a course's assignments: from the cache, or made by nbgrader."""

import base64
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_kit.bridges.nbgrader.generate import NOISE, generate_assignments, helper_files
from course_kit.errors import Invalid
from course_kit.files.archive import sha256
from course_kit.files.atomic import disk_errors
from course_kit.model.keys import digest
from course_kit.release.cache import BuildCache, builder
from course_kit.release.strip import assignment_notebook, notebook_bytes
from course_kit.source.assignments import SourceAssignment
from course_kit.source.course_file import SourceCourse

Files = dict[str, bytes]
Progress = Callable[[int, int, str], None]


def assignment_files(assignment: SourceAssignment) -> Files:
    """Every file of an assignment's source folder, by its path in there."""
    found = {}
    for path in sorted(assignment.folder.rglob("*")):
        inside = path.relative_to(assignment.folder)
        if path.is_file() and not NOISE & set(inside.parts):
            found[inside.as_posix()] = path.read_bytes()
    return found


def generated_assignments(
    source: SourceCourse, sources: dict[str, Files], cache: BuildCache, progress: Progress
) -> tuple[dict[str, Files], set[str]]:
    """The released files of each assignment (by key), and the keys of those that had to be made.

    nbgrader is not even imported when nothing changed. Raises what
    :func:`course_kit.bridges.nbgrader.generate.generate_assignments` raises.
    """
    released: dict[str, Files] = {}
    missing: dict[Path, list[str]] = defaultdict(list)
    with disk_errors("the assignments"):
        roots = {assignment.root for assignment in source.assignments.values()}
        helpers = {root: _helper_digests(root, _lessons(source)) for root in roots}
    keys = {
        key: _cache_key(source, key, sources[key], helpers[assignment.root])
        for key, assignment in source.assignments.items()
    }
    for key, assignment in source.assignments.items():
        kept = cache.get(keys[key])
        if kept is None:
            missing[assignment.root].append(key)
        else:
            released[key] = {name: base64.b64decode(content) for name, content in kept["files"].items()}
    for root, wanted in missing.items():
        for key, files in _generate(source, root, wanted, progress).items():
            released[key] = files
            encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
            cache.put(keys[key], {"files": encoded})
    return released, {key for wanted in missing.values() for key in wanted}


def _cache_key(source: SourceCourse, key: str, files: Files, helpers: dict[str, str]) -> str:
    """Names all that the result depends on: the files, whatever nbgrader is given besides them, and who builds."""
    digests = {name: sha256(content) for name, content in files.items()}
    return digest([builder(), source.course.key, key, source.assignments[key].name, helpers, digests])


def _lessons(source: SourceCourse) -> frozenset[Path]:
    """The lessons: in a wrapped nbgrader course they may lie in its root, and no assignment is made from them."""
    return frozenset(source.folder / notebook.path for notebook in source.notebooks.values())


def _helper_digests(root: Path, leave_out: frozenset[Path]) -> dict[str, str]:
    """What nbgrader is given besides an assignment's own folder; a link counts by where it leads and what is there."""
    found = {}
    for name, path in helper_files(root, leave_out).items():
        leads = f"{path.readlink()} " if path.is_symlink() else ""
        found[name] = leads + (sha256(path.read_bytes()) if path.is_file() else "")
    return found


def _generate(source: SourceCourse, root: Path, keys: list[str], progress: Progress) -> dict[str, Files]:
    with disk_errors("the assignments"), tempfile.TemporaryDirectory(prefix="course-kit-") as scratch:
        targets = {source.assignments[key].name: Path(scratch) / key for key in keys}
        generate_assignments(root, targets, leave_out=_lessons(source), progress=progress)
        return {key: _marked(source, key, Path(scratch) / key) for key in keys}


def _marked(source: SourceCourse, key: str, folder: Path) -> Files:
    files: Files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        content = path.read_bytes()
        if name.endswith(".ipynb") and "/" not in name:
            notebook = assignment_notebook(
                _json(name, content),
                course=source.course.key,
                assignment=key,
                source=source.assignments[key].notebooks.get(name),
            )
            content = notebook_bytes(notebook)
        files[name] = content
    return files


def _json(name: str, content: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except ValueError as error:
        raise Invalid(f"nbgrader wrote {name} and it is not JSON.", hint="Run the build again.") from error
