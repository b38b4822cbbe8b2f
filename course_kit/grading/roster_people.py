"""Which line of an export is which person of the roster, so that nobody ever takes another's place."""

from itertools import count

from course_kit.model.roster import Roster, RosterEntry, same_name
from course_kit.source.findings import Finding, Level


class People:
    """A roster that takes in one file's people, line by line; ``findings`` tells what a person should look at."""

    def __init__(self, roster: Roster, file: str, findings: list[Finding]) -> None:
        self.roster = roster
        self.findings = list(findings)
        self._file = file
        self._taken: dict[str, tuple[int | None, RosterEntry]] = {}

    def take(self, entry: RosterEntry, line: int | None, *, derived: bool) -> None:
        """Put one person into the roster, as who they are there already, or as somebody new.

        ``derived``: the learner id was made from a login, a number or an e-mail, so it alone says nothing.
        """
        learner = self._made(entry, line) if derived else self._given(entry)
        if learner in self._taken:
            first = self._taken[learner][0]
            message = f"{learner!r} is on line {first} already." if first else f"{learner!r} is in it twice."
            self._say("error", "roster-duplicate", message, "Keep one of the two.", line)
            return
        self._taken[learner] = (line, entry)
        self.roster = self.roster.merged([entry.model_copy(update={"learner": learner})])

    def _given(self, entry: RosterEntry) -> str:
        known = self._there(entry.learner) or self.roster.match(email=entry.email, lms_id=entry.lms_id)
        return entry.learner if known is None else known.learner

    def _made(self, entry: RosterEntry, line: int | None) -> str:
        known = self.roster.match(lms_id=entry.lms_id)
        if known is None:
            # two of a family may share an e-mail; then the number and the name are others
            known = self.roster.match(email=entry.email)
            if known is not None and _has_another_number(known, entry) and not same_name(known.name, entry.name):
                known = None
        if known is not None and not self._is_another_line(known, entry):
            return known.learner
        for number in count(1):
            learner = entry.learner if number == 1 else f"{entry.learner}-{number}"
            there = self._there(learner)
            if there is None:
                if number > 1:
                    self._say_numbered(entry, learner, line)
                return learner
            if not _differ(there, entry) and not self._is_another_line(there, entry):
                return there.learner
        raise AssertionError

    def _there(self, learner: str) -> RosterEntry | None:
        """Whoever has this id; some disks take `Ada` and `ada` for one folder."""
        folded = learner.casefold()
        return next((entry for entry in self.roster.entries if entry.learner.casefold() == folded), None)

    def _is_another_line(self, known: RosterEntry, entry: RosterEntry) -> bool:
        """Whether an earlier line of the same file is that person, with another LMS id: they can share an e-mail."""
        return known.learner in self._taken and _has_another_number(self._taken[known.learner][1], entry)

    def _say_numbered(self, entry: RosterEntry, learner: str, line: int | None) -> None:
        other = self._there(entry.learner)
        self._say(
            "warning",
            "roster-namesake",
            f"{entry.name or entry.learner} is {learner!r} in the roster: {entry.learner!r} is "
            f"{(other.name if other else '') or 'somebody'} with another LMS id, e-mail or name.",
            f"If both are one person, remove the line {learner!r} from roster.csv, write this LMS id or e-mail into "
            f"the line {entry.learner!r}, and import again.",
            line,
        )

    def _say(self, level: Level, code: str, message: str, hint: str, line: int | None) -> None:
        self.findings.append(Finding(level, code, self._file, message, hint, line=line))


def _has_another_number(known: RosterEntry, entry: RosterEntry) -> bool:
    return bool(known.lms_id and entry.lms_id) and known.lms_id.casefold() != entry.lms_id.casefold()


def _differ(known: RosterEntry, entry: RosterEntry) -> bool:
    """Whether they cannot be told to be one person: an id or e-mail differs, or nothing but the names can tell."""
    pairs = [(getattr(known, name).casefold(), getattr(entry, name).casefold()) for name in ("lms_id", "email")]
    both = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
    if both:
        return any(ours != theirs for ours, theirs in both)
    return bool(known.name and entry.name) and not same_name(known.name, entry.name)
