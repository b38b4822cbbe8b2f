"""Findings: what `check` has to say, each with its place, its reason and its mend."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from course_kit.errors import Invalid

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of `check`.

    ``file`` is relative to the course's folder. ``cell`` is the cell's id and ``cell_number`` its place in the
    notebook, from 1; ``line`` counts from 1, within the cell if there is one. ``code`` is stable, for programs.
    """

    level: Level
    code: str
    file: str
    message: str
    hint: str = ""
    line: int | None = None
    cell: str | None = None
    cell_number: int | None = None

    def place(self) -> str:
        """``notebooks/02-frames.ipynb, cell 7, line 3``."""
        parts = [self.file]
        if self.cell_number is not None:
            parts.append(f"cell {self.cell_number}")
        if self.line is not None:
            parts.append(f"line {self.line}")
        return ", ".join(parts)

    def text(self) -> str:
        """The finding for a terminal: where and what, and the next step on a line of its own."""
        first = f"{self.level}: {self.place()}: {self.message}"
        return f"{first}\n    {self.hint}" if self.hint else first

    def json_object(self) -> dict[str, Any]:
        """The finding as JSON, every field present."""
        return asdict(self)


class FaultyCourse(Invalid):
    """A course that cannot be read or built: ``findings`` says everything that `check` found."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = sort_findings(findings)
        errors = [finding for finding in self.findings if finding.level == "error"]
        first = f"{errors[0].place()}: {errors[0].message}" if errors else "none is named"
        count = "one error" if len(errors) == 1 else f"{len(errors)} errors, the first"
        super().__init__(
            f"The course has {count}: {first}.",
            hint="Run `course-kit check` to see everything at once, mend it, and try again.",
        )


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Without repetitions, file by file (course.yml first), from top to bottom."""

    def order(finding: Finding) -> tuple[bool, str, int, int, str, str]:
        return (
            finding.file != "course.yml",
            finding.file,
            finding.cell_number or 0,
            finding.line or 0,
            finding.level,
            finding.message,
        )

    return tuple(sorted(set(findings), key=order))


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.level == "error" for finding in findings)
