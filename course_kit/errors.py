"""Everything that course-kit raises on purpose.

An error carries a ``code`` (stable, for programs: it decides the command's exit status and the HTTP status), a
``message`` (where and what, for a teacher) and a ``hint`` (what to do next).
"""

from collections.abc import Iterable
from typing import ClassVar


class CourseKitError(Exception):
    """The root of the tree. ``str(error)`` is the message and, on a line of its own, the hint."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class NotFound(CourseKitError, LookupError):
    """A named course, lesson, item, assignment or file is not there."""

    code = "not-found"
    http_status = 404


class Invalid(CourseKitError, ValueError):
    """Something that came from outside cannot be read as what it claims to be."""

    code = "invalid"
    http_status = 422


class Tampered(Invalid):
    """A release, submission or feedback file does not hold what its manifest says: cut short or changed."""

    code = "tampered"


class WrongVersion(Invalid):
    """A file or a database was written by a course-kit that is too old or too new for this one."""

    code = "wrong-version"

    def __init__(self, what: str, *, found: object, supported: object, hint: str) -> None:
        super().__init__(f"{what} has version {found}; this course-kit reads version {supported}.", hint=hint)
        self.found = found
        self.supported = supported


class Busy(CourseKitError):
    """Another process holds what this one needs (two builds at once, a locked store)."""

    code = "busy"
    http_status = 409


class Unavailable(CourseKitError):
    """A part that is not installed or cannot be reached: an extra, a kernel, a package, the disk's last byte."""

    code = "unavailable"
    http_status = 503


class Refused(CourseKitError):
    """The request is understood and is not allowed."""

    code = "refused"
    http_status = 403


def check_version(what: str, found: object, supported: int) -> None:
    """Raise :class:`WrongVersion` unless ``found`` is the one version that this course-kit reads."""
    if type(found) is int and found == supported:
        return
    if type(found) is int and found > supported:
        hint = "It comes from a newer course-kit: run `pip install --upgrade course-kit` and try again."
    elif type(found) is int:
        hint = "It comes from an older course-kit: make it again with the present one."
    else:
        hint = "The version is missing or is not a number: the file is damaged or is not one of course-kit's."
    raise WrongVersion(what, found=found, supported=supported, hint=hint)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean `title`?`` with a blank before it, or nothing."""
    from difflib import get_close_matches  # for messages only; a kernel's code shall not find it loaded

    close = get_close_matches(word.casefold(), list(known), n=3, cutoff=0.6)
    # of names that are equally near, the one of the same letters: `hnit` is a slip for `hint` sooner than for `unit`
    close.sort(key=lambda name: sorted(name) != sorted(word.casefold()))
    return f" Did you mean `{close[0]}`?" if close else ""
