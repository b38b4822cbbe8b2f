"""Open a feedback file: check that it is whole and for this learner, keep its pages, and note the score once."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from course_kit.errors import Invalid, Refused, Tampered
from course_kit.files.archive import Archive, check_content, open_archive, safe_path
from course_kit.files.atomic import write_atomically, write_json
from course_kit.model.events import ScorePosted
from course_kit.model.keys import is_key
from course_kit.model.release import ArrangementsManifest, FeedbackManifest
from course_kit.model.roster import is_stand_in
from course_kit.store import places
from course_kit.workspace.arranged import take_arranged
from course_kit.workspace.events import take_in
from course_kit.workspace.folder import opened_last

MAX_FEEDBACK = 300 * 1024**2
_AGAIN = "Ask your teacher for the file once more; nothing was changed on this computer."

_BARE = (
    "This work was handed in as a bare notebook, and nothing in the file says whose it is: the page is shown, and its "
    "score is not counted among yours. Hand in the submission file next time."
)


@dataclass(frozen=True)
class Feedback:
    """What came back. ``pages`` are HTML files; ``folder`` is the copy that they belong to, or None if there is none.

    ``score`` is None where there are no points yet. ``new`` says whether this score was not known before.
    ``message`` says what the teacher has arranged for the learner, and where the score was only shown and not taken
    in. A file of arrangements alone has no ``assignment``.
    """

    course: str
    assignment: str
    score: float | None
    max_score: float | None
    status: str
    comment: str
    pages: tuple[Path, ...]
    folder: Path | None
    new: bool
    message: str = ""


def open_feedback(path: Path, *, data: Path, at: datetime, zone: tzinfo = UTC) -> Feedback:
    """Take in the feedback file at ``path``: its pages go beside the course's copy, its score into the local store.

    Where the course is not on this computer, the pages go into the data folder. Opening it again changes nothing.
    Feedback on a bare notebook bears no name that this computer knows: it is shown, and its score stays out. A file of
    arrangements is taken in likewise; one that bears no name changes what is shown here and nothing that is graded.
    Raises :class:`NotFound`, :class:`Tampered`, :class:`WrongVersion` or :class:`Invalid` on a file that is not
    whole, :class:`Refused` on one that is for somebody else.
    """
    with open_archive(path, "The feedback file", max_bytes=MAX_FEEDBACK) as archive:
        if "arrangements.json" in archive.names():
            arranged = ArrangementsManifest.read(archive.read_json("arrangements.json"))
            _computers(path, arranged.learners, data)
            return _arranged(arranged, data, at, zone)
        manifest, fact = _read(archive)
        # Work that came as a bare notebook bears no pseudonym: whose it is, only the instructor and the road know.
        # Anyone may look at it, but nothing says that its score is this learner's.
        computers = _computers(path, manifest.learners, data)
        contents = {name: archive.read(f"files/{name}") for name in manifest.files}
    for name, content in contents.items():
        check_content("The feedback file", name, content, manifest.files[name])
    folder = opened_last(data, manifest.course)
    shelf = (folder / "feedback" if folder else data / "feedback" / manifest.course) / manifest.assignment
    pages = tuple(_keep(shelf / name, content, manifest.feedback) for name, content in sorted(contents.items()))
    if folder is not None:
        kept = folder / ".course-kit" / "feedback" / manifest.assignment
        write_atomically(kept / f"{manifest.feedback[:12]}.feedback.zip", path.read_bytes())
        shown = [page.relative_to(folder).as_posix() for page in pages]
        write_json(
            kept / f"{manifest.feedback[:12]}.json", {"version": 1, "feedback": manifest.feedback, "pages": shown}
        )
    scored = manifest.event.model_copy(update={"received_at": None})
    new = take_in(data, [scored], at=at).stored > 0 if computers else False
    said: tuple[str, ...] = () if computers else (_BARE,)
    if manifest.arranged:
        said += take_arranged(data, manifest.course, manifest.arranged, folder, at=at, zone=zone)[1]
    return Feedback(
        course=manifest.course,
        assignment=manifest.assignment,
        score=fact.score,
        max_score=fact.max_score,
        status=fact.status,
        comment=fact.comment,
        pages=tuple(page for page in pages if page.suffix == ".html"),
        folder=folder,
        new=new,
        message=" ".join(said),
    )


def _computers(path: Path, learners: tuple[str, ...], data: Path) -> set[str]:
    """The computers that a file is for; none where it bears no name. Raises :class:`Refused` if this is not one."""
    computers = {name for name in learners if not is_stand_in(name)}
    if computers and not computers & set(places.local_learner(data).pseudonyms):
        raise Refused(
            f"{path.name} is somebody else's feedback: it is not for the learner of this computer.",
            hint="Open the file that was sent to you. If you handed in from another computer, `course-kit sync` it "
            "with this one first.",
        )
    return computers


def _arranged(manifest: ArrangementsManifest, data: Path, at: datetime, zone: tzinfo) -> Feedback:
    folder = opened_last(data, manifest.course)
    new, said = take_arranged(data, manifest.course, manifest.arranged, folder, at=at, zone=zone)
    text = " ".join(said) or (
        "What was arranged is over: the course's own dates count."
        if folder is not None
        else f"It is noted. Open the course {manifest.course!r} to see it there."
    )
    return Feedback(manifest.course, "", None, None, "", "", (), folder, new, text)


def _read(archive: Archive) -> tuple[FeedbackManifest, ScorePosted]:
    """The manifest and its score; everything that is not what a feedback file holds is an error."""
    if "feedback.json" not in archive.names():
        raise Invalid(f"{archive.label} is not one: it holds no feedback.json.", hint=_AGAIN)
    manifest = FeedbackManifest.read(archive.read_json("feedback.json"))
    fact = manifest.event.fact
    fits = isinstance(fact, ScorePosted) and fact.assignment == manifest.assignment
    if not fits or manifest.event.course != manifest.course or manifest.event.learner not in manifest.learners:
        raise Tampered(f"{archive.label}: its score belongs to something else.", hint=_AGAIN)
    if not is_key(manifest.course) or not is_key(manifest.assignment):
        raise Tampered(f"{archive.label}: it names no course or assignment.", hint=_AGAIN)
    for name in manifest.files:
        safe_path(name)
    assert isinstance(fact, ScorePosted)  # noqa: S101 - said to the type checker; `fits` has seen to it
    return manifest, fact


def _keep(path: Path, content: bytes, feedback: str) -> Path:
    """Write one page; a file that is there with other content stays, and this one gets the feedback's digits."""
    if path.is_file() and path.read_bytes() == content:
        return path
    if path.exists():
        path = path.with_name(f"{path.stem}-{feedback[:8]}{path.suffix}")
    write_atomically(path, content)
    return path
