"""What ran is not run again when nothing that decides it changed; whatever is in doubt is."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course_kit.execution.job import CellProof, CellRun, Job, Result
from course_kit.grading.cache import Environment, ResultCache, is_lasting, job_key
from course_kit.model.limits import Limits

HERE = Environment("python 3.11")


def notebook(*cells: tuple[str, str], points: float = 2) -> dict[str, Any]:
    made: list[dict[str, Any]] = []
    for number, (kind, source) in enumerate(cells):
        metadata = {"nbgrader": {"grade_id": f"c{number}", "points": points}}
        cell: dict[str, Any] = {"cell_type": kind, "id": f"i{number}", "metadata": metadata, "source": source}
        made.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}


def job(found: dict[str, Any] | None = None, **options: Any) -> Job:
    found = found or notebook(("markdown", "Why?"), ("code", "x = 1"), ("code", "assert x == 1"))
    return Job(notebook=json.dumps(found).encode(), tests=(2,), **options)


def result(found: dict[str, Any] | None = None, **options: Any) -> Result:
    ran = json.loads(job(found).notebook)
    for number, cell in enumerate(cell for cell in ran["cells"] if cell["cell_type"] == "code"):
        cell["execution_count"] = number + 1
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": f"out {number}"}]
    ran["metadata"]["language_info"] = {"name": "python"}
    cells = (CellRun(1, "ok"), CellRun(2, "ok"))
    options = {"proof": (CellProof(2, "proved"),), "cells": cells, **options}
    return Result("ok", json.dumps(ran).encode(), **options)


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "results")


CHANGES: dict[str, Job] = {
    "the code": job(notebook(("markdown", "Why?"), ("code", "x = 2"), ("code", "assert x == 1"))),
    "the test": job(notebook(("markdown", "Why?"), ("code", "x = 1"), ("code", "assert x == 3"))),
    "a file": job(files={"data.csv": b"1"}),
    "a limit": job(limits=Limits(cell=1)),
    "the kernel": job(kernel="ir"),
    "the proof": job(proof="all"),
    "a module that is ready": job(preload=("numpy",)),
    "the environment's variables": job(env={"A": "b"}),
    "which cells are tests": replace(job(), tests=(1, 2)),
    "the sandbox": job(require_sandbox=True),
}


@pytest.mark.parametrize("what", CHANGES)
def test_it_runs_again_when_that_changed(what: str) -> None:
    assert job_key(CHANGES[what], HERE) != job_key(job(), HERE)


def test_it_runs_again_in_another_environment() -> None:
    assert job_key(job(), Environment("python 3.12")) != job_key(job(), HERE)


def test_words_points_marks_and_seeds_do_not_count() -> None:
    other = notebook(("markdown", "Because!"), ("code", "x = 1"), ("code", "assert x == 1"), points=7)
    for cell in other["cells"]:
        cell["id"] = "renamed" + cell["id"]
    assert job_key(job(other, seed=99), HERE) == job_key(job(), HERE)


def test_other_notebooks_count_only_for_code_that_looks_around() -> None:
    names = frozenset({"a.ipynb", "b.ipynb"})
    one, two = ({"a.ipynb": b"{}", "b.ipynb": content, "timestamp.txt": content} for content in (b"{}", b"{ }"))
    assert job_key(job(files=one), HERE, names) == job_key(job(files=two), HERE, names)
    nosy = notebook(("code", "import os"), ("code", "os.listdir()"), ("code", "assert 1"))
    assert job_key(job(nosy, files=one), HERE, names) != job_key(job(nosy, files=two), HERE, names)


def test_a_result_comes_back_with_the_present_words_and_the_outputs_of_then(cache: ResultCache) -> None:
    key = job_key(job(), HERE)
    assert cache.get(key, job()) is None
    cache.put(key, result(files={"made.csv": b"1", "gone.csv": None}))
    present = notebook(("markdown", "Because!"), ("code", "x = 1"), ("code", "assert x == 1"), points=7)

    found = cache.get(key, job(present))

    assert found is not None
    assert found.files == {"made.csv": b"1", "gone.csv": None}
    text = json.loads(found.notebook)
    assert text["cells"][0]["source"] == "Because!"
    assert [cell["metadata"]["nbgrader"]["points"] for cell in text["cells"]] == [7, 7, 7]
    assert [cell["outputs"][0]["text"] for cell in text["cells"][1:]] == ["out 0", "out 1"]
    assert text["metadata"]["language_info"] == {"name": "python"}


@pytest.mark.parametrize(
    "doubtful",
    [
        replace(result(), ending="timed-out"),
        replace(result(), ending="kernel-died"),
        replace(result(), ending="out-of-memory"),
        replace(result(), ending="failed"),
        result(proof=(CellProof(2, "unproved"),)),
        result(proof=(CellProof(2, "unverified"),)),
        result(notes=("a process was left behind and ended",)),
    ],
)
def test_what_is_in_doubt_is_not_kept(cache: ResultCache, doubtful: Result) -> None:
    cache.put("k" * 64, doubtful)
    assert cache.get("k" * 64, job()) is None


def test_a_test_that_fails_needs_no_proof() -> None:
    cells = (CellRun(1, "ok"), CellRun(2, "error"))
    assert is_lasting(result(cells=cells, proof=(CellProof(2, "unproved"),)))


@pytest.mark.parametrize("damage", [b"", b"course-kit result 1\n", b"x" * 1000, None])
def test_a_damaged_result_counts_for_nothing(cache: ResultCache, tmp_path: Path, damage: bytes | None) -> None:
    key = job_key(job(), HERE)
    cache.put(key, result())
    (path,) = (tmp_path / "results").rglob("*.result")
    content = path.read_bytes()
    path.write_bytes(content[:-7] + b"forgery" if damage is None else damage)
    assert cache.get(key, job()) is None
    assert not path.exists()


def test_another_notebooks_result_counts_for_nothing(cache: ResultCache) -> None:
    cache.put("k" * 64, result())
    assert cache.get("k" * 64, CHANGES["the code"]) is None


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    keys = [f"{number}{'0' * 63}" for number in range(4)]
    for age, key in enumerate(keys):
        cache.put(key, result())
        (path,) = tmp_path.glob(f"{key[:2]}/*.result")
        os.utime(path, ns=(age, age))
    size = path.stat().st_size
    cache.get(keys[0], job())  # used just now
    assert ResultCache(tmp_path, max_bytes=2 * size).trim() == 2
    assert [cache.get(key, job()) is not None for key in keys] == [True, False, False, True]
