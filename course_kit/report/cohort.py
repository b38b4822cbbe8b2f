"""Whose events are whose: what a store holds, grouped by learner and held against the roster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from course_kit.model.events import Event
from course_kit.model.roster import Roster, RosterEntry
from course_kit.model.tally import Tally


@dataclass(frozen=True)
class Member:
    """One person. ``entry`` is None for who is not on the roster; ``learner`` is then a pseudonym or a bare id.

    ``tally``: what their events in the course come to. A person voids only what bears one of their own names.
    """

    learner: str
    entry: RosterEntry | None
    pseudonyms: tuple[str, ...]
    tally: Tally

    @property
    def cohorts(self) -> tuple[str, ...]:
        """The cohort that the roster names, if it does."""
        return (self.entry.cohort,) if self.entry is not None and self.entry.cohort else ()


@dataclass(frozen=True)
class Cohort:
    """``members``: everyone on the roster in its order, or, without a roster, everyone seen, by id.

    ``unknown``: who was seen and is not on the roster, by id; empty where there is no roster.
    """

    members: tuple[Member, ...]
    unknown: tuple[Member, ...]
    has_roster: bool

    def everyone(self) -> tuple[Member, ...]:
        return self.members + self.unknown


def group(
    roster: Roster,
    people: Mapping[str, str],
    events: Iterable[Event],
    *,
    course: str,
    seen: Iterable[str] = (),
    kept: Mapping[str, Tally] | None = None,
) -> Cohort:
    """Everyone on the roster or in the store.

    ``people`` maps pseudonyms to learners; an event may also bear a learner's id itself. ``kept``: the tallies of
    those learners whose events are known already; ``events`` are those of the others. ``seen`` are learners or
    pseudonyms that turned up elsewhere (in the store, a submitted folder, a graded batch). Events of other courses
    are left out.
    """
    of: dict[str, list[Event]] = {}
    tallies = dict(kept or {})
    names: dict[str, set[str]] = {learner: set() for learner in tallies}
    for event in events:
        if event.course == course:
            learner = people.get(event.learner, event.learner)
            of.setdefault(learner, []).append(event)
            names.setdefault(learner, set()).add(event.learner)
    for name in seen:
        names.setdefault(people.get(name, name), set()).add(name)
    tallies |= {learner: Tally.of(found) for learner, found in of.items()}
    entries = {entry.learner: entry for entry in roster.entries}

    def member(learner: str) -> Member:
        aliases = tuple(sorted(names.get(learner, set()) - {learner}))
        return Member(learner, entries.get(learner), aliases, tallies.get(learner) or Tally())

    strangers = tuple(member(learner) for learner in sorted(names) if learner not in entries)
    if not entries:
        return Cohort(members=strangers, unknown=(), has_roster=False)
    return Cohort(members=tuple(member(learner) for learner in entries), unknown=strangers, has_roster=True)
