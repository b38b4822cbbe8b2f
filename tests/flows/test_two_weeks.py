"""Two weeks of a learner's life: a move across the sea and two changes of clocks, two computers, a week's end offline.

Mia begins in Berlin on Wednesday, 17 March 2027, at nine (08:00 UTC). America's clocks have changed three days before,
Europe's will on the 28th. On the 24th she moves to New York. Bob begins at the same moment and stays.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader_courses import notebook_of, write_adding

from course_kit.files.zones import zone_named
from course_kit.grading.arranging import waive, write_arrangements
from course_kit.grading.batch import grade
from course_kit.grading.collect import collect
from course_kit.grading.dates import all_dates, calendar
from course_kit.grading.feedback import make_feedback
from course_kit.grading.places import find_place
from course_kit.model.dates import own_zones
from course_kit.model.events import ItemAnswered, LessonOpened, LessonWaived, ReviewDone, ScorePosted, ZoneNoted
from course_kit.model.progress import fold, progress_of
from course_kit.model.review import due, skill_states
from course_kit.model.tally import Tally
from course_kit.release.build import build_release
from course_kit.store.journal import Journal
from course_kit.store.kept import tally_of
from course_kit.store.places import local_learner
from course_kit.store.sql import SqlStore
from course_kit.workspace.events import local_store, own_events
from course_kit.workspace.feedback import open_feedback
from course_kit.workspace.folder import Workspace
from course_kit.workspace.open import open_course
from course_kit.workspace.overriding import open_anyway
from course_kit.workspace.own_dates import own_dates
from course_kit.workspace.pace import change_pace
from course_kit.workspace.panel import panel
from course_kit.workspace.plan import say_hours
from course_kit.workspace.review import make_review
from course_kit.workspace.submit import submit
from course_kit.workspace.sync import sync

pytestmark = pytest.mark.slow
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
BEGUN = datetime(2027, 3, 17, 8, 0, tzinfo=UTC)
COURSE = """course: sums
title: Sums
grace: 2 days
units:
  - key: begin
    title: Begin
    pace: 3 days
    lessons:
      - {notebook: basics.ipynb, minutes: 20}
      - {notebook: known.ipynb, minutes: 10, diagnostic: {waives: [tables], pass: 80 %}}
      - {notebook: tables.ipynb, minutes: 30, requires: [basics]}
  - key: on
    title: Go on
    pace: 10 days
    lessons:
      - {notebook: first.ipynb, minutes: 15}
      - notebook: last.ipynb
        minutes: 40
        requires: {all: [completed basics, {any: [cohort evening, after start + 30 days]}]}
    assignments:
      - source: source/adding
        minutes: 30
        due: start + 12 days
        credit: [{until: due, percent: 100}, {until: due + 7 days, percent: 80}, {percent: 50}]
"""
QUIZ = """%%quiz q
What is {{a}} + 1?
= {{a + 1}}
vary: a in 1..9
key: one
skill: {skill}
---
What is {{a}} + 2?
= {{a + 2}}
vary: a in 1..9
key: two
skill: {skill}
"""


def moment(day: int, hour: int, minute: int = 0, *, month: int = 3, zone: Any = UTC) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


@dataclass
class Computer:
    """One computer of somebody's: a data folder and a copy of the course. ``zone``: where it stands."""

    home: Path
    zone: ZoneInfo = BERLIN

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def copy(self) -> Path:
        return self.home / "copy"

    def opens(self, release: Path, at: datetime) -> None:
        open_course(str(release), to=self.copy, data=self.data, at=at)
        self.sees(at)

    def sees(self, at: datetime) -> Any:
        return panel(self.copy, data=self.data, at=at, zone=self.zone)

    def states(self, at: datetime) -> dict[str, str]:
        return {lesson.key: lesson.state for unit in self.sees(at).units for lesson in unit.lessons}

    def due(self, at: datetime) -> datetime:
        return datetime.fromisoformat(self.sees(at).units[1].assignments[0].due)

    def did(self, at: datetime, *facts: Any, writer: Any = "kernel") -> None:
        """As the kernel (or the page) has it written down."""
        workspace, me = Workspace.at(self.copy), local_learner(self.data).learner
        journals = self.data / "journals"
        with Journal(journals, learner=me, course="sums", release=workspace.release, writer=writer) as journal:
            journal.append([fact.model_dump(mode="json") for fact in facts], at)

    def answers(self, lesson: str, item: str, fraction: float, at: datetime, *, attempt: int = 1) -> None:
        state = "right" if fraction == 1 else "wrong"
        self.did(
            at,
            ItemAnswered(
                lesson=lesson, item=item, digest="d", response="3", state=state, fraction=fraction, attempt=attempt
            ),
        )

    def solves(self) -> None:
        path = next((self.copy / "assignments").glob("*/*.ipynb"))
        work = nbformat.read(path, as_version=4)
        for cell in work.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "add":
                cell.source = "def add(a, b):\n    return a + b"
        nbformat.write(work, path)

    def tally(self, at: datetime) -> Tally:
        with local_store(self.data, at=at) as store:
            return tally_of(store, "sums")

    def syncs(self, stick: Path, at: datetime) -> Any:
        done = sync(stick, data=self.data, at=at, computer=self.home.name)
        assert (done.conflicts, done.set_aside) == ((), 0)
        return done


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    folder = write_adding(tmp_path / "teacher")
    for name in ("basics", "known", "tables", "first", "last"):
        cells = [
            new_markdown_cell(f"# {name.title()}"),
            new_code_cell("%load_ext course_kit"),
            new_code_cell(QUIZ.format(skill="tables" if name == "known" else name)),
        ]
        nbformat.write(notebook_of(cells), folder / f"{name}.ipynb")
    (folder / "course.yml").write_text(COURSE)
    (folder / "roster.csv").write_text("learner,name,cohort\nmia,Mia,evening\nbob,Bob,\n")
    return folder


def test_two_weeks(teacher: Path, tmp_path: Path) -> None:
    release = build_release(teacher).archive
    laptop, desktop, bobs = (Computer(tmp_path / name) for name in ("laptop", "desktop", "bobs"))
    stick = tmp_path / "stick"
    stick.mkdir()

    # Wednesday, 17 March, nine o'clock in Berlin
    laptop.opens(release, BEGUN)
    bobs.opens(release, BEGUN)
    assert laptop.states(BEGUN) == {
        "basics": "open", "known": "open", "tables": "locked", "first": "open", "last": "locked",
    }  # fmt: skip
    # twelve days on, still at nine, though the clocks change in between: 09:00 CEST
    assert laptop.due(BEGUN) == moment(29, 9, zone=BERLIN) == moment(29, 7)
    shown = laptop.sees(BEGUN)
    assert shown.next.key == "basics"
    assert [reason.text for reason in shown.units[1].lessons[1].reasons] == [
        "Complete “Basics” first.",
        "It is for the cohort “evening”, or it opens on 16 Apr 2027, 10:00 CEST.",
    ]
    assert [(one.unit, one.state) for one in shown.plan.milestones] == [("begin", "ahead"), ("on", "ahead")]

    # Thursday: the diagnostic; its first answers excuse from the lesson on tables
    thursday = moment(18, 18, zone=BERLIN)
    laptop.did(thursday, LessonOpened(lesson="known"), writer="page")
    laptop.answers("known", "q/one", 1.0, thursday + timedelta(minutes=1))
    laptop.answers("known", "q/two", 1.0, thursday + timedelta(minutes=2))
    assert laptop.states(thursday + timedelta(minutes=3))["tables"] == "done"
    waived = [event for event in own_events(laptop.data, "sums", at=thursday) if isinstance(event.fact, LessonWaived)]
    assert [(event.fact.lesson, event.at) for event in waived] == [("tables", thursday + timedelta(minutes=2))]

    # Friday: the last lesson looks interesting; its gate advises, and gives way
    friday = moment(19, 18, zone=BERLIN)
    lock = open_anyway(laptop.copy, "last", data=laptop.data, at=friday, zone=BERLIN)
    assert lock is not None
    assert (lock.minutes, [step.text for step in lock.actions or ()]) == (
        20,
        ["Complete “Basics”", "Wait until 16 Apr 2027, 10:00 CEST"],
    )
    assert laptop.states(friday)["last"] == "started"

    # Saturday: a second computer; it knows everything after one meeting
    saturday = moment(20, 10, zone=BERLIN)
    desktop.opens(release, saturday)
    laptop.syncs(stick, saturday)
    desktop.syncs(stick, saturday + timedelta(minutes=1))
    laptop.syncs(stick, saturday + timedelta(minutes=2))
    later = saturday + timedelta(minutes=3)
    assert desktop.states(later) == laptop.states(later)
    assert desktop.due(later) == laptop.due(later) == moment(29, 7)

    # Sunday, on the desktop: a slip, then right; four hours a week are planned
    sunday = moment(21, 11, zone=BERLIN)
    desktop.did(sunday, LessonOpened(lesson="basics"), writer="page")
    desktop.answers("basics", "q/one", 0.0, sunday + timedelta(minutes=1))
    desktop.answers("basics", "q/one", 1.0, sunday + timedelta(minutes=2), attempt=2)
    assert desktop.states(sunday + timedelta(minutes=3))["basics"] == "started"
    say_hours(desktop.copy, 4, data=desktop.data, at=sunday + timedelta(minutes=4))
    plan = desktop.sees(sunday + timedelta(minutes=5)).plan
    assert plan.hours_per_week == 4
    # begin is late: its milestone was Saturday at nine
    assert [(one.unit, one.state, one.pace_at) for one in plan.milestones] == [
        ("begin", "late", "2027-03-20T08:00:00.000000Z"),
        ("on", "ahead", "2027-03-27T08:00:00.000000Z"),
    ]

    # Monday evening: boxes are packed. A pause of two days moves the date by two days
    monday = moment(22, 20, zone=BERLIN)
    desktop.syncs(stick, monday)
    laptop.syncs(stick, monday)
    change_pace(laptop.copy, "pause", data=laptop.data, at=monday, zone=BERLIN)
    wednesday = monday + timedelta(days=2)
    laptop.zone = NEW_YORK
    resumed = change_pace(laptop.copy, "resume", data=laptop.data, at=wednesday, zone=NEW_YORK)
    assert resumed.paused is None

    # New York: by the clock there, nine in Berlin was four in the morning; by Berlin's the date was an hour earlier.
    # The later of the two holds, and both computers agree as soon as they met
    assert resumed.dates[0].dates.due == moment(31, 4, zone=NEW_YORK) == moment(31, 8)
    assert resumed.dates[0].dates.why["due"] == "the course, paused for 2 days"
    assert desktop.due(wednesday) == moment(29, 7)  # it has heard neither of the pause nor of the move
    laptop.syncs(stick, wednesday)
    desktop.syncs(stick, wednesday + timedelta(minutes=1))
    assert desktop.due(wednesday + timedelta(minutes=2)) == moment(31, 8)
    zones = [e.fact.zone for e in own_events(desktop.data, "sums", at=wednesday) if isinstance(e.fact, ZoneNoted)]
    assert sorted(set(zones)) == ["America/New_York", "Europe/Berlin"]

    # Friday: her cohort comes as a file, which bears no name, since nobody there has met her computer
    friday = moment(26, 12, zone=NEW_YORK)
    place = find_place(teacher)
    with SqlStore.open(place.store) as store:
        (told,) = write_arrangements(place, store, at=friday)
    assert (told.learner, told.addressed) == ("mia", False)
    said = open_feedback(told.path, data=laptop.data, at=friday, zone=NEW_YORK)
    assert (said.new, said.message) == (True, "You are in the cohort “evening”.")
    reasons = laptop.sees(friday).units[1].lessons[1].reasons
    assert [reason.text for reason in reasons] == ["Complete “Basics” first."]
    laptop.did(friday, LessonOpened(lesson="basics"), writer="page")
    laptop.answers("basics", "q/two", 1.0, friday + timedelta(minutes=1))
    assert laptop.states(friday + timedelta(minutes=2)) == {
        "basics": "done", "known": "done", "tables": "done", "first": "open", "last": "started",
    }  # fmt: skip

    # The 28th, Europe's change of clocks, and the days without a network: nothing moves
    for day in (27, 28, 29):
        assert laptop.due(moment(day, 12)) == moment(31, 8)
    # Wednesday, 31 March, half an hour before the date: finished, and handed in to a file
    finished = moment(31, 7, 30)
    laptop.solves()
    assert laptop.sees(finished).units[1].assignments[0].credit_now == 100
    sent = submit(laptop.copy, "adding", data=laptop.data, at=finished, learner={"id": "mia"})
    # Bob finished in time, too, on the 29th at half past eight in Berlin, and sent it as late as she did
    bobs.solves()
    in_time = moment(29, 6, 30)
    bobs_file = submit(bobs.copy, "adding", data=bobs.data, at=in_time, learner={"id": "bob"})
    at_hand_in = laptop.tally(finished)

    # Friday, 2 April: both arrive. The grace of two days is enough for her, and not for him
    received = moment(2, 6, month=4)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for file in (sent.file, bobs_file.file):
        (inbox / file.name).write_bytes(file.read_bytes())
    got = collect(inbox, teacher, at=received)
    assert sorted(one.learner for one in got.placed) == ["bob", "mia"]
    assert (got.claims, got.conflicts, got.events.refused) == ((), (), 0)
    one = place.assignment("adding")
    with SqlStore.open(place.store) as store:
        rows = {row.learner: row for row in all_dates(place, one, place.info(one.root), at=received, store=store) or ()}
    mia, bob = rows["mia"], rows["bob"]
    assert (mia.dates.due, mia.finished, mia.received, mia.counted, mia.percent) == (
        moment(31, 8), finished, received, finished, 100.0,
    )  # fmt: skip
    assert mia.why == "the course, paused for 2 days; the time at which it was finished counts"
    assert (bob.dates.due, bob.finished, bob.received, bob.counted, bob.percent) == (
        moment(29, 7), in_time, received, moment(31, 6), 80.0,
    )  # fmt: skip
    assert bob.why == "the course; it arrived after the grace was used up"

    # The instructor's store is the replay of what came, and says of her what her own computer says
    course = Workspace.at(laptop.copy).manifest().course
    with SqlStore.open(place.store) as store:
        for name, kept in store.tallies("sums").items():
            assert kept == Tally.of(store.events(course="sums", learners=[name])), name
        here = tally_of(store, "sums", store.pseudonyms("mia"))
        told_dates = calendar(place, one, store=store)
        assert told_dates is not None
        theirs = told_dates.dates("mia", received)
        replay = fold(course, store.events(course="sums", learners=store.pseudonyms("mia")), at=received)
    assert progress_of(course, here, at=received) == replay
    known = {"completed", "waived", "overridden", "unlocked", "zones", "pace", "items", "arranged"}
    assert {name: getattr(here, name) for name in known} == {name: getattr(at_hand_in, name) for name in known}
    assert theirs == own_dates(course, laptop.tally(received), received)["adding"]
    assert own_zones(here, UTC, zone_named) == (BERLIN, NEW_YORK)
    assert progress_of(course, laptop.tally(finished), at=received).lessons == replay.lessons

    # Marked by nbgrader, with the credit taken off; the score and the waiver come back with the feedback
    graded = grade(teacher, "adding", at=received)
    assert {score.learner: (score.score, score.max_score) for score in graded.scores} == {"mia": (5, 5), "bob": (4, 5)}
    with SqlStore.open(place.store) as store:
        assert waive(place, store, "mia", "first", "You teach it.", at=received) == ("first", True)
    pages = {made.learner: made.path for made in make_feedback(teacher, "adding", at=received)}
    assert pages["mia"] is not None
    back = open_feedback(pages["mia"], data=laptop.data, at=received, zone=NEW_YORK)
    assert (back.score, back.max_score, back.new) == (5.0, 5.0, True)
    assert back.message.startswith("You are in the cohort “evening”. You are excused from ")
    assert "You are excused from “First”: You teach it." in back.message
    laptop.syncs(stick, received + timedelta(minutes=1))
    desktop.syncs(stick, received + timedelta(minutes=2))
    evening = received + timedelta(minutes=3)
    for computer in (laptop, desktop):
        assert computer.states(evening)["first"] == "done"
        assert computer.sees(evening).units[1].assignments[0].score == 5.0

    # Two weeks after the diagnostic what it excused from comes back once, as a fresh question
    states = skill_states(course, laptop.tally(evening), evening)
    assert "tables" in [state.skill for state in due(states, evening)]
    made = make_review(laptop.copy, data=laptop.data, at=evening, zone=NEW_YORK)
    assert (made.path, "tables" in made.skills) == ("review/review-2027-04-02.ipynb", True)
    assert (laptop.copy / made.path).is_file()
    laptop.did(evening, ReviewDone(skill="tables", rating=3, item="known/q/one", variant=1))
    after = skill_states(course, laptop.tally(evening), evening)
    assert "tables" not in [state.skill for state in due(after, evening)]

    # All three have the same of her, and so it stays when the work comes in once more
    again = submit(laptop.copy, "adding", data=laptop.data, at=evening, learner={"id": "mia"})
    (inbox / again.file.name).write_bytes(again.file.read_bytes())
    assert collect(inbox, teacher, at=evening + timedelta(minutes=1)).events.refused == 0
    laptop.syncs(stick, evening + timedelta(minutes=2))
    desktop.syncs(stick, evening + timedelta(minutes=3))
    end = evening + timedelta(minutes=4)
    with SqlStore.open(place.store) as store:
        whole = tally_of(store, "sums", store.pseudonyms("mia"))
        replay = fold(course, store.events(course="sums", learners=store.pseudonyms("mia")), at=end)
        posted = [e for e in store.events(course="sums") if isinstance(e.fact, ScorePosted)]
    assert len(posted) == 2
    assert progress_of(course, whole, at=end) == replay
    assert replay == progress_of(course, laptop.tally(end), at=end) == progress_of(course, desktop.tally(end), at=end)
    assert replay.fraction == 4 / 5
