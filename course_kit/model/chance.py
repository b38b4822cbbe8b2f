"""What differs from learner to learner: variants, orders of choices, the items of a pool.

All follow from a seed that is drawn at random when a course is first opened and then kept; nothing is computed from a
name. The same seed gives the same questions on every computer, and after every restart.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

Thing = TypeVar("Thing")


def _ranked(seed: str, about: str, count: int) -> list[int]:
    """The numbers below ``count`` in an order that only ``seed`` and ``about`` decide."""
    return sorted(range(count), key=lambda number: sha256(f"{seed}\0{about}\0{number}".encode()).digest())


def variant_for(seed: str, item: str, count: int, renewed: int = 0) -> int:
    """Which of ``count`` variants of ``item`` (``lesson/quiz/item``) the learner meets.

    ``renewed``: how often a new one was asked for; none comes twice before all were seen.
    """
    return 0 if count <= 1 else _ranked(seed, f"variant {item}", count)[renewed % count]


def order_for(seed: str, item: str, count: int, *, fixed: int = 0) -> tuple[int, ...]:
    """In which order ``count`` choices are shown; the last ``fixed`` ones stay at the end."""
    moving = max(0, count - fixed)
    return (*_ranked(seed, f"order {item}", moving), *range(moving, count))


def picked(seed: str, quiz: str, things: Sequence[Thing], pick: int | None) -> tuple[Thing, ...]:
    """The ``pick`` things of a pool that the learner meets, in the order in which they stand; all for None."""
    if pick is None or pick >= len(things):
        return tuple(things)
    chosen = set(_ranked(seed, f"pick {quiz}", len(things))[:pick])
    return tuple(thing for number, thing in enumerate(things) if number in chosen)


def drawn(seed: str, quiz: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """All things of a pool in the order in which they are drawn: :func:`picked` takes the first ones."""
    return tuple(things[number] for number in _ranked(seed, f"pick {quiz}", len(things)))
