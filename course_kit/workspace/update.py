"""Bring a learner's copy from one release to the next, file by file, so that a crash loses nothing.

The plan is written down (``.course-kit/update.json``) before the first file changes, and each file changes by one
move; whoever comes next finishes a plan that was left behind.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, field_serializer

from course_kit.errors import Invalid, Refused, check_version
from course_kit.files.archive import safe_path, sha256
from course_kit.files.atomic import disk_errors, read_json, sync_folder, write_atomically, write_json
from course_kit.files.lock import FileLock
from course_kit.model.keys import utc_text
from course_kit.model.release import Digest, ReleaseManifest
from course_kit.source.released import read_manifest
from course_kit.workspace.behind import Behind, base_content, prune_bases, read_behind, save_behind
from course_kit.workspace.folder import (
    DRAFT,
    KIT,
    NEW,
    Opening,
    Workspace,
    backup_folder,
    free_new_version,
    versions_beside,
)
from course_kit.workspace.moved import follow_moves, moved_lessons
from course_kit.workspace.notebooks import untouched
from course_kit.workspace.trust import trust

_WAIT = 5.0
Action = Literal["put", "beside", "remove"]
Result = Literal["added", "updated", "removed", "kept", "kept-removed", "same"]
Progress = Callable[[int, int, str], None]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """One file. ``expect``: the digest that it had when the plan was made, None if it was not there."""

    path: str
    action: Action
    expect: Digest | None


class Outcome(_Part):
    """What became of a file; ``beside`` is where its new version lies."""

    result: Result
    beside: str = ""


class Plan(_Part):
    """``update.json``. ``backup`` is relative to the copy; ``outcomes`` belong to the first steps, one each."""

    version: Literal[1] = 1
    old: Digest
    new: Digest
    at: AwareDatetime
    backup: str
    steps: tuple[Step, ...]
    outcomes: tuple[Outcome, ...] = ()

    @field_serializer("at")
    def _as_utc(self, value: datetime) -> str:
        return utc_text(value)


@contextmanager
def changing(workspace: Workspace) -> Iterator[None]:
    """Hold the learner's copy for a change; an update that was cut short is finished first.

    Raises :class:`Busy` while another process changes it.
    """
    with FileLock(workspace.kit / "lock", f"Another change of {workspace.folder}", wait=_WAIT):
        workspace.record = Workspace.at(workspace.folder).record
        plan = _left_behind(workspace)
        if plan is not None:
            carry_out(workspace, plan, progress=lambda done, total, what: None)
        yield


def _left_behind(workspace: Workspace) -> Plan | None:
    path = workspace.kit / "update.json"
    if not path.exists():
        return None
    what = "The plan of an update"
    data = read_json(path, what)
    check_version(what, data.get("version") if isinstance(data, dict) else None, 1)
    try:
        plan = Plan.model_validate(data)
        for name in (plan.backup, *(step.path for step in plan.steps)):
            safe_path(name)
    except (ValidationError, Invalid) as error:
        raise Invalid(
            f"{what} is damaged: {path}.", hint="Delete that file and open the release once more; nothing is lost."
        ) from error
    return plan


def make_plan(workspace: Workspace, new: ReleaseManifest, at: datetime) -> Plan:
    """What has to happen for the copy to follow the release ``new``, whose files lie in its base already.

    Raises :class:`Refused` where a folder of the course was replaced by a link that leads elsewhere.
    """
    old = workspace.manifest()
    behind = read_behind(workspace)
    steps = []
    for name, digest in sorted(new.files.items()):
        step = _step(workspace, name, digest, old.files.get(name), name in behind)
        if step is not None:
            steps.append(step)
    for name in sorted(set(old.files) - set(new.files)):
        current = _current(workspace, name)
        if current is not None:
            steps.append(Step(path=name, action="remove", expect=sha256(current)))
    current = _current(workspace, "release.json")
    steps.append(Step(path="release.json", action="put", expect=None if current is None else sha256(current)))
    backup = backup_folder(workspace, at).relative_to(workspace.folder).as_posix()
    return Plan(old=workspace.release, new=new.release, at=at, backup=backup, steps=tuple(steps))


def _step(workspace: Workspace, name: str, digest: str, was: str | None, behind: bool) -> Step | None:
    current = _current(workspace, name)
    if current is None:
        is_other = (workspace.folder / name).exists()
        return Step(path=name, action="beside" if is_other else "put", expect=None)
    found = sha256(current)
    if found == digest or (was == digest and not _is_ours(name) and not behind):
        return None
    mine = not _is_ours(name) and not _is_untouched(workspace, name, current)
    if mine and was == digest:
        return None
    return Step(path=name, action="beside" if mine else "put", expect=found)


def _is_ours(name: str) -> bool:
    """Files that no learner works in: they follow the release whatever they hold."""
    return name == "release.json" or name.startswith(f"{KIT}/")


def _is_untouched(workspace: Workspace, name: str, current: bytes) -> bool:
    base = base_content(workspace, name)
    return base is not None and untouched(current, base, name)


def _current(workspace: Workspace, name: str) -> bytes | None:
    path = workspace.folder / name
    if not path.parent.resolve().is_relative_to(workspace.folder):
        raise Refused(
            f"{path.parent} leads out of the course's folder (it is a link), so that nothing may be written there.",
            hint="Put a folder in place of the link and open the release again.",
        )
    return path.read_bytes() if path.is_file() else None


def begin(workspace: Workspace, plan: Plan) -> None:
    """Write the plan down; from here on the update will be finished, if not by us."""
    write_json(workspace.kit / "update.json", plan.model_dump(mode="json"))


def carry_out(workspace: Workspace, plan: Plan, *, progress: Progress) -> dict[str, Outcome]:
    """Do what of the plan is not done yet, and end it. Returns what became of each file of the plan."""
    base = workspace.base_of(plan.new)
    manifest = read_manifest(base)
    done = list(plan.outcomes)
    for number, step in enumerate(plan.steps[len(done) :], len(done)):
        progress(number, len(plan.steps), step.path)
        done.append(_carry_out_step(workspace, plan, step, base))
        if done[-1].result != "same":
            begin(workspace, plan.model_copy(update={"outcomes": tuple(done)}))
    outcomes = {step.path: outcome for step, outcome in zip(plan.steps, done, strict=True)}
    _end(workspace, plan, manifest, outcomes)
    progress(len(plan.steps), len(plan.steps), "")
    return outcomes


def _end(workspace: Workspace, plan: Plan, manifest: ReleaseManifest, outcomes: dict[str, Outcome]) -> None:
    trust(workspace.folder / name for name, outcome in outcomes.items() if outcome.result in ("added", "updated"))
    trust(workspace.folder / outcome.beside for outcome in outcomes.values() if outcome.beside)
    moves = _moves(workspace, plan, manifest)
    had = read_behind(workspace)
    behind = follow_moves(had, moves, manifest)
    for name, outcome in outcomes.items():
        if outcome.result in ("added", "updated"):
            behind.pop(name, None)
        beside = moves.get(name, "") if outcome.result == "kept-removed" else outcome.beside
        if beside:
            before = behind.get(name) or had.get(name)
            base = before.base if before else plan.old if _was_in(workspace, plan.old, name) else ""
            behind[name] = Behind(base=base, beside=beside)
    save_behind(workspace, behind)
    record = workspace.record
    history = record.history
    if not history or history[-1].release != plan.new:
        history = (*history, Opening(release=plan.new, at=plan.at))
    workspace.save(record.model_copy(update={"release": plan.new, "history": history}))
    prune_bases(workspace)
    _sweep(workspace, plan)
    (workspace.kit / "update.json").unlink(missing_ok=True)
    backup = workspace.folder / plan.backup
    if backup.is_dir() and not any(backup.iterdir()):
        backup.rmdir()


def _moves(workspace: Workspace, plan: Plan, manifest: ReleaseManifest) -> dict[str, str]:
    """Which notebooks moved; none where an update that was cut short has noted them and removed the old release."""
    old = workspace.base_of(plan.old)
    return moved_lessons(read_manifest(old).course, manifest.course) if (old / "release.json").is_file() else {}


def _sweep(workspace: Workspace, plan: Plan) -> None:
    """Remove the drafts that a killed update left beside the files of its plan."""
    names = {Path(step.path).name for step in plan.steps}
    for folder in {(workspace.folder / step.path).parent for step in plan.steps}:
        for path in folder.glob(".*.tmp"):
            match = DRAFT.match(path.name)
            if match is not None and (match[1] in names or f"({NEW}" in match[1]):
                path.unlink(missing_ok=True)


def _was_in(workspace: Workspace, release: str, name: str) -> bool:
    return (workspace.base_of(release) / name).is_file()


def _carry_out_step(workspace: Workspace, plan: Plan, step: Step, base: Path) -> Outcome:
    target = workspace.folder / step.path
    current = _current(workspace, step.path)
    found = None if current is None else sha256(current)
    if step.action == "remove":
        return _remove(workspace, plan, step, current)
    new = (base / step.path).read_bytes()
    if found == sha256(new):
        return Outcome(result="same" if step.expect == found else "added" if step.expect is None else "updated")
    if step.action == "put" and (found == step.expect or _is_ours(step.path)) and not target.is_dir():
        if current is not None and not _is_as_it_came(workspace, step.path, current):
            write_atomically(workspace.folder / plan.backup / step.path, current)
        write_atomically(target, new)
        return Outcome(result="added" if current is None else "updated")
    # Touched before the plan was made, or since.
    beside = _put_beside(workspace, plan, step.path, new)
    return Outcome(result="kept", beside=beside.relative_to(workspace.folder).as_posix())


def _is_as_it_came(workspace: Workspace, name: str, current: bytes) -> bool:
    return current == base_content(workspace, name)


def _remove(workspace: Workspace, plan: Plan, step: Step, current: bytes | None) -> Outcome:
    """Take away what the new release lacks, unless the learner has worked in it."""
    target = workspace.folder / step.path
    if current is None:
        return Outcome(result="removed")
    if not _is_ours(step.path) and not _is_untouched(workspace, step.path, current):
        return Outcome(result="kept-removed")
    write_atomically(workspace.folder / plan.backup / step.path, current)
    with disk_errors(str(target)):
        target.unlink()
    sync_folder(target.parent)
    return Outcome(result="removed")


def _put_beside(workspace: Workspace, plan: Plan, name: str, new: bytes) -> Path:
    """Lay the new version beside the learner's file; never over one that they have worked in."""
    target = workspace.folder / name
    earlier = workspace.base_of(plan.old) / name
    before = earlier.read_bytes() if earlier.is_file() else None
    for _, beside in versions_beside(target):
        content = beside.read_bytes() if beside.is_file() else None
        if content is None:
            continue
        if untouched(content, new, name):
            return beside
        if before is not None and untouched(content, before, name):
            write_atomically(beside, new)
            return beside
    beside = free_new_version(target)
    write_atomically(beside, new)
    return beside
