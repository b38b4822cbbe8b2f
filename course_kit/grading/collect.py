"""Put what came in where nbgrader looks for it, ``submitted/<learner>/<assignment>/``, and events into the store."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from course_kit.bridges.nbgrader.config import CourseInfo
from course_kit.errors import CourseKitError, Invalid
from course_kit.files.lock import FileLock
from course_kit.grading.handed_in import HandedIn, expected_names, guess_assignment, open_sealed, together
from course_kit.grading.incoming import Piece, Sealed, Unreadable, incoming
from course_kit.grading.places import GradedAssignment, GradingPlace, Progress, find_place, no_progress
from course_kit.grading.roster_file import roster_of
from course_kit.grading.senders import find_learner
from course_kit.grading.shelf import CollectedFile, Shelf
from course_kit.grading.their_events import NO_EVENTS, TakenEvents, take_events
from course_kit.model.release import SubmissionManifest
from course_kit.model.roster import RosterEntry
from course_kit.store.contract import ProgressStore

_INTO_A_FOLDER = "Put the file into a folder named after the learner (inbox/ada/…) and collect again."


@dataclass(frozen=True)
class Unmatched:
    """A file that fits nobody or nothing, and why, in one sentence."""

    file: str
    reason: str


@dataclass(frozen=True)
class Collected:
    """``claims``: where a file says another sender than the download does; ``conflicts``: pseudonyms of two learners.

    ``unchanged`` holds what was there already, and older versions, which never replace a newer one.
    """

    placed: tuple[CollectedFile, ...] = ()
    replaced: tuple[CollectedFile, ...] = ()
    unchanged: tuple[CollectedFile, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    claims: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    events: TakenEvents = NO_EVENTS


def collect(
    source: Path,
    course_folder: Path,
    assignment: str | None = None,
    *,
    at: datetime,
    progress: Progress = no_progress,
) -> Collected:
    """Take submission files, notebooks, and downloads of Canvas and Moodle from a folder or a zip.

    Whom a file belongs to is decided by the LMS's names first, then by the folder or the file's name, then by what a
    submission file says of its sender; all against ``roster.csv`` (without one, the sender's own word is taken).
    Nothing in ``source`` is changed. What a submission replaces is kept in ``.course-kit/collected/<time>/``. ``at``
    is now, aware UTC. Doing it again changes nothing.

    Raises :class:`NotFound`, :class:`FaultyRoster`, :class:`Busy`, and :class:`Unavailable` for a full disk; never
    because of a file in ``source``.
    """
    place = find_place(course_folder)
    chosen = place.assignment(assignment) if assignment is not None else None
    from course_kit.store.sql import SqlStore

    with (
        FileLock(place.hidden / "locks" / "collect", "Collecting"),
        SqlStore.open(place.store) as store,
    ):
        return _Collecting(place, chosen, store, at).run(source, progress)


@dataclass
class _Found:
    placed: list[CollectedFile] = field(default_factory=list)
    replaced: list[CollectedFile] = field(default_factory=list)
    unchanged: list[CollectedFile] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    events: TakenEvents = NO_EVENTS


class _Collecting:
    def __init__(
        self, place: GradingPlace, chosen: GradedAssignment | None, store: ProgressStore, at: datetime
    ) -> None:
        self._place, self._chosen, self._store, self._at = place, chosen, store, at
        self._roster = roster_of(place.folder)
        self._infos: dict[Path, CourseInfo] = {}
        self._shelf = Shelf(place, at)
        self._found = _Found()
        self._named: dict[str, str] = {}

    def run(self, source: Path, progress: Progress) -> Collected:
        everything = self._read(source, progress)
        ordered = sorted(everything, key=lambda one: (one.at or self._at, one.label))
        self._named = self._names_in(ordered)
        for done, handed_in in enumerate(ordered):
            progress(done, len(ordered), handed_in.label)
            try:
                self._take(handed_in)
            except Invalid as error:
                self._skip(handed_in.label, error.message)
            except (OSError, ValueError, OverflowError) as error:
                self._skip(handed_in.label, f"It cannot be put in its place: {error}.")
        progress(len(ordered), len(ordered), "Done")
        found = self._found
        lists = {name: tuple(value) for name, value in vars(found).items() if name != "events"}
        return Collected(**lists, events=found.events)

    def _read(self, source: Path, progress: Progress) -> list[HandedIn]:
        everything: list[HandedIn] = []
        bare: list[Piece] = []
        for number, piece in enumerate(incoming(source)):
            progress(number, 0, "Reading")
            if isinstance(piece, Unreadable):
                self._skip(piece.label, piece.reason)
            elif isinstance(piece, Sealed):
                try:
                    everything.append(open_sealed(piece, self._roster))
                except CourseKitError as error:
                    self._skip(piece.label, error.message)
            else:
                bare.append(piece)
        for made in together(bare, self._roster):
            if isinstance(made, Unreadable):
                self._skip(made.label, made.reason)
            else:
                everything += self._split(made)
        return everything

    def _names_in(self, everything: Iterable[HandedIn]) -> dict[str, str]:
        """Pseudonym to learner, as all the files of this run name them; one that names two learners says nothing."""
        named: dict[str, set[str]] = {}
        for handed_in in everything:
            manifest = handed_in.manifest
            if manifest is None or manifest.course != self._place.course:
                continue
            outer = find_learner(handed_in.sender, self._roster) if handed_in.sender.said else None
            entry = outer or self._named_by(manifest)
            if entry is None:
                continue
            for pseudonym in (manifest.learner, *manifest.aliases):
                named.setdefault(pseudonym, set()).add(entry.learner)
        return {pseudonym: next(iter(learners)) for pseudonym, learners in named.items() if len(learners) == 1}

    def _split(self, handed_in: HandedIn) -> list[HandedIn]:
        """One folder may hold a learner's work for several assignments."""
        if self._chosen is not None or guess_assignment(handed_in, self._notebooks()) is not None:
            return [handed_in]
        parts: dict[str | None, dict[str, bytes]] = {}
        rest: dict[str, bytes] = {}
        for name, content in handed_in.files.items():
            if name.endswith(".ipynb"):
                key = guess_assignment(replace(handed_in, files={name: content}, folders=()), self._notebooks())
                parts.setdefault(key, {})[name] = content
            else:
                rest[name] = content
        return [replace(handed_in, files={**files, **rest}) for files in parts.values()]

    def _take(self, handed_in: HandedIn) -> None:
        assignment = self._assignment(handed_in)
        if assignment is None:
            return
        entry = self._learner(handed_in)
        if entry is None:
            return
        info = self._info(assignment)
        named = expected_names(handed_in, self._expected(assignment))
        kind, line = self._shelf.put(named, entry.learner, assignment, info)
        found = self._found
        {"placed": found.placed, "replaced": found.replaced, "unchanged": found.unchanged}[kind].append(line)
        if named.manifest is not None:
            self._take_events(named, entry.learner)

    def _assignment(self, handed_in: HandedIn) -> GradedAssignment | None:
        manifest = handed_in.manifest
        if manifest is not None and manifest.course != self._place.course:
            self._skip(handed_in.label, f"It belongs to the course {manifest.course!r}.")
            return None
        keys = {assignment.key: assignment for assignment in self._place.assignments}
        key = manifest.assignment if manifest is not None else None
        if manifest is None:
            key = self._chosen.key if self._chosen else guess_assignment(handed_in, self._notebooks())
        if key is None:
            self._skip(handed_in.label, "It does not say which assignment it is for; name one when collecting.")
        elif key not in keys:
            self._skip(handed_in.label, f"The course has no assignment {key!r}.")
        elif self._chosen is not None and key != self._chosen.key:
            self._skip(handed_in.label, f"It is for {key!r}, and only {self._chosen.key!r} is being collected.")
        else:
            return keys[key]
        return None

    def _learner(self, handed_in: HandedIn) -> RosterEntry | None:
        """The one it belongs to; None, with the reason in the list, if that cannot be told."""
        sender, manifest = handed_in.sender, handed_in.manifest
        outer = find_learner(sender, self._roster) if sender.said else None
        claimed = self._claimed(handed_in)
        if outer is not None and claimed is not None and claimed.learner != outer.learner:
            says = manifest.id or manifest.email or manifest.name if manifest else ""
            self._found.claims.append(
                f"{handed_in.label}: the download says {outer.learner}, the file says {says or claimed.learner}; "
                f"it was put down to {outer.learner}."
            )
        if outer is not None:
            return outer
        if sender.lms and self._roster.entries:
            self._skip(handed_in.label, f"The roster knows nobody as {sender.said!r}.")
            return None
        if claimed is not None:
            return claimed
        if not self._roster.entries:
            return self._without_roster(handed_in)
        if manifest is not None and not (manifest.id or manifest.email or manifest.name):
            self._skip(handed_in.label, f"It says no name, only {manifest.learner!r}. {_INTO_A_FOLDER}")
            return None
        said = (manifest.id or manifest.email or manifest.name) if manifest else sender.file
        self._skip(handed_in.label, f"The roster knows nobody as {said!r}.")
        return None

    def _claimed(self, handed_in: HandedIn) -> RosterEntry | None:
        manifest = handed_in.manifest
        if manifest is None:
            return None
        known = self._store.people().get(manifest.learner) or self._named.get(manifest.learner)
        return self._named_by(manifest) or (self._roster.get(known) if known else None)

    def _named_by(self, manifest: SubmissionManifest) -> RosterEntry | None:
        match = self._roster.match
        return match(learner=manifest.id, lms_id=manifest.id, email=manifest.email, name=manifest.name)

    def _without_roster(self, handed_in: HandedIn) -> RosterEntry | None:
        manifest, sender = handed_in.manifest, handed_in.sender
        stem = Path(handed_in.label).stem
        names = (manifest.id, manifest.email.partition("@")[0], manifest.learner) if manifest else ()
        folder = handed_in.folders[-1] if handed_in.folders else ""
        guesses = (*names, sender.lms_id, sender.name, folder.removesuffix(".zip"), stem.partition("_")[0])
        for guess in guesses:
            try:
                return RosterEntry(learner=guess.replace(" ", "-"))
            except ValueError:
                continue
        self._skip(handed_in.label, "There is no roster.csv, and nothing says whose it is.")
        return None

    def _take_events(self, handed_in: HandedIn, learner: str) -> None:
        manifest = handed_in.manifest
        assert manifest is not None  # noqa: S101 (the caller looked)
        people = self._store.people()
        mine = []
        for pseudonym in dict.fromkeys((manifest.learner, *manifest.aliases)):
            other = people.get(pseudonym)
            if other is not None and other != learner:
                self._found.conflicts.append(
                    f"{handed_in.label}: {learner} and {other} both use the name {pseudonym} (one computer for two, "
                    f"or a copied file); it stays with {other}, and these events were left out."
                )
                continue
            mine.append(pseudonym)
            if other is None:
                self._store.link_person(pseudonym, learner, self._at)
        if manifest.learner in mine:
            # It names the file's own digest, so that it cannot lie among the events inside.
            self._store.append([manifest.event()], self._at)
        if handed_in.events is None or not mine:
            return
        new = take_events(
            self._store,
            handed_in.events,
            pseudonyms=frozenset(mine),
            course=self._place.course,
            at=self._at,
        )
        old = self._found.events
        self._found.events = TakenEvents(
            old.stored + new.stored, old.duplicates + new.duplicates, old.refused + new.refused
        )

    def _info(self, assignment: GradedAssignment) -> CourseInfo:
        if assignment.root not in self._infos:
            self._infos[assignment.root] = self._place.info(assignment.root)
        return self._infos[assignment.root]

    def _expected(self, assignment: GradedAssignment) -> Iterable[str]:
        source = self._info(assignment).source_folder(assignment.name)
        return sorted(path.stem for path in source.glob("*.ipynb"))

    def _notebooks(self) -> dict[str, Iterable[str]]:
        return {assignment.key: self._expected(assignment) for assignment in self._place.assignments}

    def _skip(self, label: str, reason: str) -> None:
        self._found.unmatched.append(Unmatched(label, reason))
