"""Texts that were made by others, and numbers, as a report shows them."""

LONGEST = 200
"""How many characters of a name or a title a report shows at most."""


def clean(text: str, limit: int = LONGEST) -> str:
    """``text`` on one line, without control, direction and surrogate characters, at most ``limit`` characters.

    It is plain text still: whoever puts it into HTML or a terminal's markup escapes it there.
    """
    words = " ".join(text[: 4 * limit].split())
    plain = "".join(character if character.isprintable() else "\ufffd" for character in words)
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def percent(fraction: float | None) -> str:
    """``0.625`` as ``62 %`` (half to even, with a no-break space); nothing for what is missing.

    What is not quite nothing or not quite all never reads as 0 % or 100 %.
    """
    if fraction is None:
        return ""
    return f"{whole_percent(fraction)}\u00a0%"


def whole_percent(fraction: float) -> int:
    """The percentage without its fraction, as :func:`percent` shows it."""
    if 0 < fraction < 1:
        return min(99, max(1, round(100 * fraction)))
    return round(100 * fraction)


def points(value: float | None) -> str:
    """Points with at most two decimals and no thousands separator; nothing for what is missing."""
    if value is None:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def count(number: int, one: str, several: str = "") -> str:
    """``1 learner``, ``2 learners``."""
    return f"{number} {one if number == 1 else several or one + 's'}"
