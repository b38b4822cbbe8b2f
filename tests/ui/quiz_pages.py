"""A learner's copy of a tiny course with one quiz of each kind, made by the real functions."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.quiz import Item, Quiz, Variants
from course_kit.model.release import ReleaseManifest
from course_kit.quizzes.parse import parse_quiz
from course_kit.quizzes.quiz_file import quiz_file
from course_kit.quizzes.render import markdown_html

NOTEBOOK = "notebooks/01-numbers.ipynb"
QUIZZES = {
    "robust": r"""
Which of these is *robust* to outliers, that is: changes little when one value $x_i$ is wild?
- [x] `median` — One wild value moves it by one rank at most.
- [ ] `mean` — Try it on `[1, 2, 3, 1000]`.
- [ ] the range, $\max x_i - \min x_i$
hint: Put one absurd number into a small list.
hint: What happens to each when 3 becomes 3000?
explanation: The median depends on **order** only; the mean is $\bar{x} = \frac{1}{n}\sum_{i=1}^{n} x_i$.
minutes: 1
key: outliers
---
Which calls give a *sorted copy* of `values`?

```python
values = [3, 1, 2]  # a list
def smallest(numbers: list[int]) -> int:
    return min(numbers) + len("none")
```
- [x] `sorted(values)` — A new list.
- [x] `list(sorted(values))` — New, and a list once more.
- [ ] `values.sort()` — This sorts in place and returns `None`.
key: copies
""",
    "mean": r"""
What is the mean of 2, 4 and 9?
= 5 ± 0.01
≠ 4 — That is the median.
hint: Add them up first.
key: average
---
The standard deviation can be negative.
= false
key: negative
---
Which Python function gives the number of entries of a list?
= len | len()
≠ count — That counts one value.
explanation: `len(values)`
key: length
""",
}


def make_workspace(folder: Path, more: Mapping[str, Sequence[Item]] | None = None) -> Path:
    """The workspace's folder: what a learner has after opening the release. ``more``: further quizzes, by key."""
    quizzes = []
    for name, source in QUIZZES.items():
        parsed, problems = parse_quiz(f"%%quiz {name}\n{source.strip()}\n")
        assert problems == (), problems
        quizzes.append(parsed.quiz)
    quizzes += [Quiz(name, tuple(Variants((item,)) for item in chosen)) for name, chosen in (more or {}).items()]
    written, released = quiz_file("numbers", quizzes, markdown_html)
    files = {
        ".course-kit/quizzes/numbers.json": json.dumps(written).encode(),
        NOTEBOOK: json.dumps(notebook(tuple(more or {}))).encode(),
    }
    items = tuple(f"{quiz.key}/{item.key}" for quiz in released.values() for item in quiz.items)
    lesson = Lesson(key="numbers", title="Numbers", kind="notebook", path=NOTEBOOK, items=items, cells=("sum",))
    manifest = ReleaseManifest.seal(
        course=Course(key="tiny", title="A tiny course", units=(Unit(key="one", title="One", lessons=(lesson,)),)),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        instructor="0" * 64,
    )
    files["release.json"] = json.dumps(manifest.json_object()).encode()
    files[".course-kit/workspace.json"] = json.dumps(
        {"version": 1, "course": "tiny", "release": manifest.release, "folder_id": "f", "history": []}
    ).encode()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def notebook(more: Sequence[str] = ()) -> dict[str, Any]:
    """Its cells: load, a cell of the lesson, the two quizzes, one for each of ``more``, and a cell that makes names."""
    cells = [
        code("load", "%load_ext course_kit"),
        code("sum", "sum([2, 4, 9]) / 3"),
        code("quiz-robust", 'quiz("numbers/robust")', quiz="robust"),
        code("quiz-mean", 'quiz("numbers/mean")', quiz="mean"),
        *(code(f"quiz-{name}", f'quiz("numbers/{name}")', quiz=name) for name in more),
        code("names", "data, mean = [2, 4, 9], 5"),
    ]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
            "course_kit": {"version": 1, "course": "tiny", "lesson": "numbers"},
        },
        "cells": cells,
    }


def code(cell_id: str, source: str, quiz: str = "") -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {"course_kit": {"version": 1, "quiz": quiz}} if quiz else {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def facts(data: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """The facts in the journals of a data folder, in the order of their events."""
    lines = [line for path in sorted((data / "journals").glob("*.jsonl")) for line in path.read_text().splitlines()]
    events = sorted((json.loads(line) for line in lines), key=lambda event: (event["at"], event["event_id"]))
    return [event["fact"] for event in events if kind is None or event["fact"]["kind"] == kind]
