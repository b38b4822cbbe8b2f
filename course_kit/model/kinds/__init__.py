"""The kinds of items. Importing this package fills the registry by which files and parsers find them."""

from course_kit.model.kinds.choices import Choice, OneChoice, SeveralChoices, TrueFalse
from course_kit.model.kinds.cloze import ChoiceBlank, Cloze, NumberBlank, TextBlank, placeholder
from course_kit.model.kinds.code_check import Check, CodeCheck
from course_kit.model.kinds.essay import Essay
from course_kit.model.kinds.expression import Expression
from course_kit.model.kinds.matching import Matching, WrongPair
from course_kit.model.kinds.mistakes import Mistake
from course_kit.model.kinds.numbers import Number, parse_number
from course_kit.model.kinds.ordering import Ordering
from course_kit.model.kinds.parsons import Parsons, Piece
from course_kit.model.kinds.texts import ShortText, normalise

__all__ = [
    "Check",
    "Choice",
    "ChoiceBlank",
    "Cloze",
    "CodeCheck",
    "Essay",
    "Expression",
    "Matching",
    "Mistake",
    "Number",
    "NumberBlank",
    "OneChoice",
    "Ordering",
    "Parsons",
    "Piece",
    "SeveralChoices",
    "ShortText",
    "TextBlank",
    "TrueFalse",
    "WrongPair",
    "normalise",
    "parse_number",
    "placeholder",
]
