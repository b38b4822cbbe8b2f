"""What `check` finds about gates, completion and diagnostics: what cannot open, cannot be done, or proves nothing."""

from collections.abc import Iterable, Iterator
from itertools import product

from course_kit.errors import did_you_mean
from course_kit.model.completion import Every, Part, Rule, Some, parts_of
from course_kit.model.course import Assignment, Course, Lesson
from course_kit.model.gate_tree import (
    After,
    AllOf,
    AnyOf,
    Completed,
    Gate,
    InCohort,
    Leaf,
    Not,
    Scored,
    Waived,
    leaves,
    musts,
)
from course_kit.model.when import When
from course_kit.source.yaml_text import Path as Place
from course_kit.source.yaml_text import YamlText

_MANY = 10
"""Up to so many different conditions a gate is tried in every way; beyond, contradictions in it are not looked for."""


CONDITION_FORMS = {
    "after": " Or write the whole condition: `after start + 3 days`.",
    "cohort": " Or write the whole condition: `cohort NAME`.",
    "scored": " Or write the whole condition: `scored KEY >= 80 %`.",
    "waived": " Or write the whole condition: `waived KEY`.",
}
"""What to write in the place of a condition's first word that stands by itself."""


class GateChecks:
    """The gates of one course whose lessons stand at ``places``; what is found goes into ``yaml``."""

    def __init__(self, course: Course, places: Iterable[tuple[Lesson, Place]], yaml: YamlText) -> None:
        self._course, self._places, self._yaml = course, list(places), yaml
        self._lessons = course.lessons_by_name()
        self._assignments = {part.key: part for part in course.assignments()}

    def check(self) -> None:
        before = len(self._yaml.findings)
        for lesson, place in self._places:
            self._names(lesson, self._at(place, "requires"))
            self._cohort(lesson, self._at(place, "requires"))
            self._rule(lesson, self._at(place, "complete"))
            self._proof(lesson, self._at(place, "proves"))
            self._diagnostic(lesson, self._at(place, "diagnostic"))
        errors = [found for found in self._yaml.findings[before:] if found.level == "error"]
        if not errors and not self._course.cycle():
            self._unreachable()
        self._dates()

    def _at(self, place: Place, field: str) -> Place:
        return (*place, field) if (*place, field) in self._yaml.lines else place

    # ------------------------------------------------------------ gates

    def _names(self, lesson: Lesson, place: Place) -> None:
        """What a condition names exists, is another lesson, and has the points that it asks for."""
        for leaf in () if lesson.condition is None else dict.fromkeys(leaves(lesson.condition)):
            match leaf:
                case Completed(key) | Waived(key):
                    self._lesson_named(lesson, key, place)
                case Scored(key, share) if key in self._lessons:
                    if not self._lessons[key].items:
                        message = f"the gate of `{lesson.key}` asks for {share:.0%} in `{key}`, which has no questions"
                        self._yaml.error("no-points", place, message, f"Write `completed {key}`, or give it a quiz.")
                    elif self._lessons[key].key == lesson.key:
                        self._itself(lesson, place)
                case Scored(key, share) if key in self._assignments:
                    if not self._assignments[key].max_score:
                        message = f"the gate of `{lesson.key}` asks for {share:.0%} in `{key}`, which gives no points"
                        self._yaml.error("no-points", place, message, "Give one of its cells points in nbgrader.")
                case Scored(key):
                    self._unknown(key, {*self._lessons, *self._assignments}, "a lesson or an assignment", place)

    def _cohort(self, lesson: Lesson, place: Place) -> None:
        """A learner's computer knows no roster: a gate that insists on a cohort stays shut there until a file tells."""
        if lesson.condition is not None and any(isinstance(leaf, InCohort) for leaf in musts(lesson.condition)):
            message = (
                f"the gate of `{lesson.key}` insists on a cohort, which learners' computers do not know by themselves"
            )
            hint = "Send what `course-kit arrangements` writes, or give another way with `any:`, such as `after DATE`."
            self._yaml.warning("cohort-unknown", place, message, hint)

    def _lesson_named(self, lesson: Lesson, key: str, place: Place) -> None:
        named = self._lessons.get(key)
        if named is None:
            self._unknown(key, self._lessons, "a lesson", place)
        elif named.key == lesson.key:
            self._itself(lesson, place)
        elif named.key != key:
            message = f"the lesson `{key}` in the gate of `{lesson.key}` is now called `{named.key}`"
            self._yaml.warning("old-name", place, message, f"Write `{named.key}`.")

    def _itself(self, lesson: Lesson, place: Place) -> None:
        message = f"the lesson `{lesson.key}` waits for itself"
        self._yaml.error("cycle", place, message, "Take it out of `requires:`.")

    def _unknown(self, key: str, known: Iterable[str], what: str, place: Place) -> None:
        extra = " Of an assignment ask for its points: `scored KEY >= 60 %`." if key in self._assignments else ""
        extra = extra or CONDITION_FORMS.get(key, "") or did_you_mean(key, known)
        hint = f"Write the key of {what}.{extra}"
        self._yaml.error("unknown-lesson", place, f"the gate names `{key}`, which does not exist", hint)

    def _unreachable(self) -> None:
        """Lessons that nobody can ever open, whatever they do: only where these themselves are at fault."""
        everything = {lesson.key for lesson, _ in self._places}
        shut = everything - self._reachable()
        roots = [lesson for lesson, _ in self._places if lesson.key in shut and not self._can_open(lesson, everything)]
        for lesson, place in self._places:
            if lesson in roots:
                message = f"nobody can ever open `{lesson.key}`: its conditions exclude each other"
                self._yaml.error("unreachable", self._at(place, "requires"), message, "Leave one of them out.")
            elif lesson.key in shut and not roots:
                message = f"nobody can ever open `{lesson.key}`: whatever opens it waits for it, too"
                hint = f"Lessons that wait for each other: {', '.join(sorted(shut))}."
                self._yaml.error("unreachable", self._at(place, "requires"), message, hint)

    def _reachable(self) -> set[str]:
        """The keys of all lessons that somebody could open: step by step, from those that wait for nothing."""
        found: set[str] = set()
        while True:
            more = {
                lesson.key for lesson, _ in self._places if lesson.key not in found and self._can_open(lesson, found)
            }
            if not more:
                return found
            found |= more

    def _can_open(self, lesson: Lesson, open_lessons: set[str]) -> bool:
        gate = lesson.whole_gate()
        if gate is None:
            return True
        different = list(dict.fromkeys(leaves(gate)))
        choices = [(True, False) if self._can_hold(leaf, open_lessons) else (False,) for leaf in different]
        if len(different) > _MANY:
            return _holds(
                gate, {leaf: choice[0] for leaf, choice in zip(different, choices, strict=True)}, lenient=True
            )
        worlds = (dict(zip(different, choice, strict=True)) for choice in product(*choices))
        return any(_holds(gate, world) for world in worlds if _is_thinkable(world))

    def _can_hold(self, leaf: Leaf, open_lessons: set[str]) -> bool:
        """Whether a condition can come true for somebody who may open ``open_lessons``."""
        match leaf:
            case Completed(key):
                return key not in self._lessons or self._lessons[key].key in open_lessons
            case Scored(key):
                return key not in self._lessons or self._lessons[key].key in open_lessons
            case _:
                return True

    # ------------------------------------------------------------ completion

    def _rule(self, lesson: Lesson, place: Place) -> None:
        """Each part of a rule can be met in this lesson."""
        for part in () if lesson.complete is None else dict.fromkeys(parts_of(lesson.complete)):
            fault = self._fault(lesson, part)
            if fault:
                message = f"`complete:` of `{lesson.key}` asks for {fault}"
                self._yaml.error("never-complete", place, message, "Nobody could complete it: write another rule.")

    def _fault(self, lesson: Lesson, part: Part) -> str:
        match part.what:
            case "quizzes" if not lesson.items:
                return "quizzes, and it has none"
            case "cells" if not lesson.cells:
                return "code cells, and it has none"
            case "viewed" if lesson.kind != "notebook":
                return f"what was in view, which is not known of a {lesson.kind}"
            case "video" if lesson.kind != "notebook":
                return f"a video, which a {lesson.kind} cannot record"
            case "video" if not lesson.videos:
                return "a video, and it has none that can be played"
            case "video" if part.name and part.name not in lesson.videos:
                return f"the video `{part.name}`, which it has not.{did_you_mean(part.name, lesson.videos)}"
            case "assignment" if part.name not in self._assignments:
                meant = did_you_mean(part.name, self._assignments)
                return f"the assignment `{part.name}`, which does not exist.{meant}"
            case "assignment" if not self._assignments[part.name].max_score:
                return f"the assignment `{part.name}`, which gives no points"
            case _:
                return ""

    def _proof(self, lesson: Lesson, place: Place) -> None:
        if lesson.proves and not (lesson.complete and self._needs_marked_work(lesson.complete)):
            message = f"`{lesson.key}` is to prove something, and can be completed by practice alone"
            hint = "Practice is not supervised: add `complete: assignment KEY >= 60 %`, of one that you grade."
            self._yaml.warning("practice-proves", place, message, hint)

    def _needs_marked_work(self, rule: Rule) -> bool:
        """Whether no way of meeting the rule goes without an assignment that the instructor grades."""
        match rule:
            case Every(parts):
                return any(self._needs_marked_work(part) for part in parts)
            case Some(parts):
                return all(self._needs_marked_work(part) for part in parts)
            case _:
                work = self._assignments.get(rule.name) if rule.what == "assignment" else None
                return work is not None and not work.practice

    # ------------------------------------------------------------ diagnostics and dates

    def _diagnostic(self, lesson: Lesson, place: Place) -> None:
        if lesson.diagnostic is None:
            return
        if not lesson.items:
            message = f"the diagnostic `{lesson.key}` has no questions"
            self._yaml.error("no-points", place, message, "Give it a quiz about each lesson that it waives.")
        for key in lesson.diagnostic.waives:
            waived = self._lessons.get(key)
            if waived is None:
                hint = f"Write the key of a lesson.{did_you_mean(key, self._lessons)}"
                self._yaml.error("unknown-lesson", place, f"the waived lesson `{key}` does not exist", hint)
            elif waived.key == lesson.key:
                self._yaml.error("cycle", place, f"the diagnostic `{key}` waives itself", "Take it out of `waives:`.")
            elif waived.key in {self._lessons[need].key for need in lesson.needs() if need in self._lessons}:
                message = f"the diagnostic `{lesson.key}` waits for `{key}`, which it is to waive"
                self._yaml.warning("late-diagnostic", place, message, f"Take `{key}` out of its `requires:`.")
            elif waived.items and not waived.skills:
                message = f"the diagnostic waives `{key}`, whose questions name no skill that could be checked later"
                self._yaml.warning("no-skill", place, message, "Write `skill: KEY` below its questions.")

    def _dates(self) -> None:
        """Work that is due before a lesson that it requires opens."""
        places = {lesson.key: place for lesson, place in self._places}
        for work in self._assignments.values():
            for key in work.requires:
                lesson = self._lessons.get(key)
                if lesson is not None and lesson.key in places and _opens_late(lesson, work):
                    message = f"`{lesson.key}` opens after `{work.key}`, which requires it, is due ({work.due})"
                    place = self._at(places[lesson.key], "requires")
                    self._yaml.error(
                        "late-gate", place, message, "Let the lesson open earlier, or the work be due later."
                    )


def _opens_late(lesson: Lesson, work: Assignment) -> bool:
    gate = lesson.whole_gate()
    if gate is None or work.due is None:
        return False
    due = When.parse(work.due)
    for leaf in musts(gate):
        opens = When.parse(leaf.when) if isinstance(leaf, After) else None
        if opens is None or opens.base != due.base:
            continue
        if (opens.offset >= due.offset) if opens.base == "start" else (opens.at and due.at and opens.at >= due.at):
            return True
    return False


def _is_thinkable(world: dict[Leaf, bool]) -> bool:
    """Whether the conditions can be true and false together: a later date or a higher share brings the lesser one."""
    return not any(holds and not world[lesser] for leaf, holds in world.items() for lesser in _brought_by(leaf, world))


def _brought_by(leaf: Leaf, world: Iterable[Leaf]) -> Iterator[Leaf]:
    for other in world:
        match leaf, other:
            case Scored(key, share), Scored(same, less) if key == same and less < share:
                yield other
            case Waived(key), Completed(same) if key == same:
                yield other
            case After(late), After(early):
                one, two = When.parse(late), When.parse(early)
                both = one.at is not None and two.at is not None
                if one.base == two.base and ((both and two.at < one.at) or (not both and two.offset < one.offset)):  # type: ignore[operator]
                    yield other


def _holds(gate: Gate, world: dict[Leaf, bool], *, negated: bool = False, lenient: bool = False) -> bool:
    """Plain logic; ``lenient``: a negated condition may hold whatever the world says."""
    match gate:
        case Not(part):
            return _holds(part, world, negated=not negated, lenient=lenient)
        case AllOf(parts):
            return (any if negated else all)(_holds(part, world, negated=negated, lenient=lenient) for part in parts)
        case AnyOf(parts):
            return (all if negated else any)(_holds(part, world, negated=negated, lenient=lenient) for part in parts)
        case _:
            return (lenient or not world[gate]) if negated else world[gate]
