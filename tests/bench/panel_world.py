"""A learner far into a large course: 200 lessons, 20 assignments, and 10,000 events in a store on the disk."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from course_kit.model.course import Assignment, Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import uuid7
from course_kit.model.release import ReleaseManifest
from course_kit.store.places import local_learner, remember_workspace, save_outline
from course_kit.store.sql import SqlStore
from course_kit.workspace.folder import Opening, Workspace, WorkspaceRecord, new_folder_id, new_seed

UNITS, LESSONS, ITEMS = 20, 10, 8
NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def course() -> Course:
    """Twenty units of ten lessons, each lesson after the one before, and an assignment in each unit."""
    return Course(
        key="large",
        title="A large course",
        zone="Europe/Berlin",
        units=tuple(
            Unit(
                key=f"u{unit}",
                title=f"Unit {unit}",
                goal=f"Know what unit {unit} teaches",
                pace=f"{unit + 1} weeks",
                lessons=tuple(_lesson(unit * LESSONS + number) for number in range(LESSONS)),
                assignments=(_assignment(unit),),
            )
            for unit in range(UNITS)
        ),
    )


def _lesson(number: int) -> Lesson:
    items = tuple(f"quiz/q{item}" for item in range(ITEMS))
    return Lesson(
        key=f"l{number}",
        title=f"Lesson {number}: what is taught here",
        kind="notebook",
        path=f"notebooks/l{number}.ipynb",
        minutes=30,
        requires=(f"l{number - 1}",) if number else (),
        items=items,
        cells=tuple(f"cell-{cell}" for cell in range(10)),
        skills=dict.fromkeys(items, f"skill-{number // 3}"),
    )


def _assignment(unit: int) -> Assignment:
    return Assignment.model_validate(
        {
            "key": f"a{unit}",
            "source": f"source/a{unit}",
            "title": f"Assignment of unit {unit}",
            "due": f"start + {7 * (unit + 1)} days",
            "minutes": 60,
            "notebooks": [f"a{unit}.ipynb"],
            "max_score": 10,
            "credit": [{"until": "due", "percent": 100}, {"percent": 50}],
        }
    )


def make_world(root: Path, data: Path, *, events: int = 10_000, now: datetime | None = None) -> Path:
    """The learner's copy below ``root``, which is returned, and their store in ``data``."""
    at = now or datetime.now(UTC)
    whole = course()
    names = [lesson.path for lesson in whole.lessons()]
    names += [f"assignments/{part.key}/{part.key}.ipynb" for part in whole.assignments()]
    names += [f".course-kit/quizzes/{lesson.key}.json" for lesson in whole.lessons()]
    manifest = ReleaseManifest.seal(
        course=whole, files={name: hashlib.sha256(NOTEBOOK).hexdigest() for name in names}, instructor="0" * 64
    )
    folder = root / "large"
    record = WorkspaceRecord(
        course=whole.key,
        release=manifest.release,
        folder_id=new_folder_id(),
        history=(Opening(release=manifest.release, at=at - timedelta(days=60)),),
        seed=new_seed(),
    )
    workspace = Workspace(folder, record)
    for base in (folder, workspace.base):
        for name in names:
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            (base / name).write_bytes(NOTEBOOK)
        (base / "release.json").write_text(json.dumps(manifest.json_object()), encoding="utf-8")
    workspace.save(record)
    data.mkdir(parents=True, exist_ok=True)
    remember_workspace(data, whole.key, folder, at)
    save_outline(data, manifest.json_object())
    learner = local_learner(data).learner
    with SqlStore.open(data / "store.db") as store:
        found = list(_events(whole, learner, manifest.release, events, at))
        for first in range(0, len(found), 500):
            store.append(found[first : first + 500], at)
    os.sync()
    return folder


def _events(whole: Course, learner: str, release: str, count: int, now: datetime) -> Iterator[Event]:
    """Sixty days of work on the first six tenths of the course, at even steps, from a start to a minute ago."""
    begun = now - timedelta(days=60)
    step = (now - begun) / (count + 1)
    for number, fact in enumerate(_facts(whole, count)):
        at = begun + step * number
        yield read_event(
            {
                "version": 1,
                "event_id": uuid7(at, number),
                "at": at,
                "learner": learner,
                "course": whole.key,
                "release": release,
                "fact": fact,
            }
        )


def _facts(whole: Course, count: int) -> Iterator[dict[str, Any]]:
    yield {"kind": "CourseStarted"}
    lessons = list(whole.lessons())[: UNITS * LESSONS * 6 // 10]
    each = (count - 1) // len(lessons)
    left = count - 1
    for lesson in lessons:
        facts = list(_work(lesson))
        room = each if lesson is not lessons[-1] else left
        for number in range(room):
            fact = facts[number % len(facts)]
            if fact["kind"] == "ItemAnswered" and number >= len(facts):
                fact = {**fact, "attempt": 1 + number // len(facts)}
            yield fact
        left -= room


def _work(lesson: Lesson) -> Iterator[dict[str, Any]]:
    yield {"kind": "LessonOpened", "lesson": lesson.key}
    for cell in lesson.cells:
        yield {"kind": "CellRan", "lesson": lesson.key, "cell": cell, "ok": True, "error": None, "seconds": 1.0}
    for number, item in enumerate(lesson.items):
        for attempt, right in enumerate((number % 3 == 0, True), start=1):
            yield {
                "kind": "ItemAnswered",
                "lesson": lesson.key,
                "item": item,
                "digest": "d" * 64,
                "variant": attempt,
                "response": attempt,
                "state": "right" if right else "wrong",
                "fraction": 1.0 if right else 0.0,
                "attempt": attempt,
            }
    yield {"kind": "LessonViewed", "lesson": lesson.key, "fraction": 1.0}
