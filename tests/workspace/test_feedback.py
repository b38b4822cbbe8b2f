"""Feedback comes as one file: its pages are kept, its score counts once, and nobody sees another's."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from course_kit.errors import Invalid, Refused, Tampered
from course_kit.files.archive import sha256, write_archive
from course_kit.model.events import Event, ScorePosted
from course_kit.model.keys import canonical_json, uuid7
from course_kit.model.release import FeedbackManifest
from course_kit.store.places import local_learner
from course_kit.workspace.events import own_events
from course_kit.workspace.feedback import open_feedback
from course_kit.workspace.panel import panel

PAGE = b"<!DOCTYPE html><title>Sums</title><p>Well done.</p>"


def feedback_file(
    folder: Path, learner: str, make: Any, *, score: float = 0.0, number: int = 1, page: bytes = PAGE, **changes: Any
) -> Path:
    at = make.NOW + timedelta(days=number)
    event = Event(
        event_id=uuid7(at, number),
        at=at,
        learner=learner,
        course="tiny",
        fact=ScorePosted(assignment="sums", score=score, max_score=6, status="graded"),
    )
    fields = {
        "course": "tiny",
        "assignment": "sums",
        "learners": (learner,),
        "event": event,
        "files": {"sums.html": sha256(page)},
        **changes,
    }
    manifest = FeedbackManifest.seal(**fields)
    path = folder / f"sums-{number}.feedback.zip"
    content = {"feedback.json": canonical_json(manifest.json_object()).encode(), "files/sums.html": page}
    write_archive(path, content, first="feedback.json")
    return path


def test_the_pages_are_kept_and_the_score_counts_once(author: Any, laptop: Any, make: Any, tmp_path: Path) -> None:
    laptop.opens(author.releases())
    path = feedback_file(tmp_path, local_learner(laptop.data).learner, make)
    laptop.later(days=2)
    first = open_feedback(path, data=laptop.data, at=laptop.later())
    assert (first.assignment, first.score, first.max_score, first.new) == ("sums", 0.0, 6.0, True)
    assert first.message == ""
    assert first.pages == (laptop.copy.resolve() / "feedback" / "sums" / "sums.html",)
    assert first.pages[0].read_bytes() == PAGE
    again = open_feedback(path, data=laptop.data, at=laptop.later())
    assert (again.new, again.pages) == (False, first.pages)
    assert [e.kind for e in own_events(laptop.data, "tiny", at=laptop.later())].count("ScorePosted") == 1
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later(), root=laptop.home).units[0].assignments[0]
    assert (shown.score, shown.max_score, shown.status) == (0.0, 6.0, "graded")
    assert shown.feedback == ("courses/tiny/feedback/sums/sums.html",)


def test_a_second_feedback_does_not_overwrite_the_first(author: Any, laptop: Any, make: Any, tmp_path: Path) -> None:
    laptop.opens(author.releases())
    me = local_learner(laptop.data).learner
    laptop.later(days=9)
    first = open_feedback(feedback_file(tmp_path, me, make), data=laptop.data, at=laptop.later())
    regraded = feedback_file(tmp_path, me, make, score=5, number=2, page=PAGE + b"<p>Regraded.</p>")
    second = open_feedback(regraded, data=laptop.data, at=laptop.later())
    assert first.pages[0].read_bytes() == PAGE
    assert second.pages[0] != first.pages[0]
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later()).units[0].assignments[0]
    assert shown.score == 5.0
    assert shown.feedback == (str(first.pages[0]), str(second.pages[0]))


def test_somebody_elses_feedback_is_refused(author: Any, laptop: Any, make: Any, tmp_path: Path) -> None:
    laptop.opens(author.releases())
    with pytest.raises(Refused, match="somebody else's"):
        open_feedback(feedback_file(tmp_path, "p-" + "f" * 16, make), data=laptop.data, at=laptop.later())
    assert not (laptop.copy / "feedback").exists()


def test_feedback_on_a_bare_notebook_is_shown_and_its_score_stays_out(
    author: Any, laptop: Any, make: Any, tmp_path: Path
) -> None:
    laptop.opens(author.releases())
    laptop.later(days=2)
    path = feedback_file(tmp_path, "x-" + "f" * 16, make, score=5)
    opened = open_feedback(path, data=laptop.data, at=laptop.later())
    assert (opened.score, opened.new) == (5.0, False)
    assert "nothing in the file says whose it is" in opened.message
    assert opened.pages[0].read_bytes() == PAGE
    assert "ScorePosted" not in [e.kind for e in own_events(laptop.data, "tiny", at=laptop.later())]
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later(), root=laptop.home).units[0].assignments[0]
    assert (shown.score, shown.feedback) == (None, ("courses/tiny/feedback/sums/sums.html",))


def test_it_is_shown_where_the_course_is_not_here(laptop: Any, make: Any, tmp_path: Path) -> None:
    path = feedback_file(tmp_path, local_learner(laptop.data).learner, make)
    opened = open_feedback(path, data=laptop.data, at=laptop.later())
    assert opened.folder is None
    assert opened.pages == (laptop.data / "feedback" / "tiny" / "sums" / "sums.html",)


def test_damaged_or_climbing_files_are_refused(laptop: Any, make: Any, tmp_path: Path) -> None:
    me = local_learner(laptop.data).learner
    path = feedback_file(tmp_path, me, make, files={"sums.html": "0" * 64})
    with pytest.raises(Tampered, match="not what its manifest says"):
        open_feedback(path, data=laptop.data, at=laptop.later())
    for name in ("../../x.html", "/etc/x.html"):
        climbing = feedback_file(tmp_path, me, make, files={name: sha256(PAGE)})
        with pytest.raises(Invalid):
            open_feedback(climbing, data=laptop.data, at=laptop.later())
    odd = Event(
        event_id=uuid7(make.NOW, 1),
        at=make.NOW,
        learner=me,
        course="../x",
        fact=ScorePosted(assignment="sums", score=1, max_score=6, status="graded"),
    )
    nameless = feedback_file(tmp_path, me, make, course="../x", event=odd)
    with pytest.raises(Tampered, match="names no course"):
        open_feedback(nameless, data=laptop.data, at=laptop.later())
    other = tmp_path / "x.feedback.zip"
    write_archive(other, {"release.json": b"{}"}, first="release.json")
    with pytest.raises(Invalid, match="is not one"):
        open_feedback(other, data=laptop.data, at=laptop.later())
    assert not (laptop.data / "feedback").exists()
