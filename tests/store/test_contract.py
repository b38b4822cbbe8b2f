"""What every store promises (course_kit.store.contract), on each of them."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from course_kit.model.events import Event
from course_kit.model.keys import utc_text
from course_kit.model.tally import Tally
from course_kit.store.contract import CONFLICT, Appended, Entry, Erased, ProgressStore, SetAside

Make = Callable[..., Event]


def test_an_event_is_stored_once_and_stamped_with_its_arrival(store: ProgressStore, event: Make, monday: datetime):
    later = monday + timedelta(hours=2)
    assert store.append([event(1), event(2)], later) == Appended(stored=2)
    assert store.append([event(2), event(3)], later + timedelta(days=1)) == Appended(stored=1, duplicates=1)
    assert list(store.events()) == [
        event(1).received(later),
        event(2).received(later),
        event(3).received(later + timedelta(days=1)),
    ]


def test_a_stamp_from_elsewhere_stays(store: ProgressStore, event: Make, monday: datetime):
    there = event(1).received(monday + timedelta(hours=1))
    store.append([there], monday + timedelta(days=1))
    assert list(store.events()) == [there]
    assert store.append([event(1)], monday) == Appended(duplicates=1)


def test_other_content_under_a_known_id_is_set_aside_and_stops_nothing(
    store: ProgressStore, event: Make, monday: datetime
):
    at = monday + timedelta(hours=1)
    store.append([event(1)], at)
    other = event(1, {"kind": "LessonOpened", "lesson": "chance"})
    assert store.append([event(2), other, event(3)], at) == Appended(stored=2, conflicts=1)
    assert [e.event_id[-1] for e in store.events()] == ["1", "2", "3"]
    assert next(iter(store.events())) == event(1).received(at)
    (kept,) = store.set_asides()
    assert kept.reason == CONFLICT
    assert kept.at == at
    assert Event.model_validate_json(kept.raw) == other.received(at)
    assert store.append([other], at) == Appended(conflicts=1)
    assert len(store.set_asides()) == 1


def test_of_two_with_one_id_in_one_call_the_first_wins(store: ProgressStore, event: Make, monday: datetime):
    other = event(1, {"kind": "LessonOpened", "lesson": "chance"})
    assert store.append([event(1), event(1), other], monday) == Appended(stored=1, duplicates=1, conflicts=1)
    assert [e.fact for e in store.events()] == [event(1).fact]


def test_the_first_word_keeps_its_place_in_the_order(store: ProgressStore, event: Make, monday: datetime):
    """A clock that runs ahead is held back to the moment of arrival; equal times go by id."""
    ahead = event(1, at="2027-01-01T00:00:00Z")
    store.append([event(9), ahead, event(5)], monday + timedelta(minutes=7))
    assert [int(e.event_id[-12:], 16) for e in store.events()] == [5, 1, 9]


def test_nothing_is_nothing(store: ProgressStore, monday: datetime):
    assert store.append([], monday) == Appended()
    assert list(store.events()) == []
    assert store.set_asides() == []
    assert store.people() == {}
    assert store.pseudonyms("nobody") == ()


def test_events_of_some_learners_and_of_one_course(store: ProgressStore, event: Make, monday: datetime):
    mine, theirs = event(1), event(2, learner="p-bob")
    elsewhere = event(3, course="statistics")
    store.append([mine, theirs, elsewhere], monday)

    def found(**what: object) -> list[int]:
        return [int(e.event_id[-12:], 16) for e in store.events(**what)]

    assert found(learners=["p-ada"]) == [1, 3]
    assert found(learners=["p-ada"], course="data-science") == [1]
    assert found(course="statistics") == [3]
    assert found(learners=[]) == []
    assert found(learners=["p-ada", "p-bob", *(f"p-{number}" for number in range(40_000))]) == [1, 2, 3]


def test_thousands_at_once(store: ProgressStore, event: Make, monday: datetime):
    events = [event(number) for number in range(3_000)]
    assert store.append(events, monday) == Appended(stored=3_000)
    assert store.append(events, monday) == Appended(duplicates=3_000)


def test_what_is_no_event_is_kept_as_it_came(store: ProgressStore, monday: datetime):
    texts = ["{broken", "", "nul\0 and \ud800 half a character", "é 💡"]
    for text in [*texts, *texts]:
        store.set_aside(text, "not JSON", monday)
    store.set_aside(texts[0], "another reason", monday)
    assert store.set_asides() == [
        SetAside("{broken", "not JSON", monday),
        SetAside("", "not JSON", monday),
        SetAside("nul\0 and \\ud800 half a character", "not JSON", monday),
        SetAside("é 💡", "not JSON", monday),
        SetAside("{broken", "another reason", monday),
    ]


def test_who_is_who(store: ProgressStore, monday: datetime):
    store.link_person("p-2", "ada", monday)
    store.link_person("p-1", "ada", monday)
    store.link_person("p-3", "bob", monday)
    assert store.people() == {"p-1": "ada", "p-2": "ada", "p-3": "bob"}
    assert store.pseudonyms("ada") == ("p-1", "p-2")
    store.link_person("p-2", "bob", monday)
    assert store.pseudonyms("bob") == ("p-2", "p-3")


def test_strange_text_comes_back_as_it_was(store: ProgressStore, event: Make, monday: datetime):
    odd = event(1, {"kind": "GoalSet", "week": "2026-11-16", "text": "nul\0, 💡, \u2028, '; DROP TABLE events; --"})
    big = event(2, {**_answer(), "response": 2**31 - 1})
    store.append([odd, big], monday)
    assert list(store.events()) == [odd.received(monday), big.received(monday)]


def test_threads_append_the_same_events_and_each_is_there_once(store: ProgressStore, event: Make, monday: datetime):
    events = [event(number) for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: store.append(events, monday), range(8)))
    assert sum(one.stored for one in done) == 200
    assert sum(one.duplicates for one in done) == 7 * 200
    assert sum(one.conflicts for one in done) == 0
    assert len(list(store.events())) == 200


def test_closing_twice_is_harmless(store: ProgressStore):
    store.close()
    store.close()


def _answer() -> dict[str, object]:
    return {
        "kind": "ItemAnswered",
        "lesson": "frames",
        "item": "robust/q1",
        "digest": "d1",
        "state": "right",
        "fraction": 1.0,
    }


def test_events_of_some_lessons_come_with_whatever_voids(store: ProgressStore, event: Make, monday: datetime):
    void = {"kind": "Voided", "event_id": event(1).event_id, "reason": ""}
    chance = {"kind": "LessonOpened", "lesson": "chance"}
    odd = {"kind": "LessonOpened", "lesson": 'a "quoted" é\n\0 name'}
    store.append(
        [event(1), event(2, chance), event(3, void), event(4, odd), event(5, {"kind": "CourseStarted"})], monday
    )

    def found(*lessons: str) -> list[int]:
        return [int(e.event_id[-12:], 16) for e in store.events(lessons=lessons)]

    assert found("frames") == [1, 3]
    assert found("chance", odd["lesson"]) == [2, 3, 4]
    assert found() == [3]


def test_events_are_read_while_others_are_written(store: ProgressStore, event: Make, monday: datetime):
    """A reading is of one moment, and keeps nobody from writing."""
    store.append([event(number) for number in range(2_000)], monday)
    reading = store.events()
    first = next(reading)
    assert store.append([event(5_000)], monday) == Appended(stored=1)
    assert 1 + sum(1 for _ in reading) == 2_000
    assert first == event(0).received(monday)
    assert len(list(store.events())) == 2_001


def test_what_is_kept_follows_each_append(store: ProgressStore, event: Make, monday: datetime):
    at = monday + timedelta(days=1)
    store.append([event(1, _answer() | {"response": 0}), event(2, learner="p-bob")], at)
    store.append([event(3, _answer() | {"response": 1})], at)
    assert {name: tally.answers for name, tally in store.tallies("data-science").items()} == {"p-ada": 2, "p-bob": 0}
    assert list(store.tallies("data-science", learners=["p-bob"])) == ["p-bob"]
    assert store.tallies("statistics") == {}
    store.append([event(4, {"kind": "Voided", "event_id": event(1).event_id, "reason": "a test"})], at)
    assert store.tallies("data-science")["p-ada"].answers == 1
    late = event(0, _answer() | {"response": 3})
    store.append([late], at)
    assert store.tallies("data-science")["p-ada"].items["frames", "robust/q1"].first == ((late.at, late.event_id), 1.0)
    assert store.names() == [("data-science", "p-ada"), ("data-science", "p-bob")]
    assert not store.keep_again("data-science", "p-ada")
    assert not store.keep_again("data-science", "nobody")


def test_a_void_that_comes_first_holds(store: ProgressStore, event: Make, monday: datetime):
    store.append([event(9, {"kind": "Voided", "event_id": event(1).event_id, "reason": ""})], monday)
    store.append([event(1)], monday)
    assert store.tallies("data-science")["p-ada"].opened == {}


def test_a_caller_may_change_what_was_given(store: ProgressStore, event: Make, monday: datetime):
    store.append([event(1)], monday)
    store.tallies("data-science")["p-ada"].take(event(2, _answer() | {"response": 0}))
    assert store.tallies("data-science")["p-ada"].answers == 0


def test_who_is_erased_is_gone_and_does_not_come_back(store: ProgressStore, event: Make, monday: datetime):
    mine, theirs = event(1), event(2, learner="p-bob")
    store.append([mine, theirs], monday)
    store.append([event(1, {"kind": "CourseStarted"})], monday)
    store.set_aside('{"learner":"p-ada","half":', "not JSON", monday)
    store.set_aside('{"learner":"p-adam"}', "not JSON", monday)
    store.link_person("p-ada", "ada", monday)
    assert store.erase(["p-ada", "ada"], monday) == Erased(("ada", "p-ada"), 1, 2)
    assert store.erased() == {"ada": monday, "p-ada": monday}
    assert store.append([mine, theirs, event(3, learner="ada")], monday) == Appended(duplicates=1, erased=2)
    assert [e.learner for e in store.events()] == ["p-bob"]
    assert list(store.tallies("data-science")) == ["p-bob"]
    assert [aside.raw for aside in store.set_asides()] == ['{"learner":"p-adam"}']
    assert (store.people(), store.pseudonyms("ada")) == ({}, ())
    assert store.erase(["p-ada"], monday + timedelta(days=1)) == Erased(("p-ada",), 0, 0)
    assert store.erased()["p-ada"] == monday


def test_after_an_erasure_new_events_are_taken_as_ever(store: ProgressStore, event: Make, monday: datetime):
    """Row numbers of what was erased may be given out again."""
    store.append([event(1, learner="p-bob"), event(2)], monday)
    store.erase(["p-ada"], monday)
    new = event(3, learner="p-bob")
    assert store.append([new, event(1, learner="p-bob")], monday) == Appended(stored=1, duplicates=1)
    assert store.tallies("data-science")["p-bob"].last_at == monday
    assert [e.event_id[-1] for e in store.events()] == ["1", "3"]


def test_what_was_set_aside_is_settled_with_its_event(store: ProgressStore, event: Make, monday: datetime):
    store.set_aside("one", "why", monday)
    store.set_aside("two", "why", monday)
    aside = store.set_asides()[0]
    assert store.settle(aside, event(1), monday) == Appended(stored=1)
    assert [kept.raw for kept in store.set_asides()] == ["two"]
    assert store.settle(aside, event(1), monday) == Appended(duplicates=1)
    assert len(list(store.events())) == 1


def test_half_a_character_is_marked_and_the_answer_kept(
    store: ProgressStore, event: Make, monday: datetime, answered: Callable[..., dict[str, Any]]
):
    """A page that cuts a text may cut an emoji in two; UTF-8 has no form for the half."""
    one = event(1, answered("frames", "robust/q1", response="the mean \ud83d"))
    assert store.append([one, event(2)], monday) == Appended(stored=2)
    assert store.append([one], monday) == Appended(duplicates=1)
    assert [getattr(found.fact, "response", "") for found in store.events()] == ["the mean \ufffd", ""]
    (tally,) = store.tallies("data-science").values()
    assert tally.to_json() == Tally.of(store.events()).to_json()


@pytest.mark.parametrize("name", ["p-ada", 'quo"te\\', "nul\0 \x1f\x7f\n\u2028 💡", "ü"])
def test_an_entry_holds_what_pydantic_writes(event: Make, monday: datetime, name: str):
    one = event(1, learner=name)
    entry = Entry.of(one, monday)
    content = Event.__pydantic_serializer__.to_json(one, exclude={"received_at"})
    assert entry.content == hashlib.sha256(content).hexdigest()
    assert entry.payload == content.decode()[:-1] + f',"received_at":"{utc_text(monday)}"}}'
    assert Event.model_validate_json(entry.payload) == one.received(monday)
