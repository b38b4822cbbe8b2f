"""A learner pauses, goes on, and starts over: the movable dates follow, and nothing is said twice."""

from datetime import timedelta
from typing import Any

import pytest

from course_kit.errors import Invalid
from course_kit.model.events import CourseStarted, PaceChanged
from course_kit.workspace.events import own_events
from course_kit.workspace.pace import change_pace, own_pace
from course_kit.workspace.panel import panel


def test_a_pause_and_a_new_start_are_kept_and_move_the_dates(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    (started,) = [
        event.at
        for event in own_events(laptop.data, "tiny", at=laptop.later())
        if isinstance(event.fact, CourseStarted)
    ]
    first = own_pace(laptop.copy, data=laptop.data, at=laptop.later())
    (sums,) = first.dates
    assert (first.paused, sums.key, sums.submitted) == (None, "sums", False)

    with pytest.raises(Invalid, match="not paused"):
        change_pace(laptop.copy, "resume", data=laptop.data, at=laptop.later())
    since = started + timedelta(days=1)
    assert change_pace(laptop.copy, "pause", data=laptop.data, at=since).paused == since
    with pytest.raises(Invalid, match="paused already"):
        change_pace(laptop.copy, "pause", data=laptop.data, at=since + timedelta(hours=1))
    after = change_pace(laptop.copy, "resume", data=laptop.data, at=since + timedelta(days=2))
    assert after.paused is None
    shown = panel(laptop.copy, data=laptop.data, at=since + timedelta(days=2))
    (part,) = shown.units[0].assignments
    assert sums.dates.due is not None
    assert after.dates[0].dates.due == sums.dates.due + timedelta(days=2)
    assert part.why == "the course, paused for 2 days"
    restarted = since + timedelta(days=9)
    again = change_pace(laptop.copy, "restart", data=laptop.data, at=restarted)
    assert again.dates[0].dates.due == restarted + (sums.dates.due - started)
    kept = [
        event.fact.change
        for event in own_events(laptop.data, "tiny", at=restarted)
        if isinstance(event.fact, PaceChanged)
    ]
    assert kept == ["pause", "resume", "restart"]
