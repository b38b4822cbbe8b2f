"""Hand in an assignment: show what would go, then write one file with a receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from course_kit.errors import CourseKitError, Invalid, Unavailable
from course_kit.files.archive import sha256, write_archive
from course_kit.files.atomic import write_atomically, write_json
from course_kit.model.events import Event
from course_kit.model.keys import canonical_json, digest, utc_text
from course_kit.model.release import EventsEntry, FileEntry, SubmissionManifest
from course_kit.quizzes.responses import Responses
from course_kit.store import places
from course_kit.workspace import notebooks as nb
from course_kit.workspace.assignment import MAX_FILE, WorkFolder, graded_cells
from course_kit.workspace.carried import note_carried
from course_kit.workspace.events import own_events, record
from course_kit.workspace.folder import Workspace
from course_kit.workspace.quiz_work import QuizWork, quiz_work, quizzes_of, responses_of
from course_kit.workspace.sentences import sentence

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class EventLine:
    """One event for reading; ``at`` is aware UTC, to be shown in the learner's own time."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Preview:
    """What handing in would send: files with their sizes in bytes, events in words, and what looks wrong."""

    course: str
    assignment: str
    title: str
    files: Mapping[str, int]
    events: tuple[EventLine, ...]
    warnings: tuple[str, ...]
    learner: places.Learner
    exchange: bool = False
    """Whether nbgrader's exchange on this computer takes work of this course."""


@dataclass(frozen=True)
class Receipt:
    """Proof of what was handed in. ``submission`` is the digest that names it; ``file`` is what to send.

    ``events`` counts the events in it. ``exchange`` tells whether nbgrader's exchange took it as well, and
    ``exchange_trouble`` why not, where it was asked and refused; ``kept`` is the copy that stays with the course.
    """

    submission: str
    submitted_at: datetime
    assignment: str
    file: Path
    kept: Path
    files: tuple[str, ...]
    events: int
    exchange: bool = False
    exchange_trouble: str = ""
    warnings: tuple[str, ...] = field(default=())


def preview_submission(folder: Path, assignment: str, *, data: Path, at: datetime) -> Preview:
    """What :func:`submit` would send, without sending it. Raises :class:`NotFound` for an unknown assignment.

    Warnings say what a grader would stumble over; they forbid nothing.
    """
    workspace = Workspace.around(folder)
    work = WorkFolder.find(workspace, assignment)
    course = workspace.manifest().course
    events = own_events(data, workspace.course, at=at)
    lines = tuple(EventLine(event.order()[0], sentence(event, course)) for event in events)
    title = work.assignment.title or work.assignment.key
    warnings = (*_warnings(work), *work.warnings)
    return Preview(
        workspace.course,
        work.assignment.key,
        title,
        dict(work.files),
        lines,
        warnings,
        places.local_learner(data),
        has_exchange(workspace.course),
    )


def has_exchange(course: str) -> bool:
    """Whether nbgrader's exchange on this computer takes work of ``course``: a look, without importing nbgrader."""
    try:
        exchange = import_module("course_kit.bridges.nbgrader.exchange")
    except ImportError:
        return False
    return bool(exchange.is_configured(course))


def _warnings(work: WorkFolder) -> list[str]:
    found = [f"{name} is missing. Bring it back with Restore." for name in work.expected() if name not in work.files]
    found += [
        f"{name} is large ({size / 1024**2:,.0f} MB): is it part of your answer?"
        for name, size in work.files.items()
        if size > MAX_FILE / 10
    ]
    responses = responses_of(work)
    found += [responses.trouble] if responses.trouble else []
    for name in work.files:
        if not name.endswith(".ipynb"):
            continue
        try:
            notebook = nb.read_notebook(work.content(name), name)
        except Invalid as error:
            found.append(error.message)
            continue
        if name in work.expected():
            stands = _quizzes(work, name, responses)
            answered = any(quiz.answered for quiz in stands.values())
            found += _cell_warnings(name, notebook, work.released(name), answered=answered)
            found += [
                f"{name}: {quiz.in_words} in the quiz {key!r}."
                for key, quiz in stands.items()
                if quiz.answered < quiz.asked
            ]
    return found


def _quizzes(work: WorkFolder, notebook: str, responses: Responses) -> dict[str, QuizWork]:
    return {quiz.key: quiz_work(quiz, responses, 0.0) for quiz in quizzes_of(work, notebook).values()}


def _cell_warnings(
    name: str, notebook: dict[str, Any], released: dict[str, Any] | None, *, answered: bool
) -> list[str]:
    ids = [nb.grade_id_of(cell) for cell in notebook["cells"]]
    found = []
    for grade_id in graded_cells(released):
        if ids.count(grade_id) == 0:
            found.append(
                f"{name}: the cell {grade_id!r} was deleted; it cannot get points. Bring it back with Restore."
            )
        elif ids.count(grade_id) > 1:
            found.append(f"{name}: the cell {grade_id!r} is there twice. Delete the copy.")
    as_it_came = released is not None and nb.untouched(nb.write_notebook(notebook), nb.write_notebook(released), name)
    if as_it_came and not answered:
        found.append(f"{name} holds no answer yet: it is as it came.")
    elif not nb.ever_ran(notebook) and any(cell["cell_type"] == "code" for cell in notebook["cells"]):
        found.append(f"{name} was never run (or not saved since): run all cells and save before you hand in.")
    return found


def submit(
    folder: Path,
    assignment: str,
    *,
    data: Path,
    at: datetime,
    events: bool = True,
    learner: Mapping[str, str] | None = None,
    to: Path | None = None,
    exchange: bool = False,
    progress: Progress = lambda done, total, what: None,
) -> Receipt:
    """Write the submission file of ``assignment`` from the copy around ``folder``, and note that it was handed in.

    ``events`` says whether the learner's events of this course go with it; ``learner`` gives ``id``, ``name`` and
    ``email`` (kept for the next time). The file goes to the folder ``to`` (by default ``submissions/`` in the copy),
    and a copy with its receipt into ``.course-kit/submissions/``. With ``exchange`` it is handed to nbgrader's
    exchange, too; where that does not take it, the receipt says why, and the file stands. Raises :class:`NotFound`,
    :class:`Invalid` (nothing to hand in, or too much), :class:`Unavailable` (the disk; an exchange is wanted and
    course-kit's grading part is not installed); a submission whose file is not whole is never noted.
    """
    workspace = Workspace.around(folder)
    work = WorkFolder.find(workspace, assignment)
    if not any(name.endswith(".ipynb") for name in work.files):
        raise Invalid(
            f"There is no notebook in {work.folder}: nothing was handed in.",
            hint="Bring the assignment back with Restore, answer it, and hand it in.",
        )
    hand_over = _exchange() if exchange else None
    sender = _sender(data, learner or {})
    contents = _contents(work, progress)
    sent = own_events(data, workspace.course, at=at) if events else None
    manifest, archive = _packed(workspace, work, sender, contents, sent, at)
    name = f"{work.assignment.key}-{sender.learner}-{manifest.submission[:8]}.submission.zip"
    kept = workspace.kit / "submissions" / name
    write_archive(kept, archive, first="submission.json")
    target = (to.expanduser() if to is not None else workspace.folder / "submissions") / name
    write_atomically(target, kept.read_bytes())
    trouble = "" if hand_over is None else hand_over(work)
    # Only now: an event says what happened, and the file is whole.
    event = manifest.event()
    record(data, workspace, [event.fact], at=at, event_ids=[event.event_id])
    receipt = Receipt(
        submission=manifest.submission,
        submitted_at=at,
        assignment=work.assignment.key,
        file=target,
        kept=kept,
        files=tuple(contents),
        events=len(sent or ()),
        exchange=hand_over is not None and not trouble,
        exchange_trouble=trouble,
        warnings=tuple(work.warnings),
    )
    _keep_receipt(kept, receipt)
    known = own_events(data, workspace.course, at=at)
    if sent is not None:
        # the collector makes the event of this submission from its manifest, so that nothing is left behind
        note_carried(data, {workspace.course: len(known)})
    return receipt


def _exchange() -> Callable[[WorkFolder], str]:
    """What hands to nbgrader's exchange and returns why it was not taken, if it was not.

    Raises :class:`Unavailable` where there is none for sure, before anything is written.
    """
    try:
        exchange = import_module("course_kit.bridges.nbgrader.exchange")
    except ImportError as error:
        raise Unavailable(
            f"nbgrader's exchange is not available here ({error}).",
            hint='Install nbgrader (`pip install "course-kit[grading]"`), or hand in the file instead.',
        ) from error

    def hand_over(work: WorkFolder) -> str:
        log = work.workspace.kit / "exchange.log"
        try:
            exchange.submit(work.folder, course=work.workspace.course, assignment=work.assignment.key, log=log)
        except CourseKitError as error:
            return f"{error.message} {error.hint}".strip()
        return ""

    return hand_over


def _sender(data: Path, given: Mapping[str, str]) -> places.Learner:
    """Who hands in; what is new about them is kept for the next time."""
    known = places.local_learner(data)

    def said(name: str, before: str) -> str:
        return given.get(name, "").strip()[:300] or before

    now = replace(known, id=said("id", known.id), name=said("name", known.name), email=said("email", known.email))
    if now != known:
        places.save_learner(data, now)
    return now


def _contents(work: WorkFolder, progress: Progress) -> dict[str, bytes]:
    contents = {}
    for number, (name, size) in enumerate(work.files.items()):
        progress(number, len(work.files), name)
        if size > MAX_FILE:
            raise Invalid(
                f"{name} is larger than {MAX_FILE // 1024**2} MB and cannot be handed in.",
                hint=f"Move it out of {work.folder} if it is not part of your answer.",
            )
        contents[name] = work.content(name)
    return contents


def _packed(
    workspace: Workspace,
    work: WorkFolder,
    sender: places.Learner,
    contents: Mapping[str, bytes],
    events: tuple[Event, ...] | None,
    at: datetime,
) -> tuple[SubmissionManifest, dict[str, bytes]]:
    lines = None if events is None else "".join(canonical_json(event.content()) + "\n" for event in events).encode()
    manifest = SubmissionManifest.seal(
        course=workspace.course,
        release=workspace.release,
        assignment=work.assignment.key,
        learner=sender.learner,
        aliases=sender.aliases,
        name=sender.name,
        email=sender.email,
        id=sender.id,
        submitted_at=at,
        files={name: FileEntry(sha256=sha256(content), size=len(content)) for name, content in contents.items()},
        events=None if lines is None else EventsEntry(sha256=digest(lines), count=len(events or ())),
    )
    archive = {f"files/{name}": content for name, content in contents.items()}
    archive["submission.json"] = (canonical_json(manifest.json_object()) + "\n").encode()
    if lines is not None:
        archive["events.jsonl"] = lines
    return manifest, archive


def _keep_receipt(kept: Path, receipt: Receipt) -> None:
    write_json(
        kept.with_suffix(".receipt.json"),
        {
            "version": 1,
            "submission": receipt.submission,
            "submitted_at": utc_text(receipt.submitted_at),
            "assignment": receipt.assignment,
            "file": str(receipt.file),
            "files": list(receipt.files),
            "events": receipt.events,
            "exchange": receipt.exchange,
        },
    )
