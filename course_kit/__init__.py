"""course-kit: a folder of notebooks becomes a self-paced course.

In a notebook, ``%load_ext course_kit`` makes :func:`quiz`, :func:`video` and the cell magics ``%%quiz`` and ``%%video``
available. Importing this package loads nothing heavy; each name is fetched when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_kit.session import load_ipython_extension, quiz, unload_ipython_extension, video

__version__ = "0.1.0"
__all__ = ["__version__", "load_ipython_extension", "quiz", "unload_ipython_extension", "video"]

_SESSION_NAMES = frozenset({"load_ipython_extension", "quiz", "unload_ipython_extension", "video"})


def __getattr__(name: str) -> Any:
    if name in _SESSION_NAMES:
        from course_kit import session

        return getattr(session, name)
    raise AttributeError(f"module 'course_kit' has no attribute {name!r}")
