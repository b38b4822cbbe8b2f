"""Whose events are whose."""

from collections.abc import Callable
from typing import Any

from course_kit.model.roster import Roster
from course_kit.model.tally import Tally
from course_kit.report.cohort import group


def test_pseudonyms_of_one_learner_are_taken_together(roster: Roster, diary: Callable[..., Any]) -> None:
    laptop, desktop = diary("p-1", 5).opened("begin"), diary("p-2", 3).opened("frames")
    people = {"p-1": "ada", "p-2": "ada"}
    cohort = group(roster, people, desktop.events + laptop.events, course="data-science")
    ada = cohort.members[0]
    assert (ada.learner, ada.pseudonyms) == ("ada", ("p-1", "p-2"))
    assert sorted(ada.tally.opened) == ["begin", "frames"]
    assert [member.learner for member in cohort.members] == ["ada", "bob", "cyd"]
    assert cohort.unknown == ()


def test_who_is_not_on_the_roster_is_unknown(roster: Roster, diary: Callable[..., Any]) -> None:
    events = diary("p-9", 5).opened("begin").events + diary("p-8", 5).opened("begin").events
    cohort = group(roster, {"p-8": "zoe"}, events, course="data-science", seen=["yan", "bob"])
    assert [(member.learner, member.pseudonyms) for member in cohort.unknown] == [
        ("p-9", ()),
        ("yan", ()),
        ("zoe", ("p-8",)),
    ]


def test_without_a_roster_everyone_seen_is_a_member(diary: Callable[..., Any]) -> None:
    cohort = group(Roster(), {}, diary("p-9", 5).opened("begin").events, course="data-science")
    assert [member.learner for member in cohort.members] == ["p-9"]
    assert (cohort.unknown, cohort.has_roster) == ((), False)


def test_an_event_may_bear_the_learners_own_id(roster: Roster, diary: Callable[..., Any]) -> None:
    cohort = group(roster, {}, diary("bob", 5).scored("lab", 4, 10).events, course="data-science")
    assert list(cohort.members[1].tally.scores) == ["lab"]
    assert cohort.unknown == ()


def test_other_courses_do_not_count(roster: Roster, diary: Callable[..., Any]) -> None:
    cohort = group(roster, {}, diary("bob", 5, course="french").opened("begin").events, course="data-science")
    assert cohort.members[1].tally == Tally()


def test_nobody_voids_what_another_did(roster: Roster, diary: Callable[..., Any]) -> None:
    ada = diary("ada", 5).opened("begin")
    own = diary("ada", 4).wrote("Voided", event_id=ada.events[0].event_id, reason="mine")
    other = diary("bob", 4).wrote("Voided", event_id=ada.events[0].event_id, reason="spite")
    spited = group(roster, {}, ada.events + other.events, course="data-science")
    assert list(spited.members[0].tally.opened) == ["begin"]
    voided = group(roster, {}, ada.events + own.events, course="data-science")
    assert voided.members[0].tally.opened == {}


def test_who_is_known_already_is_taken_as_kept(roster: Roster, diary: Callable[..., Any]) -> None:
    kept = {"ada": Tally.of(diary("p-1", 5).opened("begin").events)}
    cohort = group(roster, {"p-1": "ada"}, (), course="data-science", seen=["p-1", "p-9"], kept=kept)
    assert (cohort.members[0].pseudonyms, cohort.members[0].tally) == (("p-1",), kept["ada"])
    assert [member.learner for member in cohort.unknown] == ["p-9"]
    assert cohort.members[0].cohorts == ("a",)
    assert cohort.members[1].cohorts == ()
