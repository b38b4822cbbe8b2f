"""What an instructor has arranged for one learner, cohort and extensions: as it travels and as it is used."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from course_kit.model.events import ArrangementsPosted, Extension
from course_kit.model.tally import Tally
from course_kit.model.when import YOU, Override


@dataclass(frozen=True)
class Arrangements:
    """``cohort``: "" for none; ``extensions``: by assignment, each an override of :data:`YOU`."""

    cohort: str = ""
    extensions: Mapping[str, Override] = field(default_factory=dict)


NONE = Arrangements()


def arrangements_of(tally: Tally) -> Arrangements:
    """What the learner has had word of."""
    if tally.arranged is None:
        return NONE
    try:
        fact = ArrangementsPosted.model_validate(json.loads(tally.arranged[1]))
    except (ValueError, ValidationError):  # a newer course-kit's word, of a form that is not known here
        return NONE
    given = {
        one.assignment: Override.model_validate({**one.model_dump(exclude={"assignment"}), "learner": YOU})
        for one in fact.extensions
    }
    return Arrangements(fact.cohort, given)


def posted(cohort: str, extensions: Iterable[tuple[str, Override]]) -> ArrangementsPosted:
    """The fact that says so; the reasons are the instructor's own and stay out."""
    return ArrangementsPosted(
        cohort=cohort,
        extensions=tuple(
            Extension(assignment=key, **one.model_dump(exclude={"cohort", "learner", "reason"}))
            for key, one in sorted(extensions, key=lambda pair: pair[0])
        ),
    )
