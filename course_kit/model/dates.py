"""When work opens, is due and closes, for one learner, and how much it counts at which moment.

The course's own dates, then those of the learner's cohort, then the learner's own, are merged field by field. Days are
days on a wall clock: nine in the evening stays nine in the evening when the clocks change. Dates that count from the
learner's start go by the clock on the learner's wall; fixed ones by the course's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from course_kit.model.tally import Tally
from course_kit.model.when import Credit, Override, When, parse_span

__all__ = [
    "FULL",
    "Credit",
    "Dated",
    "Effective",
    "Override",
    "Pace",
    "Step",
    "counted_time",
    "credit_at",
    "effective",
    "later",
    "own_zones",
    "pace_of",
]

FULL = 100.0
COURSE = "the course"
_DAY = timedelta(days=1)
MAX_ZONES = 24
"""Of so many time zones of one learner, the first ones, dates take notice."""
_LAST = datetime(9990, 1, 1, tzinfo=UTC)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pace(_Part):
    """From ``at`` on the movable dates stand still (pause), run again (resume) or begin anew (restart).

    ``said``: when the learner said so; what was handed in before that is not touched by it.
    """

    change: str
    at: datetime
    said: datetime


class Dated(Protocol):
    """What has dates: an assignment."""

    @property
    def opens(self) -> str | None: ...
    @property
    def due(self) -> str | None: ...
    @property
    def closes(self) -> str | None: ...
    @property
    def credit(self) -> tuple[Credit, ...]: ...


class Step(_Part):
    """``percent`` of the points until a moment (aware UTC); None: from then on."""

    until: datetime | None = None
    percent: float


class Effective(_Part):
    """One learner's dates, aware UTC; None where there is none or it is not known before the learner begins.

    ``why`` says by field which rule gave it and what moved it; ``fixed``: those that no pause or restart moves.
    """

    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    credit: tuple[Step, ...] = ()
    why: Mapping[str, str] = {}
    fixed: frozenset[str] = frozenset()

    @property
    def full_until(self) -> datetime | None:
        """The last moment that counts in full; None where lateness costs nothing."""
        steps = self.credit or (Step(percent=FULL),)
        until: datetime | None = None
        for step in steps:
            if step.percent < FULL:
                return _earliest(until or datetime(1970, 1, 1, tzinfo=UTC), self.closes)
            until = step.until
            if until is None:
                break
        return _earliest(until, self.closes)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def credit_at(dates: Effective, at: datetime) -> float:
    """How many percent of its points work counts that was handed in at ``at``; the moment of a step's end is in it."""
    if dates.closes is not None and at > dates.closes:
        return 0.0
    for step in dates.credit:
        if step.until is None or at <= step.until:
            return step.percent
    return 0.0 if dates.credit else FULL


def counted_time(finished: datetime, received: datetime | None, grace: timedelta | None) -> datetime:
    """The moment that decides on lateness, of work ``finished`` offline (by its own clock) and ``received`` later.

    Without ``grace`` the learner's clock is believed. With it, work counts as finished then if it arrives within that
    span of it, and else as if the span had just been used up.
    """
    if grace is None or received is None:
        return finished
    return max(finished, received - grace)


def pace_of(tally: Tally) -> tuple[Pace, ...]:
    """What one learner's events say of their pace, in order; nothing reaches back before it was said."""
    found = [
        Pace(change=change, at=max(at, said), said=said)
        for (said, _), (change, at, _) in tally.pace.items()
        if change != "hours"
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.said, one.change)))


def own_zones(tally: Tally, course_zone: tzinfo, named: Callable[[str], tzinfo | None]) -> tuple[tzinfo, ...]:
    """The zones by whose clocks the learner's relative dates count, the first that was noted first.

    The course's is one of them where dates were given out by it: where no zone was noted within a day of the start.
    ``named`` knows zones by their names; one that it does not know does not count.
    """
    names = sorted(tally.zones, key=lambda name: (tally.zones[name], name))[:MAX_ZONES]
    known = [(tally.zones[name], zone) for name in names if (zone := named(name)) is not None]
    zones, start = tuple(zone for _, zone in known), tally.started_at
    is_late = not known or (start is not None and known[0][0] > start + _DAY)
    return (course_zone, *zones) if is_late else zones


def effective(
    part: Dated,
    *,
    start: datetime | None,
    at: datetime,
    zone: tzinfo = UTC,
    own: Sequence[tzinfo] = (),
    overrides: Iterable[Override] = (),
    cohort: str = "",
    learner: str = "",
    pace: Iterable[Pace] = (),
) -> Effective:
    """The dates of ``part`` for a learner who began at ``start``, as they stand at ``at``.

    Of ``overrides`` those of the learner's ``cohort`` count, and before them those of the ``learner``; of several, the
    later one. What was said of the ``pace`` after ``at`` does not count. ``zone`` is the course's, for fixed dates;
    ``own`` are the learner's (by default that zone), for those that count from the start: of several the one counts
    that gives most time, so that no journey makes a date earlier (and none makes a door open later).
    """
    known = [one for one in pace if one.said <= at]
    begun = max((one.at for one in known if one.change == "restart" and one.at <= at), default=None)
    rules = _Rules(part, [one for one in overrides if _is_for(one, cohort, learner)])
    due = rules.when("due")
    origin, pauses = begun if begun and start else start, _pauses(known, begun, at)
    return _most_generous(
        [
            _placed(rules, _Moving(zone, mine, origin, pauses, due, restarted=begun is not None), due)
            for mine in own or (zone,)
        ]
    )


def _placed(rules: "_Rules", moving: "_Moving", due: When | None) -> Effective:
    anchor = moving.place(due, None, rules.extension("due"))
    return Effective(
        opens=moving.shifted(rules.when("opens"), anchor, due),
        due=moving.shifted(due, None, due, rules.extension("due")),
        closes=moving.shifted(rules.when("closes"), anchor, due, rules.extension("closes")),
        credit=tuple(moving.steps(rules.credit(), anchor, due)),
        why={name: text + moving.why(rules.when(name), due) for name, text in rules.why().items()},
        fixed=frozenset(
            name for name in ("opens", "due", "closes") if (when := rules.when(name)) and not _moves(when, due)
        ),
    )


def _most_generous(found: list[Effective]) -> Effective:
    """One of all that the learner's zones come to: what opens, the earliest of them; what ends, the latest."""
    first, *others = found
    if not others:
        return first
    credit = tuple(
        Step(until=_latest(step.until for step in steps), percent=steps[0].percent)
        for steps in zip(*(one.credit for one in found), strict=True)
    )
    opens = min((one.opens for one in found if one.opens is not None), default=None)
    due, closes = _latest(one.due for one in found), _latest(one.closes for one in found)
    return first.model_copy(update={"opens": opens, "due": due, "closes": closes, "credit": credit})


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in moments if at is not None), default=None)


def _is_for(override: Override, cohort: str, learner: str) -> bool:
    return (override.cohort == cohort) if override.cohort else (override.learner == learner)


class _Rules:
    """The fields, merged: the more specific wins."""

    def __init__(self, part: Dated, overrides: list[Override]) -> None:
        self._part = part
        self._overrides = sorted(overrides, key=lambda one: bool(one.learner))

    def _winner(self, name: str) -> Override | None:
        return next((one for one in reversed(self._overrides) if getattr(one, name) is not None), None)

    def _value(self, name: str) -> str | None:
        winner = self._winner(name)
        value: str | None = getattr(self._part if winner is None else winner, name)
        return value

    def when(self, name: str) -> When | None:
        value = self._value(name) if name != "credit" else None
        return When.parse(value) if value else None

    def credit(self) -> tuple[Credit, ...]:
        winner = self._winner("credit")
        return self._part.credit if winner is None else winner.credit or ()

    def extension(self, name: str) -> timedelta:
        """An extension moves the due date, and a closing that does not count from it anyway."""
        winner, when = self._winner("extend"), self.when(name)
        if winner is None or winner.extend is None or when is None or (name == "closes" and when.base == "due"):
            return timedelta()
        return parse_span(winner.extend)

    def why(self) -> dict[str, str]:
        found = {}
        for name in ("opens", "due", "closes", "credit"):
            if not (self.credit() if name == "credit" else self._value(name)):
                continue
            winner, extended = self._winner(name), self._winner("extend")
            found[name] = COURSE if winner is None else winner.whose + (f" ({winner.reason})" if winner.reason else "")
            if extended is not None and name in ("due", "closes"):
                reason = f" ({extended.reason})" if extended.reason and extended is not winner else ""
                found[name] += f", extended by {extended.extend}{reason}"
        return found


def _moves(when: When, due: When | None) -> bool:
    base = due.base if when.base == "due" and due is not None else when.base
    return base == "start"


class _Moving:
    """Where dates fall, and where pauses and restarts move them."""

    def __init__(
        self,
        fixed: tzinfo,
        own: tzinfo,
        start: datetime | None,
        pauses: list[tuple[datetime, datetime]],
        due: When | None,
        *,
        restarted: bool,
    ) -> None:
        self._fixed, self._own, self._start, self._due, self._restarted = fixed, own, start, due, restarted
        self._pauses = [(_wall(begin, own), _wall(end, own)) for begin, end in pauses]

    def place(self, when: When | None, due: datetime | None, extension: timedelta) -> datetime | None:
        """The date before any pause."""
        if when is None:
            return None
        base = {"start": self._start, "due": due, "date": when.at}[when.base]
        zone = self._own if _moves(when, self._due) else self._fixed
        return None if base is None else later(later(base, when.offset, zone), extension, zone)

    def shifted(
        self, when: When | None, anchor: datetime | None, due: When | None, extension: timedelta = timedelta()
    ) -> datetime | None:
        placed = self.place(when, anchor, extension)
        if placed is None or when is None:
            return None
        return self._after_pauses(placed) if _moves(when, due) else placed.astimezone(UTC)

    def steps(self, credit: tuple[Credit, ...], anchor: datetime | None, due: When | None) -> Iterable[Step]:
        for step in credit:
            until = self.shifted(When.parse(step.until), anchor, due) if step.until else None
            yield Step(until=until, percent=step.percent)
            if until is None:
                return

    def why(self, when: When | None, due: When | None) -> str:
        if when is None or not _moves(when, due) or self._start is None:
            return ""
        days = self._days(_wall(later(self._start, timedelta(days=36_500), self._own), self._own))
        texts = (["counted from the restart"] if self._restarted else []) + (
            [f"paused for {days} {'day' if days == 1 else 'days'}"] if days else []
        )
        return "".join(f", {text}" for text in texts)

    def _days(self, wall: datetime) -> int:
        """By how many days pauses move a date: each by whole days, so that its hour stays and none passes meanwhile."""
        days = 0
        for begin, end in self._pauses:
            if begin < wall + _DAY * days:
                days += _whole_days(end - begin)
        return days

    def _after_pauses(self, at: datetime) -> datetime:
        return later(at, _DAY * self._days(_wall(at, self._own)), self._own)


def _pauses(pace: list[Pace], begun: datetime | None, at: datetime) -> list[tuple[datetime, datetime]]:
    """The pauses since the last restart; one that goes on lasts until ``at``."""
    pauses: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for one in sorted(pace, key=lambda one: one.at):
        if one.at > at or (begun is not None and one.at <= begun):
            continue
        if one.change == "pause" and since is None:
            since = one.at
        elif one.change == "resume" and since is not None:
            pauses.append((since, one.at))
            since = None
    return pauses + ([(since, at)] if since is not None else [])


def _whole_days(span: timedelta) -> int:
    return -(-span // _DAY)


def _wall(at: datetime, zone: tzinfo) -> datetime:
    """What a clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None)


def later(at: datetime, span: timedelta, zone: tzinfo) -> datetime:
    """``at`` and ``span`` more (or less): whole days on the wall clock of ``zone``, the rest as time that passes.

    An hour that the clocks leave out moves forward; of one that comes twice the first is meant.
    """
    sign = -1 if span < timedelta() else 1
    days, rest = divmod(abs(span), _DAY)
    moved = at if not days else (_wall(at, zone) + sign * days * _DAY).replace(tzinfo=zone, fold=0)
    return min(moved.astimezone(UTC) + sign * rest, _LAST)
