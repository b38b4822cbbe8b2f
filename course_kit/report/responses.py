"""Responses in words, so that equal ones are counted together."""

from course_kit.model.kinds import normalise, parse_number
from course_kit.model.quiz import Item, Response
from course_kit.report.wording import clean

LONGEST_RESPONSE = 80


def named_response(item: Item | None, response: Response) -> tuple[str, str]:
    """What equal responses have in common, and the text that a report shows (at most 80 characters, not HTML).

    A choice goes by its text where ``item`` is known, by its number (from 1, as a reader counts) where it is not.
    Typed numbers are equal by value and short texts as their scoring compares them.
    """
    if isinstance(response, bool):
        return ("truth", "true") if response else ("falsehood", "false")
    if isinstance(response, int):
        return f"choice {response}", _choice(item, response)
    if isinstance(response, list):
        taken = sorted({number for number in response if isinstance(number, int)})
        text = " + ".join(_choice(item, number) for number in taken)
        return f"choices {taken}", clean(text, LONGEST_RESPONSE)
    text = clean(response or "", LONGEST_RESPONSE) or "(nothing)"
    value = parse_number(response or "")
    if value is not None:
        return f"number {value.normalize()}", text
    return f"text {normalise(response or '')}", text


def _choice(item: Item | None, number: int) -> str:
    choices = item.form().get("choices", ()) if item is not None else ()
    if 0 <= number < len(choices):
        return clean(choices[number], LONGEST_RESPONSE)
    return f"choice {number + 1}"
