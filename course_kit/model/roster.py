"""Who should be there: rows of ``roster.csv``, and which of them a name or an address that came in belongs to."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _check_learner(text: str) -> str:
    """nbgrader makes folders of these ids, so they may hold nothing that leaves a folder."""
    if text in {".", ".."} or any(c in text for c in '/\\:*?"<>|+\0') or not text.isprintable() or text != text.strip():
        raise ValueError(f"{text!r} cannot be a learner's id: no / \\ : * ? \" < > | + and no blanks at its ends")
    return text


STAND_IN = "x-"
"""How a pseudonym begins that the instructor's side made for someone whose computer was never met."""


def is_stand_in(pseudonym: str) -> bool:
    """Whether no computer of the learner bears this pseudonym: their work came without one (a bare notebook)."""
    return pseudonym.startswith(STAND_IN)


LearnerId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_check_learner)]


class RosterEntry(BaseModel):
    """One person. ``learner`` is also the nbgrader id; ``lms_id`` is what the learning management system calls them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learner: LearnerId
    name: str = ""
    email: str = ""
    lms_id: str = ""
    cohort: str = ""


class Roster(BaseModel):
    """All of them, each learner once."""

    model_config = ConfigDict(frozen=True)

    entries: tuple[RosterEntry, ...] = ()

    def get(self, learner: str) -> RosterEntry | None:
        return next((entry for entry in self.entries if entry.learner == learner), None)

    def match(self, *, learner: str = "", email: str = "", lms_id: str = "", name: str = "") -> RosterEntry | None:
        """The one entry that fits, tried in this order: learner, LMS id, e-mail, name; None if none or several fit."""
        for field, value in (("learner", learner), ("lms_id", lms_id), ("email", email), ("name", name)):
            wanted = _plain(value)
            if not wanted:
                continue
            fitting = [entry for entry in self.entries if _plain(getattr(entry, field)) == wanted]
            if len(fitting) == 1:
                return fitting[0]
        return None

    def merged(self, others: Iterable[RosterEntry]) -> "Roster":
        """This roster with ``others`` added; a filled field of theirs replaces ours, an empty one leaves it."""
        known = {entry.learner: entry for entry in self.entries}
        for entry in others:
            filled = {name: value for name, value in entry.model_dump().items() if value}
            before = known.get(entry.learner)
            known[entry.learner] = before.model_copy(update=filled) if before else entry
        return Roster(entries=tuple(known.values()))


def same_name(one: str, other: str) -> bool:
    """Whether both are one name, whichever part comes first (``Lovelace, Ada``)."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    """For comparison: without case, surplus blanks and punctuation between names (``Weiß, Ada`` is ``ada weiß``)."""
    family, comma, given = text.partition(",")
    ordered = f"{given} {family}" if comma and "@" not in text else text
    return " ".join(ordered.casefold().split())
