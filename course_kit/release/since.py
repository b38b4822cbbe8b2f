"""What changed between two releases, and what it means for learners who are in the middle of the course."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from course_kit.errors import NotFound, check_version
from course_kit.files.atomic import read_json
from course_kit.model.course import Assignment, Course, Lesson
from course_kit.model.release import ReleaseManifest
from course_kit.release.instructor import INSTRUCTOR_VERSION
from course_kit.release.item_changes import compare_items
from course_kit.source.released import QUIZZES, VIDEOS, read_manifest

ChangeKind = Literal["text", "item", "key", "lesson", "gate", "test", "assignment", "package", "file", "course"]


@dataclass(frozen=True)
class Change:
    """One change: where (a lesson, an item, an assignment), what happened, and what learners notice of it."""

    kind: ChangeKind
    where: str
    what: str
    meaning: str

    def json_object(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class _Release:
    """Both halves of a release, read for comparing."""

    manifest: ReleaseManifest
    items: Mapping[str, Any]
    lessons: Mapping[str, Any]
    assignments: Mapping[str, Any]

    @property
    def course(self) -> Course:
        return self.manifest.course


def changes_since(old: Path, new: Path) -> tuple[Change, ...]:
    """What changed from the release in folder ``old`` to the one in ``new``; both with their two halves.

    Lessons first, in the new course's order, then items, assignments, packages and files. Raises :class:`NotFound`
    if one is no release with an instructor's half, :class:`WrongVersion` if one is another course-kit's.
    """
    before, after = _read(old), _read(new)
    return tuple(_Comparison(before, after).all())


def _read(folder: Path) -> _Release:
    half = folder / "instructor"
    if not half.is_dir():
        raise NotFound(
            f"{folder} holds no instructor's half of a release.",
            hint="Name a folder below `releases/`, as `course-kit build` made it; a .course.zip is not enough.",
        )
    what = f"The instructor's half of {folder.name}"
    items, sources = read_json(half / "items.json", what), read_json(half / "sources.json", what)
    for data in (items, sources):
        check_version(what, data.get("version"), INSTRUCTOR_VERSION)
    return _Release(read_manifest(folder / "learner"), items["items"], sources["lessons"], sources["assignments"])


_UPDATES = (
    "Untouched notebooks update by themselves; a notebook that a learner changed stays, with the new one beside it."
)
_STAYS = "Whoever completed the lesson keeps that."
_OPENED = "An assignment that a learner has opened is never changed by itself: tell those who have begun."


class _Comparison:
    def __init__(self, old: _Release, new: _Release) -> None:
        self.old, self.new = old, new
        self.former = {lesson.key: self._former(lesson) for lesson in new.course.lessons()}

    def _former(self, lesson: Lesson) -> Lesson | None:
        """The lesson of the old release that ``lesson`` is, or was once called."""
        there = {old.key: old for old in self.old.course.lessons()}
        return there.get(lesson.key) or next((there[key] for key in lesson.was if key in there), None)

    def all(self) -> Iterator[Change]:
        yield from self._course()
        yield from self._units()
        yield from self._lessons()
        for lesson in self.new.course.lessons():
            former = self.former[lesson.key]
            if former is not None:
                yield from self._cells(former, lesson)
                yield from self._items(former, lesson)
        yield from self._assignments()
        yield from self._packages()
        yield from self._files()

    def _course(self) -> Iterator[Change]:
        old, new = self.old.course, self.new.course
        if old.key != new.key:
            meaning = "To course-kit this is another course: learners begin again. Set the old key back."
            yield Change("course", "course", f"its key changed from {old.key} to {new.key}", meaning)
        if old.pass_score != new.pass_score:
            meaning = f"{_STAYS} All others are measured by the new share."
            what = f"the share to pass changed from {old.pass_score:g} to {new.pass_score:g}"
            yield Change("course", "course", what, meaning)
        for name in ("title", "contact", "forum", "live", "language"):
            if getattr(old, name) != getattr(new, name):
                what = f"{name} changed to {getattr(new, name) or 'nothing'}"
                yield Change("text", "course", what, "The panel shows it after the update.")

    def _units(self) -> Iterator[Change]:
        old = {unit.key: unit for unit in self.old.course.units}
        for unit in self.new.course.units:
            before = old.get(unit.key)
            for name in ("title", "goal", "pace") if before is not None else ():
                if getattr(before, name) != getattr(unit, name):
                    what = f"{name} changed to {getattr(unit, name) or 'nothing'}"
                    yield Change("text", unit.key, what, "The panel shows it after the update.")

    # ------------------------------------------------------------ lessons

    def _lessons(self) -> Iterator[Change]:
        kept = {former.key for former in self.former.values() if former is not None}
        for lesson in self.new.course.lessons():
            former = self.former[lesson.key]
            if former is None:
                meaning = "It appears in the panel as not begun; the course's progress counts it from now on."
                yield Change("lesson", lesson.key, "added", f"{meaning}{self._renamed_hint(lesson, kept)}")
            else:
                yield from self._lesson(former, lesson)
        for lesson in self.old.course.lessons():
            if lesson.key not in kept:
                meaning = "It leaves the panel; learners keep their copy of the notebook and their answers."
                yield Change("lesson", lesson.key, "removed", meaning)
        yield from self._order(kept)

    def _renamed_hint(self, new: Lesson, kept: set[str]) -> str:
        """What to do if an added lesson is a removed one: it has the same questions or, without any, the same cells."""
        for old in self.old.course.lessons():
            if old.key not in kept and self._is_same(old, new):
                return (
                    f" It has what {old.key} had, which is removed: if {new.key} is {old.key} renamed, write "
                    f"`was: {old.key}` at it and build again, or learners lose what they did there."
                )
        return ""

    def _is_same(self, old: Lesson, new: Lesson) -> bool:
        before, after = _items_of(self.old, old.key), _items_of(self.new, new.key)
        if before or after:
            return before == after
        cells = [cell["digest"] for cell in self.old.lessons.get(old.key, [])]
        return bool(cells) and cells == [cell["digest"] for cell in self.new.lessons.get(new.key, [])]

    def _lesson(self, old: Lesson, new: Lesson) -> Iterator[Change]:
        if old.key != new.key:
            yield Change("lesson", new.key, f"renamed from {old.key}", "Its history stays with it, through `was:`.")
        if (old.path, old.url, old.kind) != (new.path, new.url, new.kind):
            meaning = "Learners find it at its new place; what they wrote in the old file stays there."
            yield Change("lesson", new.key, f"moved from {old.path or old.url} to {new.path or new.url}", meaning)
        if old.title != new.title:
            yield Change("text", new.key, f"titled {new.title!r} instead of {old.title!r}", "Nothing is lost.")
        yield from _minutes(old, new)
        before = {self._present(key) for key in old.requires}
        added, dropped = set(new.requires) - before, before - set(new.requires)
        if added:
            meaning = "Those who have opened it keep it open; for all others it is locked until then."
            yield Change("gate", new.key, f"requires {', '.join(sorted(added))}", meaning)
        if dropped:
            what = f"no longer requires {', '.join(sorted(dropped))}"
            yield Change("gate", new.key, what, "It opens for those who waited for nothing else.")
        yield from self._rules(old, new)
        unit, former_unit = _unit_of(self.new.course, new.key), _unit_of(self.old.course, old.key)
        if unit != former_unit:
            yield Change(
                "lesson", new.key, f"moved from unit {former_unit} to unit {unit}", "Its history stays with it."
            )

    def _rules(self, old: Lesson, new: Lesson) -> Iterator[Change]:
        """What a lesson waits for beside other lessons, and when it is done."""
        if old.condition != new.condition:
            what = "opens by other conditions" if new.condition else "no longer opens by conditions"
            yield Change("gate", new.key, what, "Those who have opened it keep it open; for all others they count now.")
        if old.gate != new.gate:
            what = f"its gate follows {new.gate or 'the course'} instead of {old.gate or 'the course'}"
            yield Change("gate", new.key, what, "Where a gate is enforced, nobody opens the lesson anyway.")
        if (old.complete, old.diagnostic) != (new.complete, new.diagnostic):
            what = "is completed by another rule" if old.complete != new.complete else "tests out of other lessons"
            yield Change("gate", new.key, what, "What is completed or waived stays so; the rule counts from now on.")

    def _present(self, key: str) -> str:
        lesson = self.new.course.lesson(key)
        return key if lesson is None else lesson.key

    def _order(self, kept: set[str]) -> Iterator[Change]:
        before = [self._present(lesson.key) for lesson in self.old.course.lessons() if lesson.key in kept]
        after = [lesson.key for lesson in self.new.course.lessons() if self.former[lesson.key] is not None]
        if before != after:
            meaning = "The panel lists them in the new order; nothing that was done is lost."
            yield Change("lesson", "course", f"lessons stand in another order: {', '.join(after)}", meaning)

    def _cells(self, former: Lesson, lesson: Lesson) -> Iterator[Change]:
        old = {cell["id"]: cell["digest"] for cell in self.old.lessons.get(former.key, [])}
        new = {cell["id"]: cell["digest"] for cell in self.new.lessons.get(lesson.key, [])}
        counts = (
            (sum(new[cell] != old[cell] for cell in new.keys() & old.keys()), "changed"),
            (len(new.keys() - old.keys()), "added"),
            (len(old.keys() - new.keys()), "removed"),
        )
        what = ", ".join(f"{count} {'cell' if count == 1 else 'cells'} {verb}" for count, verb in counts if count)
        if what:
            yield Change("text", lesson.key, what, _UPDATES)

    def _items(self, former: Lesson, lesson: Lesson) -> Iterator[Change]:
        old, new = _items_of(self.old, former.key), _items_of(self.new, lesson.key)
        order = list(lesson.items)
        for kind, name, what, meaning in compare_items(old, new, lesson.renamed_items, order, list(former.items)):
            yield Change(kind, f"{lesson.key}/{name}", what, meaning)

    # ------------------------------------------------------------ assignments

    def _assignments(self) -> Iterator[Change]:
        old = {assignment.key: assignment for assignment in self.old.course.assignments()}
        new = {assignment.key: assignment for assignment in self.new.course.assignments()}
        for key in new:
            if key not in old:
                yield Change("assignment", key, "added", "It appears in the panel.")
            else:
                yield from self._assignment(old[key], new[key])
        for key in old:
            if key not in new:
                meaning = "It leaves the panel; submissions and scores stay in the store and in the gradebook."
                yield Change("assignment", key, "removed", meaning)

    def _assignment(self, old: Assignment, new: Assignment) -> Iterator[Change]:
        if _dates(old) != _dates(new):
            what = (
                f"due {new.due or 'never'} instead of {old.due or 'never'}"
                if old.due != new.due
                else _changed_dates(old, new)
            )
            meaning = "The panel shows it after the update; scores already published stay until you grade again."
            yield Change("assignment", new.key, what, meaning)
        before, after = self.old.assignments.get(new.key, {}), self.new.assignments.get(new.key, {})
        for notebook in sorted(before.keys() | after.keys()):
            yield from self._notebook(new.key, notebook, before.get(notebook, []), after.get(notebook, []))
        yield from _minutes(old, new)
        if set(new.requires) != {self._present(key) for key in old.requires}:
            what = f"requires {', '.join(new.requires) or 'nothing'}"
            yield Change("gate", new.key, what, "It is suggested as the next step once these are done.")
        if new.title != old.title:
            yield Change("text", new.key, f"titled {new.title!r} instead of {old.title!r}", "Nothing is lost.")

    def _notebook(self, key: str, notebook: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
        before, after = {cell["id"]: cell for cell in old}, {cell["id"]: cell for cell in new}
        tests, texts = [], 0
        for name in [*after, *(name for name in before if name not in after)]:
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            graded = {"test", "task"} & {cell["role"] for cell in (was, now) if cell} or (
                was and now and was["points"] != now["points"]
            )
            if graded:
                verb = "added" if was is None else "removed" if now is None else _test_change(was, now)
                tests.append(f"{name} {verb}")
            else:
                texts += 1
        if tests:
            meaning = (
                "Published scores stay; grade again to hold submissions to the new tests. nbgrader may refuse added or "
                "removed test cells while submissions exist."
            )
            yield Change("test", f"{key}/{notebook}", "; ".join(tests), meaning)
        if texts:
            what = f"{texts} {'cell' if texts == 1 else 'cells'} of text, code or solution changed"
            yield Change("assignment", f"{key}/{notebook}", what, _OPENED)

    # ------------------------------------------------------------ packages and files

    def _packages(self) -> Iterator[Change]:
        old, new = set(self.old.manifest.packages), set(self.new.manifest.packages)
        for package in sorted(new - old):
            meaning = "Learners are told to install it when they update."
            yield Change("package", package, "needed from now on", meaning)
        for package in sorted(old - new):
            yield Change("package", package, "no longer needed", "Nobody has to do anything.")

    def _files(self) -> Iterator[Change]:
        def plain(release: _Release) -> dict[str, str]:
            lessons = {lesson.path for lesson in release.course.lessons() if lesson.kind == "notebook"}
            skipped = (f"{QUIZZES}/", f"{VIDEOS}/", "assignments/")
            files = release.manifest.files.items()
            return {name: value for name, value in files if name not in lessons and not name.startswith(skipped)}

        old, new = plain(self.old), plain(self.new)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                what = "added" if name not in old else "removed" if name not in new else "changed"
                meaning = "Learners' copies follow, unless they changed theirs." if name in new else "Copies stay."
                yield Change("file", name, what, meaning)


def _items_of(release: _Release, lesson: str) -> dict[str, Any]:
    prefix = f"{lesson}/"
    return {name.removeprefix(prefix): item for name, item in release.items.items() if name.startswith(prefix)}


def _minutes(old: Lesson | Assignment, new: Lesson | Assignment) -> Iterator[Change]:
    if old.minutes != new.minutes:
        what = f"its minutes changed from {old.minutes or 'none'} to {new.minutes or 'none'}"
        yield Change("text", new.key, what, "The panel shows it after the update.")


def _test_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    points = f"worth {new['points']:g} points instead of {old['points']:g}" if old["points"] != new["points"] else ""
    text = "changed" if old["digest"] != new["digest"] or not points else ""
    return ", ".join(part for part in (text, points) if part)


def _unit_of(course: Course, lesson: str) -> str:
    return next((unit.key for unit in course.units if any(part.key == lesson for part in unit.lessons)), "")


def _dates(part: Assignment) -> tuple[object, ...]:
    """All of its dates that travel: what single learners were given does not."""
    shared = tuple(override for override in part.overrides if override.cohort)
    return part.due, part.credit, part.opens, part.closes, shared


def _changed_dates(old: Assignment, new: Assignment) -> str:
    names = ("due", "credit", "opens", "closes", "dates of cohorts")
    changed = [name for name, before, now in zip(names, _dates(old), _dates(new), strict=True) if before != now]
    return f"{', '.join(changed)} changed"
