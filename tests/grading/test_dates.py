"""course.yml's dates and credit in the scores: due dates, extensions, offline work, and learners' own beginnings."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from course_kit.apps.cli.author import check_command
from course_kit.bridges.nbgrader.duedates import dates_path, read_dates
from course_kit.errors import Invalid
from course_kit.grading.batch import grade
from course_kit.grading.collected import Index, Origin
from course_kit.grading.dates import all_dates, disagreements
from course_kit.grading.extensions import Extensions, extensions_path
from course_kit.grading.places import find_place
from course_kit.grading.publish import publish
from course_kit.model.events import CourseStarted, Event, PaceChanged
from course_kit.model.keys import decision_id
from course_kit.model.when import Override
from course_kit.store.sql import SqlStore

GOOD = "return a + b"
CREDIT = "[{until: due, percent: 100}, {until: due + 7 days, percent: 80}, {percent: 50}]"
IN_TIME, LATE = "2026-11-19 10:00:00 UTC", "2026-11-20 10:00:00 UTC"


def write_course(folder: Path, rules: str = "", **fields: str) -> None:
    more = "".join(f"{name}: {value}\n" for name, value in fields.items())
    (folder / "course.yml").write_text(
        f"course: sums\ntitle: Sums\n{more}units:\n  - key: u\n    assignments:\n"
        f"      - source: source/adding\n        minutes: 5\n{rules}"
    )


def rules(due: str = "2026-11-20T00:59+01:00", credit: str = CREDIT, more: str = "") -> str:
    return f"        due: {due}\n        credit: {credit}\n{more}"


def points(batch: Any) -> dict[str, float | None]:
    return {score.learner: score.score for score in batch.scores}


def duedate(folder: Path) -> Any:
    with closing(sqlite3.connect(folder / "gradebook.db")) as database:
        return database.execute("SELECT duedate FROM assignment").fetchone()[0]


@pytest.mark.slow
def test_a_course_without_rules_stays_as_it_is(nbgrader_course: Path, hand_in: Callable[..., Path]) -> None:
    write_course(nbgrader_course)
    hand_in("ada", GOOD, at=LATE)
    (score,) = grade(nbgrader_course, "adding").scores
    assert (score.score, score.max_score, score.detail) == (5.0, 5.0, "")
    assert duedate(nbgrader_course) is None
    assert not dates_path(nbgrader_course, "adding").exists()


@pytest.mark.slow
def test_credit_and_an_extension_that_comes_later(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: datetime
) -> None:
    write_course(nbgrader_course, rules())
    hand_in("ada", GOOD, at=IN_TIME)
    hand_in("bob", GOOD, at=LATE)
    first = grade(nbgrader_course, "adding", at=now)
    assert points(first) == {"ada": 5.0, "bob": 4.0}
    assert first.scores[1].detail == (
        "1 points were taken off for being late. It counts 80 %: due 2026-11-19 23:59 UTC, "
        "handed in 2026-11-20 10:00 UTC (the course)."
    )
    assert duedate(nbgrader_course) == "2026-11-19 23:59:00.000000"

    place = find_place(nbgrader_course)
    given = Override(learner="bob", extend="1 day", reason="ill")
    Extensions(place).put("adding", given, at=now)
    assert [Extensions(place).of(key) for key in ("adding", "other")] == [(given,), ()]
    again = grade(nbgrader_course, "adding", at=now)
    assert (points(again), again.ran) == ({"ada": 5.0, "bob": 5.0}, 0)

    assert Extensions(place).remove("adding", "bob")
    assert not Extensions(place).remove("adding", "bob")
    posted = publish(nbgrader_course, at=now)
    assert {one.learner: one.score for one in posted} == {"ada": 5.0, "bob": 4.0}


@pytest.mark.slow
def test_check_says_where_somebody_changed_the_gradebook(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: datetime
) -> None:
    write_course(nbgrader_course, rules())
    assert disagreements(find_place(nbgrader_course), at=now) == {}  # there is no gradebook yet
    hand_in("bob", GOOD, at=LATE)
    grade(nbgrader_course, "adding", at=now)
    assert disagreements(find_place(nbgrader_course), at=now) == {"adding": ()}
    with closing(sqlite3.connect(nbgrader_course / "gradebook.db")) as database, database:
        database.execute("UPDATE submitted_notebook SET late_submission_penalty = 0")
    said = CliRunner().invoke(check_command, [str(nbgrader_course)]).output
    assert "adding: bob: sums: 1 points are taken off by course.yml, 0 in the gradebook." in said
    publish(nbgrader_course, at=now)
    assert disagreements(find_place(nbgrader_course), at=now) == {"adding": ()}


@pytest.mark.slow
def test_dates_count_from_the_day_on_which_each_began(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: datetime
) -> None:
    """Ada began early; Bob began early, too, and paused; of Cy nothing is known."""
    write_course(nbgrader_course, rules(due="start + 9 days"), zone="Europe/Berlin")
    begun = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
    with SqlStore.open(nbgrader_course / ".course-kit" / "progress.db") as store:
        for number, learner in enumerate(("ada", "bob")):
            name = f"p-{number:016d}"
            store.link_person(name, learner, now)
            facts = [(begun, CourseStarted())]
            if learner == "bob":
                since, until = begun + timedelta(days=2), begun + timedelta(days=3, hours=5)
                facts += [
                    (since, PaceChanged(change="pause", at=since)),
                    (until, PaceChanged(change="resume", at=until)),
                ]
            events = [
                Event(event_id=decision_id(name, str(at)), at=at, learner=name, course="sums", release="", fact=fact)
                for at, fact in facts
            ]
            store.append(events, now)
    for learner in ("ada", "bob", "cy"):
        hand_in(learner, GOOD, at=LATE)
    assert points(grade(nbgrader_course, "adding", at=now)) == {"ada": 4.0, "bob": 5.0, "cy": 5.0}
    listed = read_dates(nbgrader_course, "adding")
    assert listed is not None
    assert {name: (one.due, one.why) for name, one in listed.learners.items()} == {
        "ada": ("2026-11-19T12:00:00.000000Z", "the course"),
        "bob": ("2026-11-21T12:00:00.000000Z", "the course, paused for 2 days"),
        "cy": (None, "the course"),
    }


def test_offline_work_has_both_times_and_the_grace_decides(
    nbgrader_course: Path, hand_in: Callable[..., Path], now: datetime
) -> None:
    cases = {"1 day": ("2026-11-19T10:00:00Z", 100.0), "12 hours": ("2026-11-19T18:00:00Z", 100.0)}
    cases |= {"1 hour": ("2026-11-20T05:00:00Z", 80.0), "": ("2026-11-19T10:00:00Z", 100.0)}
    for grace, (counted, percent) in cases.items():
        write_course(nbgrader_course, rules(), **({"grace": grace} if grace else {}))
        hand_in("ada", GOOD, at=IN_TIME)
        place = find_place(nbgrader_course)
        origin = Origin("", "2026-11-19T10:00:00Z", "x", received="2026-11-20T06:00:00Z")
        Index(place).put("ada", "adding", origin)
        found = all_dates(place, place.assignments[0], place.info(nbgrader_course), at=now)
        assert found is not None
        (ada,) = found
        assert ada.counted is not None
        assert (ada.counted.isoformat().replace("+00:00", "Z"), ada.percent) == (counted, percent)
        assert ada.received == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
        late = "it arrived after the grace was used up"
        helped = "the time at which it was finished counts"
        assert ada.why == f"the course; {late if grace in ('12 hours', '1 hour') else helped}"


def test_a_cohort_has_its_own_dates(nbgrader_course: Path, hand_in: Callable[..., Path], now: datetime) -> None:
    write_course(nbgrader_course, rules(more="        overrides: [{cohort: evening, due: 2026-11-21T12:00Z}]\n"))
    (nbgrader_course / "roster.csv").write_text("learner,cohort\nada,evening\nbob,morning\neve,evening\n")
    for learner in ("ada", "bob"):
        hand_in(learner, GOOD, at=LATE)
    place = find_place(nbgrader_course)
    found = all_dates(place, place.assignments[0], place.info(nbgrader_course), at=now, everyone=True)
    assert found is not None
    assert {one.learner: (one.percent, one.dates.why["due"]) for one in found} == {
        "ada": (100.0, "the cohort evening"),
        "bob": (80.0, "the course"),
        "eve": (100.0, "the cohort evening"),
    }


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1, "extensions": [{"assignment": "a", "cohort": "b"}]}'])
def test_a_damaged_list_of_extensions_is_said_to_be_so(nbgrader_course: Path, text: str) -> None:
    write_course(nbgrader_course)
    path = extensions_path(nbgrader_course)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(Invalid, match="list of extensions is damaged"):
        Extensions(find_place(nbgrader_course))
    assert path.read_text() == text
