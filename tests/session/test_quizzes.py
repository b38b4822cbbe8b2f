"""A quiz being answered: scored, kept, restored."""

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, NotFound, Refused, Tampered, Unavailable
from course_kit.model.kinds import Choice, Number, OneChoice
from course_kit.session.notes import close_all
from course_kit.session.quizzes import QuizSession, open_quiz
from course_kit.store.ingest import Ingester
from course_kit.store.memory import MemoryStore

Facts = Callable[..., list[dict[str, Any]]]
RECORD = {"COURSE_KIT_RECORD": "1"}


def opened(workspace: Path, data: Path, **more: Any) -> QuizSession:
    return open_quiz("frames/robust", cwd=workspace / "notebooks", data=data, **{"environ": RECORD, **more})


def test_an_answer_is_scored_and_kept(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data)
    outcome = quiz.answer("median", 1)
    assert (outcome.state, outcome.feedback[0].text) == ("wrong", "Try 1000.")
    assert quiz.answer("median", 0).state == "right"
    digest = quiz.items[0].digest
    about = {"kind": "ItemAnswered", "lesson": "frames", "item": "robust/median", "digest": digest, "variant": 0}
    assert facts() == [
        {**about, "response": 1, "state": "wrong", "fraction": 0.0, "attempt": 1, "confidence": None},
        {**about, "response": 0, "state": "right", "fraction": 1.0, "attempt": 2, "confidence": None},
    ]


def test_what_cannot_be_read_costs_no_attempt(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data)
    assert quiz.answer("mean", None).state == "unanswered"
    assert quiz.answer("mean", "  ").state == "unanswered"
    assert quiz.answer("mean", "five").state == "invalid"
    assert quiz.answer("mean", "9" * 20_000).state == "invalid"
    assert quiz.answer("mean", {"not": "ours"}).state == "invalid"  # type: ignore[arg-type]
    assert quiz.answer("median", float("nan")).state == "invalid"  # type: ignore[arg-type]
    assert quiz.answer("both", [[0]]).state == "invalid"  # type: ignore[list-item]
    assert quiz.answer("mean", "4").state == "wrong"
    kept = [(fact["response"], fact["state"], fact["attempt"]) for fact in facts() if fact["item"] == "robust/mean"]
    assert kept == [("five", "invalid", 1), (None, "invalid", 1), (None, "invalid", 1), ("4", "wrong", 1)]
    assert quiz.state_of("mean").attempts == 1


def test_nothing_is_told_before_it_is_earned(workspace: Path, data: Path) -> None:
    quiz = opened(workspace, data)
    assert quiz.state_of("median").json() == {
        "state": "unanswered",
        "response": None,
        "feedback": [],
        "attempts": 0,
        "left": None,
        "waits": 0,
        "solved": False,
        "hints": [],
        "explanation": "",
        "answers": [],
        "revealable": False,
        "changed": False,
        "variant": 0,
        "renewable": False,
        "confidence": None,
        "judged": True,
        "fraction": 0.0,
        "read": "",
    }
    quiz.answer("median", 1)
    assert quiz.state_of("median").explanation == ""
    with pytest.raises(Refused, match="after two attempts"):
        quiz.reveal("median")
    quiz.answer("median", 0)
    assert (quiz.state_of("median").explanation, quiz.state_of("median").answers) == ("Order only.", [])


def test_the_ladder_of_hints_ends_with_the_answer(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data)
    assert quiz.hint("median") == "Put one absurd number in."
    assert quiz.hint("median") == "Watch the middle."
    with pytest.raises(Refused, match="no more hints"):
        quiz.hint("median")
    quiz.answer("median", 1)
    quiz.answer("median", 1)
    assert quiz.state_of("median").revealable
    assert quiz.reveal("median").answers == ["median"]
    quiz.reveal("median")
    assert [fact["hint"] for fact in facts("HintTaken")] == [0, 1, 2]


def test_it_is_shown_once(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data)
    quiz.shown()
    quiz.shown()
    assert [fact["item"] for fact in facts("ItemShown")] == ["robust/median", "robust/mean", "robust/both"]


def test_answers_come_back_in_the_next_session(workspace: Path, data: Path) -> None:
    before = opened(workspace, data)
    before.answer("median", 1)
    before.answer("median", 0)
    before.hint("median")
    before.answer("both", [0])
    after = opened(workspace, data)
    assert after.states() == before.states()
    assert after.state_of("both").state == "partly-right"
    assert after.answer("median", 1).state == "wrong"
    assert (after.state_of("median").attempts, after.state_of("median").solved) == (3, True)


def test_they_come_back_from_the_snapshot_too(workspace: Path, data: Path) -> None:
    before = opened(workspace, data)
    before.answer("median", 0)
    before.hint("median")
    close_all()
    Ingester(data, MemoryStore()).ingest(datetime.now(UTC))
    assert list((data / "journals").iterdir()) == []
    after = opened(workspace, data)
    assert after.states() == before.states()


def test_a_live_journal_that_was_read_counts_nothing_twice(workspace: Path, data: Path) -> None:
    store = MemoryStore()
    older = opened(workspace, data)
    older.answer("median", 0)
    Ingester(data, store).ingest(datetime.now(UTC))  # its journal stays: the writer lives
    snapshot = next((data / "snapshots").rglob("frames.json"))
    newer = snapshot.read_text().replace('"response": 0', '"response": 1')
    snapshot.write_text(newer.replace('"at": "20', '"at": "30'))
    restored = opened(workspace, data).state_of("median")
    assert (restored.response, restored.attempts, restored.solved) == (1, 1, True)


def test_another_wording_asks_again(make_workspace, data: Path) -> None:
    opened(make_workspace(), data).answer("median", 0)
    choices = (Choice(text="mean", right=False), Choice(text="median", right=True))
    other = OneChoice(key="median", prompt="Which one is robust?", choices=choices)
    quiz = opened(make_workspace((other,)), data)
    state = quiz.state_of("median")
    assert (state.state, state.response, state.changed, state.attempts) == ("unanswered", None, True, 1)
    quiz.answer("median", 1)
    assert not quiz.state_of("median").changed


def test_renamed_lessons_and_items_keep_their_answers(make_workspace, data: Path) -> None:
    before = opened(make_workspace(), data)
    before.answer("mean", "5")
    average = before.items[1].item().model_copy(update={"key": "average", "was": ("mean",)})
    lesson = {"key": "tables", "was": ("frames",), "renamed_items": {"robust/mean": "robust/average"}}
    quiz = opened(make_workspace((average,), lesson=lesson), data)
    assert quiz.lesson == "tables"
    restored = quiz.state_of("average")
    assert (restored.response, restored.state, restored.solved, restored.changed) == ("5", "right", True, False)
    close_all()
    reworded = Number(key="average", prompt="The mean of 2, 4 and 9?", answer="5")
    assert opened(make_workspace((reworded,), lesson=lesson), data).state_of("average").changed


def test_a_renamed_quiz_keeps_its_answers_and_is_found_by_its_former_key(make_workspace, data: Path) -> None:
    before = opened(make_workspace(), data)
    before.answer("mean", "5")
    lesson = {"items": ("robust/new",), "renamed_items": {"sturdy/mean": "robust/new", "robust/mean": "robust/new"}}
    new = before.items[1].item().model_copy(update={"key": "new"})
    folder = make_workspace((new,), lesson=lesson)
    quiz = open_quiz("frames/sturdy", cwd=folder, environ={}, data=data)
    assert (quiz.name, quiz.state_of("new").solved) == ("frames/robust", True)
    with pytest.raises(NotFound, match="has no quiz 'nothing'"):
        open_quiz("frames/nothing", cwd=folder, environ={}, data=data)


def test_a_disk_that_refuses_keeps_the_state(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data)
    quiz.answer("mean", "4")
    shutil.rmtree(data / "journals")
    close_all()
    (data / "journals").write_text("in the way")
    quiz = opened(workspace, data)
    with pytest.raises(Unavailable, match="could not be written") as caught:
        quiz.answer("mean", "5")
    assert caught.value.hint
    assert quiz.state_of("mean").attempts == 0
    with pytest.raises(Unavailable):
        quiz.hint("median")
    quiz.shown()  # nobody waits for it: no error
    (data / "journals").unlink()
    assert quiz.answer("mean", "5").state == "right"
    assert quiz.state_of("mean").attempts == 1
    assert [fact["response"] for fact in facts("ItemAnswered")] == ["5"]


def test_two_threads_at_once_lose_nothing(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data)
    start = threading.Barrier(2)

    def answer(item: str, responses: list[Any]) -> None:
        start.wait()
        for response in responses:
            quiz.answer(item, response)

    jobs = [("median", [0, 1] * 25), ("median", [1, 0] * 25)]
    threads = [threading.Thread(target=answer, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fact["attempt"] for fact in facts("ItemAnswered")) == list(range(1, 101))
    assert quiz.state_of("median").attempts == 100


def test_a_session_nobody_looks_at_is_held_until_a_page_speaks(workspace: Path, data: Path, facts: Facts) -> None:
    quiz = opened(workspace, data, environ={})
    quiz.answer("median", 0)
    assert facts() == []
    assert quiz.keeper is not None
    quiz.wake()
    assert [fact["item"] for fact in facts("ItemAnswered")] == ["robust/median"]
    quiz.answer("median", 1)
    assert len(facts("ItemAnswered")) == 2


def test_a_release_that_was_not_opened_can_be_tried(make_workspace, data: Path) -> None:
    quiz = opened(make_workspace(opened=False), data)
    assert quiz.answer("median", 0).state == "right"
    assert "course-kit open" in quiz.note
    assert not data.exists()


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("robust", NotFound, "No quiz file beside this notebook holds the quiz 'robust'"),
        ("../robust", Invalid, "does not name a quiz"),
        ("/robust", Invalid, "does not name a quiz"),
        ("frames/", Invalid, "does not name a quiz"),
        ("a/b/c", Invalid, "does not name a quiz"),
        ("other/robust", NotFound, "has no lesson 'other'"),
        ("frames/nothing", NotFound, r"has no quiz 'nothing' \(it has: robust\)"),
    ],
)
def test_a_quiz_that_is_not_there(workspace: Path, data: Path, name: str, error: type, words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        open_quiz(name, cwd=workspace, data=data, environ=RECORD)
    assert caught.value.hint


def test_an_unknown_item(workspace: Path, data: Path) -> None:
    with pytest.raises(NotFound, match="has no item 'gone'"):
        opened(workspace, data).answer("gone", 0)


def test_a_damaged_quiz_file(workspace: Path, data: Path) -> None:
    (workspace / ".course-kit/quizzes/frames.json").write_text("{")
    with pytest.raises(Tampered, match="damaged"):
        opened(workspace, data)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1, "items": {"robust/median": {"attempts": "many"}}}', "\0"])
def test_a_damaged_snapshot_or_journal_is_left_out(workspace: Path, data: Path, text: str) -> None:
    opened(workspace, data).answer("mean", "5")
    snapshot = data / "snapshots/ds/frames.json"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_text(text)
    bad = data / "journals/0193a1b2-0000-7000-8000-000000000000.kernel.jsonl"
    bad.write_text(f'{text}\n{{"version": 1, "fact": {{"kind": "ItemAnswered"}}}}\n{{"fact": 3}}\n')
    assert opened(workspace, data).state_of("mean").state == "right"
