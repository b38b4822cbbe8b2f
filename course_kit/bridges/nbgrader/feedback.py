"""nbgrader's feedback pages for one learner, with hidden tests taken out. Runs in the worker."""

import json
import math
import re
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests, GetGrades

from course_kit.bridges.nbgrader.config import info_of
from course_kit.bridges.nbgrader.desk import staged_course
from course_kit.bridges.nbgrader.gradebook import open_gradebook
from course_kit.bridges.nbgrader.page import finish_page
from course_kit.bridges.nbgrader.scrub import HiddenTests, scrub, visible_part
from course_kit.errors import Invalid, NotFound

_UNMARKED = re.compile(r"Score: nan / ([\d.]+)(?=\)</li>| <a href=\"#top\">)")
_TOTAL = re.compile(r"(<h4>.*\()Score(?=: [\d.]+ / [\d.]+\)</h4>)")


class _Grades(GetGrades):  # type: ignore[misc]  # nbgrader has no types
    """An answer that waits for a person has no score yet, which is not a score of 0."""

    def _get_score(self, cell: Any, resources: Any) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        if grade.needs_manual_grade and grade.manual_score is None and grade.auto_score is None:
            cell.metadata["nbgrader"]["score"] = math.nan


def feedback(app: Any, assignment: str, learner: str, staging: str, language: str) -> dict[str, str]:
    """The pages of one marked submission: file name (``frames.html``) to HTML.

    ``staging`` is an empty folder of the caller's. Raises :class:`NotFound` if nothing was marked, :class:`Invalid` if
    nbgrader cannot make a page of it.
    """
    marked = sorted(info_of(app).autograded_folder(learner, assignment).glob("*.ipynb"))
    if not marked:
        raise NotFound(f"{learner} has no graded submission of {assignment!r}.", hint="Run `course-kit grade` first.")
    markers = ClearHiddenTests(parent=app)
    begin, end = markers.begin_test_delimeter, markers.end_test_delimeter
    notebooks = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in marked}
    tests = _hidden_tests(app, assignment, begin, end)
    course = staged_course(app, Path(staging))
    course.assignment_id, course.student_id = assignment, learner
    folder = Path(course.format_path("autograded", learner, assignment))
    folder.mkdir(parents=True)
    for name, notebook in notebooks.items():
        scrub(notebook, tests, begin, end)
        (folder / name).write_text(json.dumps(notebook), encoding="utf-8")
    try:
        made_by = GenerateFeedback(coursedir=course, parent=app, force=True)
        made_by.preprocessors = [_Grades if step is GetGrades else step for step in made_by.preprocessors]
        made_by.start()
    except (Exception, SystemExit) as error:
        raise Invalid(f"nbgrader cannot make the feedback of {learner}: {type(error).__name__}: {error}.") from error
    made = Path(course.format_path("feedback", learner, assignment))
    return {
        path.name: finish_page(
            _say_unmarked(path.read_text(encoding="utf-8")),
            title=f"Feedback: {assignment}, {path.stem}",
            language=language,
        )
        for path in sorted(made.glob("*.html"))
    }


def _say_unmarked(page: str) -> str:
    """``not marked yet`` where the template wrote a score that is none, and a total that is one so far."""
    told, unmarked = _UNMARKED.subn(r"not marked yet, up to \1", page)
    return _TOTAL.sub(r"\1Score so far", told, count=1) if unmarked else page


def _hidden_tests(app: Any, assignment: str, begin: str, end: str) -> HiddenTests:
    """From the gradebook, where no learner writes: what its cells hide, and what everyone may see of them."""
    with open_gradebook(app) as gradebook:
        sources = [
            cell.source or ""
            for notebook in gradebook.find_assignment(assignment).notebooks
            for cell in notebook.source_cells
        ]
    parts = [visible_part(source, begin, end) for source in sources]
    return HiddenTests([hidden for _, hidden in parts], [shown for shown, _ in parts])
