"""The page: one file, whole HTML, everything escaped, sensible with nothing in it."""

import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from course_kit.model.course import Course
from course_kit.model.kinds import Choice, OneChoice
from course_kit.model.quiz import item_digest
from course_kit.model.roster import Roster, RosterEntry
from course_kit.report.contents import make_report
from course_kit.report.pages import render, write_page
from course_kit.source.shipped import REPORT_MARK

VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
ATTACK = OneChoice(key="q1", prompt=HOSTILE, choices=(Choice(text="x", right=True), Choice(text=HOSTILE, right=False)))


class Page(HTMLParser):
    """Collects what the checks look at; fails on a tag that is closed where it is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text_of: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text_of.append((self.open[-1] if self.open else "", data.strip()))

    def values(self, name: str) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.tags if name in attrs]

    def text(self) -> str:
        return " ".join(text for tag, text in self.text_of if tag not in ("style", "script"))


def page_of(course: Course, roster: Roster, at: datetime, *diaries: Any, **given: Any) -> tuple[str, Page]:
    events = [event for one in diaries for event in one.events]
    text = render(make_report(course, roster, events, at=at, **given))
    return text, Page(text)


@pytest.fixture
def busy(course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]) -> tuple[str, Page]:
    """Ada is stuck in the second lesson and scored, Bob has begun, Cyd has not, and there is a stranger."""
    ada = diary("p-1", 3).opened("begin").answered("begin/warm/q1", 0, 1).answered("begin/warm/q2", 0, 1)
    ada.opened("frames").submitted("lab").scored("lab", 7.5, 10)
    for _ in range(6):
        ada.answered("frames/robust/q1", 1, 0)
    bob = diary("bob", 20).opened("begin").answered("begin/warm/q1", 1, 0)
    stranger = diary("p-9", 3).opened("paper")
    return page_of(course, roster, at, ada, bob, stranger, people={"p-1": "ada"}, set_aside=2)


def test_the_page_is_whole_and_in_order(busy: tuple[str, Page]) -> None:
    text, page = busy
    assert text.startswith('<!doctype html>\n<html lang="en">')
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    named = {name for value in page.values("aria-labelledby") for name in value.split()}
    assert named <= set(ids)
    assert {value.removeprefix("#") for value in page.values("href")} <= set(ids)


def test_every_table_has_a_caption_and_every_head_its_scope(busy: tuple[str, Page]) -> None:
    _, page = busy
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == 4
    assert {attrs.get("scope") for tag, attrs in page.tags if tag == "th"} == {"row", "col"}
    regions = [attrs for _, attrs in page.tags if attrs.get("role") == "region"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-labelledby"] for attrs in regions)


def test_plots_are_images_with_a_title_and_a_description(busy: tuple[str, Page]) -> None:
    _, page = busy
    plots = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(plots) == 3
    assert all(len(str(attrs["aria-labelledby"]).split()) == 2 for attrs in plots)


def test_the_page_says_who_is_where(busy: tuple[str, Page]) -> None:
    _, page = busy
    text = page.text()
    for sentence in (
        "Ada Lovelace : 6 attempts without progress since",
        "Not started (1 of 3)",
        "Not submitted: The lab (2 of 3)",
        "p-9",
        "2 events came in that could not be read and are set aside",
    ):
        assert sentence in text
    assert "2026-11-22 14:00 UTC" in text
    assert "2026-11-22T14:00:00Z" in page.values("datetime")


def test_nothing_is_fetched_and_nothing_but_the_pages_own_script_may_run(busy: tuple[str, Page]) -> None:
    text, page = busy
    assert page.values("src") == []
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("Times are in UTC", ""))
    (policy,) = [attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; "
        r"base-uri 'none'; form-action 'none'",
        policy,
    )
    assert page.values("style") == []
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


def test_hostile_names_titles_and_responses_stay_text(course: Course, at: datetime, diary: Callable[..., Any]) -> None:
    unit = course.units[0]
    lessons = (unit.lessons[0].model_copy(update={"title": HOSTILE}), *unit.lessons[1:])
    work = (unit.assignments[0].model_copy(update={"title": HOSTILE}),)
    unit = unit.model_copy(update={"lessons": lessons, "assignments": work})
    evil = course.model_copy(update={"title": HOSTILE, "units": (unit,)})
    roster = Roster(entries=(RosterEntry(learner="ada", name=HOSTILE, email=HOSTILE), RosterEntry(learner="bob")))
    ada = diary("ada", 3).opened("begin").answered("begin/warm/q1", 1, 0, digest=item_digest(ATTACK)).submitted("lab")
    ada.answered("begin/warm/q2", HOSTILE, 0).scored("lab", 3, 10)
    for _ in range(5):
        ada.answered(f"<b>/{HOSTILE}", HOSTILE, 0)
    stranger = diary(f"p-{HOSTILE}", 3).opened("begin").submitted("lab")
    text, page = page_of(evil, roster, at, ada, stranger, items={"begin/warm/q1": ATTACK})
    tags = [tag for tag, _ in page.tags]
    assert (tags.count("script"), tags.count("img"), tags.count("title")) == (1, 0, 1 + tags.count("figure"))
    assert "<b>/" not in text
    assert "alert(1)" in page.text()
    assert text.count("<script>") == 1


def test_characters_that_turn_text_around_do_not_pass(course: Course, at: datetime) -> None:
    roster = Roster(entries=(RosterEntry(learner="ada", name="\u202egnp.exe\x00"),))
    text, _ = page_of(course, roster, at)
    assert "\u202e" not in text
    assert "\x00" not in text


def test_a_zero_is_shown_and_what_is_missing_is_empty(
    course: Course, roster: Roster, at: datetime, diary: Callable[..., Any]
) -> None:
    ada = diary("ada", 3).opened("begin").submitted("lab").scored("lab", 0, 10)
    bob = diary("bob", 3).opened("begin").submitted("lab")
    text, _ = page_of(course, roster, at, ada, bob)
    cells = dict(re.findall(r'<tr><th scope="row"><bdi>(\w+).*?</th>.*?</td>(<td>.*)</td>', text))
    assert cells["Ada"] == "<td>0</td><td class=s>0</td><td></td><td></td><td>0"
    assert cells["Bob"] == "<td>0</td><td class=s>0</td><td></td><td></td><td>in"
    assert cells["cyd"] == "<td></td><td></td><td></td><td></td><td>"


@pytest.mark.parametrize("has_lessons", [True, False])
@pytest.mark.parametrize("has_roster", [True, False])
def test_with_nothing_in_it_the_page_still_makes_sense(
    course: Course, roster: Roster, at: datetime, has_lessons: bool, has_roster: bool
) -> None:
    shown = course if has_lessons else course.model_copy(update={"units": ()})
    _, page = page_of(shown, roster if has_roster else Roster(), at)
    text = page.text()
    assert "Nothing has come in yet." in text
    assert ("There is no roster" in text) is not has_roster
    assert ("The course has no lessons yet." in text) is not has_lessons
    assert ("There is nobody to show" in text) is not has_roster
    assert ("Nothing was seen of anyone on the roster yet." in text) is has_roster


def test_a_large_cohort_makes_a_page_below_two_megabytes(
    course: Course, at: datetime, diary: Callable[..., Any]
) -> None:
    lesson = course.units[0].lessons[0]
    lessons = tuple(lesson.model_copy(update={"key": f"l{n}", "title": f"A lesson of many {n}"}) for n in range(50))
    large = course.model_copy(update={"units": (course.units[0].model_copy(update={"lessons": lessons}),)})
    entries = tuple(
        RosterEntry(learner=f"learner-{n}", name=f"First Last {n}", email="a@b.example") for n in range(300)
    )
    events = []
    for number in range(300):
        one = diary(f"learner-{number}", 3)
        for lesson in lessons:
            one.events.append(one.opened(lesson.key).events.pop())
        events += one.events
    text = render(make_report(large, Roster(entries=entries), events, at=at))
    assert text.count("<td class=s>") == 15_000
    assert len(text.encode()) < 1_000_000


def test_the_page_is_written_whole(course: Course, roster: Roster, at: datetime, tmp_path: Path) -> None:
    report = make_report(course, roster, [], at=at)
    write_page(report, tmp_path / "deep" / "report.html")
    assert (tmp_path / "deep" / "report.html").read_text(encoding="utf-8") == render(report)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["report.html"]


def test_a_release_knows_the_page_and_leaves_it_out(course: Course, roster: Roster, at: datetime) -> None:
    assert REPORT_MARK in render(make_report(course, roster, [], at=at)).encode()[:2000]
