"""Assignments in a release: made by nbgrader, beside the live gradebook."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from course_kit.bridges.nbgrader.generate import generate_assignment, generate_assignments, helper_files
from course_kit.errors import Invalid, NotFound
from course_kit.release.build import build_release
from course_kit.release.since import changes_since
from course_kit.source.released import read_release
from course_kit.source.scaffold import init_course, wrap_nbgrader

pytestmark = pytest.mark.slow
Tree = Callable[[Path], dict[str, bytes]]
SHARED = Path(os.environ.get("COURSE_KIT_SHARED", Path(__file__).parents[3] / "shared"))


def test_an_assignment_travels_without_its_solution_and_hidden_tests(tmp_path: Path, tree: Tree) -> None:
    course = tmp_path / "course"
    init_course(course, title="C")
    before = tree(course / "autograders")
    steps: list[str] = []
    built = build_release(course, progress=lambda _done, _total, what: steps.append(what))
    assert "assignment warm-up" in steps
    assert tree(course / "autograders") == before
    text = (built.folder / "learner/assignments/warm-up/warm-up.ipynb").read_text()
    notebook = json.loads(text)
    assert notebook["metadata"]["course_kit"] == {"version": 1, "course": "c", "assignment": "warm-up"}
    assert [cell["id"] for cell in notebook["cells"]] == ["title", "spread", "test-spread"]
    assert "raise NotImplementedError()" in text
    assert "max(numbers)" not in text
    assert "-2, -7" not in text
    assert "The largest is 5" in text
    source = course / "autograders/source/warm-up/warm-up.ipynb"
    assert (built.folder / "instructor/assignments/warm-up/warm-up.ipynb").read_bytes() == source.read_bytes()
    (assignment,) = read_release(built.archive).course.assignments()
    assert (assignment.notebooks, assignment.max_score) == (("warm-up.ipynb",), 2.0)

    again = build_release(course)
    assert (again.hash, again.rebuilt, again.reused) == (built.hash, 0, 2)
    shutil.rmtree(course / "releases/.cache")
    assert build_release(course).hash == built.hash

    old = shutil.copytree(built.folder, tmp_path / "old")
    source.write_text(source.read_text().replace("assert spread([]) == 0", "assert spread([]) == 1 - 1"))
    source.write_text(source.read_text().replace('"points": 2', '"points": 3'))
    source.write_text(source.read_text().replace("return max(numbers)", "return  max(numbers)"))
    newer = build_release(course)
    assert [(c.kind, c.where, c.what) for c in changes_since(old, newer.folder)] == [
        ("test", "warm-up/warm-up.ipynb", "test-spread changed, worth 3 points instead of 2"),
        ("assignment", "warm-up/warm-up.ipynb", "1 cell of text, code or solution changed"),
    ]


def test_what_stays_with_the_instructor_does_not_keep_a_release_from_being_built(tmp_path: Path) -> None:
    course = tmp_path / "course"
    init_course(course, title="C")
    with (course / "course.yml").open("a") as file:
        file.write("        overrides: [{learner: ada, extend: 3 days}, {cohort: evening, extend: 1 day}]\n")
        file.write("        limits: {cell: 2 minutes}\n        grading: {suspect: 10 %}\n")
    built = build_release(course)
    (assignment,) = read_release(built.archive).course.assignments()
    assert [(one.cohort, one.learner) for one in assignment.overrides] == [("evening", "")]
    assert (dict(assignment.limits), assignment.grading.suspect) == ({}, 0.2)
    assert b"ada" not in (built.folder / "learner/release.json").read_bytes()
    assert build_release(course).hash == built.hash


def test_the_courses_settings_are_honoured_but_for_its_places(tmp_path: Path, tree: Tree) -> None:
    course = tmp_path / "course"
    init_course(course, title="C")
    live = tmp_path / "live.db"
    with (course / "autograders/nbgrader_config.py").open("a") as config:
        config.write(
            f'c.CourseDirectory.db_url = "sqlite:///{live}"\nc.CourseDirectory.root = "{tmp_path}"\n'
            'c.CourseDirectory.release_directory = "elsewhere"\n'
            'c.ClearSolutions.code_stub = {"python": "...  # yours"}\n'
        )
    before = tree(tmp_path)
    generate_assignment(course / "autograders", "warm-up", tmp_path / "out")
    assert not live.exists()
    assert "...  # yours" in (tmp_path / "out/warm-up.ipynb").read_text()
    shutil.rmtree(tmp_path / "out")
    assert tree(tmp_path) == before


def test_a_helper_in_any_folder_makes_the_assignments_again(tmp_path: Path) -> None:
    course = tmp_path / "course"
    init_course(course, title="C")
    helper = course / "autograders/helpers/deep/stub.py"
    helper.parent.mkdir(parents=True)
    helper.write_text('STUB = "...  # yours"\n')
    with (course / "autograders/nbgrader_config.py").open("a") as config:
        config.write(
            "import runpy\nfrom pathlib import Path\n"
            'helper = runpy.run_path(str(Path.cwd() / "helpers/deep/stub.py"))\n'
            'c.ClearSolutions.code_stub = {"python": helper["STUB"]}\n'
        )
    first = build_release(course)
    assert (first.rebuilt, first.reused) == (2, 0)
    assert "...  # yours" in (first.folder / "learner/assignments/warm-up/warm-up.ipynb").read_text()
    again = build_release(course)
    assert (again.hash, again.rebuilt, again.reused) == (first.hash, 0, 2)

    helper.write_text('STUB = "...  # mine"\n')
    changed = build_release(course)

    assert (changed.rebuilt, changed.reused) == (1, 1)
    assert "...  # mine" in (changed.folder / "learner/assignments/warm-up/warm-up.ipynb").read_text()


def test_what_generating_may_use_is_named_and_nothing_else(tmp_path: Path) -> None:
    names = [
        "course.yml",
        "gradebook.db",
        "header.ipynb",
        "helpers/__pycache__/h.cpython-311.pyc",
        "helpers/deep/h.py",
        "lessons/one.ipynb",
        "lessons/data.csv",
        "nbgrader_config.py",
        "releases/latest",
        "source/header.ipynb",
        "source/ps1/p.ipynb",
        "submitted/ada/ps1/p.ipynb",
        ".git/HEAD",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "helpers/link.py").symlink_to("deep/h.py")
    (tmp_path / "helpers/folder").symlink_to("deep")
    (tmp_path / "elsewhere").symlink_to(tmp_path.parent)
    assert list(helper_files(tmp_path, {tmp_path / "lessons/one.ipynb"})) == [
        "header.ipynb",
        "helpers/folder",
        "helpers/link.py",
        "helpers/deep/h.py",
        "lessons/data.csv",
        "nbgrader_config.py",
        "source/header.ipynb",
    ]


def test_what_nbgrader_refuses_names_the_cell(tmp_path: Path) -> None:
    init_course(tmp_path, title="C")
    source = tmp_path / "autograders/source/warm-up/warm-up.ipynb"
    source.write_text(source.read_text().replace("### END SOLUTION", "### END"))
    with pytest.raises(Invalid, match=r"source/warm-up/warm-up\.ipynb, cell 'spread'.*no end solution statement found"):
        generate_assignment(tmp_path / "autograders", "warm-up", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(NotFound, match="no assignment 'none'"):
        generate_assignment(tmp_path / "autograders", "none", tmp_path / "out")
    (tmp_path / "autograders/nbgrader_config.py").write_text("import sys; sys.exit('no such server')\n")
    with pytest.raises(Invalid, match="nbgrader"):
        generate_assignment(tmp_path / "autograders", "warm-up", tmp_path / "out")


def test_a_real_university_course_is_wrapped_and_built(tmp_path: Path) -> None:
    real = SHARED / "courses" / "cs1302i21a" / "source"
    if not real.is_dir():
        pytest.skip("the real course is not on this machine")
    for name in ("Lab2", "Lab9"):
        shutil.copytree(real / name, tmp_path / "source" / name)
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    wrap_nbgrader(tmp_path)
    built = build_release(tmp_path)
    assert [(a.key, a.notebooks) for a in read_release(built.archive).course.assignments()] == [
        ("lab2", ("Calculators.ipynb",)),
        ("lab9", ("Monte Carlo and Root Finding.ipynb",)),
    ]
    shutil.rmtree(tmp_path / "releases")
    assert build_release(tmp_path).hash == built.hash  # cells without ids get the same ones


def test_an_assignment_that_never_ends(tmp_path: Path) -> None:
    init_course(tmp_path, title="C")
    with (tmp_path / "autograders/nbgrader_config.py").open("a") as config:
        config.write("import time\nwhile True:\n    time.sleep(1)\n")
    with pytest.raises(Invalid, match="did not finish warm-up within 3 seconds"):
        generate_assignments(tmp_path / "autograders", {"warm-up": tmp_path / "out"}, timeout=3)
