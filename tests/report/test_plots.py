"""The geometry of the plots."""

import pytest

from course_kit.report.items import ItemRow
from course_kit.report.plots import Bar, difficulty_plots, fit, funnel_plots, hardest, score_plots
from course_kit.report.tables import FunnelStep, ScoreSummary


def step(number: int) -> FunnelStep:
    return FunnelStep(lesson=f"l{number}", title=f"Lesson {number}", opened=8, started=4, done=0)


def item(name: str, difficulty: float, learners: int = 20, *, present: bool = True, doubt: str = "") -> ItemRow:
    return ItemRow(
        lesson="l",
        item=name,
        digest="d",
        present=present,
        learners=learners,
        difficulty=difficulty,
        solved=1.0,
        attempts=1.0,
        doubt=doubt,
    )


def test_bars_are_as_long_as_their_share() -> None:
    (plot,) = funnel_plots([step(1)], learners=16)
    assert plot.rows[0].bars == (Bar("opened", 180.0), Bar("started", 90.0))
    assert (plot.rows[0].label, plot.rows[0].value, plot.height) == ("Lesson 1", "8 · 4 · 0", 36)


@pytest.mark.parametrize(("lessons", "lengths"), [(0, []), (12, [12]), (14, [7, 7]), (50, [10] * 5)])
def test_many_lessons_are_cut_into_even_plots(lessons: int, lengths: list[int]) -> None:
    plots = funnel_plots([step(number) for number in range(lessons)], learners=10)
    assert [len(plot.rows) for plot in plots] == lengths
    assert len({plot.name for plot in plots}) == len(plots)


def test_nobody_at_all_divides_by_nothing() -> None:
    empty = FunnelStep(lesson="l", title="L", opened=0, started=0, done=0)
    assert funnel_plots([empty], learners=0)[0].rows[0].bars == ()


def test_the_hardest_items_come_first_and_few_answers_do_not_count() -> None:
    items = [item("easy", 0.9), item("hard", 0.2), item("rare", 0.0, learners=2), item("old", 0.1, present=False)]
    assert [row.item for row in hardest(items)] == ["hard", "easy"]
    assert [row.item for row in hardest([item("rare", 0.0, learners=2)])] == ["rare"]


def test_a_doubted_item_bears_a_flag() -> None:
    (plot,) = difficulty_plots([item("q1", 0.25, doubt="look")])
    assert plot.rows[0].label == "⚑ l/q1"
    assert plot.rows[0].bars == (Bar("solved", 360.0), Bar("first", 90.0))


def test_columns_stand_on_their_base() -> None:
    scores = ScoreSummary(
        assignment="lab", title="Lab", submitted=4, scored=4, median=0.65, bins=(0, 0, 1, 0, 0, 0, 0, 2, 0, 1)
    )
    (plot,) = score_plots([scores, ScoreSummary(assignment="no", title="No", submitted=3, scored=0)])
    assert [round(column.height) for column in plot.columns] == [0, 0, 50, 0, 0, 0, 0, 100, 0, 50]
    assert all(column.top + column.height == pytest.approx(plot.base) for column in plot.columns)
    assert plot.middle == pytest.approx(234)


def test_labels_are_cut_by_the_room_they_take() -> None:
    assert fit("Tables", 6) == "Tables"
    assert fit("Tables", 5) == "Tabl…"
    assert fit("山田真理子", 6) == "山田…"
