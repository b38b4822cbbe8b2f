"""The kinds of items. Importing this package fills the registry by which files and parsers find them."""

from course_kit.model.kinds.choices import Choice, OneChoice, SeveralChoices, TrueFalse
from course_kit.model.kinds.mistakes import Mistake
from course_kit.model.kinds.numbers import Number, parse_number
from course_kit.model.kinds.texts import ShortText, normalise

__all__ = [
    "Choice",
    "Mistake",
    "Number",
    "OneChoice",
    "SeveralChoices",
    "ShortText",
    "TrueFalse",
    "normalise",
    "parse_number",
]
