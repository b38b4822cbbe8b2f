"""Whether a test's assertions were really evaluated: a test cell that ends without an error scores in full, so that
silence has to be looked into.

Of each test cell a copy is made in which the expected side of every equality is a fresh random value. Run in a fork
that is thrown away, every such assertion must fall. The rules:

- *Sites* are ``==`` (chains too), ``isclose``, ``allclose``, ``array_equal``, ``.equals``, and calls that raise:
  ``assert_*equal``, ``assert_allclose``, ``assertEqual`` and its like. They are looked for where something hangs on
  them: in ``assert``, in such a call, in what is assigned to a name that is asserted, before ``raise``, and in partial
  credit. ``!=`` counts only before ``raise``; ``is``, ``not a == b``, loops' and filters' conditions are left alone.
- *The expected side* is the literal one; else the one made of literals; else the one that calls nothing; else the
  right one.
- Sites that are not reached count for nothing; a comparison of empty data, and ``mock.ANY``, need a human.
- Every ``assert`` that is reached must be heard when it is false; each cell has one more, on two random numbers, and
  one stands bare at the copy's end, so that dropping assertions shows in cells without an equality as well.

This is a tripwire, not a wall: it runs in the same process as the submitted code, which can read and change all that it
does. It makes a forged pass cost more than an honest one, and gives an instructor something to look at.
"""

from course_kit.execution.proof.planning import ProofCopy, draw, make_copy
from course_kit.execution.proof.wording import reworded

__all__ = ["ProofCopy", "draw", "make_copy", "reworded"]
