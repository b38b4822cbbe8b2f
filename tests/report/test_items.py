"""Item analysis on cohorts small enough to work out by hand."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from course_kit.model.course import Course
from course_kit.model.kinds import Choice, Number, OneChoice, SeveralChoices, ShortText
from course_kit.model.quiz import Item, item_digest
from course_kit.model.roster import Roster
from course_kit.report.cohort import group
from course_kit.report.items import ItemRow, WrongResponse, analyse, doubt

ROBUST = OneChoice(
    key="q1",
    prompt="Which is *robust*?",
    choices=(
        Choice(text="`median`", right=True),
        Choice(text="mean <b>", right=False),
        Choice(text="range", right=False),
    ),
)


def rows_of(course: Course, diaries: Sequence[Any], items: dict[str, Item] | None = None) -> dict[str, ItemRow]:
    events = [event for one in diaries for event in one.events]
    rows = analyse(course, group(Roster(), {}, events, course=course.key).members, items)
    return {f"{row.name} {row.digest[:5]}": row for row in rows}


def test_difficulty_counts_first_attempts_and_partial_credit(course: Course, diary: Callable[..., Any]) -> None:
    name = "begin/warm/q1"
    ada = diary("ada", 5).answered(name, 0, 1).answered(name, 1, 0)
    bob = diary("bob", 5).answered(name, [0, 1], 0.5).answered(name, 2, 0).answered(name, 0, 1)
    cyd = diary("cyd", 5).answered(name, 1, 0)
    row = rows_of(course, [ada, bob, cyd])["begin/warm/q1 first"]
    assert (row.learners, row.difficulty, row.solved, row.attempts) == (3, (1 + 0.5 + 0) / 3, 2 / 3, 6 / 3)
    assert row.discrimination is None
    assert row.doubt == ""


def test_what_could_not_be_read_counts_nowhere(course: Course, diary: Callable[..., Any]) -> None:
    ada = diary("ada", 5)
    fact = {"lesson": "begin", "item": "warm/q1", "digest": "first", "response": "?"}
    ada.wrote("ItemAnswered", state="invalid", fraction=0, **fact).answered("begin/warm/q1", "3", 1)
    row = rows_of(course, [ada])["begin/warm/q1 first"]
    assert (row.difficulty, row.attempts, row.wrong) == (1.0, 1.0, ())


def test_common_wrong_responses_count_each_learner_once(course: Course, diary: Callable[..., Any]) -> None:
    name, digest = "frames/robust/q1", item_digest(ROBUST)
    ada = diary("ada", 5).answered(name, 1, 0, digest=digest).answered(name, 1, 0, digest=digest)
    bob = diary("bob", 5).answered(name, 1, 0, digest=digest).answered(name, 2, 0, digest=digest)
    cyd = diary("cyd", 5).answered(name, 0, 1, digest=digest).answered(name, 7, 0, digest=digest)
    (row,) = rows_of(course, [ada, bob, cyd], {name: ROBUST}).values()
    assert row.prompt == "Which is *robust*?"
    assert row.wrong == (
        WrongResponse(text="mean <b>", learners=2),
        WrongResponse(text="choice 8", learners=1),
        WrongResponse(text="range", learners=1),
    )


def test_only_the_three_commonest_are_kept(course: Course, diary: Callable[..., Any]) -> None:
    answers = ["a", "b", "b", "c", "c", "c", "d", "d", "d", "d"]
    diaries = [diary(f"l{n}", 5).answered("begin/warm/q1", text, 0) for n, text in enumerate(answers)]
    (row,) = rows_of(course, diaries).values()
    assert [(wrong.text, wrong.learners) for wrong in row.wrong] == [("d", 4), ("c", 3), ("b", 2)]


def test_equal_numbers_and_equal_words_are_one_response(course: Course, diary: Callable[..., Any]) -> None:
    numbers = [diary(f"n{n}", 5).answered("begin/warm/q1", text, 0) for n, text in enumerate(["4", "4.0", "4,00"])]
    words = [diary(f"w{n}", 5).answered("begin/warm/q2", text, 0) for n, text in enumerate(["The Mean", "the  mean."])]
    rows = rows_of(course, numbers + words)
    assert rows["begin/warm/q1 first"].wrong == (WrongResponse(text="4", learners=3),)
    assert rows["begin/warm/q2 first"].wrong == (WrongResponse(text="The Mean", learners=2),)


@pytest.mark.parametrize(
    ("item", "response", "text"),
    [
        (SeveralChoices(key="q1", prompt="?", choices=ROBUST.choices), [2, 1, 1], "mean <b> + range"),
        (None, [1, 0], "choice 1 + choice 2"),
        (None, True, "true"),
        (None, False, "false"),
        (Number(key="q1", prompt="?", answer="5"), "1e999", "1e999"),
        (ShortText(key="q1", prompt="?", answers=("x",)), "y" * 10_000, "y" * 79 + "…"),
        (None, "\u202e\x00", "��"),
    ],
)
def test_responses_of_every_kind_in_words(
    course: Course, diary: Callable[..., Any], item: Item | None, response: Any, text: str
) -> None:
    name, digest = "begin/warm/q1", item_digest(item) if item else "first"
    ada = diary("ada", 5).answered(name, response, 0, digest=digest)
    (row,) = rows_of(course, [ada], {name: item} if item else None).values()
    assert [wrong.text for wrong in row.wrong] == [text]


def test_answers_to_another_wording_are_kept_apart(course: Course, diary: Callable[..., Any]) -> None:
    name, present = "frames/robust/q1", item_digest(ROBUST)
    ada = diary("ada", 9).answered(name, 0, 0, digest="other")
    bob = diary("bob", 5).answered(name, 0, 1, digest=present)
    rows = rows_of(course, [ada, bob], {name: ROBUST})
    assert [(row.present, row.difficulty) for row in rows.values()] == [(True, 1.0), (False, 0.0)]


def test_without_the_source_the_last_answered_wording_is_the_present_one(
    course: Course, diary: Callable[..., Any]
) -> None:
    ada = diary("ada", 5).answered("begin/warm/q1", 0, 1, digest="newer")
    bob = diary("bob", 9).answered("begin/warm/q1", 0, 1, digest="older")
    rows = rows_of(course, [bob, ada])
    assert {key: row.present for key, row in rows.items()} == {
        "begin/warm/q1 newer": True,
        "begin/warm/q1 older": False,
    }


def test_renamed_items_keep_their_history_and_the_course_gives_the_order(
    course: Course, diary: Callable[..., Any]
) -> None:
    ada = diary("ada", 9).answered("tables/robust/old", 0, 0).answered("gone/quiz/q1", 0, 1)
    ada.answered("frames/robust/q1", 0, 1).answered("begin/warm/q2", 0, 1)
    rows = rows_of(course, [ada])
    assert list(rows) == ["begin/warm/q2 first", "frames/robust/q1 first"]
    assert (rows["frames/robust/q1 first"].difficulty, rows["frames/robust/q1 first"].attempts) == (0.0, 2.0)


def test_no_learners_file_can_fill_a_report(course: Course, diary: Callable[..., Any]) -> None:
    eve = diary("eve", 5)
    for number in range(50):
        eve.answered("begin/warm/q1", 0, 1, digest=f"{number:05}").answered(f"made-up/quiz/q{number}", 0, 1)
    assert list(rows_of(course, [eve])) == [
        f"begin/warm/q1 {digest}" for digest in ("00049", "00000", "00001", "00002")
    ]


def cohort_of(diary: Callable[..., Any], results: Sequence[tuple[float, Sequence[float]]]) -> list[Any]:
    """Learners who got ``begin/warm/q1`` and then three other items with these fractions."""
    others = ("begin/warm/q2", "frames/robust/q1", "frames/robust/q2")
    found = []
    for number, (own, rest) in enumerate(results):
        one = diary(f"l{number}", 5).answered("begin/warm/q1", int(own == 0), own)
        for name, fraction in zip(others, rest, strict=True):
            one.answered(name, 0, fraction)
        found.append(one)
    return found


def test_discrimination_is_the_correlation_with_the_rest(course: Course, diary: Callable[..., Any]) -> None:
    # five who know it all, five who know nothing but this item: with four of the first and one of the second right,
    # r = (n11 n00 - n10 n01) / sqrt(5 * 5 * 5 * 5) = (4 * 4 - 1 * 1) / 25
    strong = [(1.0, (1, 1, 1))] * 4 + [(0.0, (1, 1, 1))]
    weak = [(0.0, (0, 0, 0))] * 4 + [(1.0, (0, 0, 0))]
    row = rows_of(course, cohort_of(diary, strong + weak))["begin/warm/q1 first"]
    assert row.discrimination == pytest.approx(15 / 25)
    assert row.difficulty == 0.5


def test_too_few_learners_or_other_answers_give_no_discrimination(course: Course, diary: Callable[..., Any]) -> None:
    nine = [(1.0, (1, 1, 1))] * 5 + [(0.0, (0, 0, 0))] * 4
    assert rows_of(course, cohort_of(diary, nine))["begin/warm/q1 first"].discrimination is None
    alone = [diary(f"l{n}", 5).answered("begin/warm/q1", 0, n % 2) for n in range(20)]
    assert rows_of(course, alone)["begin/warm/q1 first"].discrimination is None


def test_an_item_that_all_get_right_tells_nobody_apart(course: Course, diary: Callable[..., Any]) -> None:
    results = [(1.0, (n % 2, 1, 1)) for n in range(12)]
    assert rows_of(course, cohort_of(diary, results))["begin/warm/q1 first"].discrimination is None


def test_a_wrong_key_shows(course: Course, diary: Callable[..., Any]) -> None:
    inverted = [(0.0, (1, 1, 1))] * 8 + [(1.0, (0, 0, 0))] * 3
    row = rows_of(course, cohort_of(diary, inverted))["begin/warm/q1 first"]
    assert row.discrimination == pytest.approx(-1)
    assert row.doubt == "8 of 11 first answered “choice 2”: look at the key and the wording."


@pytest.mark.parametrize(
    ("learners", "difficulty", "discrimination", "most", "doubted"),
    [
        (9, 0.0, -1.0, 9, False),  # too few to say
        (10, 0.3, -0.5, 2, True),
        (10, 0.3, -0.2, 2, False),  # within what chance does: 1 / sqrt(9) = 0.33
        (10, 0.6, -0.5, 2, False),  # most have it right
        (10, 0.3, None, 6, True),
        (10, 0.3, None, 5, False),  # no majority
        (10, 0.3, 0.5, 7, False),  # a common mistake: those who know do not make it
    ],
)
def test_when_a_key_is_doubted(
    learners: int, difficulty: float, discrimination: float | None, most: int, doubted: bool
) -> None:
    wrong = WrongResponse(text="4", learners=most)
    assert bool(doubt(learners, difficulty, discrimination, wrong)) is doubted
