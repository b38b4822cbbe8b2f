"""Graded quizzes: responses are saved, restored, and nothing else happens. Practice assignments: verdicts as well."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import NotFound, Tampered
from course_kit.model.kinds import Cloze, Expression, Number, placeholder
from course_kit.model.quiz import Hint, Item, Variants, score
from course_kit.session.graded import GradedSession
from course_kit.session.practice import QuizSession
from course_kit.session.quizzes import open_quiz
from course_kit.session.widget import QuizWidget

RECORD = {"COURSE_KIT_RECORD": "1"}
SUMS = Variants(tuple(Number(key="sum", prompt=f"2 + {number}?", answer=str(2 + number)) for number in range(6)))


def opened(folder: Path, data: Path, **environ: str) -> GradedSession:
    quiz = open_quiz("warm-up", cwd=folder, data=data, environ={**RECORD, **environ})
    assert isinstance(quiz, GradedSession)
    return quiz


def saved(folder: Path) -> Any:
    return json.loads((folder / "responses.json").read_text())["responses"]


def test_an_answer_is_saved_for_grading(make_assignment, data: Path) -> None:
    folder = make_assignment()
    quiz = opened(folder, data)
    assert not (folder / "responses.json").exists()
    assert quiz.answer("median", 1).state == "saved"
    assert quiz.answer("mean", "4").state == "saved"
    assert quiz.answer("median", 0).state == "saved"
    found = saved(folder)
    assert [(name, one["response"], one["count"]) for name, one in found.items()] == [
        ("warm-up/mean", "4", 1),
        ("warm-up/median", 0, 2),
    ]
    assert found["warm-up/median"]["digest"] == quiz.items[0].digest
    assert quiz.states()["median"] == {
        **quiz.states()["both"],
        "state": "saved",
        "response": 0,
        "attempts": 2,
    }
    assert opened(folder, data).states() == quiz.states()
    assert not data.exists() or [path.name for path in data.iterdir()] == ["seed"]


@pytest.mark.parametrize(
    ("item", "response", "said"),
    [
        (Number(key="a", prompt="?", answer="5"), "five", "This is not a number"),
        (Number(key="a", prompt="?", answer="5"), "5 m", "Give the number alone"),
        (Number(key="a", prompt="?", answer="5"), "6", ""),
        (Number(key="a", prompt="?", answer="5", unit="m", units={"cm": "0.01"}), "5", "Give the unit, too: m or cm."),
        (Number(key="a", prompt="?", answer="5", unit="m"), "5 <b>", "write m."),
        (Number(key="a", prompt="?", answer="5", unit="m", units={"cm": "0.01"}), "7 cm", ""),
        (Expression(key="a", prompt="?", answer="2*x", names=("x",)), "2*(x", "A parenthesis is open."),
        (Expression(key="a", prompt="?", answer="2*x", names=("x",)), "3*x", ""),
    ],
)
def test_what_could_not_be_marked_is_told_when_it_is_saved(
    make_assignment, data: Path, item: Item, response: str, said: str
) -> None:
    quiz = opened(make_assignment([Variants((item,))]), data)
    assert quiz.answer("a", response).state == "saved"
    remarks = quiz.state_of("a").feedback
    assert (len(remarks) == 1) is bool(said)
    assert said in "".join(remark["text"] for remark in remarks)
    assert bool(said) is (score(item, response).state == "invalid")
    assert quiz.state_of("a").state == "saved"


def test_a_blank_that_holds_no_number_is_told(make_assignment, data: Path) -> None:
    blanks = [
        {"kind": "text", "answers": ["median"]},
        {"kind": "number", "answer": "5"},
        {"kind": "number", "answer": "5", "unit": "m"},
    ]
    item = Cloze(key="a", prompt=" ".join(map(placeholder, range(3))), blanks=blanks)
    quiz = opened(make_assignment([Variants((item,))]), data)
    quiz.answer("a", ["x", "odd", "5"])
    assert [(one["choice"], "not a number" in one["text"]) for one in quiz.state_of("a").feedback] == [(1, True)]
    quiz.answer("a", ["x", "", "5 m"])
    assert quiz.state_of("a").feedback == []


def test_nothing_given_saves_nothing_and_takes_back_what_was_saved(make_assignment, data: Path) -> None:
    folder = make_assignment()
    quiz = opened(folder, data)
    for empty in (None, "", "  ", []):
        assert quiz.answer("mean", empty).state == "unanswered"  # type: ignore[arg-type]
    assert not (folder / "responses.json").exists()
    quiz.answer("mean", "4")
    assert quiz.answer("mean", "").state == "unanswered"
    assert saved(folder)["warm-up/mean"]["response"] is None
    assert opened(folder, data).state_of("mean").state == "unanswered"


def test_what_no_page_sends_is_not_saved(make_assignment, data: Path) -> None:
    folder = make_assignment()
    for odd in ({"not": "ours"}, "9" * 20_000, float("nan"), [[[1]]], 2**40):
        assert opened(folder, data).answer("mean", odd).state == "invalid"
    assert not (folder / "responses.json").exists()


def test_the_variant_is_kept_and_cannot_be_changed(make_assignment, data: Path) -> None:
    folder = make_assignment((SUMS,))
    quiz = opened(folder, data)
    variant = quiz.publics()[0]["variant"]
    assert opened(folder, data).publics()[0]["variant"] == variant  # by the learner's own seed
    quiz.answer("sum", "4")
    assert opened(folder, data / "another").publics()[0]["variant"] == variant  # by the file's
    assert saved(folder)["warm-up/sum"]["variant"] == variant
    assert not quiz.state_of("sum").renewable


def test_in_a_learners_copy_the_copys_seed_counts(make_workspace, make_assignment, data: Path) -> None:
    met = set()
    for number in range(12):
        copy = make_workspace(seed=f"{number:032x}", folder=f"copy{number}")
        folder = make_assignment((SUMS,), folder=f"copy{number}/assignments/ps1")
        assert folder.is_relative_to(copy)
        met.add(opened(folder, data).publics()[0]["variant"])
    assert len(met) > 2
    assert not data.exists()


def test_another_wording_asks_again(make_assignment, data: Path) -> None:
    opened(make_assignment(), data).answer("mean", "4")
    reworded = Number(key="mean", prompt="The mean of 2, 4, 9?", answer="5")
    state = opened(make_assignment((reworded,)), data).state_of("mean")
    assert (state.state, state.response, state.changed) == ("unanswered", None, True)


def test_the_quiz_is_found_by_the_notebook_or_by_its_key(make_assignment, data: Path) -> None:
    folder = make_assignment()
    notebook = {"JPY_SESSION_NAME": str(folder / "p1.ipynb")}
    assert open_quiz("warm-up", cwd=Path("/"), data=data, environ=notebook).graded
    (folder / "p0.quizzes.json").write_text("{")  # another notebook's, damaged
    assert opened(folder, data).name == "warm-up"
    (folder / "p1.quizzes.json").unlink()
    with pytest.raises(Tampered, match=r"p0\.quizzes\.json is damaged"):
        opened(folder, data)
    (folder / "p0.quizzes.json").unlink()
    with pytest.raises(NotFound, match=r"holds the quiz 'warm-up'") as caught:
        opened(folder, data)
    assert "keep the two together" in caught.value.hint


def test_two_quick_answers_from_two_threads(make_assignment, data: Path) -> None:
    folder = make_assignment()
    quizzes = [opened(folder, data), opened(folder, data)]
    start = threading.Barrier(2)

    def answer(quiz: GradedSession, key: str) -> None:
        start.wait()
        for number in range(20):
            quiz.answer(key, str(number))

    threads = [threading.Thread(target=answer, args=job) for job in zip(quizzes, ("median", "mean"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: (one["response"], one["count"]) for name, one in saved(folder).items()} == {
        "warm-up/median": ("19", 20),
        "warm-up/mean": ("19", 20),
    }


def test_a_failed_write_is_told_to_the_page_and_the_same_message_may_come_again(
    make_assignment, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_assignment()
    widget, replies = QuizWidget(opened(folder, data)), []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: replies.append(content))
    (folder / "responses.json").mkdir()
    message = {"id": "m1", "kind": "answer", "item": "mean", "response": "4"}
    widget._handle_custom_msg(message, [])
    assert (replies[-1]["ok"], replies[-1]["code"]) == (False, "unavailable")
    assert widget.answers["mean"]["state"] == "unanswered"
    (folder / "responses.json").rmdir()
    widget._handle_custom_msg(message, [])
    widget._handle_custom_msg(message, [])
    assert replies[-1]["standing"]["state"] == "saved"
    assert saved(folder)["warm-up/mean"]["count"] == 1


@pytest.mark.parametrize("change", [{"form": 3}, {"kind": None}, {"prompt": ["x"]}])
def test_a_quiz_file_that_was_changed_is_named(make_assignment, data: Path, change: dict[str, Any]) -> None:
    folder = make_assignment()
    file = folder / "p1.quizzes.json"
    content = json.loads(file.read_text())
    content["quizzes"]["warm-up"]["items"][0]["variants"][0]["public"] |= change
    file.write_text(json.dumps(content))
    with pytest.raises(Tampered, match=r"p1\.quizzes\.json is damaged"):
        opened(folder, data)


# ---------------------------------------------------------------- practice assignments


def practised(folder: Path, data: Path) -> QuizSession:
    quiz = open_quiz("warm-up", cwd=folder, data=data, environ=RECORD)
    assert isinstance(quiz, QuizSession)
    return quiz


def test_a_practice_assignment_judges_at_once_and_keeps_answers_beside_it(make_assignment, data: Path) -> None:
    item = Number(key="mean", prompt="?", answer="5", hints=(Hint(text="Add.", cost=0.2),), attempts=3)
    folder = make_assignment((item,), sealed=True)
    quiz = practised(folder, data)
    assert quiz.answer("mean", "4").state == "wrong"
    assert quiz.hint("mean") == "Add."
    outcome = quiz.answer("mean", "5")
    assert (outcome.state, outcome.fraction) == ("right", 0.8)
    found = saved(folder)["warm-up/mean"]
    assert (found["response"], found["count"], found["hints"]) == ("5", 2, 1)
    again = practised(folder, data)
    assert again.states() == quiz.states()
    assert not (data / "journals").exists()


def test_its_variants_can_be_renewed(make_assignment, data: Path) -> None:
    folder = make_assignment((SUMS,), sealed=True)
    quiz = practised(folder, data)
    quiz.answer("sum", "77")
    variant = quiz.renew("sum")["variant"]
    quiz.answer("sum", quiz.item("sum").reference_response())
    again = practised(folder, data)
    assert (again.publics()[0]["variant"], again.state_of("sum").state) == (variant, "right")


# ---------------------------------------------------------------- under nbgrader


UNDER_NBGRADER = """
import os, sys
os.environ["NBGRADER_EXECUTION"] = "autograde"
from course_kit import quiz
shown = quiz(sys.argv[1])
print(repr(shown), shown._repr_html_(), sorted({"anywidget", "ipywidgets", "sympy"} & set(sys.modules)), sep="\\n")
"""


def under_nbgrader(folder: Path, name: str, data: Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", UNDER_NBGRADER, name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "COURSE_KIT_DATA": str(data)},
    )
    return ran.stdout


def test_under_nbgrader_it_is_plain_and_writes_nothing(
    make_assignment: Callable[..., Path], workspace: Path, data: Path
) -> None:
    folder = make_assignment()
    before = sorted(path.name for path in folder.iterdir())
    said = under_nbgrader(folder, "warm-up", data)
    assert said.startswith("Question 1: Which is robust?\n  ( ) median")
    assert '<section class="ck-static-quiz"' in said
    assert said.endswith("[]\n")
    assert sorted(path.name for path in folder.iterdir()) == before
    assert "Which is robust?" in under_nbgrader(workspace / "notebooks", "frames/robust", data)
    assert "No quiz file beside this notebook" in under_nbgrader(folder, "gone", data)
    assert not data.exists()
