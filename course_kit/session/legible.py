"""What cannot be marked of an answer to a graded question, told from what its learner knows of it: no key is needed."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from course_kit.model.quiz import Response

_AS_IT_STANDS = "As it stands, this will not be counted. "


def remarks_on(public: Mapping[str, Any], response: Response) -> list[dict[str, Any]]:
    """Why a saved ``response`` to the item cannot be read when it is marked, as remarks for the page; mostly none."""
    return [
        {"text": escape(_AS_IT_STANDS + why, quote=False), "choice": place}
        for why, place in _faults(public["kind"], public["form"], response)
        if why
    ]


def _faults(kind: str, form: Mapping[str, Any], response: Response) -> Iterator[tuple[str, int | None]]:
    if kind == "number" and isinstance(response, str):
        from course_kit.model.kinds.numbers import number_fault

        yield number_fault(response, form.get("units") or () if form.get("unit") else ()), None
    elif kind == "cloze" and isinstance(response, list):
        from course_kit.model.kinds.numbers import number_fault
        from course_kit.model.kinds.quantities import split_quantity

        for place, (blank, given) in enumerate(zip(form.get("blanks", ()), response, strict=False)):
            if blank["kind"] != "number" or not isinstance(given, str) or not given.strip():
                continue
            # whether a blank wants a unit beside its number is part of its key
            if split_quantity(given) is None:
                yield number_fault(given), place
    elif kind == "expression" and isinstance(response, str):
        from course_kit.model.kinds.algebra import Unreadable, read_expression

        try:
            read_expression(response, form.get("names") or ())
        except Unreadable as error:
            yield str(error), None
