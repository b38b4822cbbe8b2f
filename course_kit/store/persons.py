"""All that a store holds on one person: written out, or erased."""

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from course_kit.errors import Invalid, NotFound
from course_kit.files.atomic import disk_errors
from course_kit.model.keys import utc_text
from course_kit.store.contract import Erased, ProgressStore, bears
from course_kit.store.journal import journal_paths
from course_kit.store.places import Learner, local_learner, save_learner


@dataclass(frozen=True)
class Exported:
    """The two files, and how much is in them."""

    lines: Path
    summary: Path
    names: tuple[str, ...]
    events: int
    set_asides: int


def names_of(store: ProgressStore, learner: str) -> tuple[str, ...]:
    """Every name that ``learner`` bears in the store: as the roster has it, and linked pseudonyms.

    Raises :class:`NotFound` if the store knows nothing by that name.
    """
    linked = store.pseudonyms(learner)
    person = store.people().get(learner)
    if person is not None:  # a pseudonym was given
        linked = (*linked, person, *store.pseudonyms(person))
    names = tuple(sorted({learner, *linked}))
    known = {name for _, name in store.names()} | set(store.erased())
    if not linked and learner not in known and not any(bears(aside.raw, names) for aside in store.set_asides()):
        raise NotFound(
            f"The store holds nothing of {learner!r}.", hint="Use the learner's id in the roster, or a pseudonym."
        )
    return names


def export(store: ProgressStore, names: tuple[str, ...], folder: Path, at: datetime) -> Exported:
    """Write all that the store holds on who bears ``names`` into ``folder``, which must be new or empty.

    ``everything.jsonl`` has one JSON object a line, with its ``type``: name, event (in canonical order), progress,
    set-aside. ``README.txt`` says the same for a person to read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Invalid(f"{folder} is not empty.", hint="Name a new folder for the export.")
    counts: dict[str, int] = {}
    kinds: dict[tuple[str, str], int] = {}
    lines = folder / "everything.jsonl"
    with disk_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        with lines.open("x", encoding="utf-8") as stream:
            for row in _rows(store, names):
                counts[row["type"]] = counts.get(row["type"], 0) + 1
                if row["type"] == "event":
                    key = (row["event"]["course"], row["event"]["fact"]["kind"])
                    kinds[key] = kinds.get(key, 0) + 1
                _write(stream, row)
        summary = folder / "README.txt"
        summary.write_text(_summary(names, counts, kinds, at), encoding="utf-8")
    return Exported(lines, summary, names, counts.get("event", 0), counts.get("set-aside", 0))


def _rows(store: ProgressStore, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    people = store.people()
    for name in names:
        yield {"type": "name", "name": name, "belongs to": people.get(name, name)}
    for event in store.events(learners=names):
        yield {"type": "event", "event": event.model_dump(mode="json")}
    for course in sorted({course for course, name in store.names() if name in names}):
        for name, tally in store.tallies(course, learners=names).items():
            yield {"type": "progress", "course": course, "name": name, "kept": json.loads(tally.to_json())}
    for aside in store.set_asides():
        if bears(aside.raw, names):
            yield {"type": "set-aside", "text": aside.raw, "reason": aside.reason, "at": utc_text(aside.at)}


def _write(stream: IO[str], row: dict[str, Any]) -> None:
    stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _summary(names: tuple[str, ...], counts: dict[str, int], kinds: dict[tuple[str, str], int], at: datetime) -> str:
    lines = [
        f"All that this store holds on {', '.join(names)}, as of {utc_text(at)}.",
        "",
        'everything.jsonl has one JSON object a line; its "type" says what it is:',
        f"  name       {counts.get('name', 0):>7}  a name that the person bears here, and to whom it belongs",
        f"  event      {counts.get('event', 0):>7}  something that happened, with its time (UTC)",
        f"  progress   {counts.get('progress', 0):>7}  what the events have come to: a summary kept to be quick",
        f"  set-aside  {counts.get('set-aside', 0):>7}  a text that names the person and is no event",
    ]
    for course in sorted({course for course, _ in kinds}):
        lines += ["", f"Events in the course {course}:"]
        lines += [f"  {kind:<20} {kinds[course, kind]:>7}" for of, kind in sorted(kinds) if of == course]
    lines += [
        "",
        "Not in here, because the store does not hold it: notebooks and other files of the person, what was handed in,",
        "the gradebook of nbgrader, and feedback pages.",
    ]
    return "\n".join(lines) + "\n"


def erase(store: ProgressStore, names: tuple[str, ...], at: datetime) -> Erased:
    """Take all that bears ``names`` out of the store; the names themselves stay as tombstones (``store.erased``)."""
    return store.erase(names, at)


def erase_own(data: Path, store: ProgressStore, at: datetime) -> Erased:
    """Erase the learner of a data folder, with journals, last answers and calendar addresses.

    From now on they bear a new pseudonym. A notebook that is open has the old name until its kernel is started again;
    what it records is dropped.
    """
    gone = store.erase(local_learner(data).pseudonyms, at)
    save_learner(data, Learner(f"p-{secrets.token_hex(8)}"))
    with disk_errors(str(data)):
        for path in journal_paths(data / "journals"):
            path.unlink(missing_ok=True)
        (data / "calendar.json").unlink(missing_ok=True)
        if (data / "snapshots").is_dir():
            shutil.rmtree(data / "snapshots")
    return gone
