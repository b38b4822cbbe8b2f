"""The copy of the test cells: what is run in the fork, and what it is held to afterwards."""

import ast
import base64
import marshal
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from course_kit.execution.job import CellProof
from course_kit.execution.proof.plain import NotPlain, code_of, comments, plain_tree
from course_kit.execution.proof.sites import Sites
from course_kit.execution.proof.statements import CopyWriter
from course_kit.execution.proof.verdicts import Part, judged

_CO_COROUTINE = 0x80


@dataclass(frozen=True)
class ProofCopy:
    """``cells`` are run one after another in a fork, as the shell runs any cell; none where there is nothing to try."""

    cells: tuple[str, ...]
    parts: tuple[Part, ...]
    token: str

    def judge(self, report: bytes, *, endings: Sequence[str]) -> tuple[CellProof, ...]:
        """One verdict for each position. ``report``: what the copy wrote; ``endings``: ``ok``, ``error``, ``timed-out``
        or ``died`` for each of ``cells``, in order (a missing one counts as died)."""
        return judged(self.parts, self.token, report, endings)


def make_copy(sources: Mapping[int, str], *, seed: int, fd: int) -> ProofCopy:
    """The copy of the test cells ``sources`` (source texts by position), writing to file descriptor ``fd``.

    Everything random in it comes from ``seed``. Raises nothing, whatever the cells hold.
    """
    chance = Random(seed)  # noqa: S311 -- has to be repeatable, and is drawn anew for each run
    kit = "_" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=12))
    token = f"{chance.getrandbits(48):012x}"
    sites = Sites(kit, chance)
    parts, cells = [], [_first_cell(kit, token, fd, chance)]
    for index in sorted(sources):
        before = len(sites.found)
        try:
            nonce = f"{chance.getrandbits(64):016x}"
            text = _copied(sources[index], len(cells), nonce, sites)
            code = code_of(text)
            if code is None:
                raise NotPlain("its copy is not Python")
        except (NotPlain, RecursionError, MemoryError, ValueError) as error:
            why = str(error) if isinstance(error, NotPlain) else "it is too deeply nested"
            parts.append(Part(index, None, "", why, (), False))
            del sites.found[before:]
            continue
        awaits = bool(code.co_flags & _CO_COROUTINE)
        parts.append(Part(index, len(cells), nonce, "", tuple(sites.found), awaits))
        cells.append(text)
    cells.append(_last_cell(sources, chance))
    known = tuple(sites.found)
    parts = [Part(one.index, one.cell, one.nonce, one.why, known, one.awaits) for one in parts]
    return ProofCopy(tuple(cells) if len(cells) > 2 else (), tuple(parts), token)


def draw(tests: Sequence[int], seed: int) -> int | None:
    """One of the positions at random, which is proved once more just before it runs; None where there are none."""
    return Random(seed).choice(tests) if tests else None  # noqa: S311 -- repeatable for the same seed


def _copied(source: str, cell: int, nonce: str, sites: Sites) -> str:
    tree = plain_tree(source)
    writer = CopyWriter(tree, source, sites)
    body = writer.body(cell, nonce)
    text = ast.unparse(ast.Module(body, []))
    return "\n".join([*comments(source), text])


def _first_cell(kit: str, token: str, fd: int, chance: Random) -> str:
    """Defines the kit in a namespace of its own, so that names that a learner chose do not matter."""
    packed = f"__import__('binascii').a2b_base64({_kit()!r})"
    unpacked = f"__import__('marshal').loads(__import__('zlib').decompress({packed}))"
    return "\n".join(
        (
            f"{kit} = {{'__name__': 'kit'}}",
            f"__import__('builtins').exec({unpacked}, {kit})",
            f"{kit} = {kit}['Kit']({fd}, {token!r}, {chance.getrandbits(63)})",
            f"{kit}.begin(0)",
        )
    )


def _last_cell(sources: Mapping[int, str], chance: Random) -> str:
    """A false assertion that stands bare: it must end its cell with an error. It looks like the tests."""
    known = [line for source in sources.values() for line in comments(source)][:3]
    first, second = chance.sample(range(10**6, 10**9), 2)
    return "\n".join([*known, f"assert {first} == {second}"])


@cache
def _kit() -> str:
    """The kit compiled: 9 KB of text would be compiled again in each copy. A copy runs in a fork of this process."""
    text = Path(__file__).with_name("kit.py").read_text(encoding="utf-8")
    code = compile(text, "<kit>", "exec", dont_inherit=True, optimize=2)
    return base64.b64encode(zlib.compress(marshal.dumps(code))).decode()


_kit()
