"""What `check` finds about the dates of assignments: impossible ones, and credit that nbgrader cannot give."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise

from course_kit.files.zones import zone_or_utc
from course_kit.model.course import Assignment, Course
from course_kit.model.dates import FULL, Effective, effective
from course_kit.model.when import Override
from course_kit.source.yaml_text import Path as Place
from course_kit.source.yaml_text import YamlText

_START = datetime(2027, 3, 1, 12, tzinfo=UTC)
_FIELDS = ("opens", "due", "closes")


class DateChecks:
    """The dates of one course's assignments; what is found goes into ``yaml``."""

    def __init__(self, course: Course, yaml: YamlText) -> None:
        self._zone, self._yaml = zone_or_utc(course.zone), yaml

    def check(self, part: Assignment, place: Place, raw: Mapping[str, object]) -> None:
        """One assignment, at ``place``, of which ``raw`` was written."""
        self._bases(part, place, raw)
        self._last_step(part, place)
        self._percents(part, place)
        for override, where in self._versions(part, place):
            dates = effective(
                part,
                start=_START,
                at=_START,
                zone=self._zone,
                overrides=(override,) if override else (),
                cohort=override.cohort if override else "",
                learner=override.learner if override else "",
            )
            if self._order(part, override, dates, where):
                self._steps(part, dates, where)

    def _place(self, place: Place, *fields: str | int) -> Place:
        return (*place, *fields) if (*place, *fields) in self._yaml.lines else place

    def _versions(self, part: Assignment, place: Place) -> Iterable[tuple[Override | None, Place]]:
        yield None, place
        for number, override in enumerate(part.overrides):
            yield override, self._place(place, "overrides", number)

    def _bases(self, part: Assignment, place: Place, raw: Mapping[str, object]) -> None:
        uses_due = any(step.until and step.until.startswith("due") for step in part.credit)
        if uses_due and part.due is None and "due" not in raw:
            message = f"the credit of `{part.key}` counts from `due`, and no due date is set"
            where = self._place(place, "credit")
            self._yaml.error("no-due", where, message, "Add `due: start + 14 days`, or a date with its zone.")
        dues = [(part.due, self._place(place, "due"))]
        dues += [(one.due, self._place(place, "overrides", n, "due")) for n, one in enumerate(part.overrides)]
        for due, where in dues:
            if due is not None and due.startswith("due"):
                message = f"the due date of `{part.key}` counts from itself"
                self._yaml.error("no-due", where, message, "Write `start + 14 days`.")
        for name in ("opens", "closes"):
            value = getattr(part, name)
            if value and value.startswith("due") and part.due is None and "due" not in raw:
                message = f"`{name}` of `{part.key}` counts from `due`, and no due date is set"
                self._yaml.error("no-due", self._place(place, name), message, "Add `due: start + 14 days`.")

    def _last_step(self, part: Assignment, place: Place) -> None:
        if any(step.until is None for step in part.credit[:-1]):
            message = f"a step of the credit of `{part.key}` has no `until` and ends the timeline before its end"
            where = self._place(place, "credit")
            self._yaml.error("credit-order", where, message, "Only the last step goes without `until`.")

    def _percents(self, part: Assignment, place: Place) -> None:
        where = self._place(place, "credit")
        if any(later.percent > earlier.percent for earlier, later in pairwise(part.credit)):
            message = f"the credit of `{part.key}` rises with time"
            self._yaml.warning("credit-rises", where, message, "Begin with the highest percentage.")
        if any(step.percent > FULL for step in part.credit):
            message = f"the credit of `{part.key}` is above 100 %, which nbgrader's gradebook cannot give"
            hint = "It counts as 100 % there; give the bonus in the learning management system."
            self._yaml.warning("credit-bonus", where, message, hint)

    def _order(self, part: Assignment, override: Override | None, dates: Effective, place: Place) -> bool:
        known = [(name, at) for name in _FIELDS if (at := getattr(dates, name)) is not None]
        for (earlier, first), (name, second) in pairwise(known):
            if second < first and (earlier in dates.fixed) == (name in dates.fixed):
                whose = f" for {override.whose}" if override else ""
                verb = {"due": "is due", "closes": "closes"}[name]
                message = f"`{part.key}` {verb} before it {'opens' if earlier == 'opens' else 'is due'}{whose}"
                self._yaml.error("impossible-dates", self._place(place, name), message, "Mend one of the two dates.")
                return False
        return True

    def _steps(self, part: Assignment, dates: Effective, place: Place) -> None:
        untils = [step.until for step in dates.credit if step.until is not None]
        where = self._place(place, "credit")
        if any(later <= earlier for earlier, later in pairwise(untils)):
            message = f"the steps of the credit of `{part.key}` are not in the order of their dates"
            self._yaml.error("credit-order", where, message, "Write the earliest `until` first.")
            return
        full = dates.full_until
        if dates.due is not None and full is not None and full < dates.due and dates.credit:
            message = f"`{part.key}` counts less than 100 % before it is due"
            hint = (
                "nbgrader will show the end of full credit as the due date; `credit: [{until: due, percent: 100}, …]`."
            )
            self._yaml.warning("credit-early", where, message, hint)
