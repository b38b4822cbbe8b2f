"""The learner's own dates: by the clocks on their own wall, with what the instructor arranged, pauses and restarts."""

from datetime import datetime, tzinfo

from course_kit.files.zones import zone_named, zone_or_utc
from course_kit.model.arrangements import arrangements_of
from course_kit.model.course import Course
from course_kit.model.dates import Effective, effective, own_zones, pace_of
from course_kit.model.tally import Tally


def own_dates(course: Course, tally: Tally, at: datetime) -> dict[str, Effective]:
    """The dates of every assignment, by its key, for the learner of ``tally`` as they stand at ``at``."""
    zone, arranged, pace = zone_or_utc(course.zone), arrangements_of(tally), pace_of(tally)
    own = own_zones(tally, zone, zone_named)
    found = {}
    for part in course.assignments():
        extension = arranged.extensions.get(part.key)
        found[part.key] = effective(
            part,
            start=tally.started_at,
            at=at,
            zone=zone,
            own=own,
            overrides=(*part.overrides, *(() if extension is None else (extension,))),
            cohort=arranged.cohort,
            learner="" if extension is None else extension.learner,
            pace=pace,
        )
    return found


def counting_zone(course: Course, tally: Tally) -> tzinfo:
    """The zone whose days and weeks milestones count: the learner's first, the course's where none is known."""
    return own_zones(tally, zone_or_utc(course.zone), zone_named)[0]
