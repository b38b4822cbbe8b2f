"""course-kit's execution in a course's own nbgrader configuration: put there as a marked block, and taken out again.

The block exchanges ``Execute`` in the list that the course has when nbgrader reads it, and nothing else. Whether
nbgrader then really does so is asked of nbgrader, in a process of its own.
"""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course_kit.bridges.nbgrader.client import Worker
from course_kit.bridges.nbgrader.config import CONFIG
from course_kit.bridges.nbgrader.enabled import OURS, exchanged
from course_kit.errors import Invalid, NotFound
from course_kit.files.atomic import disk_errors, write_atomically

BEGIN = b"# >>> course-kit nbgrader enable: submitted notebooks run in course-kit's sandbox"
END = b"# <<< course-kit nbgrader enable (to take this out: course-kit nbgrader disable)\n"
_BLOCK = (
    BEGIN
    + f"""
try:
    from course_kit.bridges.nbgrader.enabled import exchange_execution as _exchange_execution
except ImportError:  # course-kit is gone: nbgrader shall say so, and run nothing unprotected
    get_config().Autograde.autograde_preprocessors = ["{OURS}"]  # noqa: F821
else:
    _exchange_execution(get_config())  # noqa: F821
""".encode()
    + END
)


@dataclass(frozen=True)
class Enabled:
    """``state``: how the configuration is now; ``changed``: whether this call made it so."""

    state: Literal["enabled", "disabled"]
    config: Path
    changed: bool = False


def enable(root: Path) -> Enabled:
    """Put the block at the end of ``root``'s nbgrader_config.py (made where there is none). Twice is as once.

    Raises :class:`NotFound` if ``root`` is no nbgrader course and :class:`Invalid` if the configuration is not
    understood, or nbgrader would not do as the block says; then the file is as it was.
    """
    path, before = _config(root)
    if before is not None and _block(path, before) is not None:
        return Enabled("enabled", path)
    _check(root, path, before)
    with Worker(root, log=root / ".course-kit" / "grading.log") as worker:
        wanted = exchanged(worker.call("execution_steps"))
    if OURS not in wanted:
        raise Invalid(
            f"The steps of autograding in {root} hold no `Execute` that could be exchanged: {', '.join(wanted)}.",
            hint="Put nbgrader.preprocessors.Execute into c.Autograde.autograde_preprocessors and enable again.",
        )
    write_atomically(path, _BLOCK if before is None else before + b"\n" + _BLOCK)
    try:
        with Worker(root, log=root / ".course-kit" / "grading.log") as worker:
            found = worker.call("execution_steps")
        if found != wanted:
            raise Invalid(
                f"nbgrader would not use it: with the block in {path}, its steps are {', '.join(found)}.",
                hint="Another configuration file sets c.Autograde.autograde_preprocessors, too (`jupyter --paths` "
                f"names the folders): move that setting into {path} and enable again. Nothing was changed.",
            )
    except BaseException:
        _put_back(path, before)
        raise
    return Enabled("enabled", path, changed=True)


def disable(root: Path) -> Enabled:
    """Take the block out: the file is what it was without it, byte for byte; one that :func:`enable` made goes.

    Raises :class:`NotFound` if ``root`` is no nbgrader course, :class:`Invalid` if the block's marks are damaged.
    """
    path, content = _config(root)
    found = None if content is None else _block(path, content)
    if content is None or found is None:
        return Enabled("disabled", path)
    begin, end = found
    rest = content[: max(0, begin - 1)] + content[end:]
    _put_back(path, None if begin == 0 and not rest else rest)
    return Enabled("disabled", path, changed=True)


def status(root: Path) -> Enabled:
    """How ``root``'s configuration is. Raises as :func:`disable`."""
    path, content = _config(root)
    return Enabled("disabled" if content is None or _block(path, content) is None else "enabled", path)


def _config(root: Path) -> tuple[Path, bytes | None]:
    """The configuration file of an nbgrader course and its content, None where there is no file."""
    path = root / CONFIG
    if path.is_file():
        with disk_errors(str(path)):
            return path, path.read_bytes()
    if not (root / "source").is_dir() and not (root / "gradebook.db").is_file():
        raise NotFound(
            f"{root} is no nbgrader course: it has neither {CONFIG} nor source/ nor gradebook.db.",
            hint="Name the course's folder, such as `--course ~/courses/data-science`.",
        )
    return path, None


def _block(path: Path, content: bytes) -> tuple[int, int] | None:
    """Where the block begins and ends; None without one."""
    if BEGIN not in content and END not in content:
        return None
    begin, end = content.find(BEGIN), content.find(END)
    once = content.count(BEGIN) == content.count(END) == 1
    if not once or end < begin or (begin > 0 and content[begin - 1 : begin] != b"\n"):
        raise Invalid(
            f"The lines that course-kit wrote into {path} were changed.",
            hint=f"Take everything from `{BEGIN.decode()[:30]}…` to `{END.decode()[:30]}…` out by hand.",
        )
    return begin, end + len(END)


def _check(root: Path, path: Path, content: bytes | None) -> None:
    if content is None and (root / "nbgrader_config.json").is_file():
        raise Invalid(
            f"{root} is configured by nbgrader_config.json, which course-kit does not change.",
            hint=f"Put its settings into {CONFIG} and enable again.",
        )
    try:
        ast.parse(content or b"", filename=str(path))
    except (SyntaxError, ValueError) as error:
        where = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        raise Invalid(
            f"{path} is not valid Python{where}: {error}.", hint="Mend it and enable again; nothing was changed."
        ) from error


def _put_back(path: Path, content: bytes | None) -> None:
    with disk_errors(str(path)):
        if content is None:
            path.unlink(missing_ok=True)
        else:
            write_atomically(path, content)
