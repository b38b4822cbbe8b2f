"""What a batch says while it runs, and of each submission in the end."""

import time
from pathlib import Path

import pytest

from course_kit.apps.cli import live
from course_kit.apps.cli.live import live_batch
from course_kit.grading.facts import sentence
from course_kit.grading.graded import BatchState
from course_kit.grading.pipeline import Work
from course_kit.grading.watching import Watcher


def _work(began: float) -> Work:
    return Work("bob", Path("staging"), began=began)


@pytest.mark.parametrize(("seconds", "said"), [(1.0, True), (20.0, False)])
def test_no_end_is_promised_while_a_notebook_runs_much_longer_than_the_others(seconds: float, said: bool) -> None:
    seen: list[BatchState] = []
    watcher = Watcher(lambda done, total, what: None, seen.append)
    watcher.prepare(2)
    watcher.begin(2)
    watcher.done(_work(0.0), "graded")
    watcher.running([_work(time.monotonic() - seconds)])
    assert (seen[-1].left is not None) is said


def test_a_sentence_that_begins_with_a_files_name_keeps_its_letters() -> None:
    assert sentence(["my lab.ipynb was taken for Lab.ipynb, which is missing"]) == (
        "my lab.ipynb was taken for Lab.ipynb, which is missing."
    )
    assert sentence(["a cell of Lab ended the kernel", "Lab.ipynb: it was mended"]) == (
        "A cell of Lab ended the kernel; Lab.ipynb: it was mended."
    )


def test_a_log_gets_a_line_for_each_new_kind_of_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with live_batch("Grading") as watch:
        for done, failures in enumerate(({"repaired": 1}, {"repaired": 2}, {"repaired": 2, "timed-out": 1}), 1):
            watch(BatchState("Grading", done, 9, failures=failures))
    assert capsys.readouterr().err.splitlines() == [
        "Grading …",
        "  1 of 9, 1 repaired",
        "  3 of 9, 2 repaired, 1 timed-out",
    ]


def test_a_log_names_who_is_running_now(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LINE_SECONDS", 0.0)
    with live_batch("Grading") as watch:
        watch(BatchState("Preparing", 0, 9))
        watch(BatchState("Grading", 2, 9, running=(("eve", "sums", 41.7), ("ada", "sums", 0.2)), left=100.0))
        watch(BatchState("Grading", 3, 9, running=tuple((f"ada-{n}", "sums", 1.0) for n in range(8))))
        watch(BatchState("Done", 9, 9))
    assert capsys.readouterr().err.splitlines() == [
        "Grading …",
        "  0 of 9",
        "  2 of 9, about 2 min left; running: eve sums 42 s, ada sums 0 s",
        f"  3 of 9; running: {', '.join(f'ada-{n} sums 1 s' for n in range(6))} and 2 more",
        "  9 of 9",
    ]
