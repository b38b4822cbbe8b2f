"""What the copy's report says of each cell."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from course_kit.execution.job import CellProof
from course_kit.execution.proof.sites import Site

_MOST = 2**20


@dataclass(frozen=True)
class Part:
    """One test cell: its position, its place among the copy's cells (None: no copy, ``why`` says it), how it closes."""

    index: int
    cell: int | None
    nonce: str
    why: str
    sites: tuple[Site, ...]
    awaits: bool


Records = dict[tuple[int, str], list[str]]
"""By cell and kind what was told."""


def judged(parts: Sequence[Part], token: str, report: bytes, endings: Sequence[str]) -> tuple[CellProof, ...]:
    """One verdict for each part."""
    records = _read(report, token)
    bare = endings[-1] if endings else ""
    return tuple(_one(part, records, endings, bare) for part in parts)


def _one(part: Part, records: Records, endings: Sequence[str], bare: str) -> CellProof:
    if part.cell is None:
        return CellProof(part.index, "unproved", f"No copy of this cell could be tried: {part.why}.")
    ending = endings[part.cell] if part.cell < len(endings) else "died"

    def told(kind: str) -> list[Site]:
        found = {int(text) for text in records.get((part.cell or 0, kind), ()) if text.isdecimal()}
        return [part.sites[number] for number in sorted(found) if number < len(part.sites)]

    empty = told("v")
    passed = [site for site in told("p") if site not in empty]
    against = [site for site in passed if not site.anything]
    if against:
        site = against[0]
        return CellProof(
            part.index,
            "unverified",
            f"Line {site.line}, `{site.text}`: a random value in the expected one's place was accepted.",
        )
    if silent := told("s"):
        site = silent[0]
        return CellProof(
            part.index, "unverified", f"Line {site.line}, `{site.text}`: this assertion was not evaluated."
        )
    if records.get((part.cell, "q")):
        return CellProof(part.index, "unverified", "A false assertion at the end of this cell went by in silence.")
    return _by_ending(part, records, ending, bare) or _spoken(
        part, told("f"), told("x"), empty, passed, ending, records
    )


def _by_ending(part: Part, records: Records, ending: str, bare: str) -> CellProof | None:
    begun = bool(records.get((part.cell or 0, "b")))
    closed = part.nonce in records.get((part.cell or 0, "c"), ())
    if ending in {"died", "timed-out"} and not closed:
        what = "ran out of time" if ending == "timed-out" else "ended the kernel"
        return CellProof(part.index, "unproved", f"The copy of this cell {what}.")
    if ending == "error" and not closed:
        if begun or part.awaits:
            return CellProof(part.index, "unproved", "The copy of this cell raised an error.")
        return CellProof(
            part.index, "unverified", "The copy of this cell, which is sound Python, could not even begin."
        )
    if not begun or not closed:
        return CellProof(
            part.index, "unverified", "The copy of this cell ended without an error, but was not run to its end."
        )
    if not records.get((part.cell or 0, "k")):
        return CellProof(part.index, "unverified", "A false assertion at the end of this cell was not evaluated.")
    if bare == "ok":
        return CellProof(part.index, "unverified", "A false assertion in a cell of its own ended without an error.")
    return None


def _spoken(
    part: Part,
    fell: list[Site],
    raised: list[Site],
    empty: list[Site],
    passed: list[Site],
    ending: str,
    records: Records,
) -> CellProof:
    if passed:
        site = passed[0]
        return CellProof(
            part.index, "unproved", f"Line {site.line}, `{site.text}`: ANY equals everything; somebody has to look."
        )
    if empty:
        site = empty[0]
        return CellProof(
            part.index,
            "unproved",
            f"Line {site.line}, `{site.text}`: compares empty data, which equals everything; somebody has to look.",
        )
    if fell:
        lines = ", ".join(str(line) for line in sorted({site.line for site in fell})[:8])
        return CellProof(
            part.index, "proved", f"Random values in the expected ones' place were refused (line {lines})."
        )
    if raised:
        return CellProof(
            part.index, "unproved", f"Line {raised[0].line} of the copy raised before anything was compared."
        )
    return CellProof(
        part.index, "silence-checked", "No equality was reached; a false assertion in this cell was heard."
    )


def _read(report: bytes, token: str) -> Records:
    """The lines that carry the token: ``<token><kind><cell>.<text>``."""
    found: Records = defaultdict(list)
    for line in report[:_MOST].decode("ascii", errors="replace").split("\n"):
        cell, dot, text = line.removeprefix(token)[1:].partition(".")
        if line.startswith(token) and dot and cell.isdecimal() and len(cell) < 7 and len(text) < 20:
            found[(int(cell), line[len(token) :][:1])].append(text)
    return found
