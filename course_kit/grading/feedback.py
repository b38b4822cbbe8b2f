"""Feedback as one file for each learner: the pages, and the score as the event that was published."""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course_kit.bridges.nbgrader.client import Worker, WorkerLost
from course_kit.errors import CourseKitError
from course_kit.files.archive import sha256, write_archive
from course_kit.grading.arranging import Arranging
from course_kit.grading.places import GradedAssignment, GradingPlace, Progress, find_place, no_progress
from course_kit.grading.publish import score_events
from course_kit.model.events import Event, ScorePosted
from course_kit.model.keys import canonical_json
from course_kit.model.release import FeedbackManifest
from course_kit.store.contract import ProgressStore

PAGE_SECONDS = 120.0


@dataclass(frozen=True)
class FeedbackFile:
    """One learner's feedback. ``path`` is None, and ``fault`` says why in a sentence, where none could be made.

    ``unmarked``: some answers wait for a person to mark them, and the page says so.
    """

    learner: str
    assignment: str
    path: Path | None
    fault: str = ""
    unmarked: bool = False


def make_feedback(
    course_folder: Path,
    assignment: str | None = None,
    *,
    at: datetime,
    learners: Iterable[str] | None = None,
    progress: Progress = no_progress,
) -> tuple[FeedbackFile, ...]:
    """Write ``.course-kit/feedback/<assignment>/<assignment>-<learner>-<digest>.feedback.zip`` for all who were graded.

    Scores are published first (see :func:`~course_kit.grading.publish.publish`), since the file carries the event.
    What the instructor has arranged for the learner goes with it; hidden tests never do. The same marks give the same
    file; an older file of the learner's is removed. ``at`` is now, aware UTC. Raises :class:`NotFound`,
    :class:`Unavailable`; one submission's fault is its own line.
    """
    from course_kit.store.sql import SqlStore

    place = find_place(course_folder)
    wanted = None if learners is None else set(learners)
    made: list[FeedbackFile] = []
    with SqlStore.open(place.store) as store:
        for one in place.chosen(assignment):
            events = score_events(place, one, store, at)
            store.append(events.values(), at)
            some = {name: event for name, event in events.items() if wanted is None or name in wanted}
            made += _Feedback(place, one, store, Arranging(place, store, at)).make(some, progress)
    return tuple(made)


class _Feedback:
    def __init__(
        self, place: GradingPlace, assignment: GradedAssignment, store: ProgressStore, arranging: Arranging
    ) -> None:
        self._place, self._assignment, self._store, self._arranging = place, assignment, store, arranging
        self._folder = place.hidden / "feedback" / assignment.key

    def make(self, events: dict[str, Event], progress: Progress) -> list[FeedbackFile]:
        made = []
        with Worker(self._assignment.root, log=self._place.log) as worker:
            for done, (learner, event) in enumerate(events.items()):
                progress(done, len(events), learner)
                made.append(self._one(worker, learner, event))
        progress(len(events), len(events), "Done")
        return made

    def _one(self, worker: Worker, learner: str, event: Event) -> FeedbackFile:
        key = self._assignment.key
        try:
            with tempfile.TemporaryDirectory(prefix="course-kit-feedback-") as staging:
                pages = worker.call(
                    "feedback",
                    timeout=PAGE_SECONDS,
                    assignment=self._assignment.name,
                    learner=learner,
                    staging=staging,
                    language=self._place.language,
                )
        except WorkerLost:
            return FeedbackFile(learner, key, None, "The page took too long to make, or nbgrader ended; try it again.")
        except CourseKitError as error:
            return FeedbackFile(learner, key, None, error.message)
        assert isinstance(event.fact, ScorePosted)  # noqa: S101 (score_events makes no other)
        unmarked = event.fact.status == "needs-manual-grading"
        return FeedbackFile(learner, key, self._write(learner, event, pages), unmarked=unmarked)

    def _write(self, learner: str, event: Event, pages: dict[str, str]) -> Path:
        contents = {name: page.encode() for name, page in pages.items()}
        manifest = FeedbackManifest.seal(
            course=self._place.course,
            assignment=self._assignment.key,
            learners=self._store.pseudonyms(learner),
            event=event.model_copy(update={"received_at": None}),
            files={name: sha256(content) for name, content in contents.items()},
            arranged=self._arranging.events(learner),
        )
        stem = f"{self._assignment.key}-{re.sub(r'[^A-Za-z0-9._@-]', '_', learner)}"
        path = self._folder / f"{stem}-{manifest.feedback[:8]}.feedback.zip"
        files = {f"files/{name}": content for name, content in contents.items()}
        files["feedback.json"] = canonical_json(manifest.json_object()).encode()
        write_archive(path, files, first="feedback.json")
        older = re.compile(re.escape(stem) + r"-[0-9a-f]{8}\.feedback\.zip")
        for other in self._folder.iterdir():
            if other != path and older.fullmatch(other.name):
                other.unlink()
        return path
