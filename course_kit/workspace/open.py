"""Open a course: verify the release, make or update the learner's own copy, and note where it is."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shlex import quote

from course_kit.errors import CourseKitError, Refused
from course_kit.files.archive import sha256
from course_kit.files.atomic import disk_errors, sync_folder
from course_kit.files.lock import FileLock
from course_kit.model.events import CourseStarted
from course_kit.model.release import ReleaseManifest
from course_kit.store import places
from course_kit.workspace.behind import remove_read_only
from course_kit.workspace.download import is_address
from course_kit.workspace.events import record
from course_kit.workspace.folder import Opening, Workspace, WorkspaceRecord, new_folder_id, new_seed, opened_last
from course_kit.workspace.incoming import Incoming, incoming
from course_kit.workspace.moved import moved_work
from course_kit.workspace.packages import install_command, missing_packages
from course_kit.workspace.trust import trust
from course_kit.workspace.update import Outcome, begin, carry_out, changing, make_plan
from course_kit.workspace.welcome import welcome_page

Progress = Callable[[int, int, str], None]
_WAIT = 30.0


@dataclass(frozen=True)
class Opened:
    """The learner's copy after opening. Paths are relative to ``folder``.

    ``updated``: files that follow the new release now; ``added``, ``removed`` likewise. ``kept``: files that the
    learner had worked in, which stay; ``conflicts``: the new versions that lie beside them. ``message``: what else
    there is to say, or empty.
    """

    folder: Path
    course: str
    title: str
    release: str
    first: str | None
    first_run: bool
    welcome: Path
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    missing_packages: tuple[str, ...] = ()
    install: str = ""
    message: str = ""


def default_folder(course: str) -> Path:
    return Path.home() / "course-kit" / course


def open_course(
    source: str,
    *,
    to: Path | None = None,
    within: Path | None = None,
    data: Path | None = None,
    at: datetime,
    progress: Progress = lambda done, total, what: None,
) -> Opened:
    """Open the release that ``source`` names (a file, an address, a folder), or a copy that was opened before.

    The copy is made in ``to``, by default where this course was opened last, else in ``~/course-kit/<course>``; with
    ``within`` (a folder that the learner's JupyterLab shows) in ``<within>/<course>`` where that lies outside of it.
    An existing copy follows the release: what the learner has not touched is replaced, what they have stays and the
    new version is laid beside it. A release that this copy has had before changes nothing. Interrupted at any
    moment, the next opening finishes it. Raises :class:`Refused` where ``to`` holds something else, and as
    :func:`course_kit.workspace.incoming.incoming`, :func:`course_kit.workspace.update.changing` do.
    """
    home = data if data is not None else places.data_folder()
    given = None if is_address(source) else Path(source).expanduser()
    if given is not None and Workspace.is_one(given):
        return _reopened(Workspace.at(given), home, at)
    with incoming(source, progress=progress) as release:
        course = release.manifest.course.key
        folder = (to or opened_last(home, course) or default_folder(course)).expanduser().absolute()
        if to is None and within is not None and not folder.resolve().is_relative_to(within.resolve()):
            folder = within.absolute() / course
        with FileLock(_lock_path(home, folder), f"Opening the course in {folder}", wait=_WAIT):
            if Workspace.is_one(folder):
                return _updated(Workspace.at(folder), release, home, at, progress)
            return _made(folder, release, home, at, progress)


def _lock_path(data: Path, folder: Path) -> Path:
    return data / "locks" / f"open-{sha256(str(folder.resolve()).encode())[:16]}.lock"


def _made(folder: Path, release: Incoming, data: Path, at: datetime, progress: Progress) -> Opened:
    """A first opening: everything in a folder beside, then one move."""
    _check_free(folder)
    manifest = release.manifest
    mark = f".{folder.name}."
    with disk_errors(str(folder)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f"{mark}*.opening"):
            remove_read_only(left)
        draft = folder.parent / f"{mark}{secrets.token_hex(4)}.opening"
        draft.mkdir()
    try:
        now = Opening(release=manifest.release, at=at)
        workspace = Workspace(
            draft,
            WorkspaceRecord(
                course=manifest.course.key,
                release=manifest.release,
                folder_id=new_folder_id(),
                history=(now,),
                seed=new_seed(),
            ),
        )
        _unpack(workspace, release, progress)
        page = welcome_page(manifest.course, folder=folder, data=data, name=welcome_name(manifest))
        _put(draft / welcome_name(manifest), page, 0o644)
        workspace.save(workspace.record)
        with disk_errors(str(folder)):
            if folder.is_dir():
                folder.rmdir()
            draft.rename(folder)
            sync_folder(folder.parent)
    except BaseException:
        remove_read_only(draft)
        raise
    opened = Workspace.at(folder)
    trust(folder / name for name in manifest.files)
    places.remember_workspace(data, opened.course, folder, at)
    places.save_outline(data, manifest.json_object())
    record(data, opened, [CourseStarted()], at=at)
    return _result(opened, manifest, first_run=True, added=tuple(sorted(manifest.files)))


def _check_free(folder: Path) -> None:
    if (folder.exists() or folder.is_symlink()) and not (folder.is_dir() and not any(folder.iterdir())):
        raise Refused(
            f"{folder} holds something else; nothing was written there.",
            hint="Name another folder: `course-kit open FILE --to FOLDER`.",
        )


def _unpack(workspace: Workspace, release: Incoming, progress: Progress) -> None:
    names = [*sorted(release.manifest.files), "release.json"]
    for number, name in enumerate(names):
        progress(number, len(names), name)
        content = release.content(name)
        _put(workspace.folder / name, content, 0o644)
        _put(workspace.base / name, content, 0o444)
    progress(len(names), len(names), "")


def _put(path: Path, content: bytes, mode: int) -> None:
    """A file in a folder that nobody else sees yet."""
    with disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        path.chmod(mode)


def keep_base(workspace: Workspace, release: Incoming, progress: Progress) -> None:
    """Lay the release down as a base beside the present one, whole or not at all."""
    base = workspace.base_of(release.manifest.release)
    if (base / "release.json").is_file():
        return
    for left in base.parent.glob(".*.opening"):
        remove_read_only(left)
    draft = base.with_name(f".{base.name}.{secrets.token_hex(4)}.opening")
    names = [*sorted(release.manifest.files), "release.json"]
    try:
        for number, name in enumerate(names):
            progress(number, len(names), name)
            _put(draft / name, release.content(name), 0o444)
        with disk_errors(str(base)):
            draft.rename(base)
            sync_folder(base.parent)
    except BaseException:
        remove_read_only(draft)
        raise


def _updated(workspace: Workspace, release: Incoming, data: Path, at: datetime, progress: Progress) -> Opened:
    manifest = release.manifest
    if workspace.course != manifest.course.key:
        raise Refused(
            f"{workspace.folder} holds the course {workspace.course!r}, and this release is of "
            f"{manifest.course.key!r}; nothing was written.",
            hint="Name another folder: `course-kit open FILE --to FOLDER`.",
        )
    with changing(workspace):
        workspace.give_seed()
        seen = [opening.release for opening in workspace.record.history]
        if manifest.release in seen:
            present = workspace.manifest()
            outcomes: dict[str, Outcome] = {}
            older = manifest.release != present.release
        else:
            keep_base(workspace, release, progress)
            plan = make_plan(workspace, manifest, at)
            begin(workspace, plan)
            outcomes = carry_out(workspace, plan, progress=progress)
            present, older = manifest, False
    places.remember_workspace(data, workspace.course, workspace.folder, at)
    places.save_outline(data, present.json_object())
    said = ["This is an older release than the one you work with; nothing was changed."] if older else []
    said += [
        f"{moved.text} To carry it over: course-kit bring-over {quote(moved.old)}"
        for moved in moved_work(workspace, present)
    ]
    return _result(workspace, present, outcomes=outcomes, message="\n".join(said))


def _reopened(workspace: Workspace, data: Path, at: datetime) -> Opened:
    with changing(workspace):
        workspace.give_seed()
        manifest = workspace.manifest()
    places.remember_workspace(data, workspace.course, workspace.folder, at)
    places.save_outline(data, manifest.json_object())
    return _result(workspace, manifest)


def welcome_name(manifest: ReleaseManifest) -> str:
    """The first-run page's name in the copy: one that no file of the release bears."""
    taken = {name.casefold().split("/")[0] for name in manifest.files}
    return "welcome.html" if "welcome.html" not in taken else "welcome (course-kit).html"


def _result(
    workspace: Workspace,
    manifest: ReleaseManifest,
    *,
    first_run: bool = False,
    added: tuple[str, ...] = (),
    outcomes: dict[str, Outcome] | None = None,
    message: str = "",
) -> Opened:
    done = outcomes or {}

    def names(*results: str) -> tuple[str, ...]:
        return tuple(name for name, outcome in done.items() if outcome.result in results and _is_shown(name))

    missing = missing_packages(manifest.packages)
    first = next((lesson.path for lesson in manifest.course.lessons() if lesson.kind == "notebook"), None)
    return Opened(
        folder=workspace.folder,
        course=workspace.course,
        title=manifest.course.title,
        release=manifest.release,
        first=first,
        first_run=first_run,
        welcome=workspace.folder / welcome_name(manifest),
        added=tuple(name for name in added if _is_shown(name)) or names("added"),
        updated=names("updated"),
        removed=names("removed"),
        kept=names("kept", "kept-removed"),
        conflicts=tuple(outcome.beside for outcome in done.values() if outcome.beside),
        missing_packages=missing,
        install=install_command(missing),
        message=message,
    )


def _is_shown(name: str) -> bool:
    return name != "release.json" and not name.startswith(".course-kit/")


def what_is(path: Path) -> str:
    """What kind of file a learner holds: ``release``, ``feedback``, ``submission`` or ``unknown``. Never raises.

    By what is in it: browsers and learning management systems rename files (``frames.feedback (1).zip``).
    """
    from course_kit.files.archive import open_archive

    kinds = {"release.json": "release", "feedback.json": "feedback", "arrangements.json": "feedback"}
    kinds |= {"submission.json": "submission"}
    try:
        with open_archive(path, "The file") as archive:
            return next((kinds[name] for name in archive.names() if name in kinds), "unknown")
    except (CourseKitError, OSError):
        return "release" if path.is_dir() else "unknown"
