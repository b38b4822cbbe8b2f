"""Events against the golden file that the page's tests read too."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from course_kit.errors import CourseKitError
from course_kit.model.events import WRITERS, Fact, read_event

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "events.json").read_text())


@pytest.mark.parametrize("data", GOLDEN["good"], ids=lambda data: data["fact"]["kind"])
def test_a_good_event_survives_a_round_trip(data):
    event = read_event(data)
    assert read_event(event.model_dump(mode="json")) == event
    assert "received_at" not in event.content()


@pytest.mark.parametrize("case", GOLDEN["bad"], ids=lambda case: case["why"])
def test_a_bad_event_is_refused_with_its_code(case):
    with pytest.raises(CourseKitError) as refusal:
        read_event(case["event"])
    assert refusal.value.code == case["code"]
    assert refusal.value.hint


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_no_object_is_no_event(data):
    with pytest.raises(CourseKitError, match="JSON object"):
        read_event(data)


def test_each_kind_of_fact_has_its_writers():
    union = get_args(Fact)[0]
    assert {fact.model_fields["kind"].default for fact in get_args(union)} == set(WRITERS)


def test_a_store_stamps_an_event_once():
    event = read_event(GOLDEN["good"][1])
    assert event.received(datetime(2030, 1, 1, tzinfo=UTC)) is event
