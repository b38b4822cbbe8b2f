"""What one learner's events in one course have come to, taken in one at a time: the part of a replay that can be kept.

A tally knows no outline, so a newer release leaves it right. Every step merges: by the largest, the earliest or the
latest in canonical order, by sum or by union. So the order in which events come makes no difference, and a late one is
taken like any other. Only :class:`~course_kit.model.events.Voided` cannot be merged: then the learner's events are
taken again (:meth:`Tally.of`).
"""

import json
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from course_kit.model import events as e
from course_kit.model.answers import Answers
from course_kit.model.moments import (
    Moment as Moment,
)
from course_kit.model.moments import (
    best,
    least,
    moment_text,
    most,
    note_first,
    note_last,
    place_text,
    read_moment,
    read_place,
)

TALLY_VERSION = 7
"""The form of :meth:`Tally.to_json` and the meaning of what is in it; a kept tally of another version is made again."""
Name = tuple[str, str]
"""A lesson and what is in it (an item, a video), as events name them."""
MOST_FAILED = 100
"""Of how many failed attempts, the last ones, a tally knows when they were made."""
NEAR = 0.5
"""Seconds: stretches of a video that lie no further apart count as one, so that only so many fit into a video."""
LONGEST = 86_400.0
"""Seconds: no video is longer, and nothing beyond was played."""
PaceChange = Literal["pause", "resume", "restart", "hours"]
"""What :class:`~course_kit.model.events.PaceChanged` may say."""


@dataclass(slots=True)
class Watched:
    """A video: its length in seconds (the longest that was said) and the stretches that were played, in order."""

    duration: float
    ranges: list[tuple[float, float]]

    def take(self, other: "Watched") -> None:
        self.duration = max(self.duration, other.duration)
        self.ranges = union([*self.ranges, *other.ranges])

    def copy(self) -> "Watched":
        return Watched(self.duration, list(self.ranges))


def union(ranges: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same stretches in order, those that touch or lie :data:`NEAR` made one. Whatever is joined first, it comes
    out the same."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1] + NEAR:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


@dataclass(slots=True)
class Tally:
    """See the module. Lessons, items and assignments bear the names that events gave them, former ones included.

    ``started_at`` and ``last_at`` are when the learner first and last did something, ``seen_at`` when the last event
    happened, whoever did it; ``recorded``: whether the beginning is on record. ``opened`` and ``last``: when a lesson
    was first and last worked on; ``worked``: the lessons in which something was answered or run. ``viewed``: the
    largest share that was in view, first at ``viewed_at``; ``cells``: when each code cell first ran without an error.
    ``failed``: the last attempts at any item that did not get it right, in order, at most :data:`MOST_FAILED`.
    ``completed`` (waived included), ``waived``, ``overridden``: when first. ``submitted`` and ``scores`` by assignment:
    the last word. ``reviews``: skill, rating, item and variant of each review; ``pace``: each change, from when, and
    the hours per week that were said with it. ``zones``: the time zones that the learner worked in, when first;
    ``arranged``: the instructor's last word on their cohort and extensions, as JSON. ``goals``: the last word on each
    week, by its Monday. ``voids``: the ids of events that do not count.
    """

    started_at: datetime | None = None
    last_at: datetime | None = None
    seen_at: datetime | None = None
    recorded: bool = False
    opened: dict[str, datetime] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    viewed: dict[str, float] = field(default_factory=dict)
    viewed_at: dict[str, datetime] = field(default_factory=dict)
    cells: dict[str, dict[str, datetime]] = field(default_factory=dict)
    items: dict[Name, Answers] = field(default_factory=dict)
    failed: list[tuple[Moment, str, str]] = field(default_factory=list)
    videos: dict[Name, Watched] = field(default_factory=dict)
    worked: set[str] = field(default_factory=set)
    completed: dict[str, datetime] = field(default_factory=dict)
    waived: dict[str, datetime] = field(default_factory=dict)
    unlocked: set[str] = field(default_factory=set)
    overridden: dict[str, datetime] = field(default_factory=dict)
    submitted: dict[str, tuple[Moment, str]] = field(default_factory=dict)
    scores: dict[str, tuple[Moment, float, float, str]] = field(default_factory=dict)
    goals: dict[str, tuple[Moment, str, bool]] = field(default_factory=dict)
    reviews: dict[Moment, tuple[str, int, str, int]] = field(default_factory=dict)
    pace: dict[Moment, tuple[PaceChange, datetime, float | None]] = field(default_factory=dict)
    zones: dict[str, datetime] = field(default_factory=dict)
    arranged: tuple[Moment, str] | None = None
    voids: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, events: Iterable[e.Event]) -> Self:
        """The tally of one learner's events in one course, in any order, with repetitions: each id counts once."""
        tally = cls()
        unique = {event.event_id: event for event in events}
        tally.voids = {event.fact.event_id for event in unique.values() if isinstance(event.fact, e.Voided)}
        for event in unique.values():
            tally.take(event)
        return tally

    def take(self, event: e.Event) -> bool:
        """Take in an event that was not taken before. False: it voids another, so the tally must be made again."""
        fact = event.fact
        if isinstance(fact, e.Voided):
            return fact.event_id in self.voids
        if event.event_id in self.voids:
            return True
        order = event.order()
        at, kind = order[0], fact.kind
        if self.seen_at is None or at > self.seen_at:
            self.seen_at = at
        if kind not in _NOT_THEIR_DOING:
            if self.started_at is None or at < self.started_at:
                self.started_at = at
            if self.last_at is None or at > self.last_at:
                self.last_at = at
        lesson: str | None = getattr(fact, "lesson", None)
        if lesson is not None and kind not in _NOT_THEIR_WORK:
            note_first(self.opened, lesson, at)
            note_last(self.last, lesson, at)
        step = _STEPS.get(type(fact))
        if step is not None:
            step(self, fact, order)
        return True

    def merge(self, other: "Tally") -> None:
        """Take in what another of the same person's names has come to. Neither may void an event of the other."""
        self.started_at = least(self.started_at, other.started_at)
        self.last_at = most(self.last_at, other.last_at)
        self.seen_at = most(self.seen_at, other.seen_at)
        self.recorded = self.recorded or other.recorded
        for mine, theirs in (
            (self.opened, other.opened),
            (self.completed, other.completed),
            (self.waived, other.waived),
            (self.overridden, other.overridden),
            (self.zones, other.zones),
        ):
            for name, at in theirs.items():
                note_first(mine, name, at)
        for name, at in other.last.items():
            note_last(self.last, name, at)
        for name, share in other.viewed.items():
            _add_view(self, name, share, other.viewed_at[name])
        for name, cells in other.cells.items():
            for cell, at in cells.items():
                note_first(self.cells.setdefault(name, {}), cell, at)
        self.failed = sorted([*self.failed, *other.failed])[-MOST_FAILED:]
        for item, answers in other.items.items():
            _add_answers(self.items, item, answers)
        for video, watched in other.videos.items():
            _add_watched(self.videos, video, watched)
        self.reviews |= other.reviews
        self.pace |= other.pace
        self.worked |= other.worked
        self.unlocked |= other.unlocked
        self.voids |= other.voids
        for key, submission in other.submitted.items():
            self.submitted[key] = max(submission, self.submitted.get(key, submission))
        for key, score in other.scores.items():
            self.scores[key] = max(score, self.scores.get(key, score))
        for week, goal in other.goals.items():
            self.goals[week] = max(goal, self.goals.get(week, goal))
        if other.arranged is not None:
            self.arranged = max(other.arranged, self.arranged or other.arranged)

    @property
    def answers(self) -> int:
        """How many times an item was answered so that it could be read."""
        return sum(item.attempts for item in self.items.values())

    def to_json(self) -> str:
        """All of it as one line of JSON, the same for equal tallies."""
        value = {
            "started_at": moment_text(self.started_at),
            "last_at": moment_text(self.last_at),
            "seen_at": moment_text(self.seen_at),
            "recorded": self.recorded,
            "viewed": dict(sorted(self.viewed.items())),
            "cells": {
                name: {cell: at.isoformat() for cell, at in sorted(cells.items())}
                for name, cells in sorted(self.cells.items())
            },
            "items": [[*name, *answers.form()] for name, answers in sorted(self.items.items())],
            "failed": [[place_text(order), *name] for order, *name in self.failed],
            "videos": [[*n, w.duration, w.ranges] for n, w in sorted(self.videos.items())],
            "submitted": {key: [place_text(at), text] for key, (at, text) in sorted(self.submitted.items())},
            "scores": {key: [place_text(score[0]), *score[1:]] for key, score in sorted(self.scores.items())},
            "reviews": [[place_text(at), *review] for at, review in sorted(self.reviews.items())],
            "pace": [
                [place_text(o), change, at.isoformat(), hours] for o, (change, at, hours) in sorted(self.pace.items())
            ],
            "goals": {week: [place_text(goal[0]), *goal[1:]] for week, goal in sorted(self.goals.items())},
            "arranged": None if self.arranged is None else [place_text(self.arranged[0]), self.arranged[1]],
        }
        value |= {name: {k: v.isoformat() for k, v in sorted(getattr(self, name).items())} for name in _TIMES}
        value |= {name: sorted(getattr(self, name)) for name in _SETS}
        return json.dumps(value, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What :meth:`to_json` gave. Raises ValueError, KeyError or TypeError for anything else."""
        value = json.loads(text)
        tally = cls(recorded=bool(value["recorded"]))
        tally.started_at, tally.last_at = read_moment(value["started_at"]), read_moment(value["last_at"])
        tally.seen_at = read_moment(value["seen_at"])
        tally.viewed = dict(value["viewed"])
        tally.cells = {
            name: {cell: datetime.fromisoformat(at) for cell, at in cells.items()}
            for name, cells in value["cells"].items()
        }
        tally.items = {(lesson, item): Answers.read(form) for lesson, item, *form in value["items"]}
        tally.failed = [(read_place(order), lesson, item) for order, lesson, item in value["failed"]]
        for lesson, video, duration, ranges in value["videos"]:
            tally.videos[lesson, video] = Watched(duration, [(start, end) for start, end in ranges])
        tally.submitted = {key: (read_place(at), text) for key, (at, text) in value["submitted"].items()}
        tally.scores = {key: (read_place(at), *rest) for key, (at, *rest) in value["scores"].items()}
        tally.reviews = {read_place(at): (skill, rating, item, v) for at, skill, rating, item, v in value["reviews"]}
        tally.pace = {
            read_place(order): (change, datetime.fromisoformat(at), hours) for order, change, at, hours in value["pace"]
        }
        tally.goals = {week: (read_place(at), text, done) for week, (at, text, done) in value["goals"].items()}
        arranged = value["arranged"]
        tally.arranged = None if arranged is None else (read_place(arranged[0]), arranged[1])
        for name in _TIMES:
            setattr(tally, name, {key: datetime.fromisoformat(at) for key, at in value[name].items()})
        for name in _SETS:
            setattr(tally, name, set(value[name]))
        return tally


_NOT_THEIR_DOING = frozenset({"ScorePosted", "LessonWaived", "ZoneNoted", "ArrangementsPosted"})
_NOT_THEIR_WORK = frozenset({"LessonUnlocked", "LessonWaived"})
_TIMES = ("opened", "last", "viewed_at", "completed", "waived", "overridden", "zones")
_SETS = ("worked", "unlocked", "voids")


def _answered(tally: Tally, fact: Any, order: Moment) -> None:
    tally.worked.add(fact.lesson)
    if fact.state in ("unanswered", "invalid"):
        return
    if fact.state in ("wrong", "partly-right"):
        failed = (order, fact.lesson, fact.item)
        if not tally.failed or failed > tally.failed[-1]:
            tally.failed.append(failed)
        else:
            insort(tally.failed, failed)
        if len(tally.failed) > MOST_FAILED:
            del tally.failed[0]
    name = (fact.lesson, fact.item)
    known = tally.items.get(name)
    if known is None:
        tally.items[name] = Answers.of(fact, order)
    else:
        known.add(fact, order)


def _ran(tally: Tally, fact: Any, order: Moment) -> None:
    tally.worked.add(fact.lesson)
    if fact.ok:
        note_first(tally.cells.setdefault(fact.lesson, {}), fact.cell, order[0])


def _hinted(tally: Tally, fact: Any, order: Moment) -> None:  # noqa: ARG001 - every step has this form
    tally.worked.add(fact.lesson)


def _viewed(tally: Tally, fact: Any, order: Moment) -> None:
    _add_view(tally, fact.lesson, fact.fraction, order[0])


def _watched(tally: Tally, fact: Any, order: Moment) -> None:  # noqa: ARG001
    ranges = union((start, min(end, LONGEST)) for start, end in fact.ranges if start <= LONGEST)
    _add_watched(tally.videos, (fact.lesson, fact.video), Watched(fact.duration, ranges))


def _started(tally: Tally, fact: Any, order: Moment) -> None:  # noqa: ARG001
    tally.recorded = True


def _completed(tally: Tally, fact: Any, order: Moment) -> None:
    note_first(tally.completed, fact.lesson, order[0])


def _waived(tally: Tally, fact: Any, order: Moment) -> None:
    note_first(tally.completed, fact.lesson, order[0])
    note_first(tally.waived, fact.lesson, order[0])


def _unlocked(tally: Tally, fact: Any, order: Moment) -> None:  # noqa: ARG001
    tally.unlocked.add(fact.lesson)


def _overridden(tally: Tally, fact: Any, order: Moment) -> None:
    note_first(tally.overridden, fact.lesson, order[0])


def _submitted(tally: Tally, fact: Any, order: Moment) -> None:
    here = (order, fact.submission)
    tally.submitted[fact.assignment] = max(here, tally.submitted.get(fact.assignment, here))


def _scored(tally: Tally, fact: Any, order: Moment) -> None:
    here = (order, fact.score, fact.max_score, fact.status)
    tally.scores[fact.assignment] = max(here, tally.scores.get(fact.assignment, here))


def _goal_set(tally: Tally, fact: Any, order: Moment) -> None:
    here = (order, fact.text, fact.done)
    tally.goals[fact.week] = max(here, tally.goals.get(fact.week, here))


def _reviewed(tally: Tally, fact: Any, order: Moment) -> None:
    tally.reviews[order] = (fact.skill, fact.rating, fact.item, fact.variant)


def _paced(tally: Tally, fact: Any, order: Moment) -> None:
    tally.pace[order] = (fact.change, fact.at, fact.hours_per_week)


def _zone_noted(tally: Tally, fact: Any, order: Moment) -> None:
    note_first(tally.zones, fact.zone, order[0])


def _arranged(tally: Tally, fact: Any, order: Moment) -> None:
    here = (order, fact.model_dump_json(exclude_defaults=True))
    tally.arranged = max(here, tally.arranged or here)


_STEPS: dict[type[Any], Callable[[Tally, Any, Moment], None]] = {
    e.CourseStarted: _started,
    e.LessonViewed: _viewed,
    e.CellRan: _ran,
    e.ItemAnswered: _answered,
    e.HintTaken: _hinted,
    e.VideoWatched: _watched,
    e.LessonCompleted: _completed,
    e.LessonWaived: _waived,
    e.LessonUnlocked: _unlocked,
    e.GateOverridden: _overridden,
    e.AssignmentSubmitted: _submitted,
    e.ScorePosted: _scored,
    e.GoalSet: _goal_set,
    e.ReviewDone: _reviewed,
    e.PaceChanged: _paced,
    e.ZoneNoted: _zone_noted,
    e.ArrangementsPosted: _arranged,
}


def _add_view(tally: Tally, lesson: str, share: float, at: datetime) -> None:
    before = tally.viewed.get(lesson, share), tally.viewed_at.get(lesson, at)
    tally.viewed[lesson], tally.viewed_at[lesson] = best(before, (share, at))


def _add_answers(items: dict[Name, Answers], name: Name, answers: Answers) -> None:
    if name in items:
        items[name].take(answers)
    else:
        items[name] = answers.copy()


def _add_watched(videos: dict[Name, Watched], name: Name, watched: Watched) -> None:
    if name in videos:
        videos[name].take(watched)
    else:
        videos[name] = watched.copy()
