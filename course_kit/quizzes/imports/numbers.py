"""Numbers and tolerances of other formats, as the author's form writes them."""

from decimal import Decimal, InvalidOperation


def plain_number(value: Decimal) -> str:
    """A number without needless zeros, and without an exponent where that is readable."""
    if not value.is_finite():
        return ""
    bare = value.normalize()
    exponent = bare.as_tuple().exponent
    readable = isinstance(exponent, int) and -12 <= exponent <= 12 and bare.adjusted() <= 15
    return f"{bare:f}" if readable else f"{bare:e}"


def centre_and_width(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """The middle of a range, and half of its width."""
    return (low + high) / 2, (high - low) / 2


def significant(value: Decimal, digits: int) -> tuple[Decimal, Decimal]:
    """``value`` in so many significant digits, and how far off a number may be so that it rounds to the same."""
    if value == 0 or not 1 <= digits <= 50:
        return value, Decimal(0)
    try:
        last = Decimal(1).scaleb(value.adjusted() - digits + 1)
        return value.quantize(last) if digits <= 25 else value, last / 2
    except InvalidOperation:
        return value, Decimal(0)
