"""`check`: everything that is wrong with a course, at once."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from course_kit.errors import did_you_mean
from course_kit.model.course import Assignment, Lesson
from course_kit.source.course_file import COURSE_FILE, LoadedCourse, Placed, load_course
from course_kit.source.date_checks import DateChecks
from course_kit.source.findings import Finding, sort_findings
from course_kit.source.gate_checks import CONDITION_FORMS, GateChecks
from course_kit.source.lesson_checks import LessonChecks
from course_kit.source.renames import Renames
from course_kit.source.shipped import Shipped, shipped_files
from course_kit.source.yaml_text import Path as Place


def check(folder: Path) -> tuple[Finding, ...]:
    """All findings about the course in ``folder``, course.yml first. Nothing is run; never raises on bad input."""
    return check_loaded(load_course(folder))


def check_loaded(loaded: LoadedCourse) -> tuple[Finding, ...]:
    """The findings about a course that was read already."""
    return sort_findings(_CourseChecks(loaded).all())


class _CourseChecks:
    def __init__(self, loaded: LoadedCourse) -> None:
        self.loaded, self.yaml = loaded, loaded.yaml

    def all(self) -> Iterable[Finding]:
        if not (self.loaded.source.folder / COURSE_FILE).is_file():
            return self.yaml.findings
        shipped = shipped_files(self.loaded.source)
        self._units()
        self._keys("lesson", self.loaded.lessons)
        self._keys("assignment", self.loaded.assignments)
        self._once("lesson", self.loaded.lessons, lambda lesson: lesson.path or lesson.url)
        self._once("assignment", self.loaded.assignments, lambda assignment: assignment.source)
        self._requires()
        self._cycle()
        self._gates()
        self._former_keys()
        self._minutes()
        self._dates()
        self._files(shipped)
        self._collisions(shipped)
        lessons = LessonChecks(self.loaded.source, shipped)
        return [*self.yaml.findings, *self.loaded.findings, *lessons.all()]

    @property
    def _parts(self) -> list[Placed[Lesson] | Placed[Assignment]]:
        return [*self.loaded.lessons, *self.loaded.assignments]

    def _place(self, place: Place, field: str) -> Place:
        return (*place, field) if (*place, field) in self.yaml.lines else place

    def _units(self) -> None:
        if not self.loaded.units and not any(finding.level == "error" for finding in self.yaml.findings):
            hint = "Add `units:` with `lessons:`; `course-kit init` shows how."
            self.yaml.error("no-units", (), "the course has no units", hint)
        seen: dict[str, int | None] = {}
        for placed in self.loaded.units:
            key, place = placed.part.key, self._place(placed.place, "key")
            if key in seen:
                message = f"the unit key `{key}` is taken by line {seen[key]}"
                self.yaml.error("duplicate-key", place, message, "Give each unit a key of its own.")
            seen.setdefault(key, self.yaml.line(place))
            if not placed.part.lessons and not placed.part.assignments and not self._had_faults(placed.place):
                self.yaml.warning("empty-unit", placed.place, f"the unit `{key}` has neither lessons nor assignments")

    def _had_faults(self, place: Place) -> bool:
        return any(
            self.yaml.data and len(path) > len(place) + 1 and path[: len(place)] == place for path in self.yaml.lines
        )

    def _keys(self, what: str, parts: Iterable[Placed[Lesson]] | Iterable[Placed[Assignment]]) -> None:
        seen: dict[str, int | None] = {}
        for placed in parts:
            key, place = placed.part.key, self._place(placed.place, "key")
            if key in seen:
                message = f"the {what} key `{key}` is taken by line {seen[key]}"
                hint = "Write another `key:`; without one, the file's or folder's name makes it."
                self.yaml.error("duplicate-key", place, message, hint)
            seen.setdefault(key, self.yaml.line(place))

    def _once(
        self, what: str, parts: Iterable[Placed[Lesson]] | Iterable[Placed[Assignment]], where: Callable[..., str]
    ) -> None:
        seen: dict[str, int | None] = {}
        for placed in parts:
            target = where(placed.part)
            if target in seen:
                message = f"`{target}` is already the {what} of line {seen[target]}"
                self.yaml.error("file-twice", placed.place, message, f"Each {what} needs a file of its own.")
            seen.setdefault(target, self.yaml.line(placed.place))

    def _requires(self) -> None:
        lessons = {placed.part.key for placed in self.loaded.lessons}
        assignments = {placed.part.key for placed in self.loaded.assignments}
        former = {old: placed.part.key for placed in self.loaded.lessons for old in placed.part.was}
        gone: Renames | None = None
        for placed in self._parts:
            for needed in placed.part.requires:
                place = self._place(placed.place, "requires")
                if needed == placed.part.key and needed in lessons and isinstance(placed.part, Lesson):
                    message = f"the lesson `{needed}` requires itself"
                    self.yaml.error("cycle", place, message, "Take it out of `requires:`.")
                elif needed in former and needed not in lessons:
                    message = f"the required lesson `{needed}` is now called `{former[needed]}`"
                    self.yaml.warning("old-name", place, message, f"Write `{former[needed]}`.")
                elif needed not in lessons:
                    message = f"the required lesson `{needed}` does not exist"
                    gone = gone or Renames(self.loaded.source)
                    extra = CONDITION_FORMS.get(needed, "") or gone.hint(needed) or did_you_mean(needed, lessons)
                    if needed in assignments:
                        extra = _of_an_assignment(placed.part, needed)
                    self.yaml.error("unknown-lesson", place, message, f"Write the key of a lesson.{extra}")

    def _cycle(self) -> None:
        ring = self.loaded.source.course.cycle()
        if len(ring) > 2:
            placed = next(placed for placed in self.loaded.lessons if placed.part.key == ring[0])
            message = f"these lessons wait for each other: {' → '.join(ring)}"
            place = self._place(placed.place, "requires")
            self.yaml.error("cycle", place, message, "Take one of them out of a `requires:`, or nobody can begin.")

    def _gates(self) -> None:
        places = [(placed.part, placed.place) for placed in self.loaded.lessons]
        GateChecks(self.loaded.source.course, places, self.yaml).check()

    def _former_keys(self) -> None:
        live = {placed.part.key for placed in self.loaded.lessons}
        taken: dict[str, str] = {}
        for placed in self.loaded.lessons:
            for old in placed.part.was:
                place = self._place(placed.place, "was")
                if old in live:
                    message = f"`was: {old}` names a lesson that exists: its history cannot belong to both"
                    self.yaml.error("was-is-live", place, message, "Take it out, or rename that lesson.")
                elif old in taken:
                    message = f"`was: {old}` is claimed by `{taken[old]}` already"
                    self.yaml.error("was-twice", place, message, "Keep it where the lesson's history belongs.")
                taken.setdefault(old, placed.part.key)

    def _minutes(self) -> None:
        for placed in self._parts:
            data = self._raw(placed.place)
            if placed.part.minutes is None and "minutes" not in data:
                message = f"`{placed.part.key}` says nothing about its minutes"
                hint = "Learners plan by them: add `minutes: 30`, say."
                self.yaml.warning("no-minutes", placed.place, message, hint)

    def _raw(self, place: Place) -> dict[str, object]:
        data = self.yaml.data
        for part in place:
            data = data[part]
        return data if isinstance(data, dict) else {}

    def _dates(self) -> None:
        dates = DateChecks(self.loaded.source.course, self.yaml)
        for placed in self.loaded.assignments:
            dates.check(placed.part, placed.place, self._raw(placed.place))

    def _files(self, shipped: Shipped) -> None:
        for entry in shipped.unmatched:
            message = f"`files:` names `{entry}`, and there is nothing"
            hint = "Name a file, a folder or a pattern such as `data/*.csv`, inside the course's folder."
            self.yaml.error("missing-file", ("files",), message, hint)
        lessons = {placed.part.path: placed for placed in self.loaded.lessons}
        for entry in shipped.kept_back:
            if entry in lessons:
                place = self._place(lessons[entry].place, lessons[entry].part.kind)
                message = f"the lesson `{entry}` lies where answers or learners' data are, which no learner must get"
                self.yaml.error("kept-back", place, message, "Copy it to another folder, such as `notebooks/`.")
            else:
                message = f"`files:` names `{entry}`, which learners must not get"
                self.yaml.error("kept-back", ("files",), message, "Copy what they need to another folder.")
        for name, path in shipped.files.items():
            if name.endswith(".ipynb") and _holds_answers(path):
                message = f"`files:` brings `{name}`, which holds answers (a quiz, solutions or hidden tests)"
                self.yaml.error(
                    "kept-back", ("files",), message, "Make it a lesson, or name the other files one by one."
                )
        for name in shipped.odd:
            hint = "Leave out `:`, `\\`, blanks or dots at the end of a name, and names such as `con`."
            self.yaml.error("odd-name", ("files",), f"{name!r} cannot be the name of a file on every computer", hint)

    def _collisions(self, shipped: Shipped) -> None:
        folders = tuple(f"assignments/{placed.part.key}/" for placed in self.loaded.assignments)
        names = [
            *shipped.files,
            *(placed.part.path for placed in self.loaded.lessons if placed.part.kind == "notebook"),
        ]
        for name in names:
            if name.casefold() == "release.json" or name.startswith(folders):
                message = f"`{name}` stands where a release puts files of its own"
                self.yaml.error("reserved-name", ("files",), message, "Move it to another folder.")
        for name, count in Counter(name.casefold() for name in set(names)).items():
            if count > 1:
                message = f"several files are called `{name}` but for upper and lower case"
                hint = "On Windows and macOS they are one file: rename one of them."
                self.yaml.error("same-name", ("files",), message, hint)


def _of_an_assignment(part: Lesson | Assignment, needed: str) -> str:
    if isinstance(part, Lesson):
        return f" Of an assignment ask for its points: `scored {needed} >= 60 %`."
    return " It is an assignment; only lessons can be required."


def _holds_answers(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return any(mark in content for mark in (b"%%quiz", b"BEGIN SOLUTION", b"BEGIN HIDDEN TESTS"))
