"""What the block that `course-kit nbgrader enable` writes does when nbgrader reads it. Loads nothing heavy."""

from typing import Any

OURS = "course_kit.bridges.nbgrader.execution.ExecuteSubmission"
_THEIRS = {"nbgrader.preprocessors.Execute", "nbgrader.preprocessors.execute.Execute"}


def exchange_execution(config: Any) -> None:
    """Put ours in the place of nbgrader's ``Execute`` in the list of autograding steps that ``config`` has by now."""
    from nbgrader.converters import Autograde
    from traitlets.config.loader import LazyConfigValue

    listed = config.Autograde.get("autograde_preprocessors")
    default = list(Autograde.class_traits()["autograde_preprocessors"].default())
    if isinstance(listed, LazyConfigValue):  # the file adds to nbgrader's own list
        listed = listed.get_value(default)
    config.Autograde.autograde_preprocessors = [
        OURS if name_of(step) in _THEIRS else step for step in (default if listed is None else listed)
    ]


def name_of(step: Any) -> str:
    """A preprocessor's dotted name, whether it is listed by its name or as a class."""
    return step if isinstance(step, str) else f"{step.__module__}.{step.__qualname__}"


def exchanged(names: list[str]) -> list[str]:
    """What a list of steps, by name, is with ours in the place of nbgrader's."""
    return [OURS if name in _THEIRS else name for name in names]


def execution_steps(app: Any) -> list[str]:
    """The names of the course's autograding steps, as nbgrader's autograder has them. In the worker."""
    from nbgrader.converters import Autograde

    return [name_of(step) for step in Autograde(coursedir=app.coursedir, parent=app).autograde_preprocessors]
