"""Scores published once, and feedback that never shows a hidden test. Runs real kernels."""

import re
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.grading.batch import grade
from course_kit.grading.feedback import make_feedback
from course_kit.grading.publish import publish
from course_kit.grading.unscored import Unscored, unscored
from course_kit.model.events import Event, LessonOpened, ScorePosted
from course_kit.model.keys import decision_id
from course_kit.model.release import FeedbackManifest
from course_kit.store.sql import SqlStore

pytestmark = pytest.mark.slow
CANARY = "canary_7f3a"


def pages(path: Path) -> tuple[FeedbackManifest, dict[str, str]]:
    import json

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names[0] == "feedback.json"
        manifest = FeedbackManifest.read(json.loads(archive.read("feedback.json")))
        return manifest, {name: archive.read(name).decode() for name in names[1:]}


def test_feedback_shows_verdict_and_message_and_never_a_hidden_test(
    nbgrader_course: Path, hand_in: Callable[..., Path], answer: Callable[..., Any], now: datetime
) -> None:
    nosy = answer("return 3")
    # three ways to see what was run: its source and traceback (stock feedback), and the learner's own look at it
    nosy.cells.append(
        type(nosy.cells[1])(nosy.cells[1], source="print(In[-2]); print(repr(In))", id="nosy", metadata={})
    )
    hand_in("ada", "return a + b")
    hand_in("nosy", nosy)
    grade(nbgrader_course, "adding")
    raw = (nbgrader_course / "autograded" / "nosy" / "adding" / "sums.ipynb").read_text()
    assert raw.count(CANARY) >= 4  # source, traceback, and what was printed

    made = {one.learner: one.path for one in make_feedback(nbgrader_course, "adding", at=now)}

    assert made.keys() == {"ada", "nosy"}
    for path in made.values():
        assert path is not None
        manifest, found = pages(path)
        page = found["files/sums.html"]
        assert CANARY not in page
        assert "two-digit" not in page or "not passed" in page
        assert isinstance(manifest.event.fact, ScorePosted)
        assert not re.search(r"<(script|link|iframe)|(src|href)=[\"'](https?:)?//[^\"']*\.(js|css)", page)
        assert '<html lang="en">' in page
        assert "<title>Feedback: adding, sums</title>" in page
        assert page.count("<h1") == 1
        assert "<math" in page
    ada, nosy_page = (pages(path)[1]["files/sums.html"] for path in made.values() if path)
    assert "Hidden tests: passed." in ada
    assert "Hidden tests: not passed. AssertionError: adding two-digit numbers goes wrong" in nosy_page
    assert nosy_page.count("[Left out: this output quotes hidden tests.]") == 1

    again = {one.learner: one.path for one in make_feedback(nbgrader_course, "adding", at=now + timedelta(days=1))}
    assert again == made


def test_a_score_is_published_once_and_again_when_it_changed(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: datetime
) -> None:
    hand_in("ada", "return 3")
    grade(nbgrader_course, "adding")

    first = publish(nbgrader_course, "adding", at=now)
    second = publish(nbgrader_course, None, at=now + timedelta(hours=1))
    hand_in("ada", "return a + b", at="2026-11-21 10:00:00 UTC")
    grade(nbgrader_course, "adding")
    third = publish(nbgrader_course, "adding", at=now + timedelta(hours=2))

    assert [(p.learner, p.score, p.max_score, p.status, p.new) for p in (*first, *second, *third)] == [
        ("ada", 2.0, 5.0, "graded", True),
        ("ada", 2.0, 5.0, "graded", False),
        ("ada", 5.0, 5.0, "graded", True),
    ]
    with SqlStore.open(nbgrader_course / ".course-kit" / "progress.db") as store:
        (pseudonym,) = store.pseudonyms("ada")
        assert [one.learner for one in store.events()] == [pseudonym, pseudonym]
        scores = list(store.events())

    # another learner, who guessed the ids of a score's events, keeps none of them back
    (nbgrader_course / ".course-kit" / "progress.db").unlink()
    with SqlStore.open(nbgrader_course / ".course-kit" / "progress.db") as store:
        store.link_person(pseudonym, "ada", now)
        ids = [event.event_id for event in scores]
        opened = LessonOpened(lesson="a")
        place = {"at": now, "learner": "p-00000000000000bb", "course": scores[0].course}
        again = decision_id("score", "ada", "adding", "5.0", "graded", scores[-1].fact.submission, "", "")
        store.append([Event(event_id=one, fact=opened, **place) for one in (*ids, again)], now)
    (posted,) = publish(nbgrader_course, "adding", at=now)
    assert (posted.score, posted.new) == (5.0, True)
    assert [one.new for one in publish(nbgrader_course, "adding", at=now)] == [False]
    with SqlStore.open(nbgrader_course / ".course-kit" / "progress.db") as store:
        (score,) = (event for event in store.events() if isinstance(event.fact, ScorePosted))
        assert score.learner == pseudonym
        assert score.fact == scores[-1].fact
        assert score.event_id not in {*ids, again}


def test_an_answer_that_nobody_marked_is_no_zero_and_who_has_no_score_is_named(
    make_source: Callable[..., Path],
    nbgrader_course: Path,
    hand_in: Callable[..., Path],
    answer: Callable[..., Any],
    now: datetime,
) -> None:
    make_source(nbgrader_course, essay=True)
    essay = answer("return a + b", essay=True)
    essay.cells[-1].source = "Because. Score: 0.0 / 5.0"
    hand_in("ada", essay)
    hand_in("eva", b"not a notebook")
    hand_in("bad", b"not a notebook")
    grade(nbgrader_course, "adding", learners=["ada", "eva"])

    (made,) = make_feedback(nbgrader_course, "adding", at=now)

    assert (made.learner, made.unmarked) == ("ada", True)
    assert made.path is not None
    page = pages(made.path)[1]["files/sums.html"]
    assert "Written response</a> (not marked yet, up to 5.0)" in page
    assert re.search(r"not marked yet, up to 5\.0 <a href=\"#top\">", page)
    assert "sums (Score so far: 5.0 / 10.0)" in page
    assert "Because. Score: 0.0 / 5.0" in page
    assert "nan" not in page.split("<body", 1)[1]
    assert unscored(nbgrader_course, "adding") == unscored(nbgrader_course)
    assert unscored(nbgrader_course) == (
        Unscored("bad", "adding", "not-graded"),
        Unscored("eva", "adding", "unreadable", "sums.ipynb: it is not a notebook: it is not JSON (line 1)."),
    )

    with sqlite3.connect(nbgrader_course / "gradebook.db") as database:
        database.execute("UPDATE grade SET manual_score = 0, needs_manual_grade = 0 WHERE auto_score IS NULL")
    (marked,) = make_feedback(nbgrader_course, "adding", at=now)
    assert not marked.unmarked
    assert marked.path is not None
    assert "Written response</a> (Score: 0.0 / 5.0)" in pages(marked.path)[1]["files/sums.html"]
