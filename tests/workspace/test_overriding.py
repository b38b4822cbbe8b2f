"""A learner opens a locked lesson anyway: where the author only advises, and never where the gate is enforced."""

from typing import Any

import pytest
from click.testing import CliRunner

from course_kit.apps.cli.learner import progress_command
from course_kit.errors import Invalid, NotFound
from course_kit.workspace.events import own_events
from course_kit.workspace.overriding import open_anyway
from course_kit.workspace.panel import panel


def test_a_locked_lesson_opens_and_that_is_recorded_once(author: Any, laptop: Any) -> None:
    laptop.opens(author.releases())
    lock = open_anyway(laptop.copy, "second", data=laptop.data, at=laptop.later())
    assert lock is not None
    assert [reason.text for reason in lock.reasons] == ["Complete “First” first."]
    open_anyway(laptop.copy, "second", data=laptop.data, at=laptop.later())
    kinds = [event.kind for event in own_events(laptop.data, "tiny", at=laptop.later())]
    assert kinds.count("GateOverridden") == 1
    second = panel(laptop.copy, data=laptop.data, at=laptop.later()).units[0].lessons[1]
    assert second.state == "started"
    assert second.gate is not None
    assert open_anyway(laptop.copy, "first", data=laptop.data, at=laptop.later()) is None


def test_what_is_enforced_stays_shut_and_a_slip_is_told(author: Any, laptop: Any) -> None:
    course = author.releases().manifest.course.model_copy(update={"gate": "enforce"})
    laptop.opens(author.releases(course=course))
    with pytest.raises(Invalid, match="stays shut") as refusal:
        open_anyway(laptop.copy, "second", data=laptop.data, at=laptop.later())
    assert refusal.value.hint == "Complete “First” first."
    with pytest.raises(NotFound, match="no lesson 'secnd'") as slip:
        open_anyway(laptop.copy, "secnd", data=laptop.data, at=laptop.later())
    assert "second" in slip.value.hint
    shown = panel(laptop.copy, data=laptop.data, at=laptop.later()).units[0].lessons[1]
    assert (shown.state, shown.gate.mode if shown.gate else None) == ("locked", "enforce")


def test_the_terminal_says_why_with_minutes_and_opens(
    author: Any, laptop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.opens(author.releases())
    monkeypatch.setenv("COURSE_KIT_DATA", str(laptop.data))
    monkeypatch.setenv("COLUMNS", "120")
    told = CliRunner().invoke(progress_command, [str(laptop.copy)])
    assert "Complete “First” first. (5 minutes)" in told.output
    opened = CliRunner().invoke(progress_command, [str(laptop.copy), "--open-anyway", "second"])
    assert "second is open now. It was meant to wait: Complete “First” first." in opened.output
