"""The learners' versions of a course's assignments: from the cache, or made by nbgrader."""

import base64
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_kit.errors import Invalid
from course_kit.files.archive import sha256
from course_kit.files.atomic import disk_errors
from course_kit.model.keys import digest
from course_kit.release.cache import BuildCache, builder
from course_kit.release.strip import assignment_notebook, notebook_bytes
from course_kit.source.assignments import SourceAssignment
from course_kit.source.course_file import SourceCourse

_NOISE = {".ipynb_checkpoints", "__pycache__", ".DS_Store"}
_MAX_SETTING = 1_000_000
_GRADEBOOK = "gradebook.db"

Files = dict[str, bytes]
Progress = Callable[[int, int, str], None]


def assignment_files(assignment: SourceAssignment) -> Files:
    """Every file of an assignment's source folder, by its path in there."""
    found = {}
    for path in sorted(assignment.folder.rglob("*")):
        inside = path.relative_to(assignment.folder)
        if path.is_file() and not _NOISE & set(inside.parts):
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
    keys = {key: _cache_key(source, key, sources[key]) for key in source.assignments}
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


def _cache_key(source: SourceCourse, key: str, files: Files) -> str:
    """Names all that the result depends on: the files, nbgrader's settings and headers, and who builds."""
    root = source.assignments[key].root
    settings = {}
    for folder in (root, root / "source"):
        for path in sorted(folder.iterdir()):
            plain = path.is_file() and not path.name.startswith((".", _GRADEBOOK))
            if plain and path.stat().st_size <= _MAX_SETTING and path.name not in ("roster.csv", "course.yml"):
                settings[path.relative_to(root).as_posix()] = sha256(path.read_bytes())
    digests = {name: sha256(content) for name, content in files.items()}
    return digest([builder(), source.course.key, key, source.assignments[key].name, settings, digests])


def _generate(source: SourceCourse, root: Path, keys: list[str], progress: Progress) -> dict[str, Files]:
    from course_kit.bridges.nbgrader.generate import generate_assignments

    with disk_errors("the assignments"), tempfile.TemporaryDirectory(prefix="course-kit-") as scratch:
        targets = {source.assignments[key].name: Path(scratch) / key for key in keys}
        generate_assignments(root, targets, progress=progress)
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
