"""Numbers and units as people type them."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

MAX_LENGTH = 100
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
_MINUSES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-")
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LOWERED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_TIMES = "x\u00d7\u00b7\u22c5\u2219*"
_BLANKS = " \t\n\r\f\v"
_GROUPED = re.compile(r"([+-]?[0-9]{1,3})((?:[ '\u2019_][0-9]{3})+)((?:[.,][0-9]*)?(?:[eE][+-]?[0-9]+)?)")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})")
_POINTED_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})")
_NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3}))?")
_POWER = re.compile(
    rf"(?:(?P<mantissa>[+-]?[0-9.,'\u2019_ ]*[0-9.]) ?[{_TIMES}] ?|(?P<sign>[+-]?))"
    r"10(?:\^|\*\*)(?:\((?P<inner>[+-]?[0-9]{1,3})\)|(?P<outer>[+-]?[0-9]{1,3}))"
)
_EXACT = Context(prec=2 * MAX_LENGTH)
_FACTOR = re.compile(r"([^\d\s^()+\-/]+)(?:\^?\(?([+-]?[0-9]{1,2})\)?)?")


@dataclass(frozen=True)
class Reading:
    """A number as it was read: ``digits`` are its sign, digits and decimal point, before any power of ten."""

    value: Decimal
    digits: str

    @property
    def figures(self) -> range:
        """How many significant figures it was given with; several, where zeros before the point may be meant or not."""
        plain = self.digits.lstrip("+-0.") if "." not in self.digits else self.digits.lstrip("+-").replace(".", "")
        plain = plain.lstrip("0")
        least = len(plain) if "." in self.digits else len(plain.rstrip("0"))
        return range(least, len(plain) + 1)


def plain(text: str, longest: int = MAX_LENGTH) -> str | None:
    """``text`` with full-width letters, raised digits, minus signs and blanks made plain; None for other odd digits."""
    if len(text) > longest:
        return None
    if text.isascii():
        return text.strip(_BLANKS)
    raised = _RAISED.sub(lambda match: "^" + match[0].translate(_LOWERED), text.translate(_INVISIBLE))
    for letter in raised:
        # NFKC makes ₂ and ② a 2, which would change what was meant
        folded = letter if letter.isascii() or "\uff10" <= letter <= "\uff19" else unicodedata.normalize("NFKC", letter)
        if folded != letter and re.search("[0-9]", folded):
            return None
    return unicodedata.normalize("NFKC", raised).translate(_MINUSES).strip(_BLANKS)


def read_number(text: str) -> Reading | None:
    """What :func:`parse_number` reads, with the digits in which it was given."""
    given = plain(text)
    if given is None:
        return None
    percent = given.endswith("%")
    if percent:
        given = given[:-1].strip(_BLANKS)
    given = re.sub(r"^([+-]) +", r"\1", given)
    power = _POWER.fullmatch(given)
    shift = int(power["inner"] or power["outer"]) if power else 0
    if power:
        given = power["mantissa"] or f"{power['sign']}1"
    match = _NUMBER.fullmatch(_with_a_point(given))
    if match is None or (power and match[2]) or len(match[1]) > 60:
        return None
    exponent = int(match[2] or 0) + shift - (2 if percent else 0)
    return Reading(_EXACT.scaleb(_EXACT.create_decimal(match[1]), exponent), match[1])


def _with_a_point(given: str) -> str:
    """Without the marks between groups of three, and with a decimal point where a comma was one."""
    if grouped := _GROUPED.fullmatch(given):
        given = grouped[1] + re.sub(r"[^0-9]", "", grouped[2]) + grouped[3]
    if _THOUSANDS.fullmatch(given):
        return given.replace(",", "")
    if _POINTED_THOUSANDS.fullmatch(given):
        return given.replace(".", "").replace(",", ".")
    return given.replace(",", ".") if given.count(",") == 1 and "." not in given else given


def parse_number(text: str) -> Decimal | None:
    """The number that a person typed, or None. Never raises.

    Reads a decimal point or a decimal comma, groups of three set apart by blanks, apostrophes or underscores, a
    true minus sign, an exponent (``2e-3``), a power of ten (``3.5 × 10^5``, ``10⁻³``) and a percent sign (``12 %`` is
    0.12). A single comma before three digits is a decimal comma (``1,234`` is 1.234); a text with both comma and point
    is read only where it is unambiguous. tests/golden/numbers.json holds this and the page's script to the same.
    """
    reading = read_number(text)
    return None if reading is None else reading.value


def split_quantity(text: str) -> tuple[str, str] | None:
    """A number and what follows it, its unit (empty where nothing does); None if no number comes first."""
    given = plain(text)
    if given is None:
        return None
    for end in range(len(given), 0, -1):
        if given[end - 1] not in "0123456789.,)" or read_number(given[:end]) is None:
            continue
        rest = given[end:].lstrip(_BLANKS + _TIMES[1:])
        return None if rest[:1] and rest[0] in "0123456789^/.,+-" else (given[:end], rest)
    return None


@lru_cache(maxsize=1024)
def unit_meaning(unit: str) -> tuple[tuple[str, int], ...]:
    """What a unit is made of, so that ``m/s²``, ``m s^-2`` and ``m·s⁻²`` are one: symbols with their powers, sorted.

    What stands after a slash is divided by, up to the next slash. A unit that is not built like this stands for itself.
    """
    given = plain(unit)
    if given is None:
        return ((unit, 1),)
    spaced = re.sub(rf"[{re.escape(_TIMES[1:])}]", " ", re.sub(r"\*\*", "^", given))
    powers: dict[str, int] = {}
    for place, part in enumerate(re.split(r"/|\bper\b", spaced)):
        inner = part.strip()
        inner = inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner
        for word in inner.split():
            match = _FACTOR.fullmatch(word)
            if match is None and word != "1":
                return ((" ".join(spaced.split()), 1),)
            if match is not None:
                power = int(match[2] or 1)
                powers[match[1]] = powers.get(match[1], 0) + (power if place == 0 else -power)
    return tuple(sorted((symbol, power) for symbol, power in powers.items() if power))


@lru_cache(maxsize=4096)
def exact(text: str) -> Fraction | None:
    """The value of a number, or of a quotient of two (``1/3.6``); None for anything else."""
    above, slash, below = text.partition("/")
    numerator, denominator = parse_number(above), parse_number(below) if slash else Decimal(1)
    if numerator is None or not denominator:
        return None
    return Fraction(numerator) / Fraction(denominator)
