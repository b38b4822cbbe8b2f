"""What comes back when: first answers and reviews, waivers and their check, whatever order the events came in."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_kit.model import events as e
from course_kit.model.course import Course, Diagnostic, Lesson, Unit
from course_kit.model.keys import uuid7
from course_kit.model.progress import fold
from course_kit.model.review import (
    AGAIN,
    GOOD,
    HARD,
    due,
    is_review,
    next_due,
    rating_of,
    review_lesson,
    skill_states,
    summary,
    teaching,
    weak,
    weakest,
)
from course_kit.model.tally import Tally

BEGUN = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COURSE = Course(
    key="ds",
    title="Data science",
    units=(
        Unit(
            key="all",
            lessons=(
                Lesson(
                    key="probe",
                    title="What do you know?",
                    kind="notebook",
                    path="probe.ipynb",
                    items=("known/loops",),
                    skills={"known/loops": "loops"},
                    diagnostic=Diagnostic(waives=("loops",)),
                ),
                Lesson(
                    key="loops",
                    title="Loops",
                    kind="notebook",
                    path="loops.ipynb",
                    items=("try/for", "try/while"),
                    skills={"try/for": "loops", "try/while": "loops"},
                ),
                Lesson(
                    key="frames",
                    title="Tables",
                    kind="notebook",
                    path="frames.ipynb",
                    was=("tables",),
                    items=("robust/median", "robust/mean", "group/by", "group/free"),
                    renamed_items={"robust/middle": "robust/median"},
                    skills={"robust/median": "averages", "robust/mean": "averages", "group/by": "grouping"},
                ),
                Lesson(
                    key="later",
                    title="Tables again",
                    kind="notebook",
                    path="later.ipynb",
                    items=("group/again",),
                    skills={"group/again": "grouping"},
                ),
            ),
        ),
    ),
)


class Learner:
    """Makes events, with times in days since the beginning."""

    def __init__(self) -> None:
        self.events: list[e.Event] = []

    def did(self, day: float, fact: e.Fact) -> e.Event:
        at = BEGUN + day * DAY
        event = e.Event(event_id=uuid7(at, len(self.events)), at=at, learner="p-1", course="ds", release="r", fact=fact)
        self.events.append(event)
        return event

    def answers(self, day: float, lesson: str, item: str, fraction: float = 1.0, attempt: int = 1) -> e.Event:
        state: e.State = "right" if fraction >= 1 else "partly-right" if fraction else "wrong"
        return self.did(
            day,
            e.ItemAnswered(
                lesson=lesson, item=item, digest="d", response=1, state=state, fraction=fraction, attempt=attempt
            ),
        )

    def reviews(self, day: float, skill: str, rating: int, item: str = "frames/robust/median") -> e.Event:
        return self.did(day, e.ReviewDone(skill=skill, rating=rating, item=item, variant=1))

    def stands(self, day: float) -> dict[str, tuple[float, int, int | None]]:
        """By skill: the day on which it is due, how often it was reviewed, and how the last answer was rated."""
        states = skill_states(COURSE, Tally.of(self.events), BEGUN + day * DAY)
        return {one.skill: ((one.due - BEGUN) / DAY, one.reviews, one.rating) for one in states}


def test_an_answer_is_rated_by_what_hints_left_of_it() -> None:
    assert [rating_of(share) for share in (1.0, 0.999999, 0.75, 0.5, 0.49, 0.0)] == [
        GOOD,
        HARD,
        HARD,
        HARD,
        AGAIN,
        AGAIN,
    ]
    assert rating_of(0.1 + 0.2 + 0.7) == GOOD


def test_a_right_answer_comes_back_in_two_days_and_a_wrong_one_tomorrow() -> None:
    ada = Learner()
    ada.answers(0, "frames", "robust/median")
    ada.answers(0.01, "frames", "group/by", 0.0)
    assert ada.stands(1) == {"averages": (2.0, 0, GOOD), "grouping": (1.01, 0, AGAIN)}


def test_only_the_first_answer_to_an_item_counts_and_each_item_of_a_skill_does() -> None:
    ada = Learner()
    ada.answers(0, "frames", "robust/median", 0.0)
    ada.answers(0.1, "frames", "robust/median", 1.0, attempt=2)
    assert ada.stands(1)["averages"] == (1.0, 0, AGAIN)
    ada.answers(0.2, "frames", "robust/mean")
    assert ada.stands(1)["averages"] == (1.2, 0, GOOD)
    ada.answers(0.3, "frames", "group/free", 0.0)
    assert set(ada.stands(1)) == {"averages"}, "an item that names no skill says nothing"


def test_what_was_renamed_keeps_its_history() -> None:
    ada = Learner()
    ada.answers(0, "tables", "robust/middle")
    ada.answers(1, "frames", "robust/median", 0.0)
    ada.did(3, e.ReviewDone(skill="means-of-old", rating=3, item="tables/robust/middle", variant=0))
    ada.did(3.5, e.ReviewDone(skill="long-gone", rating=1, item="gone/gone/gone", variant=0))
    assert list(ada.stands(3)) == ["averages"]
    assert ada.stands(3)["averages"][1:] == (1, GOOD)


def test_a_month_of_reviews_on_exact_days() -> None:
    """Right answers spread out (2, then 11 days: FSRS's own numbers); a lapse on day 13 draws them together again."""
    ada = Learner()
    ada.answers(0, "frames", "robust/median")
    ada.answers(0, "frames", "group/by", 0.0)
    seen = {}
    for day in range(31):
        at = BEGUN + day * DAY
        for state in due(skill_states(COURSE, Tally.of(ada.events), at), at):
            seen.setdefault(state.skill, []).append(day)
            lapsed = state.skill == "averages" and day == 13
            item = {"averages": "frames/robust/mean", "grouping": "frames/group/by"}[state.skill]
            ada.reviews(day, state.skill, AGAIN if lapsed else GOOD, item)
    assert seen == {"averages": [2, 13, 15, 20], "grouping": [1, 3, 9, 26]}
    assert ada.stands(31) == {"averages": (32.0, 4, GOOD), "grouping": (70.0, 4, GOOD)}


def test_a_skill_fades_as_the_days_go_by() -> None:
    ada = Learner()
    ada.answers(0, "frames", "robust/median")
    tally = Tally.of(ada.events)
    strengths = [skill_states(COURSE, tally, BEGUN + day * DAY)[0].strength for day in (0, 2, 8, 30)]
    assert strengths == pytest.approx([1.0, 0.91, 0.79, 0.67], abs=0.01)
    assert strengths == sorted(strengths, reverse=True)
    assert skill_states(COURSE, tally, BEGUN - DAY)[0].strength == 1.0, "a clock that was set back"


def test_what_was_tested_out_is_checked_once_after_two_weeks() -> None:
    ada = Learner()
    ada.answers(0, "probe", "known/loops")
    ada.did(0, e.LessonWaived(lesson="loops", reason="Passed the diagnostic."))
    assert ada.stands(1) == {"loops": (14.0, 0, None)}
    right, wrong = Learner(), Learner()
    right.events, wrong.events = list(ada.events), list(ada.events)
    right.reviews(14, "loops", GOOD, "loops/try/for")
    wrong.reviews(14, "loops", AGAIN, "loops/try/for")
    assert right.stands(15)["loops"] == (71.0, 1, GOOD)
    assert wrong.stands(15)["loops"] == (16.0, 1, AGAIN)


def test_an_instructors_waiver_brings_a_check_as_well() -> None:
    ada = Learner()
    ada.did(3, e.LessonWaived(lesson="tables", reason="Knows it."))
    assert ada.stands(4) == {"averages": (17.0, 0, None), "grouping": (17.0, 0, None)}


def test_weak_skills_lead_to_the_lessons_that_teach_them() -> None:
    taught = {skill: [lesson.key for lesson in lessons] for skill, lessons in teaching(COURSE).items()}
    assert taught == {"loops": ["loops"], "averages": ["frames"], "grouping": ["frames", "later"]}
    ada = Learner()
    ada.answers(0, "frames", "robust/median")
    ada.answers(0, "frames", "group/by", 0.0)
    ada.did(0, e.LessonWaived(lesson="loops", reason="Knows it."))
    soon = skill_states(COURSE, Tally.of(ada.events), BEGUN)
    assert [one.skill for one in weak(soon)] == ["grouping"]
    assert [one.skill for one in weakest(soon)] == ["grouping", "averages", "loops"]
    assert [one.title for one in soon] == ["Grouping", "Averages", "Loops"]
    late = skill_states(COURSE, Tally.of(ada.events), BEGUN + 12 * DAY)
    assert [one.skill for one in weak(late)] == ["grouping", "averages"]
    assert [one.skill for one in due(late, BEGUN + 12 * DAY)] == ["grouping", "averages"]
    assert next_due(late, BEGUN + 12 * DAY) == BEGUN + 14 * DAY


def test_a_cohort_in_one_row_a_skill() -> None:
    ada, bob = Learner(), Learner()
    ada.answers(0, "frames", "robust/median")
    bob.answers(0, "frames", "robust/median", 0.0)
    bob.answers(0, "frames", "group/by")
    at = BEGUN + DAY
    rows = summary([skill_states(COURSE, Tally.of(one.events), at) for one in (ada, bob)], at)
    assert [(row.skill, row.learners, row.due, row.weak) for row in rows] == [
        ("averages", 2, 1, 1),
        ("grouping", 1, 0, 0),
    ]


def test_answering_in_a_review_changes_no_lesson() -> None:
    ada = Learner()
    ada.answers(0, "frames", "robust/median", 0.0)
    before = fold(COURSE, ada.events)
    ada.answers(3, review_lesson("2026-11-05-abc123"), "frames/robust/median")
    ada.reviews(3, "averages", GOOD)
    after = fold(COURSE, ada.events)
    assert is_review(review_lesson("2026-11-05-abc123"))
    assert not is_review("review")
    assert after.lessons == before.lessons
    assert after.fraction == before.fraction
    assert after.items["frames/robust/median"] == before.items["frames/robust/median"]


# ---------------------------------------------------------------- whatever order the events came in

_ITEMS = [("frames", "robust/median"), ("tables", "robust/middle"), ("frames", "group/by"), ("loops", "try/for")]
_answered = st.builds(
    lambda place, fraction: e.ItemAnswered(
        lesson=place[0], item=place[1], digest="d", response=1, state="partly-right", fraction=fraction
    ),
    st.sampled_from(_ITEMS),
    st.sampled_from([0.0, 0.5, 0.9, 1.0]),
)
_reviewed = st.builds(
    lambda skill, rating: e.ReviewDone(skill=skill, rating=rating, item="frames/robust/mean"),
    st.sampled_from(["averages", "loops", "no-such"]),
    st.integers(1, 4),
)
_waived = st.builds(lambda lesson: e.LessonWaived(lesson=lesson, reason=""), st.sampled_from(["loops", "tables", "x"]))


@given(
    facts=st.lists(st.tuples(st.integers(0, 40), st.one_of(_answered, _reviewed, _waived)), max_size=25),
    voided=st.sets(st.integers(0, 24), max_size=4),
    seed=st.integers(0, 1000),
)
def test_neither_order_nor_repetition_nor_splits_nor_voids_matter(
    facts: list[tuple[int, e.Fact]], voided: set[int], seed: int
) -> None:
    ada, chance = Learner(), random.Random(seed)
    for day, fact in facts:
        ada.did(day, fact)
    made = list(ada.events)
    gone = {made[number].event_id for number in voided if number < len(made)}
    at = BEGUN + 45 * DAY
    whole = skill_states(COURSE, Tally.of([one for one in made if one.event_id not in gone]), at)

    for event_id in sorted(gone):
        ada.did(41, e.Voided(event_id=event_id, reason=""))
    mixed = [*ada.events, *chance.choices(ada.events, k=5 if ada.events else 0)]
    chance.shuffle(mixed)
    assert skill_states(COURSE, Tally.of(mixed), at) == whole

    kept = [one for one in made if one.event_id not in gone]
    chance.shuffle(kept)
    cut = chance.randint(0, len(kept))
    tally = Tally.from_json(Tally.of(kept[:cut]).to_json())
    tally.merge(Tally.of(kept[cut:]))
    assert skill_states(COURSE, tally, at) == whole
    assert all(one.due <= at + timedelta(days=365) and 0 <= one.strength <= 1 for one in whole)


def test_what_a_wrong_clock_dated_ahead_keeps_no_skill_away():
    learner = Learner()
    learner.answers(0, "frames", "robust/median")
    honest = learner.stands(3)
    learner.reviews(26_000, "averages", GOOD)
    assert learner.stands(3) == honest
    learner.answers(26_000, "frames", "group/by")
    learner.answers(4, "frames", "group/by")
    assert learner.stands(5)["grouping"][0] < 30
