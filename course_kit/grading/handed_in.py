"""Submissions as they came in, each whole: submission files verified, bare files put together by sender."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from course_kit.errors import Tampered
from course_kit.files.archive import check_content, open_archive
from course_kit.grading.incoming import MAX_FILE, SUBMISSION, Piece, Sealed, Unreadable
from course_kit.grading.senders import Sender, read_sender, without_number
from course_kit.model.release import SubmissionManifest
from course_kit.model.roster import Roster


@dataclass
class HandedIn:
    """One submission. ``manifest`` and ``events`` (raw lines) are there if it came as course-kit's own file."""

    label: str
    sender: Sender
    files: dict[str, bytes]
    at: datetime | None
    manifest: SubmissionManifest | None = None
    events: bytes | None = None
    folders: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)


def open_sealed(sealed: Sealed, roster: Roster) -> HandedIn:
    """A submission file, every byte of it checked against its manifest.

    Raises :class:`Tampered`, :class:`Invalid` or :class:`WrongVersion`.
    """
    with open_archive(sealed.path, "The submission", max_bytes=MAX_FILE) as archive:
        manifest = SubmissionManifest.read(archive.read_json(SUBMISSION))
        files = {}
        for name, entry in manifest.files.items():
            content = archive.read(f"files/{name}")
            check_content(archive.label, name, content, entry.sha256)
            files[name] = content
        events = None
        if manifest.events is not None:
            events = archive.read("events.jsonl")
            check_content(archive.label, "events.jsonl", events, manifest.events.sha256)
            if len(events.splitlines()) != manifest.events.count:
                raise Tampered(f"{archive.label}: it holds another number of events than its manifest says.")
    sender = read_sender(sealed.parts, roster)
    return HandedIn(sealed.label, sender, files, manifest.submitted_at, manifest, events)


def together(pieces: Iterable[Piece], roster: Roster) -> list[HandedIn | Unreadable]:
    """Bare files as submissions: those of one sender in one folder belong together; only a notebook makes one.

    What was handed in again is a submission of its own, so that the latest can be told.
    """
    groups: dict[tuple[object, ...], list[tuple[Piece, Sender]]] = {}
    for piece in pieces:
        sender = read_sender(piece.parts, roster)
        whom = (sender.name, sender.lms_id, sender.learner)
        # without a sender, or with one file a learner, each file stands for itself
        alone = () if any(whom) else piece.parts
        groups.setdefault((*whom, piece.parts[:-1], alone), []).append((piece, sender))
    made: list[HandedIn | Unreadable] = []
    for members in groups.values():
        made += _versions(members)
    return made


def _versions(members: list[tuple[Piece, Sender]]) -> list[HandedIn | Unreadable]:
    if not any(sender.file.endswith(".ipynb") for _, sender in members):
        return [Unreadable(piece.label, "It is neither a notebook nor a submission file.") for piece, _ in members]
    latest: dict[str, tuple[Piece, Sender]] = {}
    older: list[tuple[Piece, Sender]] = []
    for piece, sender in sorted(members, key=lambda member: (member[1].again, member[0].parts)):
        stem, dot, suffix = sender.file.rpartition(".")
        numbered = sender.lms and sender.again > 0
        name = f"{without_number(stem)}{dot}{suffix}" if numbered else sender.file
        if name in latest:
            older.append(latest[name])
        latest[name] = (piece, sender)
    files = {_safe(name): piece.content for name, (piece, _) in latest.items()}
    last, sender = max(latest.values(), key=lambda member: (member[0].name.endswith(".ipynb"), member[0].parts))
    times = [piece.modified for piece, _ in latest.values() if piece.modified is not None]
    whole = HandedIn(last.label, sender, files, max(times, default=None), folders=last.parts[:-1])
    again = [Unreadable(piece.label, "A later version of it came along and was taken.") for piece, _ in older]
    return [whole, *again]


def _safe(name: str) -> str:
    return PurePosixPath(name).name


def expected_names(handed_in: HandedIn, expected: Iterable[str]) -> HandedIn:
    """The submission with its notebooks named as the assignment's are, where it is plain which is which."""
    wanted = sorted(expected)
    found = [name for name in handed_in.files if name.endswith(".ipynb") and "/" not in name]
    renamed: dict[str, str] = {}
    for name in found:
        fits = [stem for stem in wanted if _plain(stem) == _plain(without_number(name[:-6]))]
        if name[:-6] not in wanted and len(fits) == 1 and f"{fits[0]}.ipynb" not in found:
            renamed[name] = f"{fits[0]}.ipynb"
    if not renamed and len(found) == 1 and len(wanted) == 1 and found[0] != f"{wanted[0]}.ipynb":
        renamed[found[0]] = f"{wanted[0]}.ipynb"
    if len(set(renamed.values())) < len(renamed):
        renamed = {}
    files = {renamed.get(name, name): content for name, content in handed_in.files.items()}
    return HandedIn(
        handed_in.label,
        handed_in.sender,
        files,
        handed_in.at,
        handed_in.manifest,
        handed_in.events,
        handed_in.folders,
        renamed,
    )


def _plain(stem: str) -> str:
    return "".join(letter for letter in stem.casefold() if letter.isalnum())


def guess_assignment(handed_in: HandedIn, notebooks: Mapping[str, Iterable[str]]) -> str | None:
    """The key of the one assignment that a bare submission's folders or notebooks name; None if none or several do."""
    folded = {part.casefold() for part in handed_in.folders}
    named = [key for key in notebooks if key.casefold() in folded]
    if len(named) == 1:
        return named[0]
    stems = {_plain(without_number(name[:-6])) for name in handed_in.files if name.endswith(".ipynb")}
    fitting = [key for key, names in notebooks.items() if stems & ({_plain(n) for n in names} | {_plain(key)})]
    if len(fitting) == 1:
        return fitting[0]
    return next(iter(notebooks)) if len(notebooks) == 1 else None
