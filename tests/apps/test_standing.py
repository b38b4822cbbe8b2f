"""What ``progress`` says below its table: all that the panel says, in a terminal."""

from pathlib import Path

import pytest

from course_kit.apps.cli.standing import credit_text, next_line, standing_lines
from course_kit.workspace.panel_parts import Panel

GOLDEN = Path(__file__).parents[1] / "golden" / "panel.json"


@pytest.fixture
def panel() -> Panel:
    return Panel.model_validate_json(GOLDEN.read_bytes())


def test_feedback_and_what_nobody_has_got_yet(panel: Panel) -> None:
    assert list(standing_lines(panel)) == [
        "Feedback on warm-up: courses/data-science/feedback/warm-up/warm-up.html",
        "Not handed in yet: 1 assignment.",
        "On this computer only, until you submit or sync: 12 steps of your progress.",
    ]


def test_nothing_is_said_of_what_is_all_right(panel: Panel) -> None:
    done = panel.model_copy(update={"unsynced": 0, "units": panel.units[:1]})
    assert list(standing_lines(done)) == []


def test_where_to_go_on(panel: Panel) -> None:
    assert next_line(panel) == "Next: Tables with <pandas> & co. (40 minutes). Go on where you stopped."
    stuck = panel.model_copy(update={"next": None})
    assert next_line(stuck) == "Nothing is open right now: see above what opens next."
    assert next_line(stuck.model_copy(update={"fraction": 1.0})) == "Everything is done."


def test_late_work_says_what_it_counts(panel: Panel) -> None:
    open_work, handed_in = (work for unit in panel.units for work in unit.assignments)
    assert credit_text(open_work) == ""
    assert credit_text(open_work.model_copy(update={"credit_now": 80.0})) == ", counts 80 % now"
    assert credit_text(handed_in.model_copy(update={"credit_now": 80.0})) == ""
