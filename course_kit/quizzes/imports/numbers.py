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


def significant_width(value: Decimal, digits: int) -> Decimal:
    """How far a number may be off so that it still rounds to ``value`` in so many significant digits."""
    if value == 0 or not 1 <= digits <= 50:
        return Decimal(0)
    try:
        return Decimal(5).scaleb(value.adjusted() - digits)
    except InvalidOperation:
        return Decimal(0)
