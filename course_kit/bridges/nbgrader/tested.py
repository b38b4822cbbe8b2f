"""Which cells of a notebook are tests that score by being run. For nbgrader's notebooks and plain JSON alike; light."""

from collections.abc import Mapping
from typing import Any

from course_kit.quizzes.graded import is_scored


def tests_of(notebook: Mapping[str, Any]) -> dict[str, int]:
    """The code cells that score by being run: grade id to position, in order. A quiz's cell is none of them."""
    found = {}
    for index, cell in enumerate(notebook["cells"]):
        marks = cell.get("metadata", {}).get("nbgrader") or {}
        if cell["cell_type"] != "code" or not marks.get("grade") or marks.get("solution"):
            continue
        if float(marks.get("points") or 0) > 0 and not is_scored(cell):
            found[str(marks["grade_id"])] = index
    return found
