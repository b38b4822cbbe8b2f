"""Putting pieces into order: how far a sequence is from one that would be accepted."""

from collections.abc import Callable, Sequence


def kept_in_order(sequence: Sequence[int], must_precede: Callable[[int, int], bool]) -> tuple[int, ...]:
    """What is left of ``sequence`` once the most misplaced were taken out, one by one, until none is out of order.

    ``must_precede(a, b)``: a has to stand before b. Of two that are equally misplaced, the later one goes.
    """
    left = list(sequence)
    while True:
        wrong = [0] * len(left)
        for first in range(len(left)):
            for second in range(first + 1, len(left)):
                if must_precede(left[second], left[first]):
                    wrong[first] += 1
                    wrong[second] += 1
        worst = max(wrong, default=0)
        if worst == 0:
            return tuple(left)
        del left[len(wrong) - 1 - wrong[::-1].index(worst)]
