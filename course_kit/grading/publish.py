"""Scores as events in the instructor's store, once each, so that the report and the learner's feedback can use them."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course_kit.bridges.nbgrader.client import Worker
from course_kit.grading.backup import back_up
from course_kit.grading.collected import Index, submission_id
from course_kit.grading.dates import bring_dates
from course_kit.grading.places import GradedAssignment, GradingPlace, Progress, find_place, no_progress
from course_kit.grading.records import Records
from course_kit.grading.unscored import has_score
from course_kit.model.events import Event, ScorePosted
from course_kit.model.keys import decision_id
from course_kit.model.roster import STAND_IN
from course_kit.store.contract import ProgressStore


@dataclass(frozen=True)
class Posted:
    """One learner's score. ``new`` is False where the same score of the same submission was published before."""

    learner: str
    assignment: str
    score: float
    max_score: float
    status: str
    new: bool


def publish(
    course_folder: Path, assignment: str | None = None, *, at: datetime, progress: Progress = no_progress
) -> tuple[Posted, ...]:
    """Append one :class:`ScorePosted` for each graded submission of an assignment (None: of all).

    Idempotent: a score is news only if it, its status or the submission changed. What waits for marking by hand is
    published with the status ``needs-manual-grading``. A learner who was never met gets a pseudonym here. ``at`` is
    now, aware UTC. Raises :class:`NotFound`, :class:`Unavailable` (nbgrader is not installed).
    """
    from course_kit.store.sql import SqlStore

    place = find_place(course_folder)
    chosen = place.chosen(assignment)
    posted: list[Posted] = []
    with SqlStore.open(place.store) as store:
        for done, one in enumerate(chosen):
            progress(done, len(chosen), one.key)
            events = score_events(place, one, store, at)
            before = {event.event_id for event in store.events(course=place.course)}
            store.append(events.values(), at)
            posted += [_posted(learner, event, event.event_id not in before) for learner, event in events.items()]
    progress(len(chosen), len(chosen), "Done")
    return tuple(posted)


def score_events(
    place: GradingPlace, assignment: GradedAssignment, store: ProgressStore, at: datetime
) -> dict[str, Event]:
    """The event that says each learner's present score; one that is in the store already is given as it is there.

    Whoever handed in again and could not be graded has no score: the gradebook's is an older submission's. Links a new
    pseudonym for a learner who has none.
    """
    records, index = Records(place, assignment), Index(place)
    latest, taken = _latest(store, place.course, assignment.key)
    events = {}
    with Worker(assignment.root, log=place.log) as worker:
        info = worker.info
        bring_dates(
            place,
            assignment,
            info,
            worker.call,
            at=at,
            back_up=lambda: back_up(info.database, place.hidden / "backups", at),
            store=store,
            always=True,
        )
        held = worker.call("scores", assignment=assignment.name)["submissions"]
    for learner, row in sorted(held.items()):
        record, origin = records.get(learner), index.get(learner, assignment.key)
        if not has_score(info, assignment, learner, record):
            continue
        status = "needs-manual-grading" if row["needs_manual"] else record.status if record else "graded"
        comments = [text for notebook in row["notebooks"].values() for text in notebook["comments"]]
        fact = ScorePosted(
            assignment=assignment.key,
            score=row["score"],
            max_score=row["max_score"],
            status=status,
            submission=submission_id(
                place, assignment, info, learner, index=index, content=record.submission if record else ""
            ),
            comment="\n\n".join(comments)[:10_000],
        )
        names = store.pseudonyms(learner)
        before = next((latest[name] for name in names if name in latest), None)
        if before is not None and before.fact == fact:
            events[learner] = before
            continue
        parts = (learner, assignment.key, repr(fact.score), fact.status, fact.submission, fact.comment)
        # a score that comes back after another one in between is news again
        event_id = decision_id("score", *parts, before.event_id if before else "")
        if event_id in taken:  # somebody's submission has used this one up
            event_id = str(uuid.uuid4())
        events[learner] = Event(
            event_id=event_id,
            at=at,
            learner=names[0] if names else new_pseudonym(store, learner, at),
            course=place.course,
            release=origin.release[:100] if origin else "",
            fact=fact,
        )
    return events


def _latest(store: ProgressStore, course: str, assignment: str) -> tuple[dict[str, Event], set[str]]:
    """The last score of each pseudonym, and the ids of all events."""
    latest, taken = {}, set()
    for event in store.events(course=course):
        taken.add(event.event_id)
        if isinstance(event.fact, ScorePosted) and event.fact.assignment == assignment:
            latest[event.learner] = event
    return latest, taken


def new_pseudonym(store: ProgressStore, learner: str, at: datetime) -> str:
    """A stand-in for someone whose computer was never met, linked to them."""
    pseudonym = f"{STAND_IN}{secrets.token_hex(8)}"
    store.link_person(pseudonym, learner, at)
    return pseudonym


def _posted(learner: str, event: Event, new: bool) -> Posted:
    fact = event.fact
    assert isinstance(fact, ScorePosted)  # noqa: S101 (made above)
    return Posted(learner, fact.assignment, fact.score, fact.max_score, fact.status, new)
