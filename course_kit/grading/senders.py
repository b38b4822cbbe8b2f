"""Who sent a file: what the names in a learning management system's download say, held against the roster."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from course_kit.model.roster import Roster, RosterEntry
from course_kit.quizzes.graded import RESPONSES

# Canvas: lastnamefirstname_[LATE_]<user>_<submission>_<file>
_CANVAS = re.compile(r"^(?P<name>[^_/\d]+\d*)_(?P<late>LATE_)?(?P<user>\d+)_(?P<attempt>\d+)_(?P<file>.+)$", re.I)
# Moodle: "First Last_<submission>_assignsubmission_file_/<file>", or flat with the file's name at its end
_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)$", re.I)
_AGAIN = re.compile(r"(?:-(?P<dash>\d{1,3})| ?\((?P<bracket>\d{1,3})\))$")


@dataclass(frozen=True)
class Sender:
    """What the path of a file says. ``lms``: whether a learning system says so. ``file``: the name that it had."""

    name: str = ""
    lms_id: str = ""
    learner: str = ""
    lms: bool = False
    file: str = ""
    again: int = 0

    @property
    def said(self) -> str:
        """For a message: whom it names."""
        return self.name or self.learner or self.lms_id


def read_sender(parts: tuple[str, ...], roster: Roster) -> Sender:
    """Whom the names that lead to a file name, the outermost first; nothing is filled where they name nobody."""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        inner = parts[-1]
        moodle = _MOODLE.match(part)
        if moodle is not None:
            file = moodle["file"] if last and moodle["file"] else inner
            return _numbered(Sender(name=moodle["name"].strip(), lms=True, file=file))
        canvas = _CANVAS.match(part)
        if canvas is not None:
            file = canvas["file"] if last else inner
            return _numbered(Sender(name=canvas["name"], lms_id=canvas["user"], lms=True, file=file))
    for part in parts[:-1]:
        entry = _by_id(roster, part.removesuffix(".zip"))
        if entry is not None:
            return _numbered(Sender(learner=entry.learner, file=parts[-1]))
    return _numbered(_named_file(parts[-1], roster))


def _named_file(name: str, roster: Roster) -> Sender:
    """``<learner>.ipynb`` or ``<learner>_<anything>.ipynb``: the longest id that fits."""
    stem = name.rpartition(".")[0] or name
    again = _AGAIN.sub("", stem)
    fitting = [
        entry
        for entry in roster.entries
        for tried in (stem, again)
        if tried.casefold() == entry.learner.casefold()
        or tried.casefold().startswith((f"{entry.learner.casefold()}_", f"{entry.learner.casefold()}-"))
    ]
    if not fitting:
        return Sender(file=name)
    entry = max(fitting, key=lambda entry: len(entry.learner))
    rest = stem[len(entry.learner) + 1 :]
    ending = name.removeprefix(stem)
    keeps = ending == ".ipynb" or f"{rest}{ending}" == RESPONSES  # what was answered is looked for by its name
    return Sender(learner=entry.learner, file=f"{rest}{ending}" if rest and keeps else name)


def _numbered(sender: Sender) -> Sender:
    """Canvas and browsers number what was handed in again: ``frames-2.ipynb``, ``frames (2).ipynb``."""
    stem = sender.file.rpartition(".")[0] or sender.file
    match = _AGAIN.search(stem)
    return sender if match is None else replace(sender, again=int(match["dash"] or match["bracket"]))


def without_number(stem: str) -> str:
    """``frames-2`` and ``frames (2)`` as ``frames``."""
    return _AGAIN.sub("", stem)


def find_learner(sender: Sender, roster: Roster) -> RosterEntry | None:
    """Whom the roster knows this sender as; None if nobody or more than one."""
    if sender.learner:
        return roster.get(sender.learner)
    by_number = roster.match(lms_id=sender.lms_id)
    if by_number is not None:
        return by_number
    # a namesake is not meant: whose number is known to be another is out
    others = [entry for entry in roster.entries if not (sender.lms_id and entry.lms_id.isdigit())]
    by_name = Roster(entries=tuple(others)).match(name=sender.name)
    return by_name or _one(entry for entry in others if _squeezed(sender.name) in _squeezed_names(entry))


def _by_id(roster: Roster, text: str) -> RosterEntry | None:
    return _one(entry for entry in roster.entries if text.casefold() in {entry.learner.casefold()})


def _one(entries: Iterable[RosterEntry]) -> RosterEntry | None:
    found = list(entries)
    return found[0] if len(found) == 1 else None


def _squeezed(name: str) -> str:
    """``Lovelace, Ada`` as Canvas writes it in file names: ``lovelaceada``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


def _squeezed_names(entry: RosterEntry) -> set[str]:
    words = entry.name.replace(",", " ").split()
    turns = {_squeezed("".join(words[cut:] + words[:cut])) for cut in range(len(words))}
    return turns - {""}
