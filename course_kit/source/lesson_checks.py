"""The checks of lessons' notebooks: quizzes, images, files and packages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_kit.quizzes.misplaced import misplaced_quiz
from course_kit.quizzes.render import MAX_IMAGE, local_file
from course_kit.source.course_file import SourceCourse
from course_kit.source.findings import Finding
from course_kit.source.notebooks import SourceCell, SourceNotebook, former_names
from course_kit.source.references import FileRead, code_references, needs_package, package_name, text_references
from course_kit.source.shipped import Shipped
from course_kit.source.videos import read_video

_LOADERS = ("%load_ext course_kit", "%reload_ext course_kit")


class LessonChecks:
    """What is wrong inside the lessons of a course, beyond what keeps them from being read."""

    def __init__(self, source: SourceCourse, shipped: Shipped) -> None:
        self.source, self.shipped = source, shipped
        self.folder = source.folder.resolve()
        self.packages = {package_name(package) for package in source.course.packages}
        self.missing_packages: set[str] = set()

    def all(self) -> Iterator[Finding]:
        for key, notebook in self.source.notebooks.items():
            yield from self._misplaced(notebook)
            yield from self._quizzes(notebook)
            yield from self._videos(notebook)
            yield from self._recording(notebook)
            yield from self._texts(notebook)
            yield from self._code(notebook)
            yield from self._outputs(notebook)
            if not notebook.title:
                hint = "Begin the notebook with a Markdown cell such as `# Tables`, or set `title:` in course.yml."
                yield self._note(notebook, "no-title", f"the lesson `{key}` has no heading", hint, warning=True)

    def _note(
        self,
        notebook: SourceNotebook,
        code: str,
        message: str,
        hint: str,
        cell: SourceCell | None = None,
        line: int | None = None,
        *,
        warning: bool = False,
    ) -> Finding:
        level: Any = "warning" if warning else "error"
        if cell is None:
            return Finding(level, code, notebook.path, message, hint, line)
        return Finding(level, code, notebook.path, message, hint, line, cell.id, cell.number)

    def _misplaced(self, notebook: SourceNotebook) -> Iterator[Finding]:
        for cell in notebook.cells:
            found = None if cell.author_only else misplaced_quiz(cell.kind, cell.source)
            if found is not None:
                yield self._note(notebook, "misplaced-quiz", found.message, found.hint, cell, found.line)

    def _quizzes(self, notebook: SourceNotebook) -> Iterator[Finding]:
        if not notebook.quizzes:
            return
        first = notebook.quizzes[0].cell
        loading = (cell for cell in notebook.cells if cell.kind == "code" and cell.number < first.number)
        if not any(loader in cell.source for cell in loading for loader in _LOADERS):
            message = "the notebook has quizzes and nothing loads course-kit before the first"
            hint = "Write `%load_ext course_kit` into its first code cell."
            yield self._note(notebook, "no-load-ext", message, hint, first)
        if notebook.language not in ("python", "ipython"):
            message = f"the notebook has quizzes and speaks {notebook.language}: quizzes need a Python kernel"
            yield self._note(notebook, "not-python", message, "Move the quizzes to a Python notebook.", first)
        seen: dict[str, SourceCell] = {}
        for placed in notebook.quizzes:
            key = placed.quiz.key
            if key in seen:
                message = f"the quiz key `{key}` stands already in cell {seen[key].number}"
                hint = "Give each quiz of a lesson a key of its own."
                yield self._note(notebook, "duplicate-quiz-key", message, hint, placed.cell, 1)
            seen.setdefault(key, placed.cell)
        yield from self._former_items(notebook)

    def _videos(self, notebook: SourceNotebook) -> Iterator[Finding]:
        base = (self.folder / notebook.path).parent
        seen: dict[str, SourceCell] = {}
        for placed in notebook.videos:
            key, cell = placed.video.key, placed.cell
            loading = (one for one in notebook.cells if one.kind == "code" and one.number < cell.number)
            if not seen and not any(loader in one.source for one in loading for loader in _LOADERS):
                message = "the notebook has a video and nothing loads course-kit before it"
                hint = "Write `%load_ext course_kit` into its first code cell."
                yield self._note(notebook, "no-load-ext", message, hint, cell)
            if not seen and notebook.language not in ("python", "ipython"):
                message = f"the notebook has a video and speaks {notebook.language}: videos need a Python kernel"
                yield self._note(notebook, "not-python", message, "Link to the video instead.", cell)
            if key in seen:
                message = f"the video key `{key}` stands already in cell {seen[key].number}"
                hint = "Give each video of a lesson a key of its own."
                yield self._note(notebook, "duplicate-video-key", message, hint, cell, 1)
            seen.setdefault(key, cell)
            video, faults = read_video(placed.video, base, self.folder)
            for fault in faults:
                message = f"video {key}: {fault.message}"
                warning = fault.level == "warning"
                yield self._note(notebook, fault.code, message, fault.hint, cell, fault.line, warning=warning)
            for name in () if video is None else video.paths():
                if name not in self.shipped.files:
                    message = f"video {key}: `{name}` lies where nothing is given to learners from"
                    yield self._note(notebook, "not-shipped", message, "Move it beside the notebook.", cell, 1)

    def _recording(self, notebook: SourceNotebook) -> Iterator[Finding]:
        """Without quizzes a lesson is done when its cells have run; only a loaded course-kit sees a Python cell run."""
        if notebook.quizzes or not notebook.code_cells or notebook.language not in ("python", "ipython"):
            return
        if not any(loader in cell.source for cell in notebook.cells if cell.kind == "code" for loader in _LOADERS):
            message = "the lesson is done when its code cells have run, and nothing loads course-kit, which sees that"
            hint = "Write `%load_ext course_kit` into its first code cell."
            yield self._note(notebook, "no-load-ext", message, hint, warning=True)

    def _former_items(self, notebook: SourceNotebook) -> Iterator[Finding]:
        """A former name belongs to one question of the lesson, and to none that is called so now."""
        live = set(notebook.items)
        taken: dict[str, str] = {}
        for placed in notebook.quizzes:
            for item in placed.quiz.items:
                name = f"{placed.quiz.key}/{item.key}"
                for old in former_names(placed.quiz.key, item):
                    if old in live or taken.get(old, name) != name:
                        message = f"`{old}`, a former name of the question `{name}`, names another question"
                        hint = "The answers of one question cannot belong to two: take it out of `was:` or `quiz-was:`."
                        yield self._note(notebook, "was-is-live", message, hint, placed.cell)
                    taken.setdefault(old, name)

    def _texts(self, notebook: SourceNotebook) -> Iterator[Finding]:
        base = (self.folder / notebook.path).parent
        for reference in text_references(notebook):
            place = (reference.cell, reference.line)
            if reference.kind == "image" and not reference.alt:
                message = f"the image `{_short(reference.target)}` has no alternative text"
                hint = "Say what it shows, for those who cannot see it: `![what it shows](file.png)`."
                yield self._note(notebook, "no-alt", message, hint, *place)
            if reference.target.startswith("attachment:"):
                name = reference.target.removeprefix("attachment:")
                if name not in reference.cell.attachments:
                    message = f"the attached image `{name}` is not in the cell"
                    yield self._note(notebook, "missing-image", message, "Drag it into the cell once more.", *place)
            elif reference.is_local:
                yield from self._local(notebook, base, reference.kind, reference.target, place)

    def _local(
        self, notebook: SourceNotebook, base: Path, kind: str, target: str, place: tuple[SourceCell, int]
    ) -> Iterator[Finding]:
        path = local_file(base, target, self.folder)
        if path is None or not path.exists():
            message = f"the {kind} leads to `{_short(target)}`, which is not in the course's folder"
            hint = "Check the name: it counts from the notebook's own folder."
            yield self._note(notebook, f"missing-{kind}", message, hint, *place, warning=kind == "link")
            return
        name = path.relative_to(self.folder).as_posix()
        if kind == "image" and name not in self.shipped.files:
            message = f"the image `{name}` lies where nothing is given to learners from"
            yield self._note(notebook, "not-shipped", message, "Move it beside the notebook.", *place)
        elif kind == "image" and path.stat().st_size > MAX_IMAGE and place[0].kind == "code":
            message = f"the image `{name}` is larger than 1 MB, too large for a quiz"
            yield self._note(notebook, "image-too-large", message, "Make it smaller, or put it above the quiz.", *place)
        elif kind == "link" and path.is_file() and not self._travels(name):
            message = f"the link leads to `{name}`, which no learner gets"
            hint = "Add it to `files:` in course.yml."
            yield self._note(notebook, "not-shipped", message, hint, *place, warning=True)

    def _travels(self, name: str) -> bool:
        return name in self.shipped.files or any(notebook.path == name for notebook in self.source.notebooks.values())

    def _code(self, notebook: SourceNotebook) -> Iterator[Finding]:
        reads, modules = code_references(notebook)
        base = (self.folder / notebook.path).parent
        for read in reads:
            if not read.made:
                yield from self._file_read(notebook, base, read)
        for module, cell in modules.items():
            package = needs_package(module)
            if package is None or package_name(package) in self.packages or package in self.missing_packages:
                continue
            if (base / f"{module}.py").is_file() or (base / module).is_dir():
                continue
            self.missing_packages.add(package)
            message = f"`{module}` is imported, and `packages:` in course.yml does not name `{package}`"
            hint = f"Add `{package}`, so that learners are told before they begin."
            yield self._note(notebook, "missing-package", message, hint, cell, warning=True)

    def _file_read(self, notebook: SourceNotebook, base: Path, read: FileRead) -> Iterator[Finding]:
        path = local_file(base, read.name, self.folder)
        if path is None or not path.is_file():
            message = f"the code reads `{read.name}`, which is not there"
            hint = "Check the name: it counts from the notebook's own folder."
            yield self._note(notebook, "missing-data", message, hint, read.cell, read.line, warning=True)
        elif not self._travels(path.relative_to(self.folder).as_posix()):
            name = path.relative_to(self.folder).as_posix()
            message = f"the code reads `{name}`, which no learner gets"
            yield self._note(
                notebook, "not-shipped", message, f"Add `{name}` to `files:` in course.yml.", read.cell, read.line
            )

    def _outputs(self, notebook: SourceNotebook) -> Iterator[Finding]:
        with_outputs = [cell for cell in notebook.cells if cell.has_outputs]
        if with_outputs:
            message = f"{len(with_outputs)} cells hold outputs, which a release leaves out"
            hint = "Clear them before saving (*Edit → Clear Outputs of All Cells*): versions compare better."
            yield self._note(notebook, "stored-outputs", message, hint, with_outputs[0], warning=True)


def _short(target: str) -> str:
    return target if len(target) <= 60 else f"{target[:57]}…"
