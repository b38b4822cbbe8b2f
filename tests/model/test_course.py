"""The outline: dates that bend, rings of requirements, names that were once others."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from course_kit.model.course import Course, Lesson, Unit, When, parse_span
from course_kit.model.keys import is_event_id, is_key, manifest_digest, slug, utc_text, uuid7

START = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


def course(**requires: tuple[str, ...]) -> Course:
    lessons = tuple(Lesson(key=key, kind="notebook", requires=needed) for key, needed in requires.items())
    return Course(key="c", title="C", units=(Unit(key="u", lessons=lessons),))


def test_a_date_may_lean_on_the_learners_start_or_on_the_due_date():
    assert When.parse("start + 14 days").resolve(start=START) == START + timedelta(days=14)
    assert When.parse("due").resolve(start=None, due=START) == START
    assert When.parse("due - 12 hours").resolve(start=None, due=START) == START - timedelta(hours=12)
    assert When.parse("start + 1 week").resolve(start=None) is None
    assert When.parse("2026-12-24T23:59+01:00").resolve(start=None) == datetime(2026, 12, 24, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "start + soon", "2026-12-24", "2026-12-24T10:00", "", "start+-1 day"])
def test_a_date_without_a_meaning_or_a_zone_is_refused(text):
    with pytest.raises(ValueError, match=r"not a date|no time zone"):
        When.parse(text)


def test_spans_are_words():
    assert parse_span("2 weeks") == timedelta(weeks=2)
    with pytest.raises(ValueError, match="not a span"):
        parse_span("1 fortnight")


@pytest.mark.parametrize("text", ["99999 weeks", "999999999 weeks", "99999999999 weeks"])
def test_a_span_without_end_is_refused(text: str):
    with pytest.raises(ValueError, match=r"hundred years|not a span"):
        parse_span(text)
    with pytest.raises(ValueError, match=r"hundred years|not a (?:date|span)"):
        When.parse(f"start + {text}")


def test_a_date_at_the_end_of_all_calendars_is_refused():
    with pytest.raises(ValueError, match="no calendar"):
        When.parse("9999-12-31T23:59Z")


def test_a_ring_of_requirements_is_found_and_a_diamond_is_none():
    assert course(a=("c",), b=("a",), c=("b",)).cycle() == ("a", "c", "b", "a")
    assert course(a=(), b=("a",), c=("a",), d=("b", "c")).cycle() == ()
    assert course(a=("a",)).cycle() == ("a", "a")


def test_a_lesson_is_found_by_its_former_name_too():
    renamed = Course(
        key="c", title="C", units=(Unit(key="u", lessons=(Lesson(key="new", kind="link", was=("old",)),)),)
    )
    assert renamed.lesson("old").key == "new"
    assert renamed.lesson("other") is None


def test_keys_suggest_themselves():
    assert slug("02-Tidy Dätá!") == "tidy-data"
    assert slug("数据") == "untitled"
    assert (is_key("tidy-data_2.b"), is_key("Tidy"), is_key("a--b"), is_key("a" * 101)) == (
        True,
        False,
        False,
        False,
    )
    with pytest.raises(ValidationError, match="try 'my-course'"):
        Course(key="My Course", title="C")


def test_links_that_are_no_links_are_refused():
    with pytest.raises(ValidationError, match="forum: 'javascript:alert"):
        Course(key="c", title="C", forum="javascript:alert(1)")


def test_event_ids_sort_by_time_and_say_their_version():
    ids = [uuid7(START + timedelta(milliseconds=ms), (1 << 74) - 1 - ms) for ms in range(3)]
    assert ids == sorted(ids)
    assert all(is_event_id(one) and one[14] == "7" and one[19] in "89ab" for one in ids)
    assert not is_event_id(ids[0].upper())


def test_a_time_without_a_zone_has_no_text():
    assert utc_text(START) == "2026-03-28T09:00:00.000000Z"
    with pytest.raises(ValueError, match="no time zone"):
        utc_text(datetime(2026, 1, 1))  # noqa: DTZ001  (that is what is refused)


def test_a_manifest_names_itself_by_what_else_it_holds():
    assert manifest_digest({"a": 1, "own": "x"}, without="own") == manifest_digest({"own": "y", "a": 1}, without="own")


@pytest.mark.parametrize("text", ["start + 99999999999999 weeks", "due + 101 years", "0001-01-01T00:00+23:59"])
def test_a_date_beyond_all_calendars_is_refused(text):
    with pytest.raises(ValueError, match=r"longer than|in a year|not a date|not a span"):
        When.parse(text)


def test_a_link_of_a_lesson_runs_no_script():
    with pytest.raises(ValidationError, match="is not a link"):
        Lesson(key="a", kind="link", url="javascript:alert(1)")
