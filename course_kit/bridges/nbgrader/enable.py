"""course-kit's execution in a course's own nbgrader configuration: put there as a marked block, and taken out again.

The block exchanges ``Execute`` in the list that the course has when nbgrader reads it, and nothing else. Whether
nbgrader then really does so is asked of nbgrader, in a process of its own.
"""

import ast
import json
import re
from collections.abc import Mapping
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
_CALL = """
try:
    from course_kit.bridges.nbgrader.enabled import exchange_execution as _exchange_execution
except ImportError:  # course-kit is gone: nbgrader shall say so, and run nothing unprotected
    get_config().Autograde.autograde_preprocessors = ["{ours}"]  # noqa: F821
else:
    _exchange_execution(get_config(){limits})  # noqa: {rules}
"""
_LIMITS = re.compile(rb"_exchange_execution\(get_config\(\)(?:, (\{.*\}))?\)  # noqa")
CourseLimits = Mapping[str, Mapping[str, str]]
"""What course.yml says of each assignment, by nbgrader's name."""


@dataclass(frozen=True)
class Enabled:
    """``state``: how the configuration is now; ``changed``: whether this call made it so; ``outdated``: whether the
    limits in it are other ones than course.yml's."""

    state: Literal["enabled", "disabled"]
    config: Path
    changed: bool = False
    outdated: bool = False


def enable(root: Path, limits: CourseLimits | None = None) -> Enabled:
    """Put the block at the end of ``root``'s nbgrader_config.py (made where there is none). Twice is as once.

    ``limits`` go into it, so that nbgrader's own grading has them, too, where the configuration sets none; a block
    with other ones is written anew in its place. None leaves those of a block that is there.

    Raises :class:`NotFound` if ``root`` is no nbgrader course and :class:`Invalid` if the configuration is not
    understood, or nbgrader would not do as the block says; then the file is as it was.
    """
    path, before = _config(root)
    found = None if before is None else _block(path, before)
    if before is None or found is None:
        after = _written(limits) if before is None else before + b"\n" + _written(limits)
    else:
        begin, end = found
        if not _is_outdated(before[begin:end], limits):
            return Enabled("enabled", path)
        after = before[:begin] + _written(limits) + before[end:]
    _check(root, path, before)
    with Worker(root, log=root / ".course-kit" / "grading.log") as worker:
        wanted = exchanged(worker.call("execution_steps"))
    if OURS not in wanted:
        raise Invalid(
            f"The steps of autograding in {root} hold no `Execute` that could be exchanged: {', '.join(wanted)}.",
            hint="Put nbgrader.preprocessors.Execute into c.Autograde.autograde_preprocessors and enable again.",
        )
    write_atomically(path, after)
    _confirm(root, path, before, wanted)
    return Enabled("enabled", path, changed=True)


def _confirm(root: Path, path: Path, before: bytes | None, wanted: list[str]) -> None:
    """Ask nbgrader whether its steps are as ``wanted`` now; otherwise the file is put back as it was ``before``."""
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


def status(root: Path, limits: CourseLimits | None = None) -> Enabled:
    """How ``root``'s configuration is; ``limits`` as for :func:`enable`. Raises as :func:`disable`."""
    path, content = _config(root)
    found = None if content is None else _block(path, content)
    if content is None or found is None:
        return Enabled("disabled", path)
    return Enabled("enabled", path, outdated=_is_outdated(content[found[0] : found[1]], limits))


def _written(limits: CourseLimits | None) -> bytes:
    """The block, with those limits."""
    wanted = _wanted(limits or {})
    shown = f", {json.dumps(wanted, sort_keys=True)}" if wanted else ""
    call = _CALL.format(ours=OURS, limits=shown, rules="E501, F821" if wanted else "F821")
    return BEGIN + call.encode() + END


def _wanted(limits: CourseLimits) -> dict[str, dict[str, str]]:
    return {name: dict(amounts) for name, amounts in limits.items() if amounts}


def _is_outdated(block: bytes, limits: CourseLimits | None) -> bool:
    """Whether a block says other limits than ``limits`` (None: any will do)."""
    if limits is None:
        return False
    found = _LIMITS.search(block)
    try:
        return found is None or json.loads(found[1] or b"{}") != _wanted(limits)
    except ValueError:
        return True


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
