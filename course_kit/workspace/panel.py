"""What a learner sees of a course at a glance: read from the copy and the local store, and the week's goal set."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from course_kit.errors import CourseKitError, Invalid, NotFound
from course_kit.files.atomic import read_json
from course_kit.model.events import GoalSet
from course_kit.model.progress import Progress, progress_of
from course_kit.model.release import ReleaseManifest
from course_kit.workspace.behind import read_behind
from course_kit.workspace.carried import carried
from course_kit.workspace.events import local_store, record
from course_kit.workspace.feeds import feed_of
from course_kit.workspace.folder import KIT, Workspace, opened_last
from course_kit.workspace.moved import moved_work
from course_kit.workspace.open import welcome_name
from course_kit.workspace.own_dates import counting_zone, own_dates
from course_kit.workspace.own_zone import noted_tally
from course_kit.workspace.panel_parts import OnDisk, Panel, build_panel, week_of

__all__ = ["Panel", "panel", "set_goal"]


def panel(folder: Path, *, data: Path, at: datetime, root: Path | None = None, zone: tzinfo = UTC) -> Panel:
    """The panel of the learner's copy around ``folder``, with everything that the journals hold taken in.

    Paths in it are relative to ``root`` (null where they lie outside of it), or absolute without one. ``zone`` is
    the learner's own, for the week and for dates in words; it is noted once, and their relative dates count by its
    clocks. Raises :class:`NotFound`, :class:`Invalid`,
    :class:`WrongVersion`, and as the store does.
    """
    workspace = Workspace.around(folder)
    manifest = workspace.manifest()
    with local_store(data, at=at) as store:
        tally = noted_tally(store, workspace, data=data, at=at, zone=zone)
        held = store.count(workspace.course)
    progress = progress_of(manifest.course, tally, at=at, zone=zone)
    unsynced = max(0, held - carried(data, workspace.course))
    disk = replace(_on_disk(workspace, manifest, progress, root, unsynced), feed=feed_of(data, workspace.course))
    return build_panel(
        manifest.course,
        workspace.release,
        progress,
        disk,
        at=at,
        zone=zone,
        calendar=own_dates(manifest.course, tally, at),
        tally=tally,
        counting=counting_zone(manifest.course, tally),
    )


def set_goal(
    data: Path, course: str, text: str, done: bool, *, at: datetime, zone: tzinfo = UTC, folder: Path | None = None
) -> None:
    """Set the learner's goal for the present week of ``zone`` in ``course``, or tick it with ``done``.

    ``folder`` is the copy, by default the one opened last. Raises :class:`NotFound` where the course is not open
    here, :class:`Invalid` for a text of more than 500 characters.
    """
    plain = " ".join(text.split())
    if len(plain) > 500:
        raise Invalid("A goal has at most 500 characters.", hint="Make it shorter: one thing for this week.")
    workspace = Workspace.around(folder) if folder is not None else _opened(data, course)
    record(data, workspace, [GoalSet(week=week_of(at, zone), text=plain, done=done)], at=at)


def _opened(data: Path, course: str) -> Workspace:
    folder = opened_last(data, course)
    if folder is None:
        raise NotFound(f"The course {course!r} is not open on this computer.", hint="Open it: `course-kit open FILE`.")
    return Workspace.at(folder)


def _on_disk(
    workspace: Workspace, manifest: ReleaseManifest, progress: Progress, root: Path | None, unsynced: int
) -> OnDisk:
    base = root.resolve() if root is not None else None

    def shown(name: str) -> str | None:
        path = workspace.folder / name
        if base is None:
            return str(path)
        return path.relative_to(base).as_posix() if path.is_relative_to(base) else None

    def there(names: Iterable[str]) -> dict[str, str]:
        found = ((name, shown(name)) for name in names if (workspace.folder / name).is_file())
        return {name: path for name, path in found if path is not None}

    waiting = {name: entry.beside for name, entry in read_behind(workspace).items() if name in manifest.files}
    besides = there(waiting.values())
    outside = base is not None and not workspace.folder.is_relative_to(base)
    notice = welcome_name(manifest)
    begun = any(lesson.opened_at is not None for lesson in progress.lessons)
    return OnDisk(
        folder=shown("."),
        files=there(name for name in manifest.files if not name.startswith(f"{KIT}/")),
        new_versions={name: besides[beside] for name, beside in waiting.items() if beside in besides},
        feedback={part.key: _pages(workspace, part.key, there) for part in manifest.course.assignments()},
        notice=None if begun else there([notice]).get(notice),
        unsynced=unsynced,
        message=_message(workspace, manifest, len(besides), outside),
    )


def _message(workspace: Workspace, manifest: ReleaseManifest, waiting: int, outside: bool) -> str | None:
    if outside:
        return f"This course lies in {workspace.folder}, which this JupyterLab does not show: start it there."
    if (workspace.kit / "update.json").exists():
        return "An update of this course was cut short: open the course again, and it goes on."
    if waiting:
        which = "one of your files" if waiting == 1 else f"{waiting} of your files"
        return f"A new version of {which} lies beside your own. “Bring my answers over” joins the two."
    return " ".join(moved.text for moved in moved_work(workspace, manifest)) or None


def _pages(workspace: Workspace, assignment: str, there: Callable[[Iterable[str]], dict[str, str]]) -> tuple[str, ...]:
    """The feedback pages that were opened, the newest last."""
    records = sorted(
        (workspace.kit / "feedback" / assignment).glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name)
    )
    names: list[str] = []
    for path in records:
        try:
            pages = read_json(path, "A record of feedback").get("pages", [])
            names += [workspace.relative(name) for name in pages if isinstance(name, str) and name.endswith(".html")]
        except (CourseKitError, OSError, AttributeError, TypeError):
            continue
    found = there(dict.fromkeys(names))
    return tuple(found[name] for name in dict.fromkeys(names) if name in found)
