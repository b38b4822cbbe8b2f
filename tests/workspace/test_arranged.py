"""An instructor's word reaches the learner's computer: the date, the cohort's gate, the lesson that is waived."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from course_kit.errors import Refused
from course_kit.files.archive import write_archive
from course_kit.model.events import ArrangementsPosted, Event, Extension, Fact, LessonWaived, ZoneNoted
from course_kit.model.gate_tree import InCohort
from course_kit.model.keys import canonical_json, uuid7
from course_kit.model.release import ArrangementsManifest
from course_kit.model.when import Override
from course_kit.store.places import local_learner
from course_kit.workspace.events import own_events
from course_kit.workspace.feedback import open_feedback
from course_kit.workspace.open import what_is
from course_kit.workspace.panel import panel
from course_kit.workspace.sync import sync

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def told(folder: Path, at: datetime, *facts: Fact, learners: tuple[str, ...] = ()) -> Path:
    """A file with these facts; without ``learners`` it bears no name."""
    events = tuple(
        Event(event_id=uuid7(at, number), at=at, learner=learners[0] if learners else "x-1", course="tiny", fact=fact)
        for number, fact in enumerate(facts)
    )
    manifest = ArrangementsManifest.seal(course="tiny", learners=learners, arranged=events)
    path = folder / f"arrangements-{manifest.arrangements[:8]}.feedback.zip"
    content = {"arrangements.json": canonical_json(manifest.json_object()).encode()}
    write_archive(path, content, first="arrangements.json")
    return path


def course_with(author: Any) -> Any:
    """The tiny course where the second lesson is for the evening cohort, who have a week more."""
    tiny = author.releases().manifest.course
    (unit,) = tiny.units
    first, second = unit.lessons
    lessons = (first, second.model_copy(update={"condition": InCohort("evening"), "gate": "enforce"}))
    (sums,) = unit.assignments
    more = sums.model_copy(update={"overrides": (Override(cohort="evening", extend="7 days"),)})
    return tiny.model_copy(update={"units": (unit.model_copy(update={"lessons": lessons, "assignments": (more,)}),)})


def test_more_time_a_cohort_and_a_waiver_hold_on_the_learners_computer(
    author: Any, laptop: Any, tmp_path: Path
) -> None:
    laptop.opens(author.releases(course=course_with(author)))
    me = local_learner(laptop.data).learner

    def shown() -> Any:
        return panel(laptop.copy, data=laptop.data, at=laptop.later()).units[0]

    before = shown()
    due = datetime.fromisoformat(before.assignments[0].due)
    assert [lesson.state for lesson in before.lessons] == ["open", "locked"]
    assert [reason.text for reason in before.lessons[1].reasons] == [
        "Complete “First” first.",
        "It is for the cohort “evening”.",
    ]

    path = told(tmp_path, laptop.later(), ArrangementsPosted(cohort="evening"), learners=(me,))
    assert what_is(path) == "feedback"
    opened = open_feedback(path, data=laptop.data, at=laptop.later(), zone=BERLIN)
    assert (opened.assignment, opened.score, opened.new) == ("", None, True)
    assert opened.message == "You are in the cohort “evening”."
    assert open_feedback(path, data=laptop.data, at=laptop.later()).new is False
    now = shown()
    assert [reason.text for reason in now.lessons[1].reasons] == ["Complete “First” first."]
    assert datetime.fromisoformat(now.assignments[0].due) == due + timedelta(days=7)
    assert now.assignments[0].why == "the course, extended by 7 days"

    three = Extension(assignment="sums", extend="9 days")
    path = told(
        tmp_path,
        laptop.later(),
        ArrangementsPosted(cohort="evening", extensions=(three,)),
        LessonWaived(lesson="first", reason="You know it."),
        learners=(me,),
    )
    opened = open_feedback(path, data=laptop.data, at=laptop.later(), zone=BERLIN)
    when = f"{(due + timedelta(days=9)).astimezone(BERLIN):%a %d %b %Y, %H:%M %Z}"
    assert opened.message == (
        f"You are in the cohort “evening”. “Sums” is due on {when} for you (the course, extended by 9 days). "
        "You are excused from “First”: You know it."
    )
    last = shown()
    assert [lesson.state for lesson in last.lessons] == ["done", "open"]
    assert datetime.fromisoformat(last.assignments[0].due) == due + timedelta(days=9)

    # the last word is the whole word; a lesson that was open stays so
    path = told(tmp_path, laptop.later(), ArrangementsPosted(), learners=(me,))
    assert open_feedback(path, data=laptop.data, at=laptop.later()).message == (
        "What was arranged is over: the course's own dates count."
    )
    assert datetime.fromisoformat(shown().assignments[0].due) == due
    assert [lesson.state for lesson in shown().lessons] == ["done", "open"]


def test_a_word_that_claims_to_have_come_in_the_future_gives_way_to_the_next(
    author: Any, laptop: Any, tmp_path: Path
) -> None:
    laptop.opens(author.releases(course=course_with(author)))
    ahead = laptop.later().replace(year=2099)
    event = Event(
        event_id=uuid7(ahead, 1),
        at=ahead,
        received_at=ahead,
        learner="x-1",
        course="tiny",
        fact=ArrangementsPosted(cohort="evening"),
    )
    manifest = ArrangementsManifest.seal(course="tiny", learners=(), arranged=(event,))
    path = tmp_path / "hostile.feedback.zip"
    content = {"arrangements.json": canonical_json(manifest.json_object()).encode()}
    write_archive(path, content, first="arrangements.json")
    assert "evening" in open_feedback(path, data=laptop.data, at=laptop.later()).message

    path = told(tmp_path, laptop.later(), ArrangementsPosted(cohort="morning"))
    opened = open_feedback(path, data=laptop.data, at=laptop.later())
    assert opened.message == "You are in the cohort “morning”."


def test_another_computer_hears_of_it_by_a_sync_and_a_stranger_not_at_all(
    author: Any, laptop: Any, desktop: Any, tmp_path: Path
) -> None:
    release, stick = author.releases(course=course_with(author)), tmp_path / "stick"
    stick.mkdir()
    laptop.opens(release)
    desktop.opens(release)
    # the first file bears no name: nobody's computer had been met
    path = told(tmp_path, laptop.later(), ArrangementsPosted(cohort="evening"))
    open_feedback(path, data=laptop.data, at=laptop.later())
    for computer in (laptop, desktop, laptop):
        done = sync(stick, data=computer.data, at=computer.later(), computer=computer.name)
        assert done.set_aside == 0
    panels = [panel(one.copy, data=one.data, at=one.later(days=1)) for one in (laptop, desktop)]
    assert [shown.units[0].lessons[1].reasons[0].text for shown in panels] == ["Complete “First” first."] * 2
    assert panels[0].units[0].assignments[0].due == panels[1].units[0].assignments[0].due

    theirs = told(tmp_path, laptop.later(), ArrangementsPosted(cohort="morning"), learners=("p-" + "9" * 16,))
    with pytest.raises(Refused, match="somebody else's"):
        open_feedback(theirs, data=laptop.data, at=laptop.later())


def test_a_zone_is_noted_once_and_a_journey_makes_no_date_earlier(author: Any, laptop: Any) -> None:
    laptop.now = datetime(2027, 3, 10, 17, 0, tzinfo=BERLIN)
    laptop.opens(author.releases())

    def due(zone: ZoneInfo, **later: float) -> datetime:
        shown = panel(laptop.copy, data=laptop.data, at=laptop.later(**later), zone=zone)
        return datetime.fromisoformat(str(shown.units[0].assignments[0].due))

    # America changes its clocks on 14 March, Europe on 28 March: 24 March, 17:01, is an hour earlier over there
    at_home = due(BERLIN)
    assert at_home.astimezone(BERLIN) == datetime(2027, 3, 24, 17, 1, tzinfo=BERLIN)
    assert due(NEW_YORK, days=2) == at_home
    assert due(BERLIN, days=1) == at_home
    assert due(ZoneInfo("UTC")) == at_home
    noted = [
        event.fact.zone
        for event in own_events(laptop.data, "tiny", at=laptop.later())
        if isinstance(event.fact, ZoneNoted)
    ]
    assert noted == ["Europe/Berlin", "America/New_York"]
