"""What the blocks that course-kit writes into nbgrader_config.py do when nbgrader reads it. Loads nothing heavy."""

from collections.abc import Mapping
from typing import Any

OURS = "course_kit.bridges.nbgrader.execution.ExecuteSubmission"
CREDIT = "course_kit.bridges.nbgrader.late.CreditPlugin"
SEAL, SHOW = (f"course_kit.bridges.nbgrader.seal.{name}" for name in ("SealQuiz", "ShowQuiz"))
SAFELY, MARKDOWN = (f"course_kit.bridges.nbgrader.shown.{name}" for name in ("ShowSafely", "markdown2html"))
_THEIRS = {"nbgrader.preprocessors.Execute", "nbgrader.preprocessors.execute.Execute"}
_FIRST = {"nbgrader.preprocessors.IncludeHeaderFooter", "nbgrader.preprocessors.headerfooter.IncludeHeaderFooter"}


def exchange_execution(config: Any, course_limits: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Put ours in the place of nbgrader's ``Execute`` in the list of autograding steps that ``config`` has by now.

    ``course_limits``: what course.yml says of each assignment. Quizzes are sealed, too (:func:`seal_quizzes`). Late
    work counts as course.yml says, unless the course has a plugin of its own for that; and nothing that was handed in
    runs where it is shown (:func:`show_safely`).
    """
    from nbgrader.converters import Autograde

    steps = _listed(config.Autograde, "autograde_preprocessors", Autograde)
    config.Autograde.autograde_preprocessors = [OURS if name_of(step) in _THEIRS else step for step in steps]
    if course_limits:
        config.ExecuteSubmission.course_limits = dict(course_limits)
    seal_quizzes(config)
    show_safely(config)
    config.AssignLatePenalties.setdefault("plugin_class", CREDIT)


def show_safely(config: Any) -> None:
    """Have the formgrader (and nbgrader's own feedback) show what learners handed in without running any of it."""
    from nbconvert.exporters import HTMLExporter

    steps = _listed(config.HTMLExporter, "preprocessors", HTMLExporter)
    if SAFELY not in map(name_of, steps):
        config.HTMLExporter.preprocessors = [*steps, SAFELY]
    config.HTMLExporter.filters = {**config.HTMLExporter.get("filters", {}), "markdown2html": MARKDOWN}


def seal_quizzes(config: Any) -> None:
    """Have nbgrader seal the quizzes of assignments whenever it makes the learners' version."""
    from nbgrader.converters import GenerateAssignment

    steps = _listed(config.GenerateAssignment, "preprocessors", GenerateAssignment)
    config.GenerateAssignment.preprocessors = with_sealing(steps)


def with_sealing(steps: list[Any]) -> list[Any]:
    """GenerateAssignment's steps and those that seal quizzes, before cells are locked and after outputs are cleared."""
    names = [name_of(step) for step in steps]
    if SEAL in names:
        return steps if SHOW in names else [*steps, SHOW]
    first = (number for number, name in enumerate(names) if name.startswith("nbgrader.") and name not in _FIRST)
    place = next(first, len(steps))
    return [*steps[:place], SEAL, *steps[place:], SHOW]


def _listed(section: Any, name: str, kind: Any) -> list[Any]:
    """A list of steps as the configuration has it by now, nbgrader's own where it says nothing."""
    from traitlets.config.loader import LazyConfigValue

    listed = section.get(name)
    default = list(kind.class_traits()[name].default())
    if isinstance(listed, LazyConfigValue):  # the file adds to nbgrader's own list
        listed = listed.get_value(default)
    return default if listed is None else list(listed)


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
