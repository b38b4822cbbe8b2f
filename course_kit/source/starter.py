"""The texts of a new course: one lesson with a quiz of each kind, and one assignment with hidden tests."""

import json
from typing import Any

Cells = list[dict[str, Any]]


def _cell(kind: str, name: str, source: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    lines = source.strip("\n").splitlines(keepends=True)
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": metadata or {}, "source": lines}
    if kind == "code":
        cell.update(execution_count=None, outputs=[])
    return cell


def _notebook(cells: Cells) -> str:
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _graded(grade_id: str, *, grade: bool, solution: bool, points: int | None = None) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        meta["points"] = points
    return {"nbgrader": meta}


def course_yml(key: str, title: str) -> str:
    """The course.yml of a new course."""
    return f"""\
# The course, read by `course-kit check` and `course-kit build`. Every name is explained in the author's guide.
course: {key}
title: {json.dumps(title, ensure_ascii=False)}
pass: 0.7
packages: []
files: []
units:
  - key: start
    title: Start
    goal: Run a notebook and describe a few numbers
    pace: 1 week
    lessons:
      - notebook: notebooks/01-first-lesson.ipynb
        minutes: 20
    assignments:
      - source: autograders/source/warm-up
        due: start + 14 days
        minutes: 30
        credit: [{{until: due, percent: 100}}, {{percent: 50}}]
"""


def lesson() -> str:
    """A lesson that shows every kind of question."""
    return _notebook(
        [
            _cell("markdown", "title", "# A first lesson\n\nRun each cell with **Shift+Enter**."),
            _cell("code", "load-course-kit", "%load_ext course_kit"),
            _cell("markdown", "data", "Here are five times in minutes. What is a *typical* one?"),
            _cell(
                "code",
                "mean-and-median",
                "from statistics import mean, median\n\ntimes = [21, 24, 22, 25, 90]\nmean(times), median(times)",
            ),
            _cell(
                "code",
                "quiz-typical",
                """
%%quiz typical
Which number is *robust*: hardly moved by the one wild value?
- [x] `median` — One wild value moves it by one rank at most.
- [ ] `mean` — Put 9000 in place of 90 and see what happens to it.
key: robust
skill: summary-statistics
hint: Change the 90 in the cell above and run it again.
---
Which of these are the same for `times` and for `times` sorted?
- [x] the mean — The order does not matter for a sum.
- [x] the median — It sorts the numbers anyway.
- [ ] the first element — Sorting may bring another number to the front.
key: sorted
skill: summary-statistics
---
The median of five numbers is always one of them.
= true
key: one-of-them
explanation: With an odd count, the middle one is taken. With an even count it lies between the two in the middle.
---
What is the mean of 2, 4 and 9?
= 5 ± 0.01
≠ 4 — That is the median.
≠ 15 — That is the sum: divide it by how many there are.
key: mean
skill: summary-statistics
---
Which word names the middle value of sorted numbers?
= median | the median
≠ mean — The mean is the sum divided by the count.
key: word
""",
            ),
        ]
    )


def assignment() -> str:
    """An assignment with a visible and a hidden test."""
    return _notebook(
        [
            _cell("markdown", "title", "# Warm-up\n\nWrite a function, run the test below it, then submit."),
            _cell(
                "code",
                "spread",
                '''
def spread(numbers):
    """The largest number minus the smallest; 0 for an empty list."""
    ### BEGIN SOLUTION
    return max(numbers) - min(numbers) if numbers else 0
    ### END SOLUTION
''',
                _graded("spread", grade=False, solution=True),
            ),
            _cell(
                "code",
                "test-spread",
                """
assert spread([3, 1, 5]) == 4, "The largest is 5, the smallest is 1."
### BEGIN HIDDEN TESTS
assert spread([]) == 0, "An empty list has a spread of 0."
assert spread([-2, -7]) == 5, "It works for negative numbers, too."
### END HIDDEN TESTS
""",
                _graded("test-spread", grade=True, solution=False, points=2),
            ),
        ]
    )


def nbgrader_config(key: str) -> str:
    return f'''\
"""nbgrader's settings for this course. Run nbgrader in this folder."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "{key}"

# Quizzes in assignments are released without their answers, also by nbgrader's own Generate button; and what learners
# handed in is shown in the formgrader without running any of it.
try:
    from course_kit.bridges.nbgrader.enabled import seal_quizzes, show_safely
except ImportError:  # course-kit is gone: nbgrader shall say so, and give nothing out
    c.GenerateAssignment.preprocessors = ["course_kit.bridges.nbgrader.seal.SealQuiz"]
else:
    seal_quizzes(c)
    show_safely(c)
'''


ROSTER = """\
learner,name,email,lms_id,cohort
ada,Ada Lovelace,ada@example.org,1001,2026
grace,Grace Hopper,grace@example.org,1002,2026
"""

GITIGNORE = """\
.ipynb_checkpoints/
__pycache__/
# what course-kit makes
.course-kit/
releases/
# learners' data
report*.html
# what nbgrader makes
autograders/release/
autograders/submitted/
autograders/autograded/
autograders/feedback/
autograders/gradebook.db*
"""


def readme(title: str) -> str:
    return f"""\
# {title}

A self-paced course, made with course-kit.

| where | what |
|---|---|
| `course.yml` | units, lessons, assignments, dates |
| `notebooks/` | the lessons, with their quizzes |
| `autograders/` | an nbgrader course: assignments with solutions and hidden tests |
| `roster.csv` | who should be there; replace the two examples |

```
course-kit check      # everything that is wrong, at once
course-kit build      # a release: one file for learners, without answers
course-kit grade warm-up
course-kit report
```
"""
