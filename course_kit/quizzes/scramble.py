"""In which order the pieces of a question are shown: another than the right one, the same each time it is read."""

from collections.abc import Callable, Sequence
from hashlib import sha256

_TRIES = 64


def scrambled(texts: Sequence[str], is_right: Callable[[Sequence[int]], bool]) -> list[int]:
    """The numbers of ``texts`` in an order that only the texts decide, and that is not right where another can be had.

    What follows from the texts alone stays when something else in the course changes. The order in which the author
    wrote them has no part in it: whoever sees the pieces could try all orders on this function, and keep the one that
    leads to what is shown. So little more can be told than that what is shown is not right.
    """
    about = "\0".join(sorted(texts))
    order: list[int] = []
    for attempt in range(_TRIES):
        order = _ranked(f"{attempt}\0{about}", texts)
        if not is_right(order):
            return order
    for start in range(len(order) - 1):
        swapped = [*order[:start], order[start + 1], order[start], *order[start + 2 :]]
        if not is_right(swapped):
            return swapped
    return order


def _ranked(salt: str, texts: Sequence[str]) -> list[int]:
    """Equal texts stay as they were: nobody can see which is which."""

    def rank(number: int) -> bytes:
        return sha256(f"{salt}\0{texts[number]}".encode("utf-8", "replace")).digest()

    return sorted(range(len(texts)), key=rank)
