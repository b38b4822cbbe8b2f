"""The author's preview of a quiz cell."""

from pathlib import Path

import pytest

from course_kit.session.authoring import Problems, preview
from course_kit.session.widget import QuizWidget

GOOD = "Is 2 < 3?\n= true\nkey: order\nexplanation: Because.\n"


def test_a_good_cell_shows_the_quiz_and_records_nothing(tmp_path: Path) -> None:
    (widget,) = preview("robust", GOOD)
    assert isinstance(widget, QuizWidget)
    assert widget.quiz["items"][0]["prompt"] == "Is 2 &lt; 3?"
    assert widget.session.answer("order", True).state == "right"
    assert "Nothing is recorded" in widget.note
    assert widget.session.keeper is None


def test_problems_are_listed_with_their_lines() -> None:
    (problems,) = preview("robust", "Which?\n- [ ] a\n- [ ] <b>\nkey: k\n")
    assert isinstance(problems, Problems)
    assert "cannot be built: 1 error" in repr(problems)
    assert "line " in repr(problems)
    assert "<b>" not in problems._repr_html_()


def test_warnings_stand_below_a_quiz_that_works() -> None:
    widget, problems = preview("robust", "Is 2 < 3?\n= true\n---\nIs 3 < 2?\n= false\n")
    assert isinstance(widget, QuizWidget)
    assert "can be built" in repr(problems)


@pytest.mark.parametrize("cell", ["", "\0", "---\n---\n", "x" * 300_000])
def test_any_text_is_answered(cell: str) -> None:
    assert preview("", cell)


def test_images_show_as_they_will_in_a_release(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "course.yml").touch()
    (tmp_path / "dot.png").write_bytes(b"\x89PNG")
    (widget,) = preview("dots", "How many?\n\n![dots](../dot.png)\n= 3\n", folder=tmp_path / "notebooks")
    assert 'src="data:image/png;base64,' in widget.session.items[0].public()["prompt"]
