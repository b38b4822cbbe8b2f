"""The demo: the whole journey on the flagship course with a cohort of made-up learners."""

import shutil
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from course_kit.apps.cohort import MadeUpLearner, MadeUpLife, make_cohort, roster_of
from course_kit.apps.flagship import copy_flagship
from course_kit.errors import Refused
from course_kit.files.atomic import write_json
from course_kit.grading.batch import grade
from course_kit.grading.collect import Collected, collect
from course_kit.grading.feedback import make_feedback
from course_kit.grading.publish import publish
from course_kit.grading.roster_file import write_roster
from course_kit.model.course import Course
from course_kit.model.scores import SubmissionScore
from course_kit.quizzes.graded import RESPONSES
from course_kit.release.build import BuiltRelease, build_release
from course_kit.report.gather import report_data
from course_kit.report.pages import write_page
from course_kit.source.checks import check
from course_kit.source.course_file import read_course
from course_kit.source.findings import FaultyCourse, Finding, has_errors
from course_kit.workspace.behind import remove_read_only
from course_kit.workspace.feedback import open_feedback
from course_kit.workspace.open import open_course
from course_kit.workspace.submit import submit
from course_kit.workspace.sync import sync

Bar = Callable[[str], AbstractContextManager[Callable[[int, int, str], None]]]
"""``with bar(title) as progress:`` shows one long step."""
_MARK = ".course-kit-demo.json"


@dataclass
class Demo:
    """Where everything of one demo is, and what came out of it."""

    folder: Path
    size: int = 8
    seed: int = 0
    findings: tuple[Finding, ...] = ()
    built: BuiltRelease | None = None
    collected: list[Collected] = field(default_factory=list)
    scores: list[SubmissionScore] = field(default_factory=list)
    feedback_files: list[Path] = field(default_factory=list)
    report: Path = Path()

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def copy_of(self, learner: str) -> Path:
        return self.folder / "learners" / learner / "copy"

    def data_of(self, learner: str) -> Path:
        return self.folder / "learners" / learner / "data"


def run_demo(demo: Demo, bar: Bar) -> None:
    """Play the journey in ``demo.folder``, and fill ``demo`` with what came of it.

    Raises :class:`Refused` if the folder holds something that no demo made; what is played again is made anew, but
    your own copy (``you/``) stays.
    """
    _clear(demo)
    copy_flagship(demo.course)
    _check_and_build(demo, bar)
    cohort = make_cohort(demo.size, demo.seed)
    write_roster(demo.course / "roster.csv", roster_of(cohort))
    course = read_course(demo.course).course
    _learn(demo, cohort, course, bar)
    _instruct(demo, course, bar)
    _report(demo, cohort, bar)


def _clear(demo: Demo) -> None:
    folder = demo.folder
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise Refused(
            f"The folder {folder} holds something else than a demo.",
            hint="Name another one: course-kit demo --to FOLDER",
        )
    for part in ("course", "learners", "inbox", "report.html"):
        path = folder / part
        if path.is_dir():
            remove_read_only(path)
        else:
            path.unlink(missing_ok=True)
    write_json(folder / _MARK, {"version": 1, "seed": demo.seed, "learners": demo.size})


def _check_and_build(demo: Demo, bar: Bar) -> None:
    with bar("Author: check"):
        demo.findings = check(demo.course)
    if has_errors(demo.findings):
        raise FaultyCourse(demo.findings)
    with bar("Author: build") as progress:
        demo.built = build_release(demo.course, progress=progress)


def _learn(demo: Demo, cohort: tuple[MadeUpLearner, ...], course: Course, bar: Bar) -> None:
    demo.inbox.mkdir(parents=True)
    with bar("Learners: open, answer, submit") as progress:
        for done, who in enumerate(cohort):
            progress(done, len(cohort), who.entry.name)
            if who.road != "none":
                _live(demo, who, course)
        progress(len(cohort), len(cohort), "")
    _pack_download(demo.inbox)


def _live(demo: Demo, who: MadeUpLearner, course: Course) -> None:
    assert demo.built is not None  # noqa: S101 (built before anyone learns)
    name = who.entry.learner
    copy, data = demo.copy_of(name), demo.data_of(name)
    open_course(str(demo.built.archive), to=copy, data=data, at=_now())
    life = MadeUpLife(who, course, demo.built.hash, data, demo.seed)
    if who.road == "two-computers":
        copy, data = _change_computers(demo, who, life, course)
    else:
        life.work_through(copy, who.diligence)
    for number, assignment in enumerate(course.assignments()):
        if number and who.diligence < 1:
            continue
        source = demo.course / assignment.source
        life.do_assignment(copy, assignment, source)
        told = {"id": name, "name": who.entry.name, "email": who.entry.email}
        receipt = submit(copy, assignment.key, data=data, at=_now(), learner=told)
        _deliver(demo.inbox, who, assignment.key, receipt.file, copy)


def _change_computers(demo: Demo, who: MadeUpLearner, life: MadeUpLife, course: Course) -> tuple[Path, Path]:
    """Half of the way on one computer, the rest on another, kept together through a folder."""
    assert demo.built is not None  # noqa: S101 (as above)
    home = demo.folder / "learners" / who.entry.learner
    first, second = (home / "copy", home / "data"), (home / "laptop-copy", home / "laptop-data")
    (home / "drive").mkdir()
    life.work_through(first[0], who.diligence / 2)
    sync(home / "drive", data=first[1], at=_now())
    open_course(str(demo.built.archive), to=second[0], data=second[1], at=_now())
    sync(home / "drive", data=second[1], at=_now())
    onward = MadeUpLife(who, course, demo.built.hash, second[1], demo.seed + 1)
    onward.work_through(second[0], who.diligence, after=who.diligence / 2)
    sync(home / "drive", data=second[1], at=_now())
    sync(home / "drive", data=first[1], at=_now())
    return first


def _deliver(inbox: Path, who: MadeUpLearner, assignment: str, file: Path, copy: Path) -> None:
    """By the road that this learner takes: the file itself, a Moodle folder, or just notebook and answers."""
    if who.road == "moodle":
        folder = inbox / "moodle" / f"{who.entry.name}_{who.entry.lms_id}_assignsubmission_file_"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, folder / file.name)
    elif who.road == "bare":
        work = copy / "assignments" / assignment
        for path in (*work.glob("*.ipynb"), work / RESPONSES):
            if path.is_file():
                folder = inbox / who.entry.learner / assignment
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, folder / path.name)
    else:
        shutil.copy2(file, inbox / file.name)


def _pack_download(inbox: Path) -> None:
    """Moodle hands out one zip; and one stray file fits nobody, as in life."""
    moodle = inbox / "moodle"
    if moodle.is_dir():
        with zipfile.ZipFile(inbox / "moodle-download.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(moodle.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(moodle).as_posix())
        shutil.rmtree(moodle)
    (inbox / "holiday-photo.ipynb").write_text("this is not a notebook", encoding="utf-8")


def _instruct(demo: Demo, course: Course, bar: Bar) -> None:
    with bar("Instructor: collect") as progress:
        demo.collected.append(collect(demo.inbox, demo.course, at=_now(), progress=progress))
    for assignment in course.assignments():
        with bar(f"Instructor: grade {assignment.key}") as progress:
            demo.scores += grade(demo.course, assignment.key, progress=progress, at=_now())
    with bar("Instructor: publish scores") as progress:
        publish(demo.course, at=_now(), progress=progress)
    for assignment in course.assignments():
        with bar(f"Instructor: feedback on {assignment.key}") as progress:
            made = make_feedback(demo.course, assignment.key, at=_now(), progress=progress)
        for one in made:
            if one.path is not None:
                demo.feedback_files.append(one.path)
                _read_feedback(demo, one.learner, one.path)


def _read_feedback(demo: Demo, learner: str, path: Path) -> None:
    data = demo.data_of(learner)
    if data.is_dir():
        open_feedback(path, data=data, at=_now())


def _report(demo: Demo, cohort: tuple[MadeUpLearner, ...], bar: Bar) -> None:
    with bar("Instructor: report"):
        report = report_data(demo.course, roster_of(cohort), at=_now())
        demo.report = demo.folder / "report.html"
        write_page(report, demo.report)


def _now() -> datetime:
    return datetime.now(UTC)
