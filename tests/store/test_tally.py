"""What is kept is the replay: in whatever order, pieces and repetitions events come, and whatever is voided late."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_kit.model import answers
from course_kit.model import tally as tally_module
from course_kit.model.course import Course, Lesson, Unit
from course_kit.model.events import Event, read_event
from course_kit.model.keys import decision_id, utc_text
from course_kit.model.progress import canonical, fold, progress_of
from course_kit.model.tally import Tally, union
from course_kit.store.contract import ProgressStore
from course_kit.store.kept import tallies_of, tally_of
from course_kit.store.memory import MemoryStore
from course_kit.store.sql import SqlStore

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
LATER = MONDAY + timedelta(hours=1)
ITEMS = ("quiz/q1", "quiz/q2")
COURSE = Course(
    key="ds",
    title="Data science",
    units=(
        Unit(
            key="u",
            lessons=(
                Lesson(key="a", kind="notebook", path="a.ipynb", items=ITEMS, was=("old-a",)),
                Lesson(key="b", kind="notebook", path="b.ipynb", cells=("c1", "c2"), requires=("a",)),
                Lesson(key="c", kind="notebook", path="c.ipynb", requires=("b",)),
            ),
        ),
    ),
)
lessons = st.sampled_from(["a", "old-a", "b", "c", "gone"])
shares = st.sampled_from([0.0, 0.5, 1.0])
item = {"digest": "d", "variant": 0}
facts = st.one_of(
    st.builds(
        lambda lesson, key, share, response, digest: {
            "kind": "ItemAnswered",
            "lesson": lesson,
            "item": f"quiz/{key}",
            "response": response,
            "state": {0.0: "wrong", 0.5: "partly-right", 1.0: "right"}[share],
            "fraction": share,
            **item,
            "digest": digest,
        },
        lessons,
        st.sampled_from(["q1", "q2"]),
        shares,
        st.sampled_from([0, 1, 2, True, "nul\0 💡", "\ud800 half", "x" * 5000, [1, 2], None, [[0, 1]], ["y" * 999]]),
        st.sampled_from(["d", "e"]),
    ),
    st.builds(lambda name: {"kind": "LessonOpened", "lesson": name}, lessons),
    st.builds(lambda name, share: {"kind": "LessonViewed", "lesson": name, "fraction": share}, lessons, shares),
    st.builds(
        lambda name, cell, ok: {"kind": "CellRan", "lesson": name, "cell": cell, "ok": ok},
        lessons,
        st.sampled_from(["c1", "c2"]),
        st.booleans(),
    ),
    st.builds(lambda name: {"kind": "HintTaken", "lesson": name, "item": "quiz/q1", "hint": 0, **item}, lessons),
    st.builds(
        lambda name, start, length: {
            "kind": "VideoWatched",
            "lesson": name,
            "video": "intro",
            "ranges": [[start, start + length]],
            "duration": 60.0,
        },
        lessons,
        st.integers(0, 50),
        st.integers(0, 20),
    ),
    st.builds(
        lambda kind, name: {"kind": kind, "lesson": name},
        st.sampled_from(["LessonCompleted", "LessonUnlocked", "GateOverridden"]),
        lessons,
    ),
    st.builds(lambda name: {"kind": "LessonWaived", "lesson": name, "reason": ""}, lessons),
    st.just({"kind": "CourseStarted"}),
    st.builds(lambda n: {"kind": "AssignmentSubmitted", "assignment": "x", "submission": f"s{n}"}, st.integers(0, 3)),
    st.builds(
        lambda share: {"kind": "ScorePosted", "assignment": "x", "score": share, "max_score": 1, "status": "graded"},
        shares,
    ),
    st.builds(lambda done: {"kind": "GoalSet", "week": "2026-11-16", "text": "read", "done": done}, st.booleans()),
    st.builds(
        lambda rating: {"kind": "ReviewDone", "skill": "means", "rating": rating, "item": "a/quiz/q1"},
        st.integers(1, 4),
    ),
    st.builds(
        lambda change, hours: {
            "kind": "PaceChanged",
            "change": change,
            "at": utc_text(MONDAY),
            "hours_per_week": hours,
        },
        st.sampled_from(["pause", "resume", "restart", "hours"]),
        st.sampled_from([None, 4.0]),
    ),
    st.builds(lambda zone: {"kind": "ZoneNoted", "zone": zone}, st.sampled_from(["Europe/Berlin", "Asia/Tokyo"])),
    st.builds(
        lambda cohort: {
            "kind": "ArrangementsPosted",
            "cohort": cohort,
            "extensions": [{"assignment": "x", "extend": "3 days"}],
        },
        st.sampled_from(["", "evening"]),
    ),
    st.builds(lambda n: {"kind": "Voided", "event_id": decision_id("tally", str(n)), "reason": ""}, st.integers(0, 25)),
)


def numbered(rows: Sequence[tuple[dict[str, Any], int, int]]) -> list[Event]:
    return [
        read_event(
            {
                "version": 1,
                "event_id": decision_id("tally", str(number)),
                "at": utc_text(MONDAY + timedelta(minutes=minute)),
                "learner": f"p-{who}",
                "course": "ds",
                "release": "",
                "fact": fact,
            }
        )
        for number, (fact, minute, who) in enumerate(rows)
    ]


# few minutes, so that many events have one time; some clocks run ahead of the store's
histories = st.lists(st.tuples(facts, st.sampled_from([0, 1, 2, 3, 90]), st.integers(0, 1)), max_size=25).map(numbered)


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """Of lists that are cut, few enough are kept that these short histories are cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "MOST_WRONG", 2)
        patch.setattr(tally_module, "MOST_FAILED", 3)
        yield


@given(events=histories, chance=st.randoms(use_true_random=False))
def test_taking_events_one_by_one_in_any_order_is_their_replay(events: list[Event], chance: Any):
    stamped = [event.received(LATER) for event in events]
    kept, mixed = Tally(), list(stamped)
    chance.shuffle(mixed)
    kept.voids = {event.fact.event_id for event in stamped if event.kind == "Voided"}  # type: ignore[union-attr]
    for event in mixed:
        assert kept.take(event)
    replay = Tally.of(canonical(stamped))
    replay.voids = kept.voids
    assert kept.to_json() == replay.to_json() == Tally.of([*mixed, *stamped]).to_json()
    assert progress_of(COURSE, kept) == fold(COURSE, stamped)


@given(events=histories)
def test_a_tally_comes_back_from_its_text(events: list[Event]):
    kept = Tally.of(event.received(LATER) for event in events)
    back = Tally.from_json(kept.to_json())
    assert back == kept
    assert back.to_json() == kept.to_json()


def check_kept(store: ProgressStore) -> None:
    """Whatever is kept is the replay, of each name and of the person who bears both."""
    everything = list(store.events())
    for learner, tally in store.tallies("ds").items():
        assert tally.to_json() == Tally.of(e for e in everything if e.learner == learner).to_json()
    whole = Tally.of(everything)
    assert tally_of(store, "ds").to_json() == whole.to_json()
    assert progress_of(COURSE, tally_of(store, "ds")) == fold(COURSE, everything)
    together = tallies_of(store, "ds", {"p-0": "ada", "p-1": "ada"})
    assert [tally.to_json() for tally in together.values()] == ([whole.to_json()] if everything else [])


pieces = st.lists(st.integers(0, 50), max_size=4)


def send(store: ProgressStore, events: list[Event], chance: Any, cuts: list[int]) -> None:
    """In a random order and random pieces, half of them twice."""
    sent = events + chance.sample(events, len(events) // 2)
    chance.shuffle(sent)
    bounds = sorted(min(cut, len(sent)) for cut in cuts)
    for start, end in zip([0, *bounds], [*bounds, len(sent)], strict=True):
        store.append(sent[start:end], LATER)


@given(events=histories, chance=st.randoms(use_true_random=False), cuts=pieces)
def test_what_is_kept_in_memory_is_the_replay(events: list[Event], chance: Any, cuts: list[int]):
    store = MemoryStore()
    send(store, events, chance, cuts)
    check_kept(store)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=histories, chance=st.randoms(use_true_random=False), cuts=pieces)
def test_what_is_kept_in_a_database_is_the_replay(
    tmp_path_factory: Any, events: list[Event], chance: Any, cuts: list[int]
):
    """Half of the pieces are written by a second process's store, which remembers nothing of the first one's."""
    path = tmp_path_factory.mktemp("kept") / "store.db"
    with SqlStore.open(path) as one, SqlStore.open(path) as other:
        half = len(events) // 2
        send(one, events[:half], chance, cuts)
        send(other, events, chance, cuts)
        send(one, events, chance, cuts)
        check_kept(one)
        check_kept(other)
        assert not any(one.keep_again("ds", learner) for _, learner in one.names())


@given(events=histories, cut=st.integers(0, 25))
def test_two_halves_merge_to_the_whole(events: list[Event], cut: int):
    stamped = [event.received(LATER) for event in events if event.kind != "Voided"]
    whole = Tally.of(stamped[:cut])
    whole.merge(Tally.of(stamped[cut:]))
    assert whole == Tally.of(stamped)


def test_a_tally_knows_the_first_wrong_responses_and_the_last_failed_attempts():
    def wrong(number: int) -> dict[str, Any]:
        given = {"lesson": "a", "item": "quiz/q1", "response": number, "state": "wrong", "fraction": 0.0}
        return {"kind": "ItemAnswered", **given, **item}

    kept = Tally.of(reversed(numbered([(wrong(number // 2), number, 0) for number in range(8)])))
    (wording,) = kept.items["a", "quiz/q1"].wordings.values()
    assert (wording.attempts, wording.solved) == (8, False)
    assert {text: place[:16] for text, place in wording.wrong.items()} == {
        "0": "2026-11-16T00:00",
        "1": "2026-11-16T00:02",
    }
    assert [order[0].minute for order, *_ in kept.failed] == [5, 6, 7]


def test_stretches_that_touch_are_one():
    assert union([(5, 9), (0, 2), (2, 3), (8, 12), (20, 20)]) == [(0, 3), (5, 12), (20, 20)]


def test_however_finely_a_video_is_cut_only_so_many_stretches_are_kept():
    def watched(offset: float) -> dict[str, Any]:
        ranges = [[offset + number, offset + number + 0.01] for number in range(0, 100_000, 17)]
        return {"kind": "VideoWatched", "lesson": "a", "video": "v", "ranges": ranges, "duration": 1e300}

    stamped = numbered([(watched(number / 4), number, 0) for number in range(68)])
    kept = Tally.of(stamped).videos["a", "v"].ranges
    assert kept == [(0.0, 86_400.0)]
    apart = Tally.of(stamped[::3]).videos["a", "v"].ranges
    assert apart == Tally.of(reversed(stamped[::3])).videos["a", "v"].ranges
    assert len(apart) < 2 * 86_400
    assert all(one[1] + 0.5 < other[0] for one, other in pairwise(apart))
