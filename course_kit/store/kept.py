"""What a store's events have come to for one person, who may bear several names: read from the kept tallies."""

from collections.abc import Collection, Mapping

from course_kit.model.tally import Tally
from course_kit.store.contract import ProgressStore


def tally_of(store: ProgressStore, course: str, learners: Collection[str] | None = None) -> Tally:
    """The tally of one person's events in ``course``, under all of ``learners`` (by default of every name there is)."""
    return _together(store, course, store.tallies(course, learners=learners))


def tallies_of(
    store: ProgressStore, course: str, people: Mapping[str, str], *, learners: Collection[str] | None = None
) -> dict[str, Tally]:
    """The tally of everyone with events in ``course``. ``people``: whose each name is; others stand for themselves.

    ``learners``: only events that bear one of these names.
    """
    groups: dict[str, dict[str, Tally]] = {}
    for name, tally in store.tallies(course, learners=learners).items():
        groups.setdefault(people.get(name, name), {})[name] = tally
    return {person: _together(store, course, tallies) for person, tallies in groups.items()}


def _together(store: ProgressStore, course: str, tallies: Mapping[str, Tally]) -> Tally:
    if len(tallies) > 1 and any(tally.voids for tally in tallies.values()):
        # one name may have voided an event under another, which its kept tally does not know
        return Tally.of(store.events(course=course, learners=list(tallies)))
    if len(tallies) == 1:
        return next(iter(tallies.values()))
    whole = Tally()
    for tally in tallies.values():
        whole.merge(tally)
    return whole
