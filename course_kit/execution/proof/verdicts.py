"""What the copy's report says of each cell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_kit.execution.job import CellProof, Verdict
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
    ending = _ending(endings, part.cell)
    sites = {kind: _told(part, records.get((part.cell, kind), ())) for kind in "fpvsx"}
    verdict, evidence = (
        _against(sites)
        or _incomplete(part, {kind: records.get((part.cell, kind), []) for kind in "bckq"}, ending, bare)
        or _reached(sites)
    )
    return CellProof(part.index, verdict, evidence)


def _ending(endings: Sequence[str], cell: int) -> str:
    """How a cell of the copy ended. One that did not begin because another before it ended the kernel says nothing; if
    the first one already did, nothing of the copy ran, and each test is one that nothing is known of."""
    if cell >= len(endings):
        return "not-begun"
    after_another = endings[cell] == "died" and endings[0] != "died" and endings[cell - 1] == "died"
    return "not-begun" if after_another else endings[cell]


def _told(part: Part, texts: Sequence[str]) -> list[Site]:
    found = {int(text) for text in texts if text.isdecimal()}
    return [part.sites[number] for number in sorted(found) if number < len(part.sites)]


def _against(sites: Mapping[str, list[Site]]) -> tuple[Verdict, str] | None:
    """A fresh value was accepted, or a false assertion was not heard."""
    for site in sites["p"]:
        if site not in sites["v"] and not site.anything:
            return "unverified", f"{site}: a random value in the expected one's place was accepted."
    for site in sites["s"]:
        return "unverified", f"{site}: this assertion was not evaluated."
    return None


def _incomplete(part: Part, own: Mapping[str, list[str]], ending: str, bare: str) -> tuple[Verdict, str] | None:
    """What the copy says of itself: that it began, that its last assertion was heard, that it came to its end."""
    if own["q"]:
        return "unverified", "A false assertion at the end of this cell went by in silence."
    closed = part.nonce in own["c"]
    if ending == "timed-out" and not closed:
        return "unproved", "The copy of this cell ran out of time."
    if ending == "not-begun" and not closed:
        return "unproved", "The copy of this cell was not begun: one before it ended the kernel."
    if ending == "died" and not closed:
        return (
            "unverified",
            "The copy of this cell ended the kernel, which the test itself did not: no value, no error.",
        )
    if ending == "error" and not closed:
        if own["b"] or part.awaits:
            return "unproved", "The copy of this cell raised an error."
        return (
            "unproved",
            "The copy of this cell could not even begin: something changes what the notebook's cells run.",
        )
    if not own["b"] or not closed:
        return "unverified", "The copy of this cell ended without an error, but was not run to its end."
    if not own["k"]:
        return "unverified", "A false assertion at the end of this cell was not evaluated."
    if bare == "ok":
        return "unverified", "A false assertion in a cell of its own ended without an error."
    return None


def _reached(sites: Mapping[str, list[Site]]) -> tuple[Verdict, str]:
    if sites["p"]:
        site = sites["p"][0]
        if site.anything:
            return "unproved", f"{site}: ANY equals everything; somebody has to look."
    if sites["v"]:
        return "unproved", f"{sites['v'][0]}: compares empty data, which equals everything; somebody has to look."
    if sites["f"]:
        lines = ", ".join(str(line) for line in sorted({site.line for site in sites["f"]})[:8])
        return "proved", f"Random values in the expected ones' place were refused (line {lines})."
    if sites["x"]:
        return "unproved", f"{sites['x'][0]}: the copy raised before anything was compared."
    return "silence-checked", "No equality was reached; a false assertion in this cell was heard."


def _read(report: bytes, token: str) -> Records:
    """The lines that carry the token: ``<token><kind><cell>.<text>``."""
    found: Records = defaultdict(list)
    for line in report[:_MOST].decode("ascii", errors="replace").split("\n"):
        cell, dot, text = line.removeprefix(token)[1:].partition(".")
        if line.startswith(token) and dot and cell.isdecimal() and len(cell) < 7 and len(text) < 20:
            found[(int(cell), line[len(token) :][:1])].append(text)
    return found
