"""The flagship course: its lessons run, its quizzes teach, its assignments tell solved from untouched."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from nbformat import NotebookNode

from course_kit.model.gate_tree import leaves, read_gate
from course_kit.model.quiz import KINDS, Item
from course_kit.quizzes.parse import ParsedQuiz, parse_quiz
from course_kit.source.notebooks import read_notebook
from course_kit.source.videos import lesson_videos

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ASSIGNMENTS = sorted((ROOT / "autograders" / "source").glob("*/*.ipynb"))
LOAD = "%load_ext course_kit"
STUB = "raise NotImplementedError()"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
MISTAKES = {
    "frames": {
        "read-table": ('read_csv("penguins.csv")', 'read_csv("penguins.csv").dropna()'),
        "heavier-than": ("> grams", ">= grams"),
        "complete": ("subset=columns", "subset=columns[:1]"),
        "share": (".dropna()", ""),
        "compare": (", ascending=False", ""),
    },
    "chance": {
        "roll": ("rng.integers", "np.random.default_rng(1).integers"),
        "chance-of": (">= least", "> least"),
        "win-share": ("rng.integers", "np.random.default_rng().integers"),
        "sample-means": ("replace=False", "replace=True"),
        "shuffled-differences": ("len(a)", "len(b)"),
        "p-value": ("abs(observed)", "observed"),
        "draw": ("axvline(observed", "axhline(observed"),
    },
}
"""By assignment and solution: what stands in the reference, and what a learner may write instead."""

by_name = pytest.mark.parametrize


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def quizzes(notebook: NotebookNode) -> dict[str, ParsedQuiz]:
    """Each quiz by its key; nothing is wrong with any."""
    found: dict[str, ParsedQuiz] = {}
    for cell in code_cells(notebook):
        if cell.source.startswith("%%quiz "):
            quiz, problems = parse_quiz(cell.source)
            assert not problems, problems
            assert quiz.key not in found, f"two quizzes are called {quiz.key}"
            found[quiz.key] = quiz
    return found


def teaches(item: Item) -> bool:
    """Whether one who is wrong is told something: about each choice, about common mistakes, or by hint and reason."""
    whole = item.whole()
    if "choices" in whole:
        return all(choice["feedback"] for choice in whole["choices"])
    said = whole.get("mistakes") or whole.get("wrong_pairs") or whole.get("checks")
    return bool(said) or bool(item.hints and item.explanation) or "feedback" in str(whole)


def execute(notebook: NotebookNode, folder: Path, *, allow_errors: bool = False) -> NotebookNode:
    """The notebook as it ran in ``folder``, without what needs course-kit."""
    for cell in code_cells(notebook):
        if cell.source == LOAD or cell.source.startswith(("%%quiz ", "%%video ")):
            cell.source = ""
    client = NotebookClient(notebook, timeout=120, allow_errors=allow_errors, resources={"metadata": {"path": folder}})
    executed: NotebookNode = client.execute()
    return executed


def stderr_and_errors(cell: NotebookNode) -> list[str]:
    return [
        f"{cell.id}: {output.get('evalue') or output.get('text')}"
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


@by_name("path", [*LESSONS, *ASSIGNMENTS], ids=lambda path: path.name)
def test_a_notebook_is_tidy(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert re.match(r"# \S", notebook.cells[0].source)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(notebook))
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = re.sub(r"```.*?```", "", prose, flags=re.S)
    levels = [len(marks) for marks in re.findall(r"^(#{1,6}) ", prose, flags=re.M)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@by_name("path", [*LESSONS, *ASSIGNMENTS], ids=lambda path: path.name)
def test_every_image_has_an_alternative_text_and_exists(path: Path) -> None:
    for cell in read(path).cells:
        for alternative, target in re.findall(r"!\[(.*?)\]\((.*?)\)", cell.source):
            assert len(alternative) > 20, f"{cell.id}: {target}"
            assert (path.parent / target).is_file(), target
        assert "<img" not in cell.source


@by_name("path", LESSONS, ids=lambda path: path.name)
def test_a_lesson_has_quizzes_whose_wrong_answers_teach(path: Path) -> None:
    notebook = read(path)
    assert code_cells(notebook)[0].source == LOAD
    found = quizzes(notebook)
    assert len(found) >= 4
    for key, quiz in found.items():
        assert len({item.key for item in quiz.items}) == len(quiz.items), f"{key}: each item has a key of its own"
        for item in quiz.items:
            assert item.skill, f"{key}/{item.key}"
            assert teaches(item), f"{key}/{item.key}"


def test_every_kind_of_item_is_used_and_skills_are_few() -> None:
    items = [item for path in LESSONS for quiz in quizzes(read(path)).values() for item in quiz.items]
    kinds = Counter(item.kind for item in items)
    assert set(kinds) == set(KINDS)
    skills = Counter(item.skill for item in items)
    assert len(skills) <= 10
    assert min(skills.values()) >= 2, skills


def test_what_a_question_may_do_is_shown_somewhere() -> None:
    found = [quiz for path in LESSONS for quiz in quizzes(read(path)).values()]
    items = [item for quiz in found for item in quiz.items]
    assert any(len(variants.all) > 1 for quiz in found for variants in quiz.variants)
    assert any(quiz.pick for quiz in found)
    assert any(hint.cost for item in items for hint in item.hints)
    assert any(item.confidence for item in items)
    assert any(item.shuffle != "no" for item in items)
    assert any(item.attempts and item.wait for item in items)


@by_name("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_an_assignment_has_a_graded_quiz(path: Path) -> None:
    (quiz,) = quizzes(read(path)).values()
    assert sum(item.points for item in quiz.items) == 3
    assert len({item.kind for item in quiz.items}) >= 2
    assert any(len(variants.all) > 1 for variants in quiz.variants)
    assert not any(item.practice_only for item in quiz.items)


def test_the_course_names_what_is_there() -> None:
    course = yaml.safe_load((ROOT / "course.yml").read_text(encoding="utf-8"))
    lessons = [lesson for unit in course["units"] for lesson in unit["lessons"]]
    sources = [work["source"] for unit in course["units"] for work in unit.get("assignments", [])]
    paths = [lesson.get("notebook") or lesson.get("document") for lesson in lessons if "link" not in lesson]
    assert all((ROOT / name).is_file() for name in paths)
    assert {ROOT / name for name in paths if name.endswith(".ipynb")} == set(LESSONS)
    assert {ROOT / name for name in sources} == {path.parent for path in ASSIGNMENTS}
    assert all((ROOT / name).is_dir() for name in course["files"])
    for lesson in lessons:
        if "notebook" in lesson:
            title = read(ROOT / lesson["notebook"]).cells[0].source
            assert f"about {lesson['minutes']} minutes" in title, lesson["notebook"]
    keys = [lesson.get("key") or re.sub(r"^\d+-", "", Path(lesson["notebook"]).stem) for lesson in lessons]
    assert len(set(keys)) == len(keys)
    gates = [read_gate(lesson["requires"]) for lesson in lessons if "requires" in lesson]
    assert {getattr(leaf, "lesson", None) or leaf.key for gate in gates for leaf in leaves(gate)} <= set(keys)


def test_the_document_is_accessible() -> None:
    page = (ROOT / "notebooks" / "reading-a-table.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page
    assert "<title>" in page
    assert page.count("<h1>") == 1
    assert page.count("<table>") == page.count("<caption")
    assert "<th>" not in page, "a header cell says whether it heads a row or a column"
    assert not re.search(r'(src|href)="(?!https://doi\.org)', page), "it reads without a network"


@by_name("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_the_assignment_has_the_lessons_data(path: Path) -> None:
    lesson = ROOT / "notebooks" / "data" / "penguins.csv"
    assert (path.parent / "penguins.csv").read_bytes() == lesson.read_bytes()


@by_name("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_an_assignment_is_well_made_for_nbgrader(path: Path) -> None:
    cells = [cell for cell in read(path).cells if "nbgrader" in cell.metadata]
    marks = [cell.metadata.nbgrader for cell in cells]
    assert len({mark.grade_id for mark in marks}) == len(marks)
    assert {mark.schema_version for mark in marks} == {3}
    assert sum(mark.get("points", 0) for mark in marks) == 20
    for cell, mark in zip(cells, marks, strict=True):
        assert ("points" in mark) == mark.grade
        if mark.solution:
            assert cell.source.count(BEGIN) == cell.source.count(END) == 1, mark.grade_id
        elif mark.grade:
            assert cell.source.count("### BEGIN HIDDEN TESTS") == cell.source.count("### END HIDDEN TESTS") == 1
            asserts = [line for line in cell.source.splitlines() if line.startswith("assert ")]
            assert all(re.search(r', f?".{15,}"$', line) for line in asserts), mark.grade_id


def test_the_video_is_small_captioned_and_told_in_words() -> None:
    """Its captions reach to its end, and its small version is smaller."""
    notebook, findings = read_notebook(ROOT / "notebooks/02-frames.ipynb", "notebooks/02-frames.ipynb")
    assert notebook is not None
    assert findings == []
    (video,) = lesson_videos(notebook, ROOT)
    assert (video.key, video.seconds) == ("median", 42.0)
    assert video.full.bytes < 500_000
    assert video.small is not None
    assert video.small.bytes < video.full.bytes / 2
    assert video.captions[0].language == "en"
    assert video.seconds - video.captions[0].cues[-1].end < 1
    assert "no sound" in video.text


@pytest.mark.slow
@by_name("path", LESSONS, ids=lambda path: path.name)
def test_a_lesson_runs_from_top_to_bottom(path: Path) -> None:
    executed = execute(read(path), path.parent)
    assert [problem for cell in code_cells(executed) for problem in stderr_and_errors(cell)] == []


@pytest.mark.slow
@by_name("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_the_reference_solution_passes_every_test(path: Path) -> None:
    executed = execute(read(path), path.parent, allow_errors=True)
    assert [problem for cell in code_cells(executed) for problem in stderr_and_errors(cell)] == []


@pytest.mark.slow
@by_name("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_an_untouched_stub_fails_every_test(path: Path) -> None:
    notebook = read(path)
    for cell in code_cells(notebook):
        cell.source = re.sub(rf"{BEGIN}.*?{END}", STUB, cell.source, flags=re.S)
    executed = execute(notebook, path.parent, allow_errors=True)
    tests = [cell for cell in code_cells(executed) if cell.metadata.get("nbgrader", {}).get("grade")]
    assert len(tests) >= 6
    passed = [cell.id for cell in tests if not any(output.output_type == "error" for output in cell.outputs)]
    assert passed == []


@pytest.mark.slow
@by_name("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_common_mistakes_are_caught(path: Path) -> None:
    notebook = read(path)
    mistakes = MISTAKES[path.stem]
    for cell in code_cells(notebook):
        if cell.id in mistakes:
            right, mistaken = mistakes[cell.id]
            assert right in cell.source, cell.id
            cell.source = cell.source.replace(right, mistaken)
    executed = execute(notebook, path.parent, allow_errors=True)
    failed = {cell.id for cell in code_cells(executed) if any(out.output_type == "error" for out in cell.outputs)}
    for solution in mistakes:
        assert any(cell_id.startswith(solution) and cell_id.endswith("-test") for cell_id in failed), solution
    assert failed & set(mistakes) == set(), "a mistake is not a crash"
