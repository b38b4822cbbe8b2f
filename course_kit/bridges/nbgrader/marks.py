"""nbgrader's ``SaveAutoGrades``, which tells what an instructor should see, and gets past what it cannot score."""

import math
from typing import Any

from nbgrader import utils
from nbgrader.preprocessors import SaveAutoGrades


class SaveMarks(SaveAutoGrades):  # type: ignore[misc]  # nbgrader publishes no types
    """Scores are nbgrader's; :attr:`flags` collects odd ones, each ``cell``, ``kind`` and ``text``.

    A test that returns more points than it has fails the whole submission under nbgrader: here that cell waits for a
    person's mark, and the others are scored.
    """

    def preprocess(self, nb: Any, resources: Any) -> Any:
        self.flags: list[dict[str, str]] = []
        return super().preprocess(nb, resources)

    def _add_score(self, cell: Any, resources: Any) -> None:
        try:
            super()._add_score(cell, resources)
        except ValueError as error:
            if "greater than maximum points" not in str(error):
                raise
            self._leave_to_a_person(cell)
        flag = _flag(cell)
        if flag is not None:
            kind, text = flag
            self.flags.append({"cell": str(cell.metadata.nbgrader["grade_id"]), "kind": kind, "text": text})

    def _leave_to_a_person(self, cell: Any) -> None:
        names = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *names)
        grade.auto_score, grade.needs_manual_grade = None, True
        self.gradebook.db.commit()


def _flag(cell: Any) -> tuple[str, str] | None:
    """What is odd about a scoring cell's outputs, as kind and sentence."""
    if cell.cell_type != "code" or utils.is_solution(cell):
        return None
    points = float(cell.metadata.nbgrader["points"])
    for output in cell.outputs:
        if output.output_type == "error":
            return None
        if output.output_type == "stream" and output.name == "stderr":
            said = " ".join(str(output.text).split())[:160]
            return "stderr", f"Nothing failed, and nbgrader gave 0: something was written to stderr ({said})."
        if output.output_type == "execute_result":
            return _value_flag(output.get("data", {}).get("text/plain"), points)
    return None


def _value_flag(value: Any, points: float) -> tuple[str, str] | None:
    shown = " ".join(str(value).split())[:60]
    try:
        number = float(value[0] if isinstance(value, list) and len(value) == 1 else value)
    except (TypeError, ValueError):
        return "odd-value", f"The test's last value is {shown}, no number: nbgrader gives all {points:g} points for it."
    if number > points:
        return "out-of-range", f"The test's last value is {shown}, more than its {points:g} points: mark it by hand."
    if number < 0 or math.isnan(number):
        return "odd-value", f"The test's last value is {shown}: nbgrader gives all {points:g} points for it."
    return None
