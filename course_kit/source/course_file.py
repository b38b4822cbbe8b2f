"""course.yml and what it names: the course as its author wrote it, with a place for every fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from course_kit.errors import Invalid, NotFound
from course_kit.files.archive import safe_path
from course_kit.model.course import Assignment, Course, Diagnostic, Lesson, LessonKind, Unit
from course_kit.model.keys import slug
from course_kit.model.review import is_review
from course_kit.source.assignments import SourceAssignment, read_assignment
from course_kit.source.author_form import AssignmentForm, CourseForm, LessonForm, UnitForm, read_form
from course_kit.source.findings import FaultyCourse, Finding, has_errors
from course_kit.source.notebooks import SourceNotebook, read_notebook
from course_kit.source.videos import lesson_videos
from course_kit.source.yaml_text import Path as Place
from course_kit.source.yaml_text import YamlText, read_yaml

COURSE_FILE = "course.yml"
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Placed(Generic[_Part]):
    """A part of the course and where course.yml names it."""

    part: _Part
    place: Place


@dataclass(frozen=True)
class SourceCourse:
    """A course that could be read whole: its outline, its lessons' notebooks and its assignments by key."""

    folder: Path
    course: Course
    notebooks: Mapping[str, SourceNotebook]
    assignments: Mapping[str, SourceAssignment] = field(default_factory=dict)

    def nbgrader_root(self, assignment: str) -> Path:
        """The nbgrader course folder of an assignment (by key). Raises :class:`NotFound`."""
        if assignment not in self.assignments:
            known = ", ".join(self.assignments) or "none"
            raise NotFound(f"There is no assignment {assignment!r}.", hint=f"Assignments of this course: {known}.")
        return self.assignments[assignment].root


@dataclass
class LoadedCourse:
    """What could be read, fault or no fault; `check` looks further into it."""

    source: SourceCourse
    yaml: YamlText
    units: list[Placed[Unit]]
    lessons: list[Placed[Lesson]]
    assignments: list[Placed[Assignment]]
    findings: list[Finding]


def read_course(folder: Path) -> SourceCourse:
    """The course in ``folder``, with titles, items and cells filled in from its notebooks.

    Raises :class:`NotFound` without a course.yml and :class:`~course_kit.source.findings.FaultyCourse` (an
    :class:`Invalid` with ``.findings``) where it cannot be read; `check` finds more.
    """
    loaded = load_course(folder)
    if not (folder / COURSE_FILE).is_file():
        raise NotFound(f"{folder} holds no course.yml.", hint="Begin a course with `course-kit init`.")
    findings = [*loaded.yaml.findings, *loaded.findings]
    if has_errors(findings):
        raise FaultyCourse(findings)
    return loaded.source


def load_course(folder: Path) -> LoadedCourse:
    """Read everything that can be read. Never raises on what an author wrote."""
    return _Loader(folder).load()


class _Loader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.yaml = YamlText(COURSE_FILE)
        self.findings: list[Finding] = []
        self.units: list[Placed[Unit]] = []
        self.lessons: list[Placed[Lesson]] = []
        self.assignments: list[Placed[Assignment]] = []
        self.notebooks: dict[str, SourceNotebook] = {}
        self.sources: dict[str, SourceAssignment] = {}
        self._read: dict[str, SourceNotebook | None] = {}

    def load(self) -> LoadedCourse:
        text = self._text()
        if text is not None:
            self.yaml = read_yaml(text, COURSE_FILE)
        form = None
        if self.yaml.data is not None:
            form = read_form(CourseForm, self.yaml.data, (), self.yaml)
            units = self.yaml.data.get("units", []) if isinstance(self.yaml.data, dict) else []
            for place, data in self._entries(units, ("units",)):
                self._unit(data, place)
        elif text is not None and not self.yaml.findings:
            self.yaml.error("empty", (), "the file is empty", "`course-kit init` writes one to begin with.")
        return LoadedCourse(
            source=SourceCourse(self.folder, self._course(form), self.notebooks, self.sources),
            yaml=self.yaml,
            units=self.units,
            lessons=self.lessons,
            assignments=self.assignments,
            findings=self.findings,
        )

    def _text(self) -> str | None:
        try:
            return (self.folder / COURSE_FILE).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.yaml.error("not-text", (), "the file is not UTF-8 text", "Save it as UTF-8 in your editor.")
        except OSError as error:
            hint = "Begin a course with `course-kit init`, or name the folder that holds course.yml."
            self.yaml.error("no-course", (), f"the file cannot be read: {error.strerror or error}", hint)
        return None

    def _course(self, form: CourseForm | None) -> Course:
        units = tuple(placed.part for placed in self.units)
        if form is None:
            return Course(key="untitled", title="untitled", units=units)
        return Course(
            key=form.course,
            title=form.title,
            pass_score=form.pass_score,
            gate=form.gate,
            contact=form.contact,
            forum=form.forum,
            live=form.live,
            language=form.language,
            zone=form.zone,
            grace=form.grace,
            packages=form.packages,
            files=form.files,
            units=units,
        )

    def _entries(self, value: Any, place: Place) -> Iterable[tuple[Place, Any]]:
        if isinstance(value, list):
            return [((*place, number), entry) for number, entry in enumerate(value)]
        self.yaml.error("wrong-type", place, f"`{place[-1]}` has to be a list", "Begin each entry with `- `.")
        return []

    def _unit(self, data: Any, place: Place) -> None:
        form = read_form(UnitForm, data, place, self.yaml)
        if form is None:
            return
        if form.key is None and not form.title and "key" not in data:
            self.yaml.error("missing-field", place, "`key` is missing: a unit needs one", "Write `key: tables`.")
        lessons = [
            lesson
            for entry_place, entry in self._entries(data.get("lessons", []), (*place, "lessons"))
            if (lesson := self._lesson(entry, entry_place)) is not None
        ]
        assignments = [
            assignment
            for entry_place, entry in self._entries(data.get("assignments", []), (*place, "assignments"))
            if (assignment := self._assignment(entry, entry_place)) is not None
        ]
        key = form.key or slug(form.title or f"unit-{int(place[-1]) + 1}")
        unit = Unit(
            key=key,
            title=form.title or key,
            goal=form.goal,
            pace=form.pace,
            lessons=tuple(lessons),
            assignments=tuple(assignments),
        )
        self.units.append(Placed(unit, place))

    # ------------------------------------------------------------ lessons

    def _lesson(self, data: Any, place: Place) -> Lesson | None:
        form = read_form(LessonForm, data, place, self.yaml)
        if form is None:
            return None
        kinds: list[LessonKind] = [kind for kind in ("notebook", "document", "link") if kind in data]
        if len(kinds) != 1:
            what = "none of them" if not kinds else " and ".join(f"`{kind}`" for kind in kinds)
            message = f"a lesson names one of `notebook`, `document` and `link`, and {what} stands here"
            self.yaml.error("lesson-kind", place, message, "Write `- notebook: notebooks/01-begin.ipynb`.")
            return None
        kind = kinds[0]
        named = getattr(form, kind)
        if not named:
            return None
        path = "" if kind == "link" else self._path(named, (*place, kind))
        key = form.key or self._default_key(kind, named, place, asked="key" in data)
        if key is None or path is None:
            return None
        if is_review(key):
            message = f"the key `{key}` would be taken for a review's: those begin so"
            self.yaml.error("reserved-name", (*place, "key") if form.key else place, message, "Choose another key.")
        notebook = self._notebook(path, (*place, kind)) if kind == "notebook" else None
        if kind == "document":
            self._check_document(path, (*place, kind))
        requires, condition = form.keys_and_condition()
        videos = lesson_videos(notebook, self.folder) if notebook else ()
        lesson = Lesson(
            key=key,
            title=form.title or (notebook.title if notebook else "") or key,
            kind=kind,
            path=path,
            url=named if kind == "link" else "",
            minutes=form.minutes,
            requires=requires,
            condition=condition,
            gate=form.gate,
            complete=form.complete,
            diagnostic=None if form.diagnostic is None else Diagnostic(**form.diagnostic.model_dump()),
            proves=form.proves,
            was=form.was,
            items=notebook.items if notebook else (),
            cells=notebook.code_cells if notebook else (),
            renamed_items=notebook.renamed_items if notebook else {},
            pools=notebook.pools if notebook else {},
            skills=notebook.skills if notebook else {},
            videos={video.key: video.seconds for video in videos},
            video_titles={video.key: video.title for video in videos},
        )
        if notebook is not None:
            self.notebooks.setdefault(key, notebook)
        self.lessons.append(Placed(lesson, place))
        return lesson

    def _default_key(self, kind: str, named: str, place: Place, *, asked: bool) -> str | None:
        if kind == "link":
            if not asked:
                message = "`key` is missing: a link needs one"
                self.yaml.error("missing-field", place, message, "Write `key: further-reading`, say.")
            return None
        return slug(named.rpartition("/")[2].rpartition(".")[0] or named)

    def _path(self, named: str, place: Place) -> str | None:
        """``named`` as a path inside the course's folder; None after a finding."""
        name = named.removeprefix("./")
        try:
            path = str(safe_path(name))
            inside = (self.folder / path).resolve().is_relative_to(self.folder.resolve())
        except (Invalid, OSError, ValueError):
            path, inside = name, False
        hint = "Write it from the folder of course.yml on, with `/` between folders: `notebooks/01-begin.ipynb`."
        if not inside:
            self.yaml.error("outside", place, f"`{named}` leads out of the course's folder, or cannot be a path", hint)
            return None
        if path.startswith((".", "releases/")):
            message = f"`{named}` lies in a folder that course-kit keeps for itself or that is hidden"
            self.yaml.error("outside", place, message, "Move the file into a folder of its own, such as `notebooks/`.")
            return None
        return path

    def _notebook(self, path: str, place: Place) -> SourceNotebook | None:
        if not path.endswith(".ipynb"):
            message = f"`{path}` is not a notebook"
            self.yaml.error(
                "not-a-notebook", place, message, "Name a file that ends with .ipynb, or write `document:`."
            )
            return None
        if path not in self._read:
            file = self.folder / path
            if not file.is_file():
                self._missing(path, place, "notebook")
                return None
            self._read[path], findings = read_notebook(file, path)
            self.findings.extend(findings)
        return self._read[path]

    def _check_document(self, path: str, place: Place) -> None:
        if path.endswith(".ipynb"):
            self.yaml.error(
                "lesson-kind", place, f"`{path}` is a notebook", "Write `notebook:` instead of `document:`."
            )
        elif not (self.folder / path).is_file():
            self._missing(path, place, "document")

    def _missing(self, path: str, place: Place, what: str) -> None:
        suffix = Path(path).suffix
        parent = (self.folder / path).parent
        near = sorted(entry.name for entry in parent.glob(f"*{suffix}")) if suffix and parent.is_dir() else []
        there = f" There are: {', '.join(near[:5])}." if near else ""
        self.yaml.error(f"missing-{what}", place, f"the {what} `{path}` is not there", f"Check its name.{there}")

    # ------------------------------------------------------------ assignments

    def _assignment(self, data: Any, place: Place) -> Assignment | None:
        form = read_form(AssignmentForm, data, place, self.yaml)
        if form is None:
            return None
        path = self._path(form.source.rstrip("/"), (*place, "source"))
        if path is None:
            return None
        folder = self.folder / path
        if not folder.is_dir():
            hint = "Name the assignment's folder, such as `autograders/source/tables`."
            self.yaml.error("missing-source", (*place, "source"), f"the folder `{path}` is not there", hint)
            return None
        if folder.parent.name != "source":
            hint = "nbgrader wants `<its course folder>/source/<assignment>`."
            message = f"`{path}` does not lie in a folder called `source`"
            self.yaml.error("bad-source", (*place, "source"), message, hint)
            return None
        source, findings = read_assignment(folder, path)
        self.findings.extend(findings)
        key = form.key or slug(folder.name)
        assignment = Assignment(
            key=key,
            source=path,
            title=form.title or source.title,
            opens=form.opens,
            due=form.due,
            closes=form.closes,
            credit=form.credit,
            overrides=form.overrides,
            minutes=form.minutes,
            requires=form.requires,
            notebooks=tuple(source.notebooks),
            max_score=source.max_score,
            practice=form.practice,
            limits=form.limits.model_dump(exclude_none=True),
            grading=form.grading,
        )
        self.sources.setdefault(key, source)
        self.assignments.append(Placed(assignment, place))
        return assignment
